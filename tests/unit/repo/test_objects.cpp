#include <mhub/repo/history.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

TEST_CASE("blobs have git's ids", "[repo][objects]") {
  test::GitRepo work;
  work.write("a.txt", "hello\n");
  const ObjectId id = write_blob(*work, as_bytes("hello\n"));
  CHECK(id.hex() == work.git({"hash-object", "a.txt"}));
  CHECK(hash_blob(as_bytes("hello\n")) == id);
  CHECK(as_text(read_blob(*work, id, 100)) == "hello\n");
  CHECK(object_size(*work, id) == 6);
  CHECK(object_type(*work, id) == ObjectType::blob);
  CHECK_FALSE(object_type(*work, ObjectId{}));
  CHECK_THROWS_MATCHES(read_blob(*work, id, 5), Error, HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(read_blob(*work, ObjectId{}, 5), Error, HasKind(ErrorKind::not_found));
}

TEST_CASE("a blob that is a pointer stands for its large file", "[repo][objects]") {
  test::GitRepo work;
  const wire::LfsPointer pointer{sha256_of(as_bytes("x")), 12345};
  const ObjectId id = write_pointer(*work, pointer);
  CHECK(describe_blob(*work, id).size_bytes == 12345);
  CHECK(read_pointer(*work, id) == pointer);
  const ObjectId text = write_blob(*work, as_bytes("text"));
  CHECK(describe_blob(*work, text).size_bytes == 4);
  CHECK_FALSE(read_pointer(*work, text));
}

TEST_CASE("trees are walked in git's order and compared like git does", "[repo][objects]") {
  test::GitRepo work;
  for (const char* name : {"a", "a.b", "a-b", "d/x", "d/e/y", "d.z", "gone", "same/1", "old/name"})
    work.write(name, std::string("content of ") + name);
  const Commit first = read_commit(*work, id_of(work.git_commit_all("first")));
  work.write("a", "new");
  work.write("d/e/y", "new");
  work.write("fresh/er", "new");
  std::filesystem::remove(work.path("gone"));
  std::filesystem::rename(work.path("old/name"), work.path("renamed"));
  std::filesystem::remove(work.path("a.b"));
  std::filesystem::create_symlink("a", work.path("a.b"));
  const Commit second = read_commit(*work, id_of(work.git_commit_all("second")));

  std::string listed;
  for (const PathEntry& entry : list_tree(*work, second.tree)) listed += entry.path + "\n";
  listed.pop_back();
  CHECK(listed == work.git({"ls-tree", "-r", "--name-only", "HEAD"}));

  const auto text_of = [](const std::vector<TreeChange>& changes) {
    std::string text;
    for (const TreeChange& change : changes) {
      text += letter_of(change.kind);
      if (change.kind == ChangeKind::renamed) text += "100\t" + change.old_path;
      text += "\t" + change.path + "\n";
    }
    if (!text.empty()) text.pop_back();
    return text;
  };
  CHECK(text_of(diff_trees(*work, first.tree, second.tree)) ==
        work.git({"diff-tree", "-r", "--name-status", first.id.hex(), second.id.hex()}));
  CHECK(text_of(diff_trees(*work, first.tree, second.tree, {{}, true})) ==
        work.git({"diff-tree", "-r", "-M100%", "--name-status", first.id.hex(), second.id.hex()}));
  CHECK(text_of(diff_trees(*work, first.tree, second.tree, {{"d", "gone"}, false})) ==
        work.git({"diff-tree", "-r", "--name-status", first.id.hex(), second.id.hex(), "--", "d",
                  "gone"}));
  CHECK(diff_trees(*work, first.tree, first.tree).empty());
  CHECK(diff_trees(*work, std::nullopt, first.tree).size() == 9);
  CHECK(find_in_tree(*work, second.tree, "d/e")->mode == FileMode::tree);
  CHECK(find_in_tree(*work, second.tree, "d/e/y")->mode == FileMode::regular);
  CHECK_FALSE(find_in_tree(*work, second.tree, "d/e/z"));
}

TEST_CASE("edited trees equal those of git", "[repo][objects]") {
  test::GitRepo work;
  for (const char* name : {"a", "d/x", "d/e/y", "z"}) work.write(name, name);
  const Commit first = read_commit(*work, id_of(work.git_commit_all("first")));
  const ObjectId blob = write_blob(*work, as_bytes("new"));
  const ObjectId edited = edit_tree(*work, first.tree,
                                    {{"d/e/y", FileMode::none, {}},
                                     {"n/m/o", FileMode::executable, blob},
                                     {"a", FileMode::regular, blob},
                                     {"nowhere/x", FileMode::none, {}}});
  std::filesystem::remove_all(work.path("d/e"));
  work.write("n/m/o", "new");
  std::filesystem::permissions(work.path("n/m/o"), std::filesystem::perms::owner_all);
  work.write("a", "new");
  work.git({"add", "-A"});
  CHECK(edited.hex() == work.git({"write-tree"}));
  CHECK(edit_tree(*work, std::nullopt, {}).hex() == "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  CHECK(edit_tree(*work, edit_tree(*work, std::nullopt, {{"q/r", FileMode::regular, blob}}),
                  {{"q/r", FileMode::none, {}}}) == empty_tree(*work));
}

