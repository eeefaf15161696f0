// Commits made over HTTP.

#include <algorithm>
#include <thread>

#include "hub_writer.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using test::file_line;
using test::header_line;
using test::HubWriter;
using test::large_line;
using test::line;
using test::TestHub;
using Paths = std::vector<std::string>;

TEST_CASE("each operation of a commit does what it says", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string large(3000, 'x');
  repo.upload(large);

  const auto answer =
      repo.commit(line("header", {{"summary", "First"}, {"description", "Why.\n"}}) +
                  file_line("README.md", "hello\n") + file_line("sub/a b/\xc3\xbc.txt", "") +
                  line("file", {{"path", "plain.txt"}, {"content", "h\xc3\xbc"}}) +
                  large_line("model.bin", large) + large_line("deep/weights.gguf", large));
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const json body = json::parse(answer.body);
  CHECK(body.at("success") == true);
  CHECK(body.at("commitOid") == repo.tip_id());
  CHECK(body.at("commitUrl") ==
        hub.url() + "/admin/model/commit/" + body.at("commitOid").get<std::string>());
  CHECK(body.at("hookOutput") == "");
  CHECK_FALSE(body.contains("pullRequestUrl"));
  CHECK(repo.tip()->message == "First\n\nWhy.\n");
  CHECK(repo.tip()->author.name == "admin");
  CHECK(repo.tip()->parents.empty());
  CHECK(repo.paths() ==
        Paths{"README.md", "deep/weights.gguf", "model.bin", "plain.txt", "sub/a b/\xc3\xbc.txt"});
  CHECK(repo.text("README.md") == "hello\n");
  CHECK(repo.text("plain.txt") == "h\xc3\xbc");
  CHECK(repo.text("sub/a b/\xc3\xbc.txt") == "");
  const std::string pointer =
      wire::to_text(wire::LfsPointer{sha256_of(as_bytes(large)), large.size()});
  CHECK(repo.text("model.bin") == pointer);
  // What a clone does with a file is told by rules; one that none covered got its own.
  CHECK(repo.is_tracked("model.bin"));
  CHECK(repo.is_tracked("deep/weights.gguf"));
  CHECK_FALSE(repo.is_tracked("weights.gguf"));
  CHECK_FALSE(repo.is_tracked("README.md"));

  repo.commit_id(
      header_line("Change") + line("copyFile", {{"path", "copy.bin"}, {"srcPath", "model.bin"}}) +
      line("deletedFile", {{"path", "plain.txt"}}) + line("deletedFolder", {{"path", "sub/"}}) +
      line("file", {{"path", "GUIDE.md"}, {"oldPath", "README.md"}, {"content", "hello\n"}}) +
      line("deletedEntry", {{"path", "deep"}}));
  CHECK(repo.paths() == Paths{"GUIDE.md", "copy.bin", "model.bin"});
  CHECK(repo.text("copy.bin") == pointer);
  CHECK(repo.count_commits() == 2);

  // From another revision, and without the size, as a client copies a large file.
  const std::string first = repo.tip()->parents.front().hex();
  repo.commit_id(
      header_line("Back") +
      line("copyFile",
           {{"path", "README.md"}, {"srcPath", "README.md"}, {"srcRevision", first.substr(0, 7)}}) +
      line("lfsFile", {{"path", "again.safetensors"},
                       {"algo", "sha256"},
                       {"oid", sha256_of(as_bytes(large)).hex()}}));
  CHECK(repo.text("README.md") == "hello\n");
  CHECK(repo.text("again.safetensors") == pointer);
}

