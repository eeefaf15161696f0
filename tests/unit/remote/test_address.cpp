#include <mhub/remote/address.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;

TEST_CASE("a full URL is taken apart into hub and repository", "[remote][address]") {
  const auto plain = parse_remote("http://127.0.0.1:8080/team/model");
  CHECK(plain.url == "http://127.0.0.1:8080/team/model");
  CHECK(plain.hub_url == "http://127.0.0.1:8080");
  REQUIRE(plain.repo);
  CHECK(plain.repo->id() == "team/model");
  CHECK_FALSE(plain.is_local());

  const auto based = parse_remote("https://Hub.Example/sub/datasets/team/data.git/");
  CHECK(based.url == "https://hub.example/sub/datasets/team/data.git");
  CHECK(based.hub_url == "https://hub.example/sub");
  REQUIRE(based.repo);
  CHECK(based.repo->type == wire::RepoType::dataset);
  CHECK(based.repo->api_path() == "/api/datasets/team/data");

  const auto nested = parse_remote("https://git.example/group/sub/project.git");
  CHECK(nested.hub_url == "https://git.example/group");
  CHECK(nested.repo->id() == "sub/project");

  const auto single = parse_remote("https://git.example/project.git");
  CHECK(single.url == "https://git.example/project.git");
  CHECK_FALSE(single.repo);
}

TEST_CASE("credentials are taken out of a URL", "[remote][address]") {
  const auto address = parse_remote("https://alice:s%40cret@hub.example/team/model?x=1#y");
  CHECK(address.url == "https://hub.example/team/model");
  CHECK(address.hub_url == "https://hub.example");
  CHECK(address.user == "alice");
  CHECK(address.password == "s@cret");
}

TEST_CASE("short names mean repositories on the default hubs", "[remote][address]") {
  CHECK(parse_remote("team/model").url == "https://huggingface.co/team/model");
  CHECK(parse_remote("hf:datasets/team/data").url == "https://huggingface.co/datasets/team/data");
  const HubDefaults hubs{.default_hub = "http://127.0.0.1:9/base/",
                         .hf_endpoint = "https://mirror.example"};
  CHECK(parse_remote("team/model", hubs).url == "http://127.0.0.1:9/base/team/model");
  CHECK(parse_remote("spaces/team/app", hubs).hub_url == "http://127.0.0.1:9/base");
  CHECK(parse_remote("hf:team/model", hubs).url == "https://mirror.example/team/model");
}

TEST_CASE("a name alone is one of Hugging Face's oldest repositories, and there alone",
          "[remote][address]") {
  const auto model = parse_remote("hf:gpt2");
  CHECK(model.url == "https://huggingface.co/gpt2");
  CHECK(model.hub_url == "https://huggingface.co");
  REQUIRE(model.repo);
  CHECK(model.repo->owner.empty());
  CHECK(model.repo->name == "gpt2");
  CHECK(model.is_hugging_face);
  const auto again = parse_remote(model.url);
  CHECK(again.repo == model.repo);
  CHECK(again.hub_url == model.hub_url);
  CHECK(again.is_hugging_face);
  CHECK(parse_remote("hf:datasets/squad").url == "https://huggingface.co/datasets/squad");
  const HubDefaults hubs{.default_hub = {}, .hf_endpoint = "http://127.0.0.1:9/base/"};
  CHECK(parse_remote("hf:gpt2", hubs).url == "http://127.0.0.1:9/base/gpt2");
  CHECK(parse_remote("http://127.0.0.1:9/base/gpt2.git", hubs).repo);
  CHECK_FALSE(parse_remote("http://127.0.0.1:9/gpt2", hubs).repo);
  CHECK_FALSE(parse_remote("https://huggingface.co/gpt2", hubs).repo);
  CHECK_FALSE(parse_remote("https://huggingface.co/datasets").repo);
  CHECK_FALSE(parse_remote("https://huggingface.co.evil.example/gpt2").repo);
}

TEST_CASE("the hub that hf: means is known by its address", "[remote][address]") {
  CHECK(parse_remote("hf:team/model").is_hugging_face);
  CHECK(parse_remote("https://huggingface.co/datasets/team/data.git").is_hugging_face);
  CHECK_FALSE(parse_remote("https://huggingface.co.evil.example/team/model").is_hugging_face);
  CHECK_FALSE(parse_remote("https://hub.example/team/model").is_hugging_face);
  CHECK_FALSE(parse_remote("./model").is_hugging_face);
  const HubDefaults hubs{.default_hub = "http://127.0.0.1:9",
                         .hf_endpoint = "https://Mirror.example/base/"};
  CHECK(parse_remote("hf:team/model", hubs).is_hugging_face);
  CHECK(parse_remote("https://mirror.example/base/team/model", hubs).is_hugging_face);
  CHECK_FALSE(parse_remote("https://mirror.example/team/model", hubs).is_hugging_face);
  CHECK_FALSE(parse_remote("team/model", hubs).is_hugging_face);
  CHECK_FALSE(parse_remote("https://huggingface.co/team/model", hubs).is_hugging_face);
  CHECK_FALSE(parse_remote("team/model", {.hf_endpoint = "no url"}).is_hugging_face);
}

