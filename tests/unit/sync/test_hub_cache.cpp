#include <fstream>

#include <sys/stat.h>

#include <mhub/sync/download_files.hpp>
#include <mhub/wire/tree_cache.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "sync/hub_cache.hpp"
#include "sync/local_folder.hpp"

namespace mhub::sync {
namespace {

using test::HasKind;
using test::TemporaryFolder;

namespace fs = std::filesystem;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');

std::string text_of(const fs::path& path) {
  return std::string(as_text(read_file(real_file_system(), path, 1 << 20)));
}

ContentId an_id(char digit = '1') {
  return *ContentId::parse(std::string(64, digit));
}

void put_blob(const HubCache& cache, const ContentId& id, std::string_view text) {
  fs::create_directories(cache.blob(id).parent_path());
  put_text(cache.blob(id), text);
}

TEST_CASE("the cache has the names that Hugging Face's libraries look for", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  HubCache cache(folder.path(), {wire::RepoType::dataset, "team", "words"});
  CHECK(cache.folder() == folder / "datasets--team--words");
  CHECK(HubCache(folder.path(), {wire::RepoType::model, "", "gpt2"}).folder() ==
        folder / "models--gpt2");
  cache.put_ref("main", kCommit);
  CHECK(text_of(cache.folder() / "refs" / "main") == kCommit);
  cache.put_ref("refs/pr/1", kOther);
  CHECK(text_of(cache.folder() / "refs" / "refs" / "pr" / "1") == kOther);
  CHECK(cache.find_ref("refs/pr/1") == kOther);
  CHECK_FALSE(cache.find_ref("none"));
  cache.note_absent(kCommit, "sub/config.json");
  CHECK(text_of(cache.folder() / ".no_exist" / kCommit / "sub" / "config.json").empty());
  const FileLock lock = cache.lock(an_id(), never_stopped());
  CHECK(fs::exists(folder / ".locks" / "datasets--team--words" / (an_id().text() + ".lock")));
}

TEST_CASE("a commit is no name for itself", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  HubCache cache(folder.path(), {wire::RepoType::model, "team", "model"});
  cache.put_ref(kCommit, kCommit);
  CHECK_FALSE(fs::exists(cache.folder() / "refs"));
}

TEST_CASE("a snapshot shows blobs by relative links", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  HubCache cache(folder.path(), {wire::RepoType::model, "team", "model"});
  put_blob(cache, an_id(), "content");
  CHECK_FALSE(cache.find(kCommit, "a/b.txt"));
  const fs::path shown = cache.show(kCommit, "a/b.txt", an_id());
  CHECK(shown == cache.folder() / "snapshots" / kCommit / "a" / "b.txt");
  CHECK(fs::read_symlink(shown) == fs::path("../../../blobs") / an_id().text());
  CHECK(text_of(shown) == "content");
  CHECK(cache.find(kCommit, "a/b.txt") == shown);
  CHECK(cache.newest_other(kOther, "a/b.txt") == kCommit);
  CHECK_FALSE(cache.newest_other(kCommit, "a/b.txt"));
  CHECK_FALSE(cache.newest_other(kOther, "a/c.txt"));
}

TEST_CASE("without links a snapshot holds the files", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  HubCache cache(folder.path(), {wire::RepoType::model, "team", "model"}, false);
  put_blob(cache, an_id(), "content");
  const fs::path shown = cache.show(kCommit, "b.txt", an_id());
  CHECK_FALSE(fs::is_symlink(shown));
  CHECK(text_of(shown) == "content");
}

TEST_CASE("names from a hub stay inside their folder", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  HubCache cache(folder / "cache", {wire::RepoType::model, "team", "model"});
  put_blob(cache, an_id(), "content");
  for (const char* name : {"../x", "/etc/x", "a/../../x", "a//b", "", ".", "a/.", "x/.git/config",
                           "a\\..\\b", "..", "a/.GIT/hooks/post-checkout"}) {
    INFO(name);
    CHECK_THROWS_MATCHES(cache.show(kCommit, name, an_id()), Error, HasKind(ErrorKind::corrupt));
    CHECK_THROWS_MATCHES(cache.put_ref(name, kCommit), Error, HasKind(ErrorKind::corrupt));
    CHECK_THROWS_MATCHES(cache.note_absent(kCommit, name), Error, HasKind(ErrorKind::corrupt));
    CHECK_THROWS_MATCHES(make_place(folder / "local", name), Error, HasKind(ErrorKind::corrupt));
    CHECK_FALSE(cache.find_ref(name));
  }
}

TEST_CASE("a link in place of a folder is not followed", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  const fs::path root = folder / "local";
  fs::create_directories(root);
  fs::create_directories(folder / "outside");
  fs::create_directory_symlink(folder / "outside", root / "data");
  CHECK_THROWS_MATCHES(make_place(root, "data/x"), Error, HasKind(ErrorKind::conflict));
  CHECK(make_place(root, "new/x") == root / "new" / "x");
  CHECK(fs::is_directory(root / "new"));
}

TEST_CASE("a lock is one that others may wait for", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "x" / "a.lock";
  {
    const FileLock lock = lock_shared_file(path, never_stopped());
    CHECK_FALSE(FileLock::try_lock(path, FileLock::Mode::exclusive));
    StopToken stopped;
    stopped.request_stop();
    CHECK_THROWS_MATCHES(lock_shared_file(path, stopped), Error, HasKind(ErrorKind::interrupted));
  }
  CHECK(FileLock::try_lock(path, FileLock::Mode::exclusive));
  struct ::stat stat;
  REQUIRE(::stat(path.c_str(), &stat) == 0);
  CHECK((stat.st_mode & 0777) == 0664);
}

TEST_CASE("a kept listing is read back", "[sync][hub_cache]") {
  const TemporaryFolder folder;
  wire::TreeEntry small;
  small.path = "sub/config.json";
  small.oid = std::string(40, 'c');
  small.size_bytes = 12;
  wire::TreeEntry large = small;
  large.path = "model.safetensors";
  large.size_bytes = large.lfs_size_bytes = 1 << 30;
  large.lfs_oid = Sha256::parse(std::string(64, '2'));
  large.xet_hash = xet::FileHash::parse(std::string(64, '3'));
  wire::TreeEntry sub;
  sub.is_folder = true;
  sub.path = "sub";
  keep_tree(folder.path(), kCommit, std::vector{small, sub, large});
  const auto kept = find_kept_tree(folder.path(), kCommit);
  REQUIRE(kept);
  REQUIRE(kept->size() == 2);
  CHECK(kept->at(0) == large);
  CHECK(kept->at(1) == small);
  CHECK_FALSE(find_kept_tree(folder.path(), kOther));
  keep_tree(folder.path(), kOther,
            std::vector<wire::TreeEntry>(wire::kTreeCacheMaxFiles + 1, small));
  CHECK_FALSE(fs::exists(folder / "trees" / (kOther + ".json")));
  put_text(folder / "trees" / (kCommit + ".json"), R"({"format_version": 2, "files": {}})");
  CHECK_FALSE(find_kept_tree(folder.path(), kCommit));
  put_text(folder / "trees" / (kCommit + ".json"), "{");
  CHECK_FALSE(find_kept_tree(folder.path(), kCommit));
}

TEST_CASE("a note holds until its file changes", "[sync][local_folder]") {
  const TemporaryFolder folder;
  const LocalFolder local(folder.path());
  put_text(local.make_place("sub/a.txt"), "a");
  CHECK_FALSE(local.find_note("sub/a.txt"));
  local.put_note("sub/a.txt", kCommit, an_id());
  const auto note = local.find_note("sub/a.txt");
  REQUIRE(note);
  CHECK(note->commit == kCommit);
  CHECK(note->id == an_id().text());
  CHECK(text_of(folder / ".cache/huggingface/.gitignore") == "*");
  CHECK(text_of(folder / ".cache/huggingface/download/sub/a.txt.metadata")
            .starts_with(kCommit + "\n" + an_id().text() + "\n"));
  fs::last_write_time(local.place("sub/a.txt"),
                      fs::file_time_type::clock::now() + std::chrono::seconds(10));
  CHECK_FALSE(local.find_note("sub/a.txt"));
  fs::remove(local.place("sub/a.txt"));
  CHECK_FALSE(local.find_note("sub/a.txt"));
}

TEST_CASE("patterns are those of Hugging Face's client", "[sync][download_files]") {
  CHECK(name_matches("*.json", "sub/deep/config.json"));
  CHECK(name_matches("data/*.json", "data/sub/x.json"));
  CHECK(name_matches("data/", "data/sub/x.json"));
  CHECK(name_matches("x[0-9].bin", "x7.bin"));
  CHECK(name_matches("x[!0-9].bin", "xa.bin"));
  CHECK(name_matches("*", ".hidden"));
  CHECK_FALSE(name_matches("config.json", "sub/config.json"));
  CHECK_FALSE(name_matches("*.JSON", "config.json"));
  const NamePatterns patterns{{"*.bin", "*.json"}, {"old/*"}};
  CHECK(patterns.wants("a.bin"));
  CHECK_FALSE(patterns.wants("a.txt"));
  CHECK_FALSE(patterns.wants("old/a.bin"));
  CHECK(NamePatterns{}.wants("anything"));
}

}  // namespace
}  // namespace mhub::sync
