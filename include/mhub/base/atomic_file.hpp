#pragma once
// Replaces a file as a whole or not at all.

#include <filesystem>
#include <memory>

#include <mhub/base/file_system.hpp>

namespace mhub {

/// A file that appears under its name only once it is complete and on the medium: written beside
/// its target, synced, renamed, and the folder synced. The destructor discards what was not
/// committed.
class AtomicFile {
public:
  /// Creates a temporary file in `target`'s folder, which must exist. Throws Error: io.
  AtomicFile(FileSystem& fs, std::filesystem::path target, std::uint32_t mode = 0644);
  /// As above, with the temporary file in `scratch`, on the same file system.
  AtomicFile(FileSystem& fs, std::filesystem::path target, const std::filesystem::path& scratch,
             std::uint32_t mode);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  File& file() { return *file_; }
  /// Another name to commit under, when the name depends on the content.
  void set_target(std::filesystem::path target) { target_ = std::move(target); }

  /// Syncs, renames, syncs the folder. `durable` false leaves the syncs out, for files that can be
  /// made again (a checkout). Throws Error: io; the target is then as it was, or, where only the
  /// sync of the folder failed, replaced in a way that may not outlast a crash.
  void commit(bool durable = true);

private:
  FileSystem& fs_;
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::unique_ptr<File> file_;
  bool committed_ = false;
};

/// Replaces `target` with `content`, durably.
void write_file_atomically(FileSystem& fs, const std::filesystem::path& target, ByteView content,
                           std::uint32_t mode = 0644);

/// A name of the form `<prefix>.<random>`; never used before as far as chance allows.
std::string unique_name(std::string_view prefix);

}  // namespace mhub