TEST_CASE("operations see what those before them did", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.commit_id(header_line("1") + file_line("a", "old") + file_line("a", "new") +
                 file_line("gone", "x") + line("deletedFile", {{"path", "gone"}}) +
                 file_line("d/1", "1") + file_line("d/2", "2"));
  CHECK(repo.text("a") == "new");
  CHECK(repo.paths() == Paths{"a", "d/1", "d/2"});
  // A folder makes room for a file, and the other way round.
  repo.commit_id(header_line("2") + line("deletedFolder", {{"path", "d"}}) +
                 file_line("d", "file") + line("deletedFile", {{"path", "a"}}) +
                 file_line("a/b/c", "deep"));
  CHECK(repo.paths() == Paths{"a/b/c", "d"});
  repo.commit_id(header_line("3") + line("deletedFile", {{"path", "a/b/c"}}) +
                 file_line("a", "file again") + line("deletedEntry", {{"path", "d"}}));
  CHECK(repo.paths() == Paths{"a"});
}

TEST_CASE("a commit that cannot be made leaves the branch as it is", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string first =
      repo.commit_id(header_line("1") + file_line("a", "1") + file_line("d/b", "2"));
  const auto refuses = [&](int status, const std::string& lines, const std::string& code = "") {
    INFO(lines.substr(0, 300));
    const auto answer = repo.commit(lines);
    CHECK(answer.status == status);
    CHECK(answer.header("x-error-code") == code);
    CHECK(json::parse(answer.body).contains("error"));
    CHECK(repo.tip_id() == first);
  };
  const std::string head = header_line("2") + file_line("new", "x");
  refuses(400, "");
  refuses(400, file_line("new", "x"));
  refuses(400, head + header_line("3"));
  refuses(400, head + "nonsense\n");
  refuses(400, head + "{\"key\":\"file\"}\n");
  refuses(400, head + line("surprise", json::object()));
  refuses(400, header_line("  "));
  refuses(404, head + line("deletedFile", {{"path", "none"}}), "EntryNotFound");
  refuses(404, head + line("deletedFile", {{"path", "d"}}), "EntryNotFound");
  refuses(404, head + line("deletedFolder", {{"path", "a"}}), "EntryNotFound");
  refuses(404, head + line("copyFile", {{"path", "x"}, {"srcPath", "none"}}), "EntryNotFound");
  refuses(404, head + line("copyFile", {{"path", "x"}, {"srcPath", "a"}, {"srcRevision", "no"}}),
          "RevisionNotFound");
  refuses(422, head + file_line("a/below", "x"));
  refuses(422, head + file_line("d", "x"));
  // Content that the hub does not hold for this repository, told by a line or by a pointer's text.
  const std::string unknown = "never sent";
  refuses(422, head + large_line("m.bin", unknown));
  refuses(422, head + file_line("m.bin", wire::to_text(wire::LfsPointer{
                                             sha256_of(as_bytes(unknown)), unknown.size()})));
  HubWriter other(hub, hub.make_repo("admin/other"));
  other.upload("elsewhere");
  refuses(422, head + large_line("m.bin", "elsewhere"));
  repo.upload("held");
  refuses(422, head + line("lfsFile", {{"path", "m.bin"},
                                       {"algo", "sha256"},
                                       {"oid", sha256_of(as_bytes("held")).hex()},
                                       {"size", 5}}));
  refuses(422, head + file_line("m.bin",
                                wire::to_text(wire::LfsPointer{sha256_of(as_bytes("held")), 5})));
}

TEST_CASE("paths that could do harm in a clone are refused", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.upload("held");
  const std::string too_deep = [] {
    std::string path;
    for (int i = 0; i < 300; ++i) path += "d/";
    return path + "f";
  }();
  for (const std::string& path :
       {std::string(), std::string("/etc/passwd"), std::string("../up"), std::string("a/../../b"),
        std::string("a//b"), std::string("./a"), std::string("a/."), std::string("a\\b"),
        std::string(".git/config"), std::string("a/.GIT/hooks/x"), std::string("git~1/config"),
        std::string(".g\xe2\x80\x8cit/config"), std::string("a\nb"), std::string("a\tb"),
        std::string("a\0b", 3), std::string("folder/"), std::string(5000, 'a'), too_deep}) {
    INFO(printable(path.substr(0, 60)));
    CHECK(repo.commit(header_line("x") + file_line(path, "x")).status == 422);
    CHECK(repo.commit(header_line("x") + large_line(path, "held")).status == 422);
    CHECK(repo.commit(header_line("x") + line("copyFile", {{"path", path}, {"srcPath", "a"}}))
              .status == 422);
    CHECK(repo.commit(header_line("x") +
                      line("file", {{"path", "ok"}, {"content", "x"}, {"oldPath", path}}))
              .status == (path.empty() ? 200 : 422));
  }
  CHECK(repo.paths() == Paths{"ok"});
}

