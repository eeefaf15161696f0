#include "hub_cache.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/log.hpp>
#include <mhub/repo/work_tree.hpp>
#include <mhub/wire/hub_history.hpp>
#include <mhub/wire/tree_cache.hpp>

namespace mhub::sync {

namespace {

constexpr std::chrono::milliseconds kLockPoll{50};
constexpr std::size_t kRefMaxBytes = 1024;
constexpr std::uint32_t kSharedMode = 0664;
constexpr std::string_view kCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file marks a cache: what is below can be fetched again.\n"
    "# See https://bford.info/cachedir/\n";

void write_if_missing(const std::filesystem::path& path, std::string_view text) {
  if (is_there(path)) return;
  try {
    put_text(path, text);
  } catch (const Error& error) {
    log_debug("{}", error.message());  // nothing depends on it
  }
}

void require_safe(std::string_view path) {
  if (!repo::is_safe_tree_path(path))
    throw Error(ErrorKind::corrupt, "the name {} is not safe to write", printable(path));
}

}  // namespace

bool is_there(const std::filesystem::path& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed) && !failed;
}

void put_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(real_file_system(), path);
  file.file().write(as_bytes(text));
  file.commit(false);
}

FileLock lock_shared_file(const std::filesystem::path& path, const StopToken& stop) {
  real_file_system().create_folders(path.parent_path());
  const int made =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kSharedMode);
  if (made >= 0) {
    ::fchmod(made, kSharedMode);  // whatever the umask: whoever shares the cache waits for it
    ::close(made);
  }
  for (;;) {
    stop.check();
    if (auto lock = FileLock::try_lock(path, FileLock::Mode::exclusive)) return std::move(*lock);
    std::this_thread::sleep_for(kLockPoll);
  }
}

std::filesystem::path make_place(const std::filesystem::path& root, std::string_view relative) {
  require_safe(relative);
  FileSystem& fs = real_file_system();
  fs.create_folders(root);
  std::filesystem::path folder = root;
  for (std::size_t slash = relative.find('/'); slash != relative.npos; slash = relative.find('/')) {
    folder /= relative.substr(0, slash);
    relative.remove_prefix(slash + 1);
    if (::mkdir(folder.c_str(), 0777) == 0) continue;
    const int number = errno;
    const auto stat = fs.stat(folder);
    if (stat && stat->is_folder()) continue;
    if (stat && stat->is_symlink())
      throw Error(ErrorKind::conflict, "{} is a link, and may lead anywhere",
                  printable(folder.string()));
    throw system_error(number, "make the folder " + printable(folder.string()));
  }
  return folder / relative;
}

void tag_cache_folder(const std::filesystem::path& folder) {
  real_file_system().create_folders(folder);
  write_if_missing(folder / "CACHEDIR.TAG", kCacheTag);
}

std::optional<std::vector<wire::TreeEntry>> find_kept_tree(const std::filesystem::path& folder,
                                                           const std::string& commit) {
  const auto path = folder / "trees" / (commit + ".json");
  if (!is_there(path)) return std::nullopt;
  try {
    return wire::parse_tree_cache(
        as_text(read_file(real_file_system(), path, wire::kTreeCacheMaxBytes)));
  } catch (const Error& error) {
    log_info("{} is passed over: {}", path.string(), error.message());
    return std::nullopt;
  }
}

void keep_tree(const std::filesystem::path& folder, const std::string& commit,
               std::span<const wire::TreeEntry> entries) {
  if (entries.size() > wire::kTreeCacheMaxFiles) return;
  const std::string text = wire::tree_cache_json(entries);
  if (text.size() > wire::kTreeCacheMaxBytes) return;
  const auto path = folder / "trees" / (commit + ".json");
  real_file_system().create_folders(path.parent_path());
  put_text(path, text);
}

HubCache::HubCache(std::filesystem::path root, const wire::RepoName& repo, bool use_symlinks)
    : name_(fmt::format("{}--{}{}{}", wire::api_plural(repo.type), repo.owner,
                        repo.owner.empty() ? "" : "--", repo.name)),
      root_(std::move(root)),
      folder_(root_ / name_),
      use_symlinks_(use_symlinks) {}

std::filesystem::path HubCache::snapshot(const std::string& commit) const {
  return folder_ / "snapshots" / commit;
}

std::filesystem::path HubCache::blob(const ContentId& id) const {
  return folder_ / "blobs" / id.text();
}

std::filesystem::path HubCache::partial(const ContentId& id) const {
  return folder_ / "blobs" / (id.text() + ".mhub.incomplete");
}

FileLock HubCache::lock(const ContentId& id, const StopToken& stop) const {
  return lock_shared_file(root_ / ".locks" / name_ / (id.text() + ".lock"), stop);
}

std::optional<std::string> HubCache::find_ref(std::string_view revision) const {
  if (!repo::is_safe_tree_path(revision)) return std::nullopt;
  const auto path = folder_ / "refs" / revision;
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return std::nullopt;
  std::string commit(as_text(read_file(real_file_system(), path, kRefMaxBytes)));
  while (commit.ends_with('\n')) commit.pop_back();
  if (!wire::is_commit_id(commit)) return std::nullopt;
  return commit;
}

void HubCache::put_ref(std::string_view revision, const std::string& commit) {
  if (revision == commit || find_ref(revision) == commit) return;
  const auto path = make_place(folder_ / "refs", revision);
  write_file_atomically(real_file_system(), path, as_bytes(commit));
}

void HubCache::note_absent(const std::string& commit, std::string_view path) {
  const auto place = make_place(folder_ / ".no_exist" / commit, path);
  if (!is_there(place)) put_text(place, {});
}

std::optional<std::filesystem::path> HubCache::find(const std::string& commit,
                                                    std::string_view path) const {
  require_safe(path);
  auto place = snapshot(commit) / path;
  if (!is_there(place)) return std::nullopt;
  return place;
}

std::filesystem::path HubCache::show(const std::string& commit, std::string_view path,
                                     const ContentId& id) {
  const auto place = make_place(snapshot(commit), path);
  FileSystem& fs = real_file_system();
  if (use_symlinks_) {
    const auto target = std::filesystem::path(blob(id)).lexically_relative(place.parent_path());
    // Elsewhere first: a reader finds the old file or the new one, and nothing else.
    const auto link = folder_ / "blobs" / unique_name("link");
    if (::symlink(target.c_str(), link.c_str()) == 0) {
      fs.rename(link, place);
      return place;
    }
    if (errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP)
      throw system_error(errno, "link " + printable(place.string()));
  }
  // Copied, since other snapshots may show the blob.
  AtomicFile copy(fs, place, 0666);
  const auto source = fs.open_read(blob(id));
  Bytes block(std::size_t{1} << 20);
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = source->read_at(block, offset);
    copy.file().write(std::span(block).first(got));
    offset += got;
    if (got < block.size()) break;
  }
  copy.commit(false);
  return place;
}

std::optional<std::string> HubCache::newest_other(const std::string& commit,
                                                  std::string_view path) const {
  std::optional<std::string> newest;
  std::int64_t newest_ns = 0;
  FileSystem& fs = real_file_system();
  if (!is_there(folder_ / "snapshots")) return newest;
  for (const std::string& other : fs.list(folder_ / "snapshots")) {
    if (other == commit || !wire::is_commit_id(other) || !find(other, path)) continue;
    const auto stat = fs.stat(snapshot(other));
    if (!stat || (newest && stat->mtime_ns <= newest_ns)) continue;
    newest = other;
    newest_ns = stat->mtime_ns;
  }
  return newest;
}

}  // namespace mhub::sync
