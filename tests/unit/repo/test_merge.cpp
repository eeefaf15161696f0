#include <mhub/repo/checkout.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::id_of;

namespace {

/// main and side, both from one base; main is checked out.
struct Forked {
  test::GitRepo work;
  ObjectId base, ours, theirs;

  template <class Base, class Ours, class Theirs>
  Forked(Base make_base, Ours make_ours, Theirs make_theirs) {
    make_base(work);
    base = id_of(work.git_commit_all("base"));
    work.git({"checkout", "-q", "-b", "side"});
    make_theirs(work);
    theirs = id_of(work.git_commit_all("theirs"));
    work.git({"checkout", "-q", "main"});
    make_ours(work);
    ours = id_of(work.git_commit_all("ours"));
  }

  /// What `mhub merge` does up to the commit.
  MergeResult merge() {
    const MergeResult result = merge_commits(*work, ours, theirs, "HEAD", "side");
    Index index = Index::lock(*work);
    const CheckoutPlan plan =
        plan_checkout(*work, index, read_commit(*work, ours).tree, result.tree);
    REQUIRE(plan.conflicts.empty());
    write_merge_state(*work, {{theirs}, "Merge branch 'side'\n", ours, false});
    apply_small(*work, plan, index);
    record_conflicts(index, result);
    index.write();
    return result;
  }
};

std::string ten_lines(const std::string& first, const std::string& last) {
  return first + "\n2\n3\n4\n5\n6\n7\n8\n9\n" + last + "\n";
}

std::string pointer_text(const std::string& content) {
  return wire::to_text({sha256_of(as_bytes(content)), content.size()});
}

}  // namespace

TEST_CASE("changes in different places merge as git merges them", "[repo][merge]") {
  Forked fork(
      [](auto& work) {
        work.write("f", ten_lines("1", "10"));
        work.write("d/gone", "x");
      },
      [](auto& work) {
        work.write("f", ten_lines("one", "10"));
        work.write("ours", "x");
      },
      [](auto& work) {
        work.write("f", ten_lines("1", "ten"));
        std::filesystem::remove(work.path("d/gone"));
      });
  CHECK(analyse_merge(*fork.work, fork.ours, fork.theirs) == MergeAnalysis::normal);
  const MergeResult result = fork.merge();
  CHECK(result.is_clean());
  CHECK(fork.work.read("f") == ten_lines("one", "ten"));
  CHECK(fork.work.git({"status"}).find("All conflicts fixed but you are still merging") !=
        std::string::npos);
  // git itself ends the merge, with both parents.
  fork.work.git({"commit", "-q", "--no-edit"});
  CHECK(fork.work.git({"log", "-1", "--format=%P|%s"}) ==
        fork.ours.hex() + " " + fork.theirs.hex() + "|Merge branch 'side'");
  CHECK(fork.work.git({"rev-parse", "HEAD^{tree}"}) == result.tree.hex());
  fork.work.git({"reset", "-q", "--hard", fork.ours.hex()});
  fork.work.git({"merge", "-q", "--no-edit", "side"});
  CHECK(fork.work.git({"rev-parse", "HEAD^{tree}"}) == result.tree.hex());
}

TEST_CASE("conflicts look to git like its own", "[repo][merge]") {
  Forked fork(
      [](auto& work) {
        work.write("text", "base\n");
        work.write("deleted-by-us", "base\n");
        work.write("deleted-by-them", "base\n");
        work.write("binary", std::string("base\0", 5));
      },
      [](auto& work) {
        work.write("text", "ours\n");
        work.write("both-added", "ours\n");
        work.write("deleted-by-them", "changed by us, a lot\n");
        work.write("binary", std::string("ours\0", 5));
        std::filesystem::remove(work.path("deleted-by-us"));
      },
      [](auto& work) {
        work.write("text", "theirs\n");
        work.write("both-added", "theirs\n");
        work.write("deleted-by-us", "changed by them, a lot\n");
        work.write("binary", std::string("theirs\0", 7));
        std::filesystem::remove(work.path("deleted-by-them"));
      });
  const MergeResult result = fork.merge();
  CHECK(result.conflicts.size() == 5);
  const std::string mine = fork.work.git({"status", "--porcelain"});
  CHECK(mine == "UU binary\nAA both-added\nUD deleted-by-them\nDU deleted-by-us\nUU text");
  CHECK(fork.work.read("text") == "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> side\n");
  CHECK(fork.work.read("both-added") == "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> side\n");
  CHECK(fork.work.read("binary") == std::string("ours\0", 5));
  CHECK(fork.work.read("deleted-by-us") == "changed by them, a lot\n");
  const std::string index = fork.work.git({"ls-files", "-u"});
  fork.work.git({"merge", "--abort"});
  CHECK(fork.work.status().empty());
  CHECK(fork.work.try_git({"merge", "side"}).exit_code == 1);
  CHECK(fork.work.git({"status", "--porcelain"}) == mine);
  CHECK(fork.work.git({"ls-files", "-u"}) == index);
}

