#pragma once
// The file system behind a seam, so that tests can make it fail, fill up or forget what was not
// synced. Only what has to be durable goes through it; plain reads of user files do too, so that
// the same code meets injected read errors.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <mhub/base/bytes.hpp>

namespace mhub {

/// What stat says of one path, in the units of the index's stat cache.
struct FileStat {
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;  ///< nanoseconds since the epoch
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t disk_bytes = 0;  ///< blocks really allocated
  std::uint32_t mode = 0;        ///< st_mode
  bool is_regular() const;
  bool is_folder() const;
  bool is_symlink() const;
  bool operator==(const FileStat&) const = default;
};

/// An open file. Closed by its destructor. Positioned reads may run on several threads.
class File {
public:
  virtual ~File() = default;

  /// Reads up to out.size() bytes at `offset`; fewer only at the end of the file. Throws Error: io.
  virtual std::size_t read_at(std::span<std::byte> out, std::uint64_t offset) = 0;
  /// Writes all of `bytes` at the end of what this handle has written so far. Throws Error: io.
  virtual void write(ByteView bytes) = 0;
  /// Writes all of `pieces`, one after another, as write() does, in as few system calls as can be:
  /// for large writes out of several buffers. Throws Error: io.
  virtual void write_pieces(std::span<const ByteView> pieces) {
    for (const ByteView piece : pieces) write(piece);
  }
  /// Writes all of `bytes` at `offset`. Throws Error: io.
  virtual void write_at(ByteView bytes, std::uint64_t offset) = 0;
  /// Reserves `size_bytes` on disk if the file system can; otherwise does nothing. Throws Error: io
  /// when the disk is full.
  virtual void reserve(std::uint64_t size_bytes) = 0;
  virtual void truncate(std::uint64_t size_bytes) = 0;
  /// Asks the system to begin writing to the medium what was written so far, so that a sync() later
  /// has less to wait for. Promises nothing.
  virtual void start_sync() {}
  /// Returns when the bytes are on the medium. Throws Error: io.
  virtual void sync() = 0;
  virtual FileStat stat() = 0;
  /// The descriptor, for sendfile and for libraries; still owned by this object.
  virtual int descriptor() const = 0;
};

/// Threads may share it. All functions throw Error: io (not_found where something must exist).
class FileSystem {
public:
  virtual ~FileSystem() = default;

  virtual std::unique_ptr<File> open_read(const std::filesystem::path& path) = 0;
  /// Creates `path`, which must not exist, with `mode` less the umask.
  virtual std::unique_ptr<File> create(const std::filesystem::path& path, std::uint32_t mode) = 0;
  /// Opens for reading and writing, creating it if need be; contents are kept.
  virtual std::unique_ptr<File> open_write(const std::filesystem::path& path,
                                           std::uint32_t mode) = 0;
  /// Atomically replaces `to`.
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// True if something was removed.
  virtual bool remove(const std::filesystem::path& path) = 0;
  virtual void create_folders(const std::filesystem::path& path) = 0;
  /// Makes names created, renamed or removed in `folder` durable.
  virtual void sync_folder(const std::filesystem::path& folder) = 0;
  /// Does not follow a symlink at the end of `path`. Nothing if there is nothing.
  virtual std::optional<FileStat> stat(const std::filesystem::path& path) = 0;
  /// Names in `folder`, unsorted, without "." and "..".
  virtual std::vector<std::string> list(const std::filesystem::path& folder) = 0;
};

/// The machine's own file system.
FileSystem& real_file_system();

/// The whole of a small file. Throws Error: corrupt if it is larger than `limit_bytes`, not_found,
/// io.
Bytes read_file(FileSystem& fs, const std::filesystem::path& path, std::uint64_t limit_bytes);

}  // namespace mhub
