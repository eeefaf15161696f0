#include "partial_file.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/file_lock.hpp>
#include <mhub/repo/index.hpp>

namespace mhub::sync {

namespace {

constexpr std::size_t kJournalRecordBytes = 8 + 4 + 32;  // offset, size, chunk hash
constexpr std::uint64_t kJournalLimitBytes = std::uint64_t{1} << 30;
constexpr std::size_t kHashBlockBytes = std::size_t{1} << 20;

/// Below this size hashing takes less than a thread costs.
constexpr std::uint64_t kFollowFromBytes = std::uint64_t{1} << 20;

/// Readable means runnable.
void make_executable(File& file) {
  const std::uint32_t mode = file.stat().mode & 07777;
  ::fchmod(file.descriptor(), static_cast<mode_t>(mode | ((mode & 0444) >> 2)));
}

/// Gives `content` the name `target` where the two lie on different file systems.
void copy_into_place(File& content, const std::filesystem::path& target, bool executable) {
  AtomicFile copy(real_file_system(), target, 0666);
  Bytes block(kHashBlockBytes);
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = content.read_at(block, offset);
    copy.file().write(std::span(block).first(got));
    offset += got;
    if (got < block.size()) break;
  }
  if (executable) make_executable(copy.file());
  repo::backdate(copy.file());
  copy.commit(false);
}

struct Piece {
  std::uint64_t end = 0;
  std::optional<xet::ChunkRef> chunk;  ///< nothing for bytes that came as a stream
};

}  // namespace

struct PartialFile::State {
  State(std::filesystem::path where, ContentId content, std::uint64_t size_bytes)
      : path(std::move(where)),
        expected(std::move(content)),
        size(size_bytes),
        hasher(expected.kind(), size_bytes) {}

  std::filesystem::path path;
  std::filesystem::path journal_path;
  ContentId expected;
  std::uint64_t size = 0;
  std::optional<FileLock> lock;
  std::unique_ptr<File> file;
  std::unique_ptr<File> journal;
  std::uint64_t journal_bytes = 0;

  mutable std::mutex mutex;
  std::condition_variable grown;
  std::map<std::uint64_t, Piece> pieces;          ///< written, by offset
  std::map<std::uint64_t, std::uint64_t> claims;  ///< being or done written: offset to end
  std::uint64_t done = 0;
  std::uint64_t front = 0;
  bool stopping = false;
  std::exception_ptr failure;  ///< of the hashing thread

  ContentHasher hasher;
  std::optional<ContentId> digest;
  std::uint64_t hashed = 0;  ///< touched by the hashing thread only while it runs
  std::thread follower;
  bool gone = false;

  /// Reserves bytes for one writer. False if just this piece was claimed before. Pieces may not
  /// overlap: bytes that the hash has passed must never change. With the lock held.
  bool claim(std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = offset + length;
    const auto after = claims.lower_bound(offset);
    if (after != claims.end() && after->first == offset && after->second == end) return false;
    const bool overlaps = (after != claims.end() && after->first < end) ||
                          (after != claims.begin() && std::prev(after)->second > offset);
    if (overlaps) {
      throw Error(ErrorKind::corrupt, "two pieces of one file overlap at byte {}", offset);
    }
    claims.emplace(offset, end);
    return true;
  }

  /// With the lock held.
  bool mark(std::uint64_t offset, std::uint64_t length, const std::optional<xet::ChunkRef>& chunk) {
    if (!pieces.try_emplace(offset, Piece{offset + length, chunk}).second) return false;
    done += length;
    const std::uint64_t before = front;
    for (auto it = pieces.find(front); it != pieces.end(); it = pieces.find(front))
      front = it->second.end;
    if (front == before) return true;
    if (!follower.joinable() && size >= kFollowFromBytes)
      follower = std::thread([this] { follow(); });
    grown.notify_all();
    return true;
  }

  void follow() {
    Bytes block(kHashBlockBytes);
    try {
      while (hashed < size) {
        std::uint64_t ready = 0;
        {
          std::unique_lock guard(mutex);
          grown.wait(guard, [&] { return stopping || front > hashed; });
          if (stopping) return;
          ready = front;
        }
        while (hashed < ready) {
          const auto want = std::min<std::uint64_t>(block.size(), ready - hashed);
          const std::size_t got =
              file->read_at(std::span(block).first(static_cast<std::size_t>(want)), hashed);
          if (got == 0)
            throw Error(ErrorKind::io, "{} was cut short by another program",
                        printable(path.string()));
          hasher.update(std::span(block).first(got));
          hashed += got;
        }
      }
    } catch (...) {
      const std::lock_guard guard(mutex);
      failure = std::current_exception();
    }
  }

  /// The hash of the whole file, all of which has arrived.
  ContentId digest_of_all() {
    if (follower.joinable())
      follower.join();
    else
      follow();
    if (failure) std::rethrow_exception(failure);
    if (!digest) digest = hasher.finish();
    return *digest;
  }

  void stop_following() {
    {
      const std::lock_guard guard(mutex);
      stopping = true;
      grown.notify_all();
    }
    if (follower.joinable()) follower.join();
  }

