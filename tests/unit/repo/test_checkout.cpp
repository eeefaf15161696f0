#include <sys/stat.h>

#include <mhub/repo/checkout.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

namespace {

std::string conflicts_of(const CheckoutPlan& plan) {
  const char* names[] = {"modified", "staged", "untracked", "folder", "unmerged"};
  std::string text;
  for (const CheckoutConflict& conflict : plan.conflicts)
    text += conflict.path + ":" + names[static_cast<int>(conflict.why)] + " ";
  return text;
}

/// A history of two commits, the first one checked out by git.
struct TwoVersions {
  test::GitRepo work;
  ObjectId first, second;
  ObjectId first_tree, second_tree;

  TwoVersions() {
    for (const char* name : {"same", "edited", "gone", "deep/er/gone", "mode", "to-folder",
                             "from-folder/x", "to-link"})
      work.write(name, std::string(name) + " v1\n");
    first = id_of(work.git_commit_all("first"));
    work.write("edited", "edited, version 2\n");
    work.write("new/file", "new\n");
    std::filesystem::remove(work.path("gone"));
    std::filesystem::remove_all(work.path("deep"));
    std::filesystem::permissions(work.path("mode"), std::filesystem::perms::owner_all);
    std::filesystem::remove(work.path("to-folder"));
    work.write("to-folder/x", "inside\n");
    std::filesystem::remove_all(work.path("from-folder"));
    work.write("from-folder", "a file now\n");
    std::filesystem::remove(work.path("to-link"));
    std::filesystem::create_symlink("same", work.path("to-link"));
    second = id_of(work.git_commit_all("second"));
    first_tree = read_commit(*work, first).tree;
    second_tree = read_commit(*work, second).tree;
    work.git({"checkout", "-q", first.hex()});
  }

  /// Goes from the first to the second commit as `switch` does.
  CheckoutPlan go(const CheckoutOptions& options = {}) {
    Index index = Index::lock(*work);
    CheckoutPlan plan = plan_checkout(*work, index, first_tree, second_tree, options);
    if (!plan.conflicts.empty()) return plan;
    apply_small(*work, plan, index);
    index.write();
    work->set_head_detached(second, "checkout: moving");
    return plan;
  }
};

}  // namespace

TEST_CASE("a checkout leaves what git's leaves", "[repo][checkout]") {
  TwoVersions has;
  has.go();
  CHECK(has.work.status().empty());
  CHECK(has.work.read("edited") == "edited, version 2\n");
  CHECK_FALSE(std::filesystem::exists(has.work.path("deep")));
  CHECK(std::filesystem::is_symlink(has.work.path("to-link")));
  CHECK(has.work.read("to-folder/x") == "inside\n");
  CHECK(has.work.git({"fsck", "--strict"}).empty());
  CHECK(has.work.git({"diff", "HEAD"}).empty());
  // The index knows the files: nothing is left to be looked at.
  CHECK(read_status(*has.work).refreshed.empty());
  CHECK(read_status(*has.work).is_clean());
}

TEST_CASE("a checkout from nothing is a clone's", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo clone;
  clone.git({"fetch", "-q", has.work.path().string(), has.second.hex()});
  clone->refresh();
  Index index = Index::lock(*clone);
  const CheckoutPlan plan = plan_checkout(*clone, index, std::nullopt, has.second_tree);
  CHECK(plan.small.size() == list_tree(*has.work, has.second_tree).size());
  apply_small(*clone, plan, index);
  index.write();
  update_ref(*clone, "refs/heads/main", has.second, Expected::none(), "clone");
  CHECK(clone.status().empty());

  Index again = Index::read(*clone);
  CHECK(plan_checkout(*clone, again, std::nullopt, has.second_tree).is_empty());
}

TEST_CASE("local work in the way stops a checkout before anything is written", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  SECTION("a change in a file that differs") {
    work.write("edited", "mine\n");
    CHECK(conflicts_of(has.go()) == "edited:modified ");
  }
  SECTION("a change in a file that goes") {
    work.write("gone", "mine\n");
    CHECK(conflicts_of(has.go()) == "gone:modified ");
  }
  SECTION("a staged change") {
    work.write("edited", "mine\n");
    work.git({"add", "edited"});
    CHECK(conflicts_of(has.go()) == "edited:staged ");
  }
  SECTION("an untracked file") {
    work.write("new/file", "mine\n");
    CHECK(conflicts_of(has.go()) == "new/file:untracked ");
  }
  SECTION("an untracked file in a folder that becomes a file") {
    work.write("from-folder/mine", "mine\n");
    CHECK(conflicts_of(has.go()) == "from-folder:folder ");
  }
  SECTION("an untracked file where a folder must go") {
    work.write("new", "mine\n");
    CHECK(conflicts_of(has.go()) == "new:folder ");
  }
  SECTION("a staged file where a folder must go") {
    work.write("new", "mine\n");
    work.git({"add", "new"});
    CHECK(conflicts_of(has.go()) == "new:folder ");
    CHECK(work.read("new") == "mine\n");
  }
  SECTION("a change in a file that becomes a folder") {
    work.write("to-folder", "mine\n");
    CHECK(conflicts_of(has.go()) == "to-folder:modified ");
  }
  SECTION("a symlink where a folder must go") {
    std::filesystem::create_directories(has.work.folder() / "outside");
    std::filesystem::create_symlink("../outside", work.path("new"));
    CHECK(conflicts_of(has.go()) == "new:folder ");
    CHECK(std::filesystem::is_empty(has.work.folder() / "outside"));
  }
  CHECK(work->head().commit == has.first);
  CHECK(work.read("same") == "same v1\n");
  CHECK(work.try_git({"checkout", "-q", has.second.hex()}).exit_code == 1);
}