TEST_CASE("a large file changed on both sides is a conflict, ours kept", "[repo][merge][large]") {
  Forked fork(
      [](auto& work) {
        work.write("m.bin", pointer_text("base"));
        work.write("theirs.bin", pointer_text("base"));
        work.write("x.bin", pointer_text("moved away"));
      },
      [](auto& work) {
        work.write("m.bin", pointer_text("ours"));
        std::filesystem::remove(work.path("x.bin"));
        work.write("y.bin", pointer_text("unrelated"));
      },
      [](auto& work) {
        work.write("m.bin", pointer_text("side"));
        work.write("theirs.bin", pointer_text("changed"));
      });
  const MergeResult result = fork.merge();
  REQUIRE(result.conflicts.size() == 1);
  CHECK(result.conflicts[0].conflict.path == "m.bin");
  CHECK(fork.work.read("m.bin") == pointer_text("ours"));
  CHECK(fork.work.read("theirs.bin") == pointer_text("changed"));
  CHECK(fork.work.read("y.bin") == pointer_text("unrelated"));
  CHECK_FALSE(std::filesystem::exists(fork.work.path("x.bin")));
}

TEST_CASE("pointers are not taken for renames of one another", "[repo][merge][large]") {
  Forked fork([](auto& work) { work.write("old.bin", pointer_text("one")); },
              [](auto& work) {
                std::filesystem::remove(work.path("old.bin"));
                work.write("new.bin", pointer_text("two"));
              },
              [](auto& work) { work.write("old.bin", pointer_text("three")); });
  const MergeResult result = fork.merge();
  REQUIRE(result.conflicts.size() == 1);
  CHECK(result.conflicts[0].conflict.path == "old.bin");
  CHECK_FALSE(result.conflicts[0].conflict.ours);
  CHECK(fork.work.read("new.bin") == pointer_text("two"));
}

TEST_CASE("a file against a folder of the same name loses neither", "[repo][merge]") {
  Forked fork([](auto& work) { work.write("base", "x"); },
              [](auto& work) { work.write("name", "a file\n"); },
              [](auto& work) { work.write("name/inside", "in a folder\n"); });
  const MergeResult result = merge_commits(*fork.work, fork.ours, fork.theirs, "HEAD", "side");
  CHECK_FALSE(result.is_clean());
  CHECK(find_in_tree(*fork.work, result.tree, "name/inside"));
  CHECK(find_in_tree(*fork.work, result.tree, "name~HEAD"));
}

TEST_CASE("relations of two commits", "[repo][merge]") {
  Forked fork([](auto& work) { work.write("f", "x"); }, [](auto& work) { work.write("a", "x"); },
              [](auto& work) { work.write("b", "x"); });
  Repository& repository = *fork.work;
  CHECK(analyse_merge(repository, fork.base, fork.ours) == MergeAnalysis::fast_forward);
  CHECK(analyse_merge(repository, fork.ours, fork.base) == MergeAnalysis::up_to_date);
  CHECK(analyse_merge(repository, fork.ours, fork.ours) == MergeAnalysis::up_to_date);
  const auto who = *repository.configured_identity();
  const ObjectId alone = write_commit(repository, {empty_tree(repository), {}, who, who, "x\n"});
  CHECK(analyse_merge(repository, fork.ours, alone) == MergeAnalysis::unrelated);
}

TEST_CASE("a merge in progress is read back and cleared", "[repo][merge]") {
  Forked fork([](auto& work) { work.write("f", "base"); },
              [](auto& work) { work.write("f", "ours"); },
              [](auto& work) { work.write("f", "theirs"); });
  Repository& repository = *fork.work;
  CHECK_FALSE(read_merge_state(repository));
  CHECK(fork.work.try_git({"merge", "side"}).exit_code == 1);
  const auto state = read_merge_state(repository);
  REQUIRE(state);
  CHECK(state->heads == std::vector<ObjectId>{fork.theirs});
  CHECK(state->message.starts_with("Merge branch 'side'"));
  CHECK(state->original_head == fork.ours);
  clear_merge_state(repository);
  CHECK_FALSE(read_merge_state(repository));
  CHECK(fork.work.git({"status"}).find("merging") == std::string::npos);
  CHECK(operation_in_progress(repository).empty());
  fork.work.git({"reset", "-q", "--hard"});
  CHECK(fork.work.try_git({"cherry-pick", "side"}).exit_code == 1);
  CHECK(operation_in_progress(repository) == "cherry-pick");
}