TEST_CASE("local paths are those that look like paths", "[remote][address]") {
  for (const char* path : {"/srv/model", "./model", "../model", ".", ".."}) {
    INFO(path);
    CHECK(parse_remote(path).local_path == path);
  }
  CHECK(parse_remote("file:///srv/a%20b").local_path == "/srv/a b");
}

TEST_CASE("what is not understood is refused without showing a password", "[remote][address]") {
  for (const char* text : {"", "model", "git@hub.example:team/model", "ssh://h/a/b", "a/b/c",
                           "hf:datasets/", "hf:../x", "https://hub.example/", "https://", "a b/c",
                           "-upload/x", "file://other/x", "team/model\n"}) {
    INFO(text);
    CHECK_THROWS_MATCHES(parse_remote(text), Error, HasKind(ErrorKind::usage));
  }
  try {
    parse_remote("ssh://alice:secret@hub.example/a/b");
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.message().find("secret") == std::string::npos);
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("a clone's folder is named after the repository", "[remote][address]") {
  CHECK(folder_name(parse_remote("http://h/team/model.git")) == "model");
  CHECK(folder_name(parse_remote("hf:team/model.v2")) == "model.v2");
  CHECK(folder_name(parse_remote("/srv/repos/model.git/")) == "model");
  CHECK(folder_name(parse_remote("./work/.git")) == "work");
  CHECK_THROWS_MATCHES(folder_name(parse_remote("http://h/a/..%2f")), Error,
                       HasKind(ErrorKind::usage));
  CHECK_THROWS_MATCHES(folder_name(parse_remote("..")), Error, HasKind(ErrorKind::usage));
}

TEST_CASE("the LFS endpoint follows from the URL unless a setting names it", "[remote][address]") {
  CHECK(lfs_endpoint("https://h/team/model", {}, false) == "https://h/team/model.git/info/lfs");
  CHECK(lfs_endpoint("https://h/team/model.git/", {}, true) == "https://h/team/model.git/info/lfs");
  LfsSettings settings{.lfs_url = "",
                       .lfs_push_url = "",
                       .remote_lfs_url = "https://r/lfs/",
                       .remote_lfs_push_url = "https://rp/lfs"};
  CHECK(lfs_endpoint("https://h/a/b", settings, false) == "https://r/lfs");
  CHECK(lfs_endpoint("https://h/a/b", settings, true) == "https://rp/lfs");
  settings.lfs_url = "https://l/lfs";
  CHECK(lfs_endpoint("https://h/a/b", settings, true) == "https://l/lfs");
  settings.lfs_push_url = "https://lp/lfs";
  CHECK(lfs_endpoint("https://h/a/b", settings, true) == "https://lp/lfs");
  CHECK(lfs_endpoint("https://h/a/b", settings, false) == "https://l/lfs");
  const LfsSettings shared{.lfs_url = "https://s/lfs"};
  CHECK(lfs_endpoint("https://h/a/b", settings, false, shared) == "https://l/lfs");
  settings.lfs_url = "ssh://l/lfs";
  CHECK_THROWS_MATCHES(lfs_endpoint("https://h/a/b", settings, false), Error,
                       HasKind(ErrorKind::config));
}

TEST_CASE("a project's own LFS endpoint counts where the user set none", "[remote][address]") {
  const LfsSettings shared{.lfs_url = "https://someone:secret@s/lfs/",
                           .lfs_push_url = "https://sp/lfs"};
  CHECK(lfs_endpoint("https://h/a/b", {}, false, shared) == "https://s/lfs");
  CHECK(lfs_endpoint("https://h/a/b", {}, true, shared) == "https://sp/lfs");
  CHECK(lfs_endpoint("https://h/a/b", {.lfs_url = "https://l"}, false, shared) == "https://l");
  CHECK(lfs_endpoint("https://h/a/b", {.lfs_push_url = "https://l"}, true, shared) == "https://l");
}

TEST_CASE("a project's own LFS endpoint cannot give up TLS", "[remote][address]") {
  const LfsSettings clear{.lfs_url = "http://s/lfs"};
  CHECK_THROWS_MATCHES(lfs_endpoint("https://h/a/b", {}, false, clear), Error,
                       HasKind(ErrorKind::config));
  CHECK(lfs_endpoint("http://h/a/b", {}, false, clear) == "http://s/lfs");
  CHECK(lfs_endpoint("https://h/a/b", clear, false) == "http://s/lfs");  // the user's own will
  for (const char* text : {"ssh://s/lfs", "file:///etc", "s/lfs", "-x", "https://s/\nlfs"}) {
    CHECK_THROWS_MATCHES(lfs_endpoint("https://h/a/b", {}, false, {.lfs_url = text}), Error,
                         HasKind(ErrorKind::config));
  }
}
