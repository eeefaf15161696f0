#pragma once
// A file on its way into its place.
//
// Chunks arrive in any order and on several threads, and are written where they belong; a thread of
// its own follows the gapless front of the file with its hash, so that verification costs no pass
// at the end. (A file that is hashed sooner than a thread starts is hashed at the end.) What came
// over the network is noted in a journal beside the file: after a crash the chunks that the journal
// names are hashed again, and those that hold are not fetched a second time. So neither file nor
// journal ever has to be synced.

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/base/sha256.hpp>
#include <mhub/xet/merkle.hpp>

#include "content_id.hpp"

namespace mhub::sync {

class PartialFile {
public:
  /// Opens or makes `<folder>/<sha256>`, taking over what an earlier run left. Throws Error: io,
  /// busy (another process is writing the same file).
  PartialFile(const std::filesystem::path& folder, const Sha256& sha256, std::uint64_t size_bytes);
  /// As above, with a name of the caller's for the file; the journal's and the lock's begin with
  /// it.
  PartialFile(const std::filesystem::path& path, const ContentId& expected,
              std::uint64_t size_bytes);
  /// Keeps file and journal for the next run, unless finish() or discard() was called.
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::uint64_t size_bytes() const;
  /// Bytes that need not come again.
  std::uint64_t done_bytes() const;
  bool is_done(std::uint64_t offset, std::uint64_t length) const;
  /// What of [begin, end) is not done, ascending and apart.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps(std::uint64_t begin,
                                                            std::uint64_t end) const;
  /// Length of the gapless front.
  std::uint64_t front_bytes() const;

  enum class Origin { disk, network };
  /// Writes one chunk whose hash the caller has verified. Threads may call it at once. Throws
  /// Error: io, corrupt (beyond the end).
  void write_chunk(std::uint64_t offset, const xet::ChunkRef& ref, ByteView chunk, Origin origin);

  /// For whole-file downloads: takes the bytes that an earlier run left as the file's front,
  /// unverified; false if there are none. Before anything is written.
  bool resume_stream();
  /// Waits for the hash of the whole, which must have arrived; true if it is the expected one.
  bool matches();
  /// For whole-file downloads: bytes after the front. One thread.
  void append(ByteView bytes);
  /// Forgets all content (a download that cannot be continued starts again).
  void restart();

  /// Chunks in file order as they were written; empty unless they cover the file.
  std::vector<xet::ChunkRef> chunks() const;

  /// Checks length and hash and moves the file to `target`, replacing what is there, also on
  /// another file system. Its permissions are what the umask leaves. Returns the stat of the file
  /// in its place, backdated so that git trusts the index at once. Throws Error: corrupt (the
  /// content is then discarded), io.
  FileStat finish(const std::filesystem::path& target, bool executable = false);
  void discard();

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Bytes on disk of files in `folder` that nobody is writing and no run has touched for `grace`, as
/// of downloads that were given up; with `remove` they go.
std::uint64_t sweep_partial_files(const std::filesystem::path& folder, std::chrono::seconds grace,
                                  bool remove);

}  // namespace mhub::sync