TEST_CASE("commits carry authors, parents and messages as git shows them", "[repo][objects]") {
  test::GitRepo work;
  const ObjectId tree = empty_tree(*work);
  const Signature author{"Ann Author", "ann@example.org", 1700000000, 90};
  const Signature committer{"Carl", "carl@example.org", 1700000100, -60};
  const ObjectId root = write_commit(*work, {tree, {}, author, committer, "root\n\nbody\n"});
  const ObjectId other = write_commit(*work, {tree, {}, author, committer, "other\n"});
  const ObjectId merge = write_commit(*work, {tree, {root, other}, author, committer, "merge\n"});
  CHECK(work.git({"show", "-s", "--format=%an|%ae|%at|%ai|%cn|%ct|%ci|%s|%b", root.hex()}) ==
        "Ann Author|ann@example.org|1700000000|2023-11-14 23:43:20 +0130|Carl|1700000100|"
        "2023-11-14 21:15:00 -0100|root|body\n");
  CHECK(work.git({"show", "-s", "--format=%P", merge.hex()}) == root.hex() + " " + other.hex());
  const Commit read = read_commit(*work, merge);
  CHECK(read.author == author);
  CHECK(read.committer == committer);
  CHECK(read.summary() == "merge");
  CHECK_FALSE(find_commit(*work, tree));
  CHECK_THROWS_MATCHES(read_commit(*work, ObjectId{}), Error, HasKind(ErrorKind::not_found));
}

TEST_CASE("messages are cleaned as git commit -m does", "[repo][objects]") {
  CHECK(clean_message("one") == "one\n");
  CHECK(clean_message("\n\n one  \n\n\n two\t\r\n\n") == " one\n\n two\n");
  CHECK(clean_message(" \n\t\n").empty());
}

TEST_CASE("history is walked in order and by path", "[repo][objects][log]") {
  test::GitRepo work;
  std::vector<ObjectId> ids;
  for (int i = 0; i < 5; ++i) {
    work.write(i % 2 == 0 ? "even/x" : "odd", std::to_string(i));
    ids.push_back(id_of(work.git_commit_all("commit " + std::to_string(i))));
  }
  const auto summaries = [&](const LogOptions& options) {
    std::string text;
    walk_log(*work, options, [&](const Commit& commit) {
      text += commit.summary().back();
      return true;
    });
    return text;
  };
  LogOptions options;
  options.tips = {ids[4]};
  CHECK(summaries(options) == "43210");
  options.order = LogOrder::topological;
  CHECK(summaries(options) == "43210");
  options.limit = 2;
  CHECK(summaries(options) == "43");
  options.limit = UINT64_MAX;
  options.paths = {"odd"};
  CHECK(summaries(options) == "31");
  options.paths = {"even"};
  CHECK(summaries(options) == "420");
  options.paths = {};
  options.hidden = {ids[1]};
  CHECK(summaries(options) == "432");
  options.order = LogOrder::reverse;
  CHECK(summaries(options) == "234");

  CHECK(merge_base(*work, ids[2], ids[4]) == ids[2]);
  CHECK(is_ancestor(*work, ids[1], ids[3]));
  CHECK(is_ancestor(*work, ids[1], ids[1]));
  CHECK_FALSE(is_ancestor(*work, ids[3], ids[1]));
  CHECK(ahead_behind(*work, ids[4], ids[1]).ahead == 3);
  CHECK(ahead_behind(*work, ids[4], ids[1]).behind == 0);
}

