// The index file, read and written by libgit2 as a file of its own: opened as part of a repository,
// libgit2 would compare possibly changed files by hashing them whole before each write.
//
// Two programs that change the index exclude each other by index.lock. libgit2 takes that lock only
// while it writes, so lock() takes it itself, edits a copy, and renames the copy over the index.
//
// Racy entries. git trusts an entry if stat says the same as recorded *and* the file's mtime is
// older than the index file, in whole seconds. A file written in the second of the index write may
// change again without stat showing it; git therefore reads such a file, which for a large file
// means all of it. write() waits that second out where it matters. Entries that were racy in the
// old index and would look trustworthy beside the new index file's time are compared at nanosecond
// precision, and marked (size 0, git's own mark) unless that proves them unchanged.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <unordered_map>

#include <sys/stat.h>

#include <mhub/base/fault.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>

#include "handle.hpp"
#include "index_file.hpp"
#include "index_lock.hpp"
#include "index_stat.hpp"

namespace mhub::repo {

namespace fs = std::filesystem;

struct Index::State {
  Repository::Handle* handle = nullptr;
  GitIndex git;
  std::optional<IndexLock> lock;
  bool may_have_conflicts = false;
  /// Of the index file that was read; 0 if there was none.
  std::int64_t file_mtime_ns = 0;

  struct Fresh {
    FileStat stat;
    bool is_large = false;
  };
  std::unordered_map<std::string, Fresh> fresh;  ///< set since the index was read

  fs::path file() const { return handle->git_folder / "index"; }
  fs::path copy_file() const { return handle->git_folder / "index.mhub"; }

  void release() noexcept {
    if (!lock) return;
    std::error_code ignored;
    fs::remove(copy_file(), ignored);
    lock.reset();
  }
  ~State() { release(); }

