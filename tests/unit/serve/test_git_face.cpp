#include <fstream>
#include <sstream>

#include <mhub/serve/hook.hpp>

#include "git/child.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using test::TestHub;

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A work tree with one commit.
std::filesystem::path make_work_tree(const TestHub& hub, const std::string& name) {
  const auto folder = hub.folder() / name;
  std::filesystem::create_directories(folder);
  REQUIRE(hub.git(folder, {"init", "-q", "-b", "main"}).exit_code == 0);
  write_file(folder / "readme", "hello\n");
  REQUIRE(hub.git(folder, {"add", "."}).exit_code == 0);
  REQUIRE(hub.git(folder, {"commit", "-q", "-m", "one"}).exit_code == 0);
  return folder;
}

std::string pointer_text(const std::string& content) {
  return "version https://git-lfs.github.com/spec/v1\noid sha256:" +
         sha256_of(as_bytes(content)).hex() + "\nsize " + std::to_string(content.size()) + "\n";
}

TEST_CASE("git clones an empty repository, pushes and clones it again", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto empty = hub.git(hub.folder().path(), {"clone", hub.url() + "/admin/model", "empty"});
  INFO(empty.err);
  REQUIRE(empty.exit_code == 0);

  const auto work = make_work_tree(hub, "work");
  const auto pushed =
      hub.git(work, {"push", hub.git_url("admin/model", hub.admin_token()), "main"});
  INFO(pushed.err);
  REQUIRE(pushed.exit_code == 0);
  for (const char* protocol : {"0", "1", "2"}) {
    const std::string name = std::string("clone") + protocol;
    const auto cloned =
        hub.git(hub.folder().path(), {"-c", std::string("protocol.version=") + protocol, "clone",
                                      hub.url() + "/admin/model.git", name});
    INFO(cloned.err);
    REQUIRE(cloned.exit_code == 0);
    CHECK(std::filesystem::exists(hub.folder() / name / "readme"));
    CHECK(hub.git(hub.folder() / name, {"rev-parse", "HEAD"}).out ==
          hub.git(work, {"rev-parse", "HEAD"}).out);
  }
}

TEST_CASE("a push of many megabytes goes through in chunks", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto work = make_work_tree(hub, "work");
  Bytes noise(6 << 20);
  fill_random(noise);
  write_file(work / "noise", std::string(as_text(noise)));
  REQUIRE(hub.git(work, {"add", "."}).exit_code == 0);
  REQUIRE(hub.git(work, {"commit", "-q", "-m", "big"}).exit_code == 0);
  const auto pushed =
      hub.git(work, {"push", hub.git_url("admin/model", hub.admin_token()), "main"});
  INFO(pushed.err);
  REQUIRE(pushed.exit_code == 0);
  REQUIRE(hub.git(hub.folder().path(), {"clone", "-q", hub.url() + "/admin/model", "again"})
              .exit_code == 0);
  CHECK(std::filesystem::file_size(hub.folder() / "again" / "noise") == noise.size());
}

TEST_CASE("a long diverged fetch with a gzip'd request works", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto work = make_work_tree(hub, "work");
  const std::string remote = hub.git_url("admin/model", hub.admin_token());
  REQUIRE(hub.git(work, {"push", "-q", remote, "main"}).exit_code == 0);
  REQUIRE(hub.git(hub.folder().path(), {"clone", "-q", remote, "other"}).exit_code == 0);
  const auto other = hub.folder() / "other";
  for (int i = 0; i < 120; ++i) {
    REQUIRE(hub.git(other, {"commit", "-q", "--allow-empty", "-m", "mine"}).exit_code == 0);
  }
  REQUIRE(hub.git(work, {"commit", "-q", "--allow-empty", "-m", "theirs"}).exit_code == 0);
  REQUIRE(hub.git(work, {"push", "-q", remote, "main"}).exit_code == 0);
  for (const char* protocol : {"protocol.version=0", "protocol.version=2"}) {
    const auto fetched = hub.git(other, {"-c", protocol, "fetch", "origin"});
    INFO(fetched.err);
    CHECK(fetched.exit_code == 0);
  }
  CHECK(hub.git(other, {"rev-parse", "origin/main"}).out ==
        hub.git(work, {"rev-parse", "main"}).out);
}

TEST_CASE("a push whose large file is missing moves no ref and names it", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto work = make_work_tree(hub, "work");
  const std::string content(50000, 'x');
  const std::string oid = sha256_of(as_bytes(content)).hex();
  write_file(work / "weights.bin", pointer_text(content));
  REQUIRE(hub.git(work, {"add", "."}).exit_code == 0);
  REQUIRE(hub.git(work, {"commit", "-q", "-m", "weights"}).exit_code == 0);
  const std::string remote = hub.git_url("admin/model", hub.admin_token());

  const auto refused = hub.git(work, {"push", remote, "main"});
  CHECK(refused.exit_code != 0);
  CHECK_THAT(refused.err, Catch::Contains("weights.bin") && Catch::Contains(oid));
  CHECK(hub.git(work, {"ls-remote", remote}).out.empty());

  // The same object in another repository does not count.
  hub.make_repo("admin/other");
  REQUIRE(hub.ask("PUT", "/admin/other.git/info/lfs/objects/" + oid, hub.admin_token(), content)
              .status == 200);
  CHECK(hub.git(work, {"push", remote, "main"}).exit_code != 0);

  REQUIRE(hub.ask("PUT", "/admin/model.git/info/lfs/objects/" + oid, hub.admin_token(), content)
              .status == 200);
  const auto pushed = hub.git(work, {"push", remote, "main"});
  INFO(pushed.err);
  CHECK(pushed.exit_code == 0);
}

