// Commands that need a repository and no hub, through the whole command line.

#include <fstream>
#include <sstream>

#include "run_cli.hpp"
#include "support/catch.hpp"
#include "support/matchers.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using mhub::test::TemporaryFolder;

namespace {

// A repository on branch main, and the identity that commits need.
class Repo {
public:
  Repo() { REQUIRE(run({"init", "-b", "main"}).code == 0); }

  CliResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-C", folder_.path().string()});
    return run_cli(words, mhub::cli::Environment({{"GIT_AUTHOR_NAME", "Ann"},
                                                  {"GIT_AUTHOR_EMAIL", "ann@example.org"},
                                                  {"GIT_COMMITTER_NAME", "Ann"},
                                                  {"GIT_COMMITTER_EMAIL", "ann@example.org"}}));
  }
  nlohmann::json json(std::vector<std::string> words) const {
    words.insert(words.begin(), "--json");
    const CliResult result = run(words);
    INFO(result.err);
    REQUIRE(result.code == 0);
    return nlohmann::json::parse(result.out);
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  void commit(const std::string& message) const {
    REQUIRE(run({"add", "."}).code == 0);
    const CliResult result = run({"commit", "-m", message});
    INFO(result.err);
    REQUIRE(result.code == 0);
  }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("init tracks the usual formats and can be run again", "[cli][init]") {
  const Repo repo;
  const mhub::Bytes content =
      mhub::read_file(mhub::real_file_system(), repo.path(".gitattributes"), 1 << 20);
  const std::string text(mhub::as_text(content));
  CHECK_THAT(text, Contains("*.safetensors filter=lfs diff=lfs merge=lfs -text\n") &&
                       Contains("*.gguf ") && Contains("*.parquet "));
  CHECK(repo.json({"init"}).at("existed") == true);
  const TemporaryFolder plain;
  CHECK(run_cli({"-C", plain.path().string(), "init", "--no-attributes"}).code == 0);
  CHECK_FALSE(std::filesystem::exists(plain / ".gitattributes"));
}

TEST_CASE("outside a repository is a failure that says so", "[cli]") {
  const TemporaryFolder plain;
  const CliResult result = run_cli({"-C", plain.path().string(), "status"});
  CHECK(result.code == 1);
  CHECK_THAT(result.err, Contains("not in a git repository"));
}

TEST_CASE("config reads, writes, lists and removes", "[cli][config]") {
  const Repo repo;
  CHECK(repo.run({"config", "mhub.hub", "https://hub.example"}).code == 0);
  CHECK(repo.run({"config", "mhub.hub"}).out == "https://hub.example\n");
  CHECK(repo.run({"config", "--add", "mhub.hub", "https://other.example"}).code == 0);
  CHECK(repo.json({"config", "--get-all", "mhub.hub"}).at("values").size() == 2);
  CHECK_THAT(repo.run({"config", "-l"}).out, Contains("mhub.hub=https://other.example\n"));
  CHECK(repo.run({"config", "--unset", "mhub.hub"}).code == 0);
  const CliResult absent = repo.run({"config", "mhub.hub"});
  CHECK(absent.code == 1);
  CHECK(absent.out.empty());
}

TEST_CASE("with --json changes print what they did", "[cli]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.commit("First");
  CHECK(repo.json({"config", "mhub.hub", "https://hub.example"}).at("level") == "local");
  CHECK(repo.json({"config", "--unset", "mhub.hub"}).at("removed") == true);
  CHECK(repo.json({"remote", "add", "one", "hf:ns/name"}).at("name") == "one");
  CHECK(repo.json({"remote", "rename", "one", "two"}).at("name") == "two");
  CHECK(repo.json({"remote", "set-url", "two", "https://hub.example/a/b"}).at("url") ==
        "https://hub.example/a/b");
  CHECK(repo.json({"remote", "remove", "two"}).at("removed") == "two");
  CHECK(repo.json({"branch", "b"}).at("name") == "b");
  CHECK(repo.json({"branch", "-u", "main", "b"}).at("upstream") == "main");
  CHECK(repo.json({"branch", "--unset-upstream", "b"}).at("upstream").is_null());
  CHECK(repo.json({"branch", "-m", "b", "c"}).at("to") == "c");
  CHECK(repo.json({"branch", "-d", "c"}).at("deleted")[0].at("name") == "c");
}

TEST_CASE("a list of settings shows no secrets", "[cli][config]") {
  const Repo repo;
  repo.run({"config", "http.extraHeader", "Authorization: Bearer s3cret"});
  repo.run({"config", "remote.origin.url", "https://me:s3cret@hub.example/a/b"});
  repo.run({"config", "url.https://oauth2:s3cret@hub.example/.insteadOf", "hub:"});
  repo.run({"config", "http.https://me:s3cret@hub.example.sslverify", "false"});
  repo.run({"config", "http.proxy", "me:s3cret@proxy.example:3128"});
  repo.run({"config", "my.token", "s3cret"});
  repo.run({"config", "my.place", "git@git.example:a/b"});
  CHECK_THAT(repo.run({"config", "-l"}).out,
             !Contains("s3cret") && Contains("http.proxy=proxy.example:3128\n") &&
                 Contains("url.https://hub.example/.insteadof=hub:\n") &&
                 Contains("http.https://hub.example.sslverify=false\n") &&
                 Contains("my.place=git@git.example:a/b\n"));
  CHECK_THAT(repo.run({"config", "-l", "--json"}).out, !Contains("s3cret"));
  CHECK_THAT(repo.run({"remote", "-v"}).out, !Contains("s3cret") && Contains("hub.example/a/b"));
}

TEST_CASE("remotes are added by any name of theirs, renamed and removed", "[cli][remote]") {
  const Repo repo;
  CHECK(repo.run({"remote", "add", "origin", "hf:ns/name"}).code == 0);
  CHECK(repo.run({"remote", "get-url", "origin"}).out == "https://huggingface.co/ns/name\n");
  CHECK(repo.run({"remote", "add", "origin", "hf:ns/name"}).code == 3);
  CHECK(repo.run({"remote", "rename", "origin", "hub"}).code == 0);
  CHECK(repo.run({"remote", "set-url", "hub", "http://127.0.0.1:1/a/b"}).code == 0);
  const auto all = repo.json({"remote"});
  REQUIRE(all.size() == 1);
  CHECK(all[0].at("name") == "hub");
  CHECK(all[0].at("url") == "http://127.0.0.1:1/a/b");
  CHECK(repo.run({"remote", "remove", "hub"}).code == 0);
  CHECK(repo.run({"remote"}).out.empty());
  CHECK(repo.run({"remote", "remove", "hub"}).code == 1);
  CHECK(repo.run({"remote", "add", "x", "ssh://git@example.org/a/b"}).code == 2);
}

TEST_CASE("track and untrack edit the rules of the folder one is in", "[cli][track]") {
  const Repo repo;
  CHECK(repo.run({"track", "*.weights"}).code == 0);
  CHECK_THAT(repo.run({"track"}).out, Contains("*.weights  (.gitattributes)"));
  CHECK(repo.json({"track", "*.weights"}).at("changed") == false);
  CHECK(repo.run({"untrack", "*.weights"}).code == 0);
  CHECK_THAT(repo.run({"track"}).out, !Contains("*.weights"));
  std::filesystem::create_directory(repo.path("sub"));
  CHECK(repo.run({"-C", "sub", "track", "*.weights"}).code == 0);
  CHECK(std::filesystem::exists(repo.path("sub/.gitattributes")));
}

TEST_CASE("commits are made, listed and shown", "[cli][commit][log][show]") {
  const Repo repo;
  CHECK(repo.run({"log"}).code == 1);
  repo.write("a.txt", "one\n");
  CHECK(repo.run({"commit", "-m", "Nothing staged"}).code == 1);
  CHECK(repo.run({"commit"}).code == 2);
  repo.commit("First");
  repo.write("a.txt", "one and two\n");
  CHECK(repo.run({"commit", "-a", "-m", "Second", "-m", "With a body"}).code == 0);

  const CliResult lines = repo.run({"log", "--json"});
  std::istringstream stream(lines.out);
  std::vector<nlohmann::json> commits;
  for (std::string line; std::getline(stream, line);) {
    commits.push_back(nlohmann::json::parse(line));
  }
  REQUIRE(commits.size() == 2);
  CHECK(commits[0].at("message") == "Second\n\nWith a body\n");
  CHECK(commits[0].at("author").at("email") == "ann@example.org");
  CHECK(commits[0].at("parents")[0] == commits[1].at("id"));

  CHECK_THAT(repo.run({"log", "--oneline"}).out, Contains("(HEAD -> main) Second\n"));
  CHECK_THAT(repo.run({"log", "-n", "1"}).out, Contains("Second") && !Contains("First"));
  CHECK_THAT(repo.run({"log", "HEAD~1"}).out, !Contains("Second"));
  CHECK_THAT(repo.run({"log", "HEAD~1..HEAD"}).out, !Contains("First"));
  CHECK_THAT(repo.run({"log", "--", ".gitattributes"}).out, !Contains("Second"));
  CHECK_THAT(repo.run({"log", "a.txt"}).out, Contains("Second"));
  CHECK(repo.run({"log", "nonsense"}).code == 1);
  CHECK_THAT(repo.run({"log", "-n", "1", "--reverse"}).out, !Contains("First"));
  const std::string both = repo.run({"log", "-n", "2", "--reverse"}).out;
  CHECK(both.find("First") < both.find("Second"));
  for (const char* number : {"1e3", "inf", "-1", ""}) {
    CHECK(repo.run({"log", "-n", number}).code == 2);
  }

  const auto shown = repo.json({"show"});
  REQUIRE(shown.at("changes").size() == 1);
  CHECK(shown.at("changes")[0].at("path") == "a.txt");
  CHECK(shown.at("changes")[0].at("old_size") == 4);
  CHECK(shown.at("changes")[0].at("new_size") == 12);
  CHECK(repo.run({"show", "HEAD~1:a.txt"}).out == "one\n");
  CHECK(repo.run({"show", "nonsense"}).code == 1);

  CHECK(repo.run({"commit", "--amend", "-m", "Better"}).code == 0);
  CHECK_THAT(repo.run({"log", "--oneline"}).out, Contains("Better") && !Contains("Second"));
}

TEST_CASE("status and diff say what changed, in the index and beside it", "[cli][status][diff]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.commit("First");
  CHECK(repo.json({"status"}).at("clean") == true);
  repo.write("a.txt", "three\n");
  repo.write("b.txt", "new\n");
  const auto status = repo.json({"status"});
  CHECK(status.at("unstaged")[0].at("path") == "a.txt");
  CHECK(status.at("untracked")[0] == "b.txt");
  CHECK(repo.run({"status", "-s"}).out == " M a.txt\n?? b.txt\n");
  CHECK(repo.run({"diff"}).out == "M  a.txt  (4 B -> 6 B)\n");
  CHECK(repo.run({"diff", "--exit-code"}).code == 1);
  CHECK(repo.run({"add", "."}).code == 0);
  CHECK(repo.run({"diff"}).out.empty());
  CHECK(repo.json({"diff", "--cached"}).size() == 2);
  CHECK(repo.json({"diff", "HEAD", "--", "b.txt"}).size() == 1);
  CHECK(repo.run({"status", "-s"}).out == "M  a.txt\nA  b.txt\n");
  repo.write("-odd", "name\n");
  CHECK(repo.run({"add", "--", "-odd"}).code == 0);
  CHECK(repo.run({"diff", "--cached", "--name-only", "--", "-odd"}).out == "-odd\n");
}

TEST_CASE("a large file is tracked, listed and put into git as a pointer", "[cli][add]") {
  const Repo repo;
  repo.write("model.custom", std::string(2 << 20, '\0'));
  const CliResult added = repo.run({"add", "model.custom"});
  CHECK(added.code == 0);
  CHECK_THAT(added.err, Contains("tracking *.custom as large"));
  repo.commit("Weights");
  const auto files = repo.json({"ls-files"});
  REQUIRE(files.size() == 1);
  CHECK(files[0].at("path") == "model.custom");
  CHECK(files[0].at("size") == 2 << 20);
  CHECK(files[0].at("state") == "present");
  CHECK_THAT(repo.run({"show", "HEAD:model.custom"}).out,
             Contains("version https://git-lfs.github.com/spec/v1\n"));
  CHECK(repo.json({"show", "HEAD:model.custom"}).at("size") == 2 << 20);
  CHECK(repo.run({"fsck"}).code == 0);
  CHECK(repo.json({"stats"}).at("tracked_files") == 1);
}

TEST_CASE("short options go together, and a lease does not swallow the remote", "[cli]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.commit("First");
  repo.write("a.txt", "two\n");
  CHECK(repo.run({"commit", "-am", "Second"}).code == 0);
  for (const std::string lease : {"--force-with-lease", "--force-with-lease=main:1234"}) {
    const CliResult pushed = repo.run({"push", lease, "nowhere", "main"});
    CHECK(pushed.code == 1);
    CHECK_THAT(pushed.err, Contains("no remote nowhere"));
  }
  CHECK(repo.run({"push", "--force-with-lease=main", "nowhere"}).code == 2);
}

TEST_CASE("a push that makes no sense is refused before anything is committed", "[cli][push]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  using Line = std::vector<std::string>;
  const auto line =
      GENERATE(Line{"push", "-m", ""}, Line{"push", "-m", " \n"}, Line{"push", "-d", "origin"},
               Line{"push", "-d"}, Line{"push", "--allow-empty"}, Line{"push", "-n", "-m", "x"},
               Line{"push", "-d", "-m", "x"});
  CHECK(repo.run(line).code == 2);
  CHECK(repo.json({"status"}).at("staged").empty());
}

TEST_CASE("branches are made, renamed, followed and deleted with care", "[cli][branch]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.commit("First");
  CHECK(repo.run({"branch", "side"}).code == 0);
  CHECK(repo.run({"branch", "side"}).code == 3);
  CHECK(repo.run({"branch", "bad..name"}).code == 2);
  CHECK(repo.run({"branch"}).out == "* main\n  side\n");
  CHECK(repo.run({"branch", "--show-current"}).out == "main\n");
  CHECK(repo.run({"branch", "-m", "side", "other"}).code == 0);
  CHECK(repo.run({"switch", "other"}).code == 0);
  repo.write("a.txt", "two\n");
  repo.commit("Second");
  CHECK(repo.run({"switch", "main"}).code == 0);
  const CliResult refused = repo.run({"branch", "-d", "other"});
  CHECK(refused.code == 3);
  CHECK_THAT(refused.err, Contains("mhub branch -D other"));
  CHECK(repo.run({"branch", "-u", "other"}).code == 0);
  CHECK(repo.run({"merge", "other"}).code == 0);
  CHECK(repo.run({"branch", "-d", "other"}).code == 0);
}

TEST_CASE("tags are made, listed, moved by force and deleted", "[cli][tag]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.commit("First");
  CHECK(repo.run({"tag", "v1"}).code == 0);
  CHECK(repo.run({"tag", "v1"}).code == 3);
  CHECK(repo.run({"tag", "-f", "v1"}).code == 0);
  CHECK(repo.run({"tag", "-m", "A release", "v2"}).code == 0);
  CHECK(repo.run({"tag"}).out == "v1\nv2\n");
  CHECK(repo.json({"tag"})[1].at("message") == "A release\n");
  CHECK(repo.run({"tag", "-m", "A release\n\nWith more", "v3"}).code == 0);
  CHECK_THAT(repo.run({"show", "v3"}).out,
             StartsWith("tag v3\nTagger: Ann <ann@example.org>\nDate:   ") &&
                 Contains("\n\n    A release\n    \n    With more\n\ncommit ") &&
                 Contains("    First\n"));
  const auto shown = repo.json({"show", "v3"});
  CHECK(shown.at("tag").at("name") == "v3");
  CHECK(shown.at("tag").at("message") == "A release\n\nWith more\n");
  CHECK(shown.at("message") == "First\n");
  CHECK(repo.json({"tag", "-d", "v3"}).at("deleted")[0].at("name") == "v3");
  CHECK(repo.run({"tag", "-d", "v1"}).code == 0);
  CHECK(repo.run({"tag", "-d", "v1"}).code == 1);
  CHECK(repo.run({"tag", "a b"}).code == 2);
}

TEST_CASE("rm removes what a commit holds and refuses the rest", "[cli][rm]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.write("b.txt", "two\n");
  std::filesystem::create_directory(repo.path("sub"));
  repo.write("sub/c.txt", "three\n");
  repo.commit("First");
  CHECK(repo.run({"rm", "nothing"}).code == 1);
  CHECK(repo.run({"rm", "sub"}).code == 2);
  repo.write("a.txt", "changed\n");
  CHECK(repo.run({"rm", "a.txt"}).code == 3);
  CHECK(std::filesystem::exists(repo.path("a.txt")));
  CHECK(repo.run({"rm", "--cached", "a.txt"}).code == 0);
  CHECK(std::filesystem::exists(repo.path("a.txt")));
  CHECK(repo.run({"rm", "-n", "b.txt"}).out == "rm 'b.txt'\n");
  CHECK(std::filesystem::exists(repo.path("b.txt")));
  CHECK(repo.run({"rm", "-r", "sub", "b.txt"}).code == 0);
  CHECK_FALSE(std::filesystem::exists(repo.path("sub")));
  CHECK(repo.run({"status", "-s"}).out == "D  a.txt\nD  b.txt\nD  sub/c.txt\n?? a.txt\n");
}

TEST_CASE("names in square brackets or after -- are taken as they are", "[cli]") {
  const Repo repo;
  for (const char* name : {"[x]", "x", "[a,b]", "a", "b", "-x"}) repo.write(name, name);
  CHECK(repo.run({"add", "[a,b]", "--", "-x", "[x]"}).code == 0);
  CHECK(repo.json({"status"}).at("staged").size() == 3);
  repo.commit("All");
  CHECK(repo.run({"rm", "[x]"}).code == 0);
  CHECK(exists(repo.path("x")));
  CHECK_FALSE(exists(repo.path("[x]")));
  CHECK(repo.run({"rm", "--", "-x"}).code == 0);
  CHECK_FALSE(exists(repo.path("-x")));
  CHECK(repo.run({"track", "[ab]", "--", "-*.bin"}).code == 0);
  CHECK_THAT(repo.run({"track"}).out, Contains("\n[ab]  (") && Contains("\n-*.bin  ("));
  CHECK(repo.run({"config", "my.number", "--", "-1"}).code == 0);
  CHECK(repo.run({"config", "my.number"}).out == "-1\n");
  CHECK(repo.run({"commit", "-am", "--"}).code == 0);
  CHECK(repo.json({"show"}).at("message") == "--\n");
  CHECK(repo.run({"commit", "--allow-empty", "-m", "[m]"}).code == 0);
  CHECK(repo.json({"show"}).at("message") == "[m]\n");
  CHECK_THAT(repo.run({"show", "[no]"}).err, Contains("[no] is not a revision"));
  CHECK_THAT(repo.run({"show", "[no]", "[more]"}).err, !Contains("x01"));
}

TEST_CASE("restore brings back working and staged files", "[cli][restore]") {
  const Repo repo;
  repo.write("a.txt", "one\n");
  repo.commit("First");
  repo.write("a.txt", "two\n");
  CHECK(repo.run({"add", "a.txt"}).code == 0);
  CHECK(repo.run({"restore", "--staged", "a.txt"}).code == 0);
  CHECK(repo.run({"status", "-s"}).out == " M a.txt\n");
  CHECK(repo.run({"restore", "a.txt"}).code == 0);
  CHECK(repo.json({"status"}).at("clean") == true);
}
