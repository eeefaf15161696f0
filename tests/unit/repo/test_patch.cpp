#include <mhub/repo/objects.hpp>
#include <mhub/repo/patch.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::id_of;

TEST_CASE("a patch reads as git's does and keeps to its bound", "[repo][patch]") {
  test::GitRepo work;
  work.write("gone", "1\n");
  work.write("kept", "1\n");
  work.write("d/changed", "1\n2\n3");
  work.git_commit_all("first");
  std::filesystem::remove(work.path("gone"));
  work.write("d/changed", "1\ntwo\n3");
  work.write("new", "n\n");
  work.write("noise", std::string("\0\1\2", 3));
  work.write("large", std::string((1 << 20) + 1, 'x'));
  work.git_commit_all("second");
  const ObjectId before = id_of(work.git({"rev-parse", "HEAD~1^{tree}"}));
  const ObjectId after = id_of(work.git({"rev-parse", "HEAD^{tree}"}));

  const PatchText patch = make_patch(*work, before, after, 1 << 20);
  CHECK(patch.files_left_out == 0);
  // Large files are binary here and text to git.
  work.write(".git/info/attributes", "large -diff\n");
  CHECK(patch.text == work.git({"diff", "--no-renames", "HEAD~1", "HEAD"}) + "\n");

  const PatchText small = make_patch(*work, before, after, 200);
  CHECK(small.files_left_out == 4);
  CHECK(small.text.size() <= 200);
  CHECK(patch.text.starts_with(small.text));
  CHECK(small.text.ends_with("\n"));
  CHECK(make_patch(*work, after, after, 0).text.empty());
  CHECK(make_patch(*work, after, after, 0).files_left_out == 0);
  CHECK(make_patch(*work, std::nullopt, before, 1 << 20).text.find("+++ b/kept") !=
        std::string::npos);
}