TEST_CASE("history is read no further than it is asked for", "[repo][objects][log]") {
  test::GitRepo work;
  std::vector<ObjectId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(id_of(work.git_commit_all("commit")));
  const std::string first = ids[0].hex();
  REQUIRE(
      std::filesystem::remove(work.path(".git/objects") / first.substr(0, 2) / first.substr(2)));
  Repository cut = Repository::open(work.path());
  const auto count = [&](const LogOptions& options) {
    std::size_t commits = 0;
    walk_log(cut, options, [&](const Commit&) { return ++commits > 0; });
    return commits;
  };
  LogOptions options;
  options.tips = {ids[4]};
  CHECK_THROWS_AS(count(options), Error);
  options.limit = 2;
  CHECK(count(options) == 2);
  options.tips = {ids[3], ids[4]};
  CHECK(count(options) == 2);
  CHECK(list_commits(cut, ids[4], 2).size() == 2);
  CHECK_THROWS_AS(list_commits(cut, ids[4], 5), Error);
}

TEST_CASE("history with merges is in the order of git log", "[repo][objects][log]") {
  test::GitRepo work;
  work.git_commit_all("first");
  const Commit first = read_commit(*work, id_of(work.git({"rev-parse", "HEAD"})));
  int made = 0;
  const auto commit = [&](const std::vector<ObjectId>& parents, std::int64_t time_s) {
    Signature who = first.committer;
    who.time_s = time_s;
    return write_commit(*work, {first.tree, parents, who, who, std::to_string(++made)});
  };
  const auto walked = [&](const std::vector<ObjectId>& tips) {
    LogOptions options;
    options.tips = tips;
    std::string lines;
    walk_log(*work, options, [&](const Commit& one) {
      lines += (lines.empty() ? "" : "\n") + one.id.hex();
      return true;
    });
    return lines;
  };
  // All but the last within one second.
  const ObjectId root = commit({}, 1000);
  const ObjectId left = commit({root}, 1000);
  const ObjectId right = commit({commit({root}, 1000), root}, 1000);
  const ObjectId merge = commit({left, right}, 1000);
  const ObjectId tip = commit({merge}, 1000);
  CHECK(walked({tip}) == work.git({"rev-list", tip.hex()}));
  CHECK(walked({tip}).starts_with(tip.hex() + "\n" + merge.hex() + "\n" + left.hex()));

  const ObjectId newer = commit({left}, 2000);
  const ObjectId older = commit({newer}, 1500);
  for (const auto& tips : std::vector<std::vector<ObjectId>>{
           {tip, newer}, {newer, tip}, {tip, older}, {older, tip}, {tip, tip}}) {
    CHECK(walked(tips) == work.git({"rev-list", tips[0].hex(), tips[1].hex()}));
  }
  REQUIRE(list_commits(*work, tip, 100).size() == 6);
  CHECK(list_commits(*work, tip, 2).back() == merge);
}

TEST_CASE("new objects are on disk once something refers to them", "[repo][objects]") {
  test::GitRepo work;
  const auto on_disk = [&](const ObjectId& id) {
    return Repository::open(work.path()).head().is_unborn() &&
           test::run({"git", "cat-file", "-e", id.hex()}, {work.path(), {}, {}}).exit_code == 0;
  };
  // A few become loose objects, many a pack, large ones are written at once.
  const std::size_t count = GENERATE(std::size_t{3}, std::size_t{500});
  std::vector<ObjectId> ids;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = std::string(i * 37, 'x') + std::to_string(i);
    ids.push_back(write_blob(*work, as_bytes(text)));
    CHECK(as_text(read_blob(*work, ids.back(), 1 << 20)) == text);
    CHECK(object_size(*work, ids.back()) == text.size());
  }
  write_blob(*work, {});
  CHECK(find_revision(*work, ids[1].hex().substr(0, 10)) == ids[1]);
  CHECK_FALSE(on_disk(ids[0]));
  const std::string large(3 << 20, 'l');
  CHECK(on_disk(write_blob(*work, as_bytes(large))));

  SECTION("a reference") {
    update_ref(*work, "refs/odd/blob", ids[0], Expected::none(), "");
  }
  SECTION("the index") {
    Index index = Index::lock(*work);
    index.set_unverified("x", FileMode::regular, ids[0]);
    index.write();
  }
  SECTION("the end") {
    { const Repository moved = std::move(*work); }
    *work = Repository::open(work.path());
  }
  for (std::size_t i = 0; i < count; i += 99) CHECK(on_disk(ids[i]));
  CHECK(work.git({"count-objects", "-v"}).find(count > 100 ? "packs: 1" : "packs: 0") !=
        std::string::npos);
  CHECK(work.git({"fsck", "--strict", "--no-dangling"}).empty());
  CHECK(as_text(read_blob(*work, ids[2], 1 << 20)).back() == '2');
}
