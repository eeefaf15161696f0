#include <mhub/repo/filter_process.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;

namespace {

struct Filtered {
  test::GitRepo work;
  Filtered() {
    work.git({"config", "filter.lfs.process", MHUB_FILTER_HELPER});
    work.git({"config", "filter.lfs.required", "true"});
    work.write(".gitattributes", "*.bin filter=lfs -text\n");
  }
};

std::string turned(std::string text) {
  for (char& c : text) c = static_cast<char>(~c);
  return text;
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

}  // namespace

TEST_CASE("git adds and checks out through the filter process", "[repo][filter]") {
  Filtered has;
  test::GitRepo& work = has.work;
  const std::map<std::string, std::string> files = {{"empty.bin", ""},
                                                    {"one.bin", "x"},
                                                    {"large.bin", pattern(5'000'000)},
                                                    {"packet.bin", pattern(65516)},
                                                    {"over.bin", pattern(65515)},
                                                    {"late one.bin", "late 1"},
                                                    {"d/late two.bin", "late 2"},
                                                    {"late-three.bin", pattern(5000)},
                                                    {"plain.txt", "plain"}};
  for (const auto& [name, content] : files) work.write(name, content);
  work.git_commit_all("first");
  CHECK(work.git({"cat-file", "-p", "HEAD:one.bin"}) == "C:" + turned("x"));
  CHECK(work.git({"cat-file", "-p", "HEAD:empty.bin"}).size() <= 2);
  for (const auto& [name, content] : files) {
    if (name != "empty.bin") std::filesystem::remove(work.path(name));
  }
  work.git({"checkout", "-q", "."});
  for (const auto& [name, content] : files) {
    INFO(name);
    CHECK((work.read(name) == content));
  }
  CHECK(work.status().empty());
}

TEST_CASE("a file that fails is reported to git, early or late", "[repo][filter]") {
  Filtered has;
  test::GitRepo& work = has.work;
  for (const char* name : {"a-bad.bin", "b-worse.bin", "c.bin", "d-lazy.bin"})
    work.write(name, pattern(3'000'000));
  for (const std::string name : {"a-bad.bin", "b-worse.bin"}) {
    const auto result = work.try_git({"add", name});
    CHECK(result.exit_code != 0);
    CHECK(result.err.find("helper: " + name + " failed") != std::string::npos);
  }
  work.git({"add", "c.bin", "d-lazy.bin"});
  CHECK(work.git({"cat-file", "-s", ":c.bin"}) == "3000002");
  CHECK(work.git({"cat-file", "-p", ":d-lazy.bin"}) == "lazy");
}

TEST_CASE("a peer that does not speak the protocol is refused", "[repo][filter]") {
  const std::string hello = "0016git-filter-client\n000eversion=2\n0000";
  const std::string capabilities = "0015capability=clean\n0000";
  for (const std::string& input :
       {std::string("hello, world"), std::string("0000"),
        std::string("0016git-filter-client\n0000"), std::string("zzzz"), std::string("0003"),
        std::string("fff5") + std::string(100, 'x'), hello,
        hello + capabilities + "0012command=clean", hello + capabilities + "0011command=odd\n0000",
        hello + capabilities + "0013command=clean\n000epathname=x0000"}) {
    INFO(input);
    const auto result = test::run({MHUB_FILTER_HELPER}, {{}, {}, input});
    CHECK(result.exit_code == 1);
    CHECK(result.err.find("helper: ") != std::string::npos);
  }
  const auto result = test::run({MHUB_FILTER_HELPER}, {{}, {}, hello + capabilities});
  CHECK(result.exit_code == 0);
  CHECK(result.out == "0016git-filter-server\n000eversion=2\n00000015capability=clean\n0000");
}