  /// Puts `entry` in, and out what cannot stand beside it: a conflict in the same path, files below
  /// it. (Files in place of its folders go by libgit2's own doing.)
  void add(const git_index_entry& entry, const std::string& path) {
    if (may_have_conflicts) {
      for (int stage = 1; stage <= 3; ++stage) git_index_remove(git.get(), path.c_str(), stage);
    }
    std::size_t position = 0;
    const std::string below = path + "/";
    if (git_index_find_prefix(&position, git.get(), below.c_str()) == 0)
      check(git_index_remove_directory(git.get(), path.c_str(), 0),
            "remove what lies below " + printable(path) + " from the index");
    check(git_index_add(git.get(), &entry), "add " + printable(path) + " to the index");
  }
};

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
/// File times advance in steps of the kernel's tick; two writes this close may show the same time.
constexpr std::int64_t kTickNs = 20'000'000;
/// Files at least this large take longer to hash than a tick lasts.
constexpr std::uint32_t kSlowToHashBytes = 1 << 20;

const ObjectId kEmptyBlob = *ObjectId::parse("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");

IndexEntry from_git(const git_index_entry& raw) {
  IndexEntry entry;
  entry.path = raw.path;
  entry.mode = static_cast<FileMode>(raw.mode);
  entry.id = from_oid(raw.id);
  entry.stage = git_index_entry_stage(&raw);
  entry.stat.ctime_s = static_cast<std::uint32_t>(raw.ctime.seconds);
  entry.stat.ctime_ns = raw.ctime.nanoseconds;
  entry.stat.mtime_s = static_cast<std::uint32_t>(raw.mtime.seconds);
  entry.stat.mtime_ns = raw.mtime.nanoseconds;
  entry.stat.device = raw.dev;
  entry.stat.inode = raw.ino;
  entry.stat.uid = raw.uid;
  entry.stat.gid = raw.gid;
  entry.stat.size = raw.file_size;
  entry.assume_unchanged = (raw.flags & GIT_INDEX_ENTRY_VALID) != 0;
  entry.skip_worktree = (raw.flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
  entry.intent_to_add = (raw.flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD) != 0;
  return entry;
}

git_index_entry to_git(const std::string& path, FileMode mode, const ObjectId& id,
                       const IndexStat& stat) {
  git_index_entry raw{};
  raw.path = c_text(path);
  raw.mode = static_cast<std::uint32_t>(mode);
  raw.id = to_oid(id);
  raw.ctime.seconds = static_cast<std::int32_t>(stat.ctime_s);
  raw.ctime.nanoseconds = stat.ctime_ns;
  raw.mtime.seconds = static_cast<std::int32_t>(stat.mtime_s);
  raw.mtime.nanoseconds = stat.mtime_ns;
  raw.dev = stat.device;
  raw.ino = stat.inode;
  raw.uid = stat.uid;
  raw.gid = stat.gid;
  raw.file_size = stat.size;
  return raw;
}

bool same_file(const FileStat& a, const FileStat& b) {
  return a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns &&
         a.inode == b.inode && (a.mode & S_IFMT) == (b.mode & S_IFMT);
}

std::int64_t file_clock_ns() {
  ::timespec now{};
  // The clock that the kernel stamps files with.
#ifdef CLOCK_REALTIME_COARSE
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
#else
  ::clock_gettime(CLOCK_REALTIME, &now);
#endif
  return std::int64_t{now.tv_sec} * kSecondNs + now.tv_nsec;
}

/// True if the stat fields say that the file is the one that was recorded.
bool same_stat(const IndexStat& recorded, const FileStat& stat,
               const Repository::Handle::Cached& settings) {
  const IndexStat now = to_index_stat({stat, 0, 0});
  if (recorded.size != now.size || recorded.mtime_s != now.mtime_s) return false;
  if (!settings.check_stat) return true;
  // Some programs store no nanoseconds.
  if (recorded.mtime_ns != 0 && recorded.mtime_ns != now.mtime_ns) return false;
  if (recorded.inode != 0 && recorded.inode != now.inode) return false;
  if (!settings.trust_ctime || recorded.ctime_s == 0) return true;
  return recorded.ctime_s == now.ctime_s &&
         (recorded.ctime_ns == 0 || recorded.ctime_ns == now.ctime_ns);
}

/// True if a change after the recorded stat would show in the file's times, given when the index
/// that records it was written.
bool settled(const IndexStat& recorded, std::int64_t index_mtime_ns) {
  if (recorded.mtime_ns == 0) return std::int64_t{recorded.mtime_s} < index_mtime_ns / kSecondNs;
  const std::int64_t margin = recorded.size < kSlowToHashBytes ? kTickNs : 0;
  return mtime_ns_of(recorded) + margin < index_mtime_ns;
}

/// Waits until the file clock has passed the second `second`, if that is near.
void wait_past_second(std::int64_t second) {
  constexpr std::int64_t kPatienceNs = 1'100'000'000;
  const std::int64_t start = file_clock_ns();
  const std::int64_t end = (second + 1) * kSecondNs;
  if (end - start > kPatienceNs) return;
  while (file_clock_ns() < end) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(
        std::clamp<std::int64_t>(end - file_clock_ns(), 1'000'000, 100'000'000)));
  }
}

}  // namespace

