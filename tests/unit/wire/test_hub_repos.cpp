#include <mhub/wire/hub_info.hpp>
#include <mhub/wire/hub_repos.hpp>
#include <mhub/wire/hub_tree.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

TEST_CASE("both spellings of a repository's visibility are understood", "[wire][hub_repos]") {
  const auto current = parse_create_repo_request(
      R"({"name":"new1","organization":"alice","visibility":"private","type":"dataset"})");
  CHECK(current ==
        CreateRepoRequest{
            .type = RepoType::dataset, .name = "new1", .owner = "alice", .is_private = true});
  CHECK(parse_create_repo_request(R"({"name":"n","private":true,"type":null})").is_private);
  CHECK_FALSE(parse_create_repo_request(R"({"name":"n","organization":null})").is_private);
}

TEST_CASE("an unknown visibility never becomes public", "[wire][hub_repos]") {
  CHECK_THROWS_WITH(parse_create_repo_request(R"({"name":"n","visibility":"hidden"})"),
                    "repository request: visibility is neither public nor private");
  CHECK_THROWS_WITH(parse_create_repo_request(R"({"name":"n","type":"bucket"})"),
                    "repository request: type is none of model, dataset, space");
}

TEST_CASE("a space is asked for with what it runs on", "[wire][hub_repos]") {
  for (const char* sdk : {"gradio", "streamlit", "docker", "static"}) {
    CHECK(parse_create_repo_request(R"({"name":"n","type":"space","sdk":")" + std::string(sdk) +
                                    "\"}")
              .space_sdk == sdk);
  }
  CHECK(parse_create_repo_request(R"({"name":"n","type":"space"})").space_sdk.empty());
  CHECK(parse_create_repo_request(R"({"name":"n","type":"space","sdk":null})").space_sdk.empty());
  for (const char* bad : {"react", "Gradio", "gradio "}) {
    CHECK_THROWS_WITH(parse_create_repo_request(R"({"name":"n","type":"space","sdk":")" +
                                                std::string(bad) + "\"}"),
                      "repository request: sdk is none of gradio, streamlit, docker, static");
  }
  // Of others it says nothing.
  CHECK(parse_create_repo_request(R"({"name":"n","sdk":"react"})").space_sdk.empty());
}

TEST_CASE("a repository can be asked for with files and a license", "[wire][hub_repos]") {
  const auto request = parse_create_repo_request(
      R"({"name":"n","license":"mit","files":[{"path":"a","content":"aGk=","encoding":"base64"}]})");
  CHECK(request.license == "mit");
  REQUIRE(request.files.size() == 1);
  CHECK(request.files[0].path == "a");
  CHECK(as_text(request.files[0].content) == "hi");
  CHECK_THROWS_WITH(parse_create_repo_request(R"({"name":"n","license":"a: b"})"),
                    "repository request: license is no name of a license");
}

TEST_CASE("files of one repository are asked for in another", "[wire][hub_repos]") {
  const std::string digest(64, 'a');
  const auto request = parse_copy_files_request(
      R"({"target":{"type":"dataset","name":"a/b"},"files":[{"xetHash":"x","sha256":")" + digest +
      R"(","filename":"f"}]})");
  CHECK(request.type == RepoType::dataset);
  CHECK(request.to == "a/b");
  REQUIRE(request.files.size() == 1);
  CHECK(request.files[0].hex() == digest);
  CHECK(to_json(CopyFilesAnswer{}) == R"({"failed":[]})");
  CHECK(to_json(CopyFilesAnswer{{{request.files[0], "no"}}}) ==
        R"({"failed":[{"sha256":")" + digest + R"(","error":"no"}]})");
}

TEST_CASE("repository requests survive a round trip", "[wire][hub_repos]") {
  CreateRepoRequest create{.type = RepoType::space, .name = "n", .owner = "o", .is_private = true};
  CHECK(parse_create_repo_request(to_json(create)) == create);
  CHECK(to_json(create).find("sdk") == std::string::npos);
  create.space_sdk = "docker";
  CHECK(parse_create_repo_request(to_json(create)) == create);
  CHECK(to_json(create).find("initialCommit") == std::string::npos);
  create.initial_commit = false;
  CHECK(parse_create_repo_request(to_json(create)) == create);
  const DeleteRepoRequest remove{.type = RepoType::dataset, .name = "n", .owner = ""};
  CHECK(parse_delete_repo_request(to_json(remove)) == remove);
  CHECK(to_json(remove).find("organization") == std::string::npos);
}

TEST_CASE("changes of repositories are read as clients write them", "[wire][hub_repos]") {
  const auto move = parse_move_repo_request(R"({"fromRepo":"a/b","toRepo":"c/d","type":"space"})");
  CHECK(move.from == "a/b");
  CHECK(move.to == "c/d");
  CHECK(move.type == RepoType::space);
  CHECK(parse_repo_settings_request(R"({"visibility":"private"})").is_private == true);
  CHECK(parse_repo_settings_request(R"({"private":false})").is_private == false);
  CHECK_FALSE(parse_repo_settings_request("{}").gating);
  CHECK(parse_repo_settings_request(R"({"gated":false})").gating == Gating::none);
  CHECK(parse_repo_settings_request(R"({"gated":"auto"})").gating == Gating::automatic);
  CHECK(parse_repo_settings_request(R"({"gated":"manual"})").gating == Gating::manual);
  for (const char* bad : {R"({"gated":true})", R"({"gated":"yes"})", R"({"gated":1})"})
    CHECK_THROWS_MATCHES(parse_repo_settings_request(bad), Error,
                         test::HasKind(ErrorKind::corrupt));
  CHECK_FALSE(parse_repo_settings_request(R"({"gated":false})").is_private.has_value());
  CHECK_THROWS_WITH(parse_repo_settings_request(R"({"visibility":"secret"})"),
                    "settings request: visibility is neither public nor private");
  const auto duplicate = parse_duplicate_repo_request(R"({"repository":"x/y","private":true})");
  CHECK(duplicate.to == "x/y");
  CHECK(duplicate.is_private == true);
  CHECK_THROWS(parse_duplicate_repo_request(R"({"visibility":"public"})"));
}

