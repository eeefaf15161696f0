#include <set>

#include <mhub/repo/objects.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/refs.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

namespace {

std::string pointer_text(const std::string& content) {
  return wire::to_text({sha256_of(as_bytes(content)), 1000 + content.size()});
}

std::string names_of(const std::vector<FoundPointer>& found) {
  std::set<std::string> paths;
  for (const FoundPointer& pointer : found) paths.insert(pointer.path);
  std::string text;
  for (const std::string& path : paths) text += path + " ";
  return text;
}

bool reaches(Repository& repository, const std::string& content) {
  const Sha256 wanted = sha256_of(as_bytes(content));
  bool found = false;
  all_reachable_pointers(repository, [&](const FoundPointer& pointer) {
    found = found || pointer.pointer.sha256 == wanted;
  });
  return found;
}

}  // namespace

TEST_CASE("one walk finds a range's pointers and its large blobs", "[repo][pointers]") {
  test::GitRepo work;
  work.write("old.txt", std::string(2000, 'o'));
  work.write("old.bin", pointer_text("old"));
  const ObjectId first = id_of(work.git_commit_all("first"));
  work.write("d/new.txt", std::string(1001, 'n'));
  work.write("edge.txt", std::string(1000, 'e'));
  work.write("d/new.bin", pointer_text("new"));
  work.git_commit_all("second");
  work.write("d/new.txt", "small now");
  work.write("d/new.bin", pointer_text("newer"));
  const ObjectId third = id_of(work.git_commit_all("third"));
  const RangeFiles found = files_in_range(*work, {third}, {first}, 1000);
  REQUIRE(found.large_blobs.size() == 1);
  CHECK(found.large_blobs[0].path == "d/new.txt");
  CHECK(found.large_blobs[0].size_bytes == 1001);
  CHECK(found.pointers.size() == 2);
  CHECK(names_of(found.pointers) == "d/new.bin ");
  const RangeFiles all = files_in_range(*work, {third}, {}, 1000);
  CHECK(all.large_blobs.size() == 2);
  CHECK(names_of(all.pointers) == "d/new.bin old.bin ");
  const RangeFiles none = files_in_range(*work, {third}, {third}, 1000);
  CHECK(none.large_blobs.empty());
  CHECK(none.pointers.empty());
}

TEST_CASE("a push needs the pointers that the other side cannot have", "[repo][pointers]") {
  test::GitRepo work;
  work.write("a.bin", pointer_text("a"));
  work.write("d/b.bin", pointer_text("b"));
  work.write("text", "no pointer");
  const ObjectId first = id_of(work.git_commit_all("first"));
  work.write("a.bin", pointer_text("a2"));
  work.write("d/copy-of-b.bin", pointer_text("b"));
  const ObjectId second = id_of(work.git_commit_all("second"));
  work.write("a.bin", pointer_text("a"));
  work.write("d/c.bin", pointer_text("c"));
  const ObjectId third = id_of(work.git_commit_all("third"));

  CHECK(pointers_in_range(*work, {third}, {}).size() == 4);
  CHECK(names_of(pointers_in_range(*work, {third}, {first})) == "a.bin d/c.bin ");
  const auto last = pointers_in_range(*work, {third}, {second});
  CHECK(names_of(last) == "a.bin d/c.bin ");
  CHECK(pointers_in_range(*work, {third}, {third}).empty());
  CHECK(pointers_in_range(*work, {third}, {second, ObjectId{}}).size() == 2);
  const ObjectId tag = write_tag(*work, "v", third, *work->configured_identity(), "v\n");
  CHECK(pointers_in_range(*work, {tag}, {second}).size() == 2);
  CHECK(pointers_in_range(*work, {}, {second}).empty());
}