TEST_CASE("what was staged stays although its working file is gone", "[repo][checkout]") {
  TwoVersions has;
  has.work.write("new", "mine\n");
  has.work.git({"add", "new"});
  std::filesystem::remove(has.work.path("new"));
  CHECK(conflicts_of(has.go()) == "new:folder ");
}

TEST_CASE("local work that is not in the way stays", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  work.write("same", "mine\n");
  work.write("unrelated", "mine\n");
  work.write("staged", "mine\n");
  work.git({"add", "staged"});
  std::filesystem::remove(work.path("gone"));
  CHECK(conflicts_of(has.go()).empty());
  CHECK(work.git({"status", "--porcelain"}) == " M same\nA  staged\n?? unrelated");
}

TEST_CASE("a checkout that was interrupted is done by running it again", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  {
    Index index = Index::lock(*work);
    const CheckoutPlan plan = plan_checkout(*work, index, has.first_tree, has.second_tree);
    apply_small(*work, plan, index);
  }  // the index is not written
  CHECK_FALSE(work.status().empty());
  CHECK(conflicts_of(has.go()).empty());
  CHECK(work.status().empty());
}

TEST_CASE("a forced checkout discards changes and keeps untracked files", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  work.write("edited", "mine\n");
  work.write("same", "mine\n");
  work.write("gone", "mine\n");
  work.write("unrelated", "mine\n");
  std::filesystem::remove(work.path("mode"));
  CheckoutOptions options;
  options.force = true;
  CHECK(conflicts_of(has.go(options)).empty());
  CHECK(work.status() == "?? unrelated");
}

TEST_CASE("restoring brings back what the index has, for the paths given", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  work.write("edited", "mine\n");
  work.write("same", "mine\n");
  std::filesystem::remove(work.path("deep/er/gone"));
  CheckoutOptions options;
  options.paths = {"same", "deep"};
  Index index = Index::lock(*work);
  CHECK(conflicts_of(plan_restore(*work, index, options)) == "");
  CHECK(plan_restore(*work, index, options).small.size() == 1);
  options.force = true;
  apply_small(*work, plan_restore(*work, index, options), index);
  index.write();
  CHECK(work.status() == " M edited");
}

TEST_CASE("restoring leaves a file in conflict alone", "[repo][checkout]") {
  test::GitRepo work;
  work.write("f", "base\n");
  work.write("g", "g\n");
  work.git_commit_all("base");
  work.git({"checkout", "-q", "-b", "side"});
  work.write("f", "theirs\n");
  work.git_commit_all("theirs");
  work.git({"checkout", "-q", "main"});
  work.write("f", "ours\n");
  work.git_commit_all("ours");
  CHECK(work.try_git({"merge", "-q", "side"}).exit_code == 1);
  work.write("g", "mine\n");

  const Index index = Index::read(*work);
  CheckoutOptions options;
  options.force = true;
  const CheckoutPlan plan = plan_restore(*work, index, options);
  CHECK(conflicts_of(plan) == "f:unmerged ");
  CHECK(plan.deletes.empty());
  options.paths = {"g"};
  CHECK(conflicts_of(plan_restore(*work, index, options)).empty());
}

TEST_CASE("what changes between plan and deed stays", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  CheckoutOptions options;
  options.force = GENERATE(false, true);
  Index index = Index::lock(*work);
  const CheckoutPlan plan = plan_checkout(*work, index, has.first_tree, has.second_tree, options);
  REQUIRE(plan.conflicts.empty());
  std::string path;
  SECTION("a file to be replaced") {
    path = "edited";
  }
  SECTION("a file to be removed") {
    path = "gone";
  }
  SECTION("a file that was not there") {
    path = "new/file";
  }
  work.write(path, "written meanwhile\n");
  CHECK_THROWS_MATCHES(apply_small(*work, plan, index), Error, HasKind(ErrorKind::conflict));
  CHECK(work.read(path) == "written meanwhile\n");
  CHECK(work.read("same") == "same v1\n");
  CHECK_FALSE(std::filesystem::is_symlink(work.path("to-link")));
}