TEST_CASE("a parent that is not the tip is a conflict", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  CHECK(repo.commit(header_line("0", "abcdef0") + file_line("a", "0")).status == 412);
  const std::string first = repo.commit_id(header_line("1") + file_line("a", "1"));
  const std::string second =
      repo.commit_id(header_line("2", first.substr(0, 7)) + file_line("a", "2"));
  const auto stale = repo.commit(header_line("3", first) + file_line("a", "3"));
  CHECK(stale.status == 412);
  CHECK_THAT(stale.header("x-error-message"),
             Catch::StartsWith("The branch was updated since you opened this page"));
  CHECK(repo.tip_id() == second);
  repo.commit_id(header_line("4", second) + file_line("a", "4"));
  CHECK(repo.text("a") == "4");
}

TEST_CASE("a commit that changes nothing is the tip", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string first = repo.commit_id(header_line("1") + file_line("a", "1"));
  CHECK(repo.commit_id(header_line("2") + file_line("a", "1")) == first);
  CHECK(repo.commit_id(header_line("3")) == first);
  CHECK(repo.count_commits() == 1);
}

TEST_CASE("commits go to branches and pull requests alone", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string first = repo.commit_id(header_line("1") + file_line("a", "1"));
  const std::string lines = header_line("2") + file_line("a", "2");
  for (const std::string& revision :
       {std::string("none"), first, first.substr(0, 8), std::string("refs%2Ftags%2Fv1"),
        std::string("refs%2Fpr%2F1"), std::string("refs%2Fpr%2Fx")}) {
    INFO(revision);
    const auto answer = repo.commit(lines, revision);
    CHECK(answer.status == 404);
    CHECK(answer.header("x-error-code") == "RevisionNotFound");
  }
  REQUIRE(hub.ask("POST", repo.api() + "/branch/feat%2Fx", hub.admin_token(), "{}").status == 200);
  repo.commit_id(lines, "feat%2Fx");
  repo.commit_id(header_line("3") + file_line("b", "3"), "feat/x");
  repo.commit_id(header_line("4") + file_line("c", "4"), "refs%252Fheads%252Ffeat%252Fx");
  CHECK(repo.count_commits("refs/heads/feat/x") == 4);
  CHECK(repo.tip_id() == first);

  auto answer = repo.commit(lines, "main?create_pr=1");
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("pullRequestUrl") == hub.url() + "/admin/model/discussions/1");
  CHECK(repo.tip_id() == first);
  CHECK(repo.tip("refs/pr/1")->parents.front().hex() == first);
  repo.commit_id(header_line("5") + file_line("d", "5"), "refs%2Fpr%2F1");
  CHECK(repo.paths("refs/pr/1") == Paths{"a", "d"});
  answer = repo.commit(lines, "main?create_pr=True");
  CHECK(json::parse(answer.body).at("pullRequestUrl") == hub.url() + "/admin/model/discussions/2");
}

TEST_CASE("twenty clients at once make twenty commits", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.commit_id(header_line("0") + file_line("start", "0"));
  constexpr int kClients = 20;
  std::vector<test::HttpAnswer> answers(kClients);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      const std::string name = std::to_string(i);
      answers[static_cast<std::size_t>(i)] =
          repo.commit(header_line("by " + name) + file_line("d/" + name, name));
    });
  }
  for (std::thread& client : clients) client.join();
  std::vector<std::string> ids;
  for (const auto& answer : answers) {
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    ids.push_back(json::parse(answer.body).at("commitOid"));
  }
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
  CHECK(repo.count_commits() == kClients + 1);
  CHECK(repo.paths().size() == kClients + 1);
}