TEST_CASE("everything that git can still lead to is reachable", "[repo][pointers][gc]") {
  test::GitRepo work;
  const auto commit = [&](const std::string& content) {
    work.write("m.bin", pointer_text(content));
    return work.git_commit_all(content);
  };
  commit("history");
  const std::string main = commit("main");
  work.git({"checkout", "-q", "--orphan", "o"});
  const std::string orphan = commit("tagged");
  work.git({"tag", "-a", "-m", "x", "inner", orphan});
  work.git({"tag", "-a", "-m", "x", "outer", "inner"});
  work.git({"tag", "-d", "inner"});
  work.git({"checkout", "-q", "main"});
  work.git({"branch", "-D", "o"});
  commit("amended");
  work.git({"reset", "-q", "--hard", main});
  work.write("m.bin", pointer_text("stashed"));
  work.git({"stash", "-q"});
  work.write("m.bin", pointer_text("stashed deeper"));
  work.git({"stash", "-q"});
  work.git({"worktree", "add", "-q", "--detach", "../side"});
  std::ofstream(work.folder() / "side" / "m.bin") << pointer_text("side commit");
  work.git({"-C", "../side", "commit", "-qam", "x"});
  std::ofstream(work.folder() / "side" / "m.bin") << pointer_text("side index");
  work.git({"-C", "../side", "add", "m.bin"});
  work.write("m.bin", pointer_text("index"));
  work.git({"add", "m.bin"});
  work.git({"update-ref", "refs/odd/blob", work.git({"hash-object", "-w", "m.bin"})});

  for (const char* content : {"history", "main", "tagged", "amended", "stashed", "stashed deeper",
                              "side commit", "side index", "index"}) {
    INFO(content);
    CHECK(reaches(*work, content));
    Repository side = Repository::open(work.folder() / "side");
    CHECK(reaches(side, content));
  }
  CHECK_FALSE(reaches(*work, "never"));

  // Packed, with the reflogs gone, only the living is left.
  work.git({"stash", "clear"});
  work.git({"reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"});
  work.git({"reset", "-q", "--hard"});
  work.git({"update-ref", "-d", "ORIG_HEAD"});
  work.git({"gc", "-q", "--prune=now"});
  work->refresh();
  CHECK(reaches(*work, "main"));
  CHECK(reaches(*work, "tagged"));
  CHECK(reaches(*work, "side commit"));
  CHECK_FALSE(reaches(*work, "amended"));
  CHECK_FALSE(reaches(*work, "stashed deeper"));
}

TEST_CASE("what a reflog names may be gone, what a branch needs may not", "[repo][pointers][gc]") {
  test::GitRepo work;
  work.write("m.bin", pointer_text("one"));
  const std::string first = work.git_commit_all("first");
  work.write("m.bin", pointer_text("two"));
  const std::string second = work.git_commit_all("second");
  const auto forget = [&](const std::string& id) {
    std::filesystem::remove(work.path(".git/objects/" + id.substr(0, 2) + "/" + id.substr(2)));
  };
  work.git({"reset", "-q", "--hard", first});
  work.write("intended", "x");
  work.git({"add", "-N", "intended"});
  forget(second);
  Repository fresh = Repository::open(work.path());
  CHECK(reaches(fresh, "one"));
  const std::string blob = work.git({"rev-parse", first + ":m.bin"});
  std::filesystem::rename(work.path(".git/objects/" + blob.substr(0, 2)), work.path("aside"));
  Repository partial = Repository::open(work.path());
  CHECK_THROWS_MATCHES(reaches(partial, "one"), Error, HasKind(ErrorKind::corrupt));
  std::filesystem::rename(work.path("aside"), work.path(".git/objects/" + blob.substr(0, 2)));
  forget(work.git({"rev-parse", first + "^{tree}"}));
  Repository damaged = Repository::open(work.path());
  CHECK_THROWS_MATCHES(reaches(damaged, "one"), Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("a shallow clone ends where its history does", "[repo][pointers][gc]") {
  test::GitRepo work;
  for (const char* content : {"one", "two", "three"}) {
    work.write("m.bin", pointer_text(content));
    work.git_commit_all(content);
  }
  work.git({"clone", "-q", "--depth=1", "file://" + work.path().string(), "../shallow"});
  Repository shallow = Repository::open(work.folder() / "shallow");
  CHECK(reaches(shallow, "three"));
  CHECK_FALSE(reaches(shallow, "two"));
}