  /// Takes over the chunks of an earlier run that are really there.
  void load_journal() {
    if (!real_file_system().stat(journal_path)) return;
    const Bytes records = read_file(real_file_system(), journal_path, kJournalLimitBytes);
    Bytes chunk(xet::kHashBytes);
    for (std::size_t at = 0; at + kJournalRecordBytes <= records.size();
         at += kJournalRecordBytes) {
      const auto offset = load_le<std::uint64_t>(records.data() + at);
      const auto length = load_le<std::uint32_t>(records.data() + at + 8);
      if (length == 0 || length > kMaxChunkBytes || offset > size || length > size - offset)
        continue;
      xet::ChunkRef ref{
          xet::ChunkHash::from_raw(std::span(records).subspan(at + 12).first<xet::kHashBytes>()),
          length};
      chunk.resize(length);
      if (file->read_at(chunk, offset) != length || xet::hash_chunk(chunk) != ref.hash) continue;
      const std::lock_guard guard(mutex);
      try {
        if (claim(offset, length)) mark(offset, length, ref);
      } catch (const Error&) {
        // Of two records that contradict each other the first one counts.
      }
    }
    journal_bytes = records.size() / kJournalRecordBytes * kJournalRecordBytes;
  }

  static constexpr std::uint32_t kMaxChunkBytes = 131072;
};

PartialFile::PartialFile(const std::filesystem::path& folder, const Sha256& sha256,
                         std::uint64_t size_bytes)
    : PartialFile(folder / sha256.hex(), ContentId(sha256), size_bytes) {}

PartialFile::PartialFile(const std::filesystem::path& path, const ContentId& expected,
                         std::uint64_t size_bytes)
    : state_(std::make_unique<State>(path, expected, size_bytes)) {
  FileSystem& fs = real_file_system();
  fs.create_folders(path.parent_path());
  state_->journal_path = path.string() + ".journal";
  state_->lock.emplace(path.string() + ".lock", FileLock::Mode::exclusive,
                       std::chrono::milliseconds(2000));
  state_->file = fs.open_write(state_->path, 0666);
  state_->load_journal();
  if (state_->file->stat().size_bytes > size_bytes) state_->file->truncate(size_bytes);
  state_->file->reserve(size_bytes);
}

PartialFile::~PartialFile() {
  state_->stop_following();
  std::error_code ignored;
  // A file without a byte worth keeping is no help to the next run.
  if (!state_->gone && state_->done == 0) {
    std::filesystem::remove(state_->path, ignored);
    std::filesystem::remove(state_->journal_path, ignored);
  }
  state_->lock->remove(state_->path.string() + ".lock");
}

std::uint64_t PartialFile::size_bytes() const {
  return state_->size;
}

std::uint64_t PartialFile::done_bytes() const {
  const std::lock_guard guard(state_->mutex);
  return state_->done;
}