TEST_CASE("of clients that name the same parent one wins", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string parent = repo.commit_id(header_line("0") + file_line("start", "0"));
  std::vector<long> statuses(8);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    clients.emplace_back([&, i] {
      const std::string name = std::to_string(i);
      statuses[i] = repo.commit(header_line(name, parent) + file_line(name, name)).status;
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(std::count(statuses.begin(), statuses.end(), 200) == 1);
  CHECK(std::count(statuses.begin(), statuses.end(), 412) == 7);
  CHECK(repo.count_commits() == 2);
}

TEST_CASE("a commit's body is bounded by line, count and size", "[serve][commit]") {
  TestHub hub([](serve::ServeOptions& options) { options.limits.push_bytes = 40 << 20; });
  HubWriter repo(hub, hub.make_repo("admin/model"));
  std::string many = header_line("many");
  for (std::size_t i = 0; i < wire::kCommitMaxOperations; ++i)
    many += file_line("f/" + std::to_string(i), "same");
  repo.commit_id(many);
  CHECK(repo.paths().size() == wire::kCommitMaxOperations);
  CHECK(repo.commit(many + file_line("one more", "x")).status == 413);
  // Files of 9 MB come inline, several of them.
  const std::string big(9'000'000, 'b');
  repo.commit_id(header_line("big") + file_line("1", big) + file_line("2", big));
  CHECK(repo.text("2") == big);
  CHECK(repo.commit(header_line("line") + file_line("3", std::string(14'000'000, 'b'))).status ==
        413);
  CHECK(repo.commit(header_line("all") + file_line("1", big) + file_line("2", big) +
                    file_line("3", big) + file_line("4", big))
            .status == 413);
  // No line feed at the end, blank lines between.
  std::string loose = header_line("loose") + "\n\r\n" + file_line("last", "x");
  loose.pop_back();
  repo.commit_id(loose);
  CHECK(repo.text("last") == "x");
}

TEST_CASE("large files of a commit are spared by garbage collection", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.upload("held");
  hub.age_store();
  repo.commit_id(header_line("1") + large_line("m.bin", "held"));
  hub.collect_unlisted();
  const auto answer =
      hub.ask("GET", "/admin/model.git/info/lfs/objects/" + sha256_of(as_bytes("held")).hex(),
              hub.admin_token());
  CHECK(answer.body == "held");
}

TEST_CASE("a clone of what was committed over HTTP is clean", "[serve][commit]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.upload("held");
  repo.commit_id(header_line("1") + file_line("z.txt", "z") + file_line("z/b", "b") +
                 large_line("w.gguf", "held") + file_line("run.sh", "x"));
  const auto clone = hub.git(hub.folder().path(),
                             {"clone", "-q", hub.git_url("admin/model", hub.admin_token()), "c"});
  INFO(clone.err);
  REQUIRE(clone.exit_code == 0);
  const auto folder = hub.folder() / "c";
  CHECK(hub.git(folder, {"fsck", "--strict"}).exit_code == 0);
  // And what git pushes afterwards stands beside it: an executable stays one.
  REQUIRE(hub.git(folder, {"update-index", "--chmod=+x", "run.sh"}).exit_code == 0);
  REQUIRE(hub.git(folder, {"commit", "-qm", "run"}).exit_code == 0);
  REQUIRE(hub.git(folder, {"push", "-q", "origin", "main"}).exit_code == 0);
  repo.commit_id(header_line("2") + file_line("run.sh", "y"));
  CHECK(repo.entry("run.sh")->mode == repo::FileMode::executable);
  CHECK(repo.text("run.sh") == "y");
  CHECK(repo.count_commits() == 3);
}

}  // namespace
}  // namespace mhub