TEST_CASE("an adopted file that changes meanwhile shows as changed", "[repo][checkout]") {
  TwoVersions has;
  test::GitRepo& work = has.work;
  work.write("edited", "edited, version 2\n");
  {
    Index index = Index::lock(*work);
    const CheckoutPlan plan = plan_checkout(*work, index, has.first_tree, has.second_tree);
    REQUIRE(plan.conflicts.empty());
    REQUIRE(plan.index_only.size() == 1);
    work.write("edited", "edited, version 3\n");
    apply_small(*work, plan, index);
    index.write();
  }
  work->set_head_detached(has.second, "checkout: moving");
  const Status status = read_status(*work);
  REQUIRE(status.unstaged.size() == 1);
  CHECK(status.unstaged[0].path == "edited");
}

TEST_CASE("large files are left to the caller", "[repo][checkout][large]") {
  test::GitRepo work;
  work.forbid_filter();
  const std::string one(3000, '1'), two(4000, '2');
  const wire::LfsPointer old_pointer{sha256_of(as_bytes(one)), one.size()};
  const wire::LfsPointer new_pointer{sha256_of(as_bytes(two)), two.size()};
  const ObjectId attributes =
      write_blob(*work, as_bytes("*.bin filter=lfs diff=lfs merge=lfs -text\n"));
  const auto tree_with = [&](const wire::LfsPointer& pointer) {
    return edit_tree(*work, std::nullopt,
                     {{".gitattributes", FileMode::regular, attributes},
                      {"m.bin", FileMode::regular, write_pointer(*work, pointer)},
                      {"text", FileMode::regular, write_pointer(*work, pointer)}});
  };
  const ObjectId from = tree_with(old_pointer);
  const ObjectId to = tree_with(new_pointer);

  Index index = Index::lock(*work);
  CheckoutPlan plan = plan_checkout(*work, index, std::nullopt, from);
  REQUIRE(plan.large.size() == 1);
  CHECK(plan.large[0].pointer == old_pointer);
  CHECK(plan.small.size() == 2);  // a pointer's text without the attribute is text
  apply_small(*work, plan, index);
  // What the caller does: bytes, time set back, index entry.
  const auto materialise = [&](const CheckoutFile& file, const std::string& content) {
    work.write(file.entry.path, content);
    const FileStat stat = backdate(*real_file_system().open_read(work.path(file.entry.path)));
    index.set_large_file(file.entry.path, file.entry.mode, file.entry.id, stat);
  };
  materialise(plan.large[0], one);
  index.write();
  const auto who = *work->configured_identity();
  const ObjectId commit = write_commit(*work, {from, {}, who, who, "m\n"});
  work->move_head(std::nullopt, commit, "commit");
  CHECK(work.status().empty());
  CHECK_FALSE(work.filter_was_called());

  index = Index::lock(*work);
  plan = plan_checkout(*work, index, from, to);
  REQUIRE(plan.large.size() == 1);
  CHECK(plan.large[0].pointer == new_pointer);

  SECTION("changed by the user") {
    work.write("m.bin", std::string(3000, 'x'));
    int asked = 0;
    const CleanLargeFile clean = [&](const std::string& path, const FileStat&) {
      ++asked;
      CHECK(path == "m.bin");
      return write_pointer(*work, {sha256_of(as_bytes(work.read(path))), 3000});
    };
    CHECK(conflicts_of(plan_checkout(*work, index, from, to, {}, clean)) == "m.bin:modified ");
    CHECK(asked == 1);
  }
  SECTION("already there after an interruption") {
    work.write("m.bin", two);
    const CleanLargeFile clean = [&](const std::string&, const FileStat&) {
      return write_pointer(*work, new_pointer);
    };
    plan = plan_checkout(*work, index, from, to, {}, clean);
    CHECK(plan.large.empty());
    REQUIRE(plan.index_only.size() == 1);
    apply_small(*work, plan, index);
    index.write();
    CHECK(work.git({"status", "--porcelain"}) == "M  m.bin\nM  text");
    CHECK_FALSE(work.filter_was_called());
  }
  SECTION("left as a pointer") {
    apply_small(*work, plan, index);
    write_pointer_file(*work, plan.large[0], index);
    index.write();
    CHECK(work.read("m.bin") == wire::to_text(new_pointer));
    CHECK(work.git({"status", "--porcelain"}) == "M  m.bin\nM  text");
    CHECK(read_status(*work).unstaged.empty());
  }
}