bool PartialFile::is_done(std::uint64_t offset, std::uint64_t length) const {
  const std::lock_guard guard(state_->mutex);
  const std::uint64_t end = offset + length;
  while (offset < end) {
    auto it = state_->pieces.upper_bound(offset);
    if (it == state_->pieces.begin()) return false;
    --it;
    if (it->second.end <= offset) return false;
    offset = it->second.end;
  }
  return true;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> PartialFile::gaps(std::uint64_t begin,
                                                                       std::uint64_t end) const {
  const std::lock_guard guard(state_->mutex);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  auto it = state_->pieces.upper_bound(begin);
  if (it != state_->pieces.begin()) --it;
  for (; begin < end && it != state_->pieces.end() && it->first < end; ++it) {
    if (it->first > begin) found.emplace_back(begin, it->first);
    begin = std::max(begin, it->second.end);
  }
  if (begin < end) found.emplace_back(begin, end);
  return found;
}

std::uint64_t PartialFile::front_bytes() const {
  const std::lock_guard guard(state_->mutex);
  return state_->front;
}

void PartialFile::write_chunk(std::uint64_t offset, const xet::ChunkRef& ref, ByteView chunk,
                              Origin origin) {
  if (offset > state_->size || chunk.size() > state_->size - offset) {
    throw Error(ErrorKind::corrupt, "a chunk lies beyond the end of a file of {} bytes",
                state_->size);
  }
  {
    const std::lock_guard guard(state_->mutex);
    if (!state_->claim(offset, chunk.size())) return;
  }
  state_->file->write_at(chunk, offset);
  const std::lock_guard guard(state_->mutex);
  state_->mark(offset, chunk.size(), ref);
  if (origin == Origin::disk) return;
  if (!state_->journal) state_->journal = real_file_system().open_write(state_->journal_path, 0644);
  Bytes record;
  record.reserve(kJournalRecordBytes);
  append_le(record, offset);
  append_le(record, ref.size_bytes);
  mhub::append(record, ref.hash.bytes);
  state_->journal->write_at(record, state_->journal_bytes);
  state_->journal_bytes += record.size();
}

bool PartialFile::resume_stream() {
  const std::uint64_t present = state_->file->stat().size_bytes;
  const std::lock_guard guard(state_->mutex);
  if (state_->done != state_->front) {
    // Chunks of another way of fetching, with gaps; a stream cannot fill them.
    std::erase_if(state_->pieces, [&](const auto& piece) { return piece.first >= state_->front; });
    std::erase_if(state_->claims, [&](const auto& claim) { return claim.first >= state_->front; });
    state_->done = state_->front;
  }
  if (present == 0 || !state_->pieces.empty()) return state_->front != 0;
  state_->claim(0, present);
  state_->mark(0, present, std::nullopt);
  return true;
}

bool PartialFile::matches() {
  return front_bytes() == state_->size && state_->digest_of_all() == state_->expected;
}

void PartialFile::append(ByteView bytes) {
  if (bytes.empty()) return;
  const std::uint64_t offset = front_bytes();
  if (bytes.size() > state_->size - offset) {
    throw Error(ErrorKind::corrupt, "more than the announced {} bytes arrived", state_->size);
  }
  {
    const std::lock_guard guard(state_->mutex);
    if (!state_->claim(offset, bytes.size())) return;
  }
  state_->file->write_at(bytes, offset);
  const std::lock_guard guard(state_->mutex);
  state_->mark(offset, bytes.size(), std::nullopt);
}

void PartialFile::restart() {
  state_->stop_following();
  state_->pieces.clear();
  state_->claims.clear();
  state_->done = state_->front = state_->hashed = 0;
  state_->stopping = false;
  state_->failure = nullptr;
  state_->hasher = ContentHasher(state_->expected.kind(), state_->size);
  state_->digest.reset();
  state_->journal.reset();
  state_->journal_bytes = 0;
  real_file_system().remove(state_->journal_path);
  state_->file->truncate(0);
}

std::vector<xet::ChunkRef> PartialFile::chunks() const {
  const std::lock_guard guard(state_->mutex);
  std::vector<xet::ChunkRef> refs;
  refs.reserve(state_->pieces.size());
  std::uint64_t offset = 0;
  for (const auto& [start, piece] : state_->pieces) {
    if (start != offset || !piece.chunk) return {};
    refs.push_back(*piece.chunk);
    offset = piece.end;
  }
  if (offset != state_->size) return {};
  return refs;
}

FileStat PartialFile::finish(const std::filesystem::path& target, bool executable) {
  if (const std::uint64_t front = front_bytes(); front != state_->size) {
    discard();  // pieces that leave gaps would do so again
    throw Error(ErrorKind::corrupt, "only {} of {} bytes arrived", front, state_->size);
  }
  const ContentId digest = state_->digest_of_all();
  if (digest != state_->expected) {
    discard();
    throw Error(ErrorKind::corrupt, "the bytes received have {} {} where {} was promised",
                digest.kind() == ContentId::Kind::sha256 ? "SHA-256" : "git's id", digest.text(),
                state_->expected.text());
  }
  if (state_->file->stat().size_bytes != state_->size) state_->file->truncate(state_->size);
  if (executable) make_executable(*state_->file);
  const FileStat before = repo::backdate(*state_->file);
  FileSystem& fs = real_file_system();
  // An empty folder in the way goes; one that is not empty makes the rename fail.
  if (const auto there = fs.stat(target); there && there->is_folder()) ::rmdir(target.c_str());
  if (::rename(state_->path.c_str(), target.c_str()) != 0) {
    if (errno != EXDEV) throw system_error(errno, "rename to " + printable(target.string()));
    copy_into_place(*state_->file, target, executable);
    fs.remove(state_->path);
  }
  fs.remove(state_->journal_path);
  state_->gone = true;
  return fs.stat(target).value_or(before);
}

void PartialFile::discard() {
  state_->stop_following();
  FileSystem& fs = real_file_system();
  fs.remove(state_->path);
  fs.remove(state_->journal_path);
  state_->gone = true;
}

std::uint64_t sweep_partial_files(const std::filesystem::path& folder, std::chrono::seconds grace,
                                  bool remove) {
  FileSystem& fs = real_file_system();
  if (!fs.stat(folder)) return 0;
  const std::int64_t newest_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                     (std::chrono::system_clock::now() - grace).time_since_epoch())
                                     .count();
  constexpr std::string_view kLockEnding = ".lock";
  std::uint64_t bytes = 0;
  for (const std::string& name : fs.list(folder)) {
    if (name.ends_with(kLockEnding)) continue;
    const auto stat = fs.stat(folder / name);
    if (!stat || !stat->is_regular() || stat->mtime_ns > newest_ns) continue;
    const auto lock_path = folder / (name.substr(0, name.find('.')) + std::string(kLockEnding));
    auto lock = FileLock::try_lock(lock_path, FileLock::Mode::exclusive);
    if (!lock) continue;
    bytes += stat->disk_bytes;
    if (remove) fs.remove(folder / name);
    lock->remove(lock_path);
  }
  return bytes;
}

}  // namespace mhub::sync