Index::Index(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index Index::read(Repository& repository) {
  auto state = std::make_unique<State>();
  state->handle = &repository.handle();
  if (const auto stat = full_stat(state->file())) state->file_mtime_ns = stat->stat.mtime_ns;
  state->git = open_index_file(state->file());
  return Index(std::move(state));
}

Index Index::lock(Repository& repository, std::chrono::milliseconds patience) {
  repository.require_work_tree();
  auto state = std::make_unique<State>();
  state->handle = &repository.handle();
  state->lock.emplace(state->handle->git_folder / "index.lock", patience);
  std::error_code error;
  fs::remove(state->copy_file(), error);
  fs::remove(state->copy_file().string() + ".lock", error);  // of a process that died while writing
  if (const auto stat = full_stat(state->file())) {
    state->file_mtime_ns = stat->stat.mtime_ns;
    if (!fs::copy_file(state->file(), state->copy_file(), error))
      throw system_error(error.value(), "copy the index to " + state->copy_file().string());
  }
  complete_checksum(state->copy_file());
  state->git = open_index_file(state->copy_file());
  state->may_have_conflicts = git_index_has_conflicts(state->git.get()) == 1;
  return Index(std::move(state));
}

Index Index::in_memory(Repository& repository) {
  auto state = std::make_unique<State>();
  state->handle = &repository.handle();
  git_index* raw = nullptr;
  check(git_index_new(&raw), "make an index");
  state->git.reset(raw);
  return Index(std::move(state));
}

std::size_t Index::size() const {
  return git_index_entrycount(state_->git.get());
}

void Index::for_each(const std::function<void(const IndexEntry&)>& visit) const {
  const std::size_t count = size();
  for (std::size_t i = 0; i < count; ++i) {
    visit(from_git(*git_index_get_byindex(state_->git.get(), i)));
  }
}

std::vector<IndexEntry> Index::entries() const {
  std::vector<IndexEntry> out;
  out.reserve(size());
  for_each([&](const IndexEntry& entry) { out.push_back(entry); });
  return out;
}

std::optional<IndexEntry> Index::find(std::string_view path, int stage) const {
  const std::string text(path);
  const git_index_entry* raw = git_index_get_bypath(state_->git.get(), c_text(text), stage);
  if (raw == nullptr) return std::nullopt;
  return from_git(*raw);
}

bool Index::has_folder(std::string_view path) const {
  if (path.empty()) return size() > 0;
  const std::string prefix = std::string(path) + "/";
  std::size_t position = 0;
  return git_index_find_prefix(&position, state_->git.get(), c_text(prefix)) == 0;
}

bool Index::has_conflicts() const {
  return git_index_has_conflicts(state_->git.get()) == 1;
}

std::vector<IndexConflict> Index::conflicts() const {
  std::vector<IndexConflict> out;
  for_each([&](const IndexEntry& entry) {
    if (entry.stage == 0) return;
    if (out.empty() || out.back().path != entry.path) {
      out.emplace_back();
      out.back().path = entry.path;
    }
    const PathEntry side{entry.path, entry.mode, entry.id};
    if (entry.stage == 1) out.back().base = side;
    if (entry.stage == 2) out.back().ours = side;
    if (entry.stage == 3) out.back().theirs = side;
  });
  return out;
}

bool Index::is_unchanged(const IndexEntry& entry, const FileStat& stat) const {
  if (entry.assume_unchanged || entry.skip_worktree) return true;
  if (entry.stage != 0 || entry.intent_to_add) return false;
  // Size 0 is git's mark for "compare again", except for a file that is really empty.
  if (entry.stat.size == 0 && entry.id != kEmptyBlob) return false;
  return same_stat(entry.stat, stat, state_->handle->settings()) &&
         settled(entry.stat, state_->file_mtime_ns);
}

void Index::set(const std::string& path, FileMode mode, const ObjectId& id, const FileStat& stat,
                bool is_large) {
  IndexStat recorded;
  if (state_->handle->work_tree) {
    if (const auto now = full_stat(*state_->handle->work_tree / path)) {
      recorded = to_index_stat(*now);
      if (!same_file(now->stat, stat)) recorded.size = 0;
    }
  }
  state_->add(to_git(path, mode, id, recorded), path);
  state_->fresh[path] = {stat, is_large};
}

void Index::set_file(const std::string& path, FileMode mode, const ObjectId& id,
                     const FileStat& stat) {
  set(path, mode, id, stat, false);
}

void Index::set_large_file(const std::string& path, FileMode mode, const ObjectId& pointer_id,
                           const FileStat& stat) {
  set(path, mode, pointer_id, stat, true);
}

void Index::set_unverified(const std::string& path, FileMode mode, const ObjectId& id) {
  state_->add(to_git(path, mode, id, {}), path);
  state_->fresh.erase(path);
}

void Index::set_conflict(const IndexConflict& conflict) {
  const auto side = [&](const std::optional<PathEntry>& entry) {
    return entry ? to_git(conflict.path, entry->mode, entry->id, {}) : git_index_entry{};
  };
  const git_index_entry base = side(conflict.base);
  const git_index_entry ours = side(conflict.ours);
  const git_index_entry theirs = side(conflict.theirs);
  remove(conflict.path);
  check(
      git_index_conflict_add(state_->git.get(), conflict.base ? &base : nullptr,
                             conflict.ours ? &ours : nullptr, conflict.theirs ? &theirs : nullptr),
      "record the conflict in " + printable(conflict.path));
}

bool Index::remove(const std::string& path) {
  state_->fresh.erase(path);
  bool found = false;
  for (int stage = 0; stage <= 3; ++stage) {
    const int result = git_index_remove(state_->git.get(), c_text(path), stage);
    if (result == GIT_ENOTFOUND) continue;
    check(result, "remove " + printable(path) + " from the index");
    found = true;
  }
  return found;
}

void Index::read_tree(const std::optional<ObjectId>& tree) {
  state_->fresh.clear();
  if (!tree) {
    check(git_index_clear(state_->git.get()), "clear the index");
    return;
  }
  const git_oid oid = to_oid(*tree);
  git_tree* raw = nullptr;
  check(git_tree_lookup(&raw, state_->handle->git.get(), &oid), "read tree " + tree->hex());
  const GitTree owner(raw);
  check(git_index_read_tree(state_->git.get(), raw), "read tree " + tree->hex());
}

ObjectId Index::write_tree() {
  if (has_conflicts())
    throw Error(ErrorKind::conflict, "the index holds conflicts that are not resolved");
  git_oid oid;
  check(git_index_write_tree_to(&oid, state_->git.get(), state_->handle->git.get()),
        "write the tree of the index");
  return from_oid(oid);
}

void Index::mark_doubtful() {
  const fs::path& root = *state_->handle->work_tree;
  std::vector<std::string> doubtful;
  for (const auto& [path, fresh] : state_->fresh) {
    const auto now = full_stat(root / path);
    if (now && !same_file(now->stat, fresh.stat)) doubtful.push_back(path);
  }
  const std::int64_t old_second = state_->file_mtime_ns / kSecondNs;
  const std::size_t count = size();
  for (std::size_t i = 0; i < count; ++i) {
    const git_index_entry* raw = git_index_get_byindex(state_->git.get(), i);
    if (raw->mtime.seconds < old_second || raw->file_size == 0 || git_index_entry_stage(raw) != 0 ||
        state_->fresh.contains(raw->path))
      continue;
    const IndexEntry entry = from_git(*raw);
    const auto now = full_stat(root / entry.path);
    if (!now) continue;
    if (same_stat(entry.stat, now->stat, state_->handle->settings()) &&
        settled(entry.stat, state_->file_mtime_ns))
      continue;
    doubtful.push_back(entry.path);
  }
  for (const std::string& path : doubtful) {
    const git_index_entry* raw = git_index_get_bypath(state_->git.get(), path.c_str(), 0);
    if (raw == nullptr) continue;
    git_index_entry marked = *raw;
    marked.path = path.c_str();
    marked.file_size = 0;
    state_->add(marked, path);
  }
}

void Index::write(bool settle) {
  MHUB_ASSERT(state_->lock);
  if (settle) {
    const std::int64_t now_second = file_clock_ns() / kSecondNs;
    std::int64_t last = -1;
    for (const auto& [path, fresh] : state_->fresh) {
      const std::int64_t second = fresh.stat.mtime_ns / kSecondNs;
      if (fresh.is_large && second >= now_second && second <= now_second + 1)
        last = std::max(last, second);
    }
    if (last >= 0) wait_past_second(last);
  }
  mark_doubtful();
  state_->handle->objects->flush();
  check(git_index_write(state_->git.get()), "write the index");
  fault_point("repo.index_rename");
  FileSystem& disk = real_file_system();
  disk.rename(state_->copy_file(), state_->file());
  disk.sync_folder(state_->handle->git_folder);
  if (const auto stat = full_stat(state_->file())) state_->file_mtime_ns = stat->stat.mtime_ns;
  state_->fresh.clear();
  state_->release();
}

FileStat backdate(File& file) {
  constexpr std::int64_t kBackSeconds = 2;
  ::timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  const std::int64_t now = file_clock_ns();
  times[1].tv_sec = now / kSecondNs - kBackSeconds;
  times[1].tv_nsec = now % kSecondNs;
  if (::futimens(file.descriptor(), times) != 0) throw system_error(errno, "set a file's time");
  return file.stat();
}

}  // namespace mhub::repo