TEST_CASE("restoring into an empty work tree knows large files by the index", "[repo][checkout]") {
  test::GitRepo work;
  const wire::LfsPointer pointer{sha256_of(as_bytes("content")), 7};
  Index index = Index::in_memory(*work);
  index.set_unverified(".gitattributes", FileMode::regular,
                       write_blob(*work, as_bytes("*.bin filter=lfs\n")));
  index.set_unverified("m.bin", FileMode::regular, write_pointer(*work, pointer));
  const CheckoutPlan plan = plan_restore(*work, index);
  REQUIRE(plan.large.size() == 1);
  CHECK(plan.large[0].pointer == pointer);
}

TEST_CASE("a hostile tree writes nothing", "[repo][checkout][paths]") {
  test::GitRepo work;
  const ObjectId blob = write_blob(*work, as_bytes("evil"));
  const auto raw_tree =
      [&](std::initializer_list<std::tuple<const char*, const char*, ObjectId>> entries) {
        std::string content;
        for (const auto& [mode, name, id] : entries) {
          content += std::string(mode) + " " + name + '\0';
          content += as_text(id.bytes);
        }
        std::ofstream(work.folder() / "tree", std::ios::binary) << content;
        return id_of(work.git(
            {"hash-object", "-t", "tree", "--literally", "-w", (work.folder() / "tree").string()}));
      };
  const ObjectId hooks = raw_tree({{"100755", "pre-push", blob}});
  const ObjectId inner = raw_tree({{"100644", "passwd", blob}});
  const ObjectId trees[] = {
      raw_tree({{"40000", ".git", hooks}}),
      raw_tree({{"40000", ".GIT", hooks}}),
      raw_tree({{"40000", "git~1", hooks}}),
      raw_tree({{"40000", "..", inner}}),
      raw_tree({{"100644", "../evil", blob}}),
      raw_tree({{"100644", "/tmp/evil", blob}}),
      raw_tree({{"100644", "a\\b", blob}}),
      raw_tree({{"120000", "a", blob}, {"40000", "a", inner}}),
      raw_tree({{"100644", "a", blob}, {"100644", "a", blob}}),
      raw_tree({{"120000", ".gitmodules", blob}}),
  };
  for (const ObjectId& tree : trees) {
    Index index = Index::lock(*work);
    INFO(work.git({"cat-file", "-p", tree.hex()}));
    CHECK_THROWS_AS(plan_checkout(*work, index, std::nullopt, tree), Error);
  }
  CHECK_FALSE(std::filesystem::exists(work.folder() / "evil"));
  CHECK(work.status().empty());
}

TEST_CASE("small trees that unfold into billions of paths are refused", "[repo][checkout][paths]") {
  test::GitRepo work;
  const auto tree_of = [&](int count, FileMode mode, const ObjectId& id) {
    std::vector<TreeEdit> edits;
    for (int i = 0; i < count; ++i) edits.push_back({fmt::format("{:04}", i), mode, id});
    return edit_tree(*work, std::nullopt, edits);
  };
  ObjectId tree = tree_of(1000, FileMode::regular, write_blob(*work, as_bytes("x")));
  for (int level = 0; level < 2; ++level) tree = tree_of(1000, FileMode::tree, tree);
  std::size_t visited = 0;
  CHECK_THROWS_MATCHES(walk_tree(*work, tree, [&](const PathEntry&) { ++visited; }), Error,
                       HasKind(ErrorKind::corrupt));
  CHECK(visited < 10'000'000);
}

TEST_CASE("a blob too long for memory is named, with what to do about it", "[repo][checkout]") {
  test::GitRepo work;
  // A loose object whose header, in a stored block of zlib's, says one byte more than a gibibyte.
  const std::string object = std::string("blob 1073741825") + '\0' + "x";
  std::string file = "\x78\x01\x01";
  file += {static_cast<char>(object.size()), '\0', static_cast<char>(~object.size()), '\xff'};
  file += object + "\x2a\x5e\x04\x3e";
  const ObjectId id = id_of(std::string(40, 'a'));
  std::filesystem::create_directories(work.path(".git/objects/aa"));
  std::ofstream(work.path(".git/objects/aa/" + std::string(38, 'a')), std::ios::binary) << file;
  const ObjectId tree = edit_tree(*work, std::nullopt, {{"huge.bin", FileMode::regular, id}});
  Index index = Index::lock(*work);
  const CheckoutPlan plan = plan_checkout(*work, index, std::nullopt, tree);
  try {
    apply_small(*work, plan, index);
    FAIL("it was written");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    CHECK_THAT(error.message(), Catch::Contains("huge.bin"));
    CHECK_THAT(error.hint(), Catch::Contains("git lfs migrate"));
  }
}
