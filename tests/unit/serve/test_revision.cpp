#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "hf/revision.hpp"
#include "http/message.hpp"
#include "support/git_repo.hpp"

namespace mhub::serve {
namespace {

using test::id_of;

std::string refusal_of(repo::Repository& git, const std::string& rest) {
  try {
    const auto found = require_revision_path(git, rest);
    return "found " + found.revision.name;
  } catch (const Refused& refused) {
    return refused.code().empty() ? std::to_string(refused.status()) : refused.code();
  }
}

TEST_CASE("a revision is found in every form that clients send", "[serve][revision]") {
  test::GitRepo work;
  work.git({"symbolic-ref", "HEAD", "refs/heads/main"});
  work.write("a", "1");
  const std::string first = work.git_commit_all("first");
  work.write("a", "2");
  const std::string second = work.git_commit_all("second");
  work.git({"branch", "feat/x", first});
  work.git({"branch", "both", first});
  work.git({"tag", "both", second});
  work.git({"tag", "-a", "-m", "about", "v1.0", first});
  work.git({"update-ref", "refs/pr/1", first});
  work.git({"update-ref", "refs/convert/parquet", first});
  work.git({"update-ref", "refs/hidden/x", first});

  struct Case {
    std::string rest;
    std::string commit;
    std::string path;
  };
  const std::vector<Case> cases{
      {"main", second, ""},
      {"main/a/b.txt", second, "a/b.txt"},
      {"HEAD", second, ""},
      {"v1.0", first, ""},
      {"both", first, ""},
      {"feat%2Fx/c", first, "c"},
      {"feat%2fx", first, ""},
      {"feat%252Fx/c", first, "c"},
      {"feat/x", first, ""},
      {"feat/x/c/d", first, "c/d"},
      {"refs%2Fpr%2F1/c", first, "c"},
      {"refs%252Fpr%252F1", first, ""},
      {"refs/pr/1", first, ""},
      {"refs/pr/1/c", first, "c"},
      {"refs/convert/parquet/c", first, "c"},
      {"refs/heads/feat/x/c", first, "c"},
      {"refs/tags/v1.0/c", first, "c"},
      {"refs%2Fheads%2Fmain", second, ""},
      {first, first, ""},
      {first + "/a", first, "a"},
      {first.substr(0, 7), first, ""},
      {"main/sub%2Fdir/x%20y", second, "sub/dir/x y"},
      {"main/sub/", second, "sub"},
  };
  for (const Case& one : cases) {
    INFO(one.rest);
    const auto found = require_revision_path(*work, one.rest);
    REQUIRE(found.revision.commit);
    CHECK(found.revision.commit->hex() == one.commit);
    CHECK(found.path == one.path);
    CHECK(found.revision.is_fixed == (one.rest.substr(0, 40) == first));
  }
  for (const std::string& missing :
       {std::string("no"), std::string("refs/pr/2"), std::string("refs%2Fpr%2F2"),
        std::string("refs/hidden/x"), std::string("HEAD~1"), std::string("main@{1}"),
        first.substr(0, 4), std::string(40, '0'), std::string(5000, 'a'), std::string("%zz"),
        std::string("..%2F..%2Fconfig")}) {
    INFO(missing);
    CHECK(refusal_of(*work, missing) == "RevisionNotFound");
  }
  for (const char* path : {"main/../a", "main/a//b", "main/a%5Cb", "main/%2e%2e/a", "main/./a",
                           "main/%2Fa", "main/a%00b"}) {
    INFO(path);
    CHECK(refusal_of(*work, path) == "422");
  }
  CHECK_THROWS_AS(require_revision(*work, "main/a"), Refused);
  CHECK(require_revision(*work, "feat/x").commit->hex() == first);
}

TEST_CASE("a repository without commits has a default branch all the same", "[serve][revision]") {
  test::GitRepo work;
  for (const char* name : {"main", "HEAD"}) {
    INFO(name);
    const auto found = require_revision_path(*work, name);
    CHECK_FALSE(found.revision.commit);
  }
  CHECK(refusal_of(*work, "other") == "RevisionNotFound");
}

}  // namespace
}  // namespace mhub::serve