TEST_CASE("a push that the hub fails to check is refused without its paths", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto work = make_work_tree(hub, "work");
  const std::string remote = hub.git_url("admin/model", hub.admin_token());
  // The running hub does not look at this number again, a hook does.
  test::run_sql(hub.options().data_folder / "catalog.db", "PRAGMA user_version=99");
  const auto refused = hub.git(work, {"push", remote, "main"});
  CHECK(refused.exit_code != 0);
  CHECK_THAT(refused.err, Catch::Contains("the hub could not check it"));
  CHECK_THAT(refused.err, !Catch::Contains("catalog.db") && !Catch::Contains("schema"));
}

TEST_CASE("a hook tells its faults to the log alone", "[serve][git]") {
  const test::TemporaryFolder folder;
  const auto log = real_file_system().create(folder / "log", 0600);
  for (const char* hook : {"pre-receive", "post-receive"}) {
    std::istringstream commands(std::string(40, '0') + " " + std::string(40, 'a') +
                                " refs/heads/main\n");
    std::ostringstream messages;
    const int code = serve::run_hook(hook, commands, messages, [&](const std::string& name) {
      if (name == "MHUB_HOOK_DATA") return (folder / "hub").string();
      if (name == "MHUB_HOOK_LOG") return std::to_string(log->descriptor());
      return std::string(name == "MHUB_HOOK_GIT" ? "/usr/bin/git" : "7");
    });
    CHECK(code != 0);
    CHECK(messages.str().find(folder.path().string()) == std::string::npos);
  }
  std::stringstream text;
  text << std::ifstream(folder / "log").rdbuf();
  CHECK_THAT(text.str(), Catch::StartsWith("pre-receive of repository 7: ") &&
                             Catch::Contains("\npost-receive of repository 7: ") &&
                             Catch::Contains((folder / "hub").string()));
}

TEST_CASE("what children of git write for the log is kept with git's errors", "[serve][git]") {
  const std::string write = fmt::format("echo seen >&2; echo kept >&{}", serve::kLogDescriptor);
  const auto result =
      serve::run_to_end({{"/bin/sh", "-c", "/bin/sh -c '" + write + "' 2>&1"}, {}, {}}, {},
                        [](std::string_view said) { CHECK(said == "seen\n"); });
  CHECK(result.exit_code == 0);
  CHECK(result.errors == "kept");
}

TEST_CASE("the default branch cannot be deleted, others can", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto work = make_work_tree(hub, "work");
  const std::string remote = hub.git_url("admin/model", hub.admin_token());
  REQUIRE(hub.git(work, {"push", "-q", remote, "main", "main:refs/heads/side"}).exit_code == 0);
  CHECK(hub.git(work, {"push", remote, ":main"}).exit_code != 0);
  CHECK(hub.git(work, {"push", remote, ":side"}).exit_code == 0);
  CHECK(hub.git(work, {"push", remote, "main:refs/elsewhere/x"}).exit_code != 0);
  CHECK(hub.git(work, {"ls-remote", remote, "refs/heads/*"}).out.find("side") == std::string::npos);
}

TEST_CASE("git faces refuse what is not theirs", "[serve][git]") {
  TestHub hub;
  hub.make_repo("admin/model");
  CHECK(hub.ask("GET", "/admin/model/info/refs").status == 403);
  CHECK(hub.ask("GET", "/admin/model/info/refs?service=git-upload-archive").status == 403);
  CHECK(hub.ask("POST", "/admin/model/git-upload-pack", "", "0000", {"Content-Type: text/plain"})
            .status == 415);
  const auto probe = hub.ask("POST", "/admin/model/git-receive-pack", hub.admin_token(), "0000",
                             {"Content-Type: application/x-git-receive-pack-request"});
  CHECK(probe.status == 200);
  CHECK(probe.header("content-type") == "application/x-git-receive-pack-result");
  CHECK(probe.body.empty());
  const auto refs = hub.ask("GET", "/admin/model/info/refs?service=git-upload-pack");
  CHECK(refs.status == 200);
  CHECK(refs.header("content-type") == "application/x-git-upload-pack-advertisement");
  CHECK_THAT(refs.header("cache-control"), Catch::Contains("no-cache"));
  CHECK(refs.body.starts_with("001e# service=git-upload-pack\n0000"));
}

}  // namespace
}  // namespace mhub