TEST_CASE("the answer for a name that exists carries the url beside the error",
          "[wire][hub_repos]") {
  const CreateRepoAnswer answer{
      .url = "http://h/o/n", .id = "o/n", .error = "You already created this model repo"};
  CHECK(parse_create_repo_answer(to_json(answer)) == answer);
  CHECK(to_json(CreateRepoAnswer{.url = "http://h/o/n", .id = "o/n", .error = ""}) ==
        R"({"url":"http://h/o/n","id":"o/n","name":"o/n"})");
}

TEST_CASE("repository lists are read and tolerate what is not known", "[wire][hub_repos]") {
  const RepoDescription repo{.type = RepoType::model,
                             .id = "o/n",
                             .unique_id = "7",
                             .author = "o",
                             .is_private = true,
                             .gating = Gating::manual,
                             .sha = "aa",
                             .created_at = "2026-01-31T12:00:00.000Z",
                             .last_modified = "2026-02-01T12:00:00.000Z",
                             .downloads = 3,
                             .likes = 4,
                             .tags = {"license:mit"}};
  const RepoListItem item{.id = "o/n",
                          .unique_id = "7",
                          .is_private = true,
                          .gating = Gating::manual,
                          .sha = "aa",
                          .created_at = "2026-01-31T12:00:00.000Z",
                          .last_modified = "2026-02-01T12:00:00.000Z",
                          .downloads = 3,
                          .likes = 4,
                          .tags = {"license:mit"}};
  const std::string written = to_json(repo, {});
  CHECK(parse_repo_list("[" + written + "," + written + "]") == std::vector{item, item});
  const auto gated = parse_repo_list(
      R"([{"id":"a/b","gated":"auto","cardData":{}},{"id":"a/c","gated":"by-lot"}])");
  CHECK(gated.front().id == "a/b");
  CHECK(gated.front().gating == Gating::automatic);
  CHECK(gated.back().gating == Gating::manual);
}

TEST_CASE("whoami answers survive a round trip", "[wire][hub_repos]") {
  const WhoAmI who{.name = "alice",
                   .id = "1",
                   .fullname = "Alice",
                   .email = "a@example.com",
                   .orgs = {{"team", "write"}},
                   .token_name = "laptop",
                   .token_role = "write",
                   .token_created_at = "2026-01-31T12:00:00.000Z"};
  CHECK(parse_whoami(to_json(who)) == who);
  CHECK(parse_whoami(R"({"name":"bob","type":"user"})").name == "bob");
  CHECK_THROWS_WITH(parse_whoami("{}"), "whoami answer has no field name");
}

TEST_CASE("a text that unfolds into much memory is refused", "[wire][hub_repos]") {
  CHECK_THROWS_WITH(parse_repo_list(std::string(1 << 20, '[')), Catch::Contains("nested"));
  std::string list = "[";
  while (list.size() < kHubMaxBodyBytes - 8) list += "[],";
  CHECK_THROWS_WITH(parse_repo_list(list + "[]]"), Catch::Contains("values"));
}

TEST_CASE("file listings survive a round trip", "[wire][hub_tree]") {
  const std::string oid = "cd44947308b4b22228767cab8addd523d1de22abd9b23a10808e5fc295202e4f";
  const std::vector<TreeEntry> entries{
      {.is_folder = true, .path = "sub", .oid = "aa", .size_bytes = 0},
      {.is_folder = false,
       .path = "sub/model.safetensors",
       .oid = "bb",
       .size_bytes = 1048576,
       .lfs_oid = Sha256::parse(oid),
       .lfs_size_bytes = 1048576,
       .pointer_size_bytes = 132,
       .xet_hash = xet::FileHash::parse(oid),
       .last_commit = LastCommit{"cc", "Add the model", "2026-01-31T12:00:00.000Z"}}};
  CHECK(parse_tree(to_json(entries)) == entries);
  CHECK_THROWS_WITH(parse_tree(R"([{"type":"file","path":"a","xetHash":"zz"}])"),
                    "file listing: [0].xetHash is not 64 hexadecimal digits");
}

TEST_CASE("a paths-info request lists its paths", "[wire][hub_tree]") {
  const std::vector<std::string> paths{"a b", "c\"d"};
  const std::string json = paths_info_request_json(paths);
  CHECK(json == R"({"paths":["a b","c\"d"],"expand":false})");
  CHECK(parse_paths_info_request(json) == PathsInfoRequest{paths, false});
  CHECK(parse_paths_info_request(R"({"paths":[],"expand":true})").expand);
  CHECK_THROWS_WITH(parse_paths_info_request("{}"), "paths-info request has no field paths");
}
