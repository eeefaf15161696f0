#include <mhub/repo/objects.hpp>
#include <mhub/repo/tree_pages.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

namespace {

std::string all_pages(Repository& repository, const ObjectId& tree, bool is_recursive,
                      std::size_t limit) {
  std::string text;
  TreePageOptions options{is_recursive, {}, limit};
  while (true) {
    const TreePage page = list_tree_page(repository, tree, options);
    REQUIRE(page.entries.size() <= limit);
    for (const PathEntry& entry : page.entries) text += entry.path + "\n";
    if (!page.has_more) return text;
    REQUIRE(page.entries.size() == limit);
    options.after = page.entries.back().path;
  }
}

}  // namespace

TEST_CASE("a tree is listed alike in pages of any size", "[repo][tree_pages]") {
  test::GitRepo work;
  for (const char* name : {"a", "a.b", "a-b", "d/x", "d/e/y", "d/e/z", "d.z", "d-z", "z/z/z"})
    work.write(name, name);
  const Commit commit = read_commit(*work, id_of(work.git_commit_all("first")));
  const std::string everything = work.git({"ls-tree", "-r", "-t", "--name-only", "HEAD"}) + "\n";
  const std::string top = work.git({"ls-tree", "--name-only", "HEAD"}) + "\n";
  for (const std::size_t limit : {1, 2, 3, 5, 100}) {
    INFO(limit);
    CHECK(all_pages(*work, commit.tree, true, limit) == everything);
    CHECK(all_pages(*work, commit.tree, false, limit) == top);
  }
  for (const char* nowhere : {"no", "d/no", "a/x", "d/e/y/z", "/"}) {
    INFO(nowhere);
    CHECK_THROWS_MATCHES(list_tree_page(*work, commit.tree, {true, nowhere, 1}), Error,
                         HasKind(ErrorKind::usage));
  }
  CHECK_THROWS_MATCHES(list_tree_page(*work, commit.tree, {false, "d/x", 1}), Error,
                       HasKind(ErrorKind::usage));
}
