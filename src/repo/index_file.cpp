// Newer versions of git leave the checksum at the index's end out (index.skipHash, which
// feature.manyFiles sets) and write zeros instead. libgit2 refuses such a file, so it gets to see a
// copy with the checksum filled in.

#include "index_file.hpp"

#include <algorithm>
#include <array>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/sha1.hpp>

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChecksumBytes = 20;
constexpr std::uint64_t kIndexLimitBytes = std::uint64_t{4} << 30;

bool lacks_checksum(const fs::path& file) {
  FileSystem& disk = real_file_system();
  const auto stat = disk.stat(file);
  if (!stat || stat->size_bytes <= kChecksumBytes) return false;
  std::array<std::byte, kChecksumBytes> tail{};
  disk.open_read(file)->read_at(tail, stat->size_bytes - kChecksumBytes);
  return std::all_of(tail.begin(), tail.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

GitIndex open_plainly(const fs::path& file) {
  git_index* raw = nullptr;
  check(git_index_open(&raw, c_text(file.string())), "read the index " + printable(file.string()));
  return GitIndex(raw);
}

}  // namespace

void complete_checksum(const fs::path& file) {
  if (!lacks_checksum(file)) return;
  FileSystem& disk = real_file_system();
  Bytes content = read_file(disk, file, kIndexLimitBytes);
  MHUB_ASSERT(content.size() > kChecksumBytes);
  const std::size_t body = content.size() - kChecksumBytes;
  Sha1Hasher hasher;
  hasher.update(ByteView(content).first(body));
  std::ranges::copy(hasher.finish(), content.end() - kChecksumBytes);
  disk.open_write(file, 0600)->write_at(content, 0);
}

GitIndex open_index_file(const fs::path& file) {
  start_libgit2();
  if (!lacks_checksum(file)) return open_plainly(file);
  const fs::path copy = file.parent_path() / unique_name(file.filename().string());
  std::error_code error;
  if (!fs::copy_file(file, copy, error))
    throw system_error(error.value(), "copy the index to " + printable(copy.string()));
  try {
    complete_checksum(copy);
    GitIndex index = open_plainly(copy);
    fs::remove(copy, error);
    return index;
  } catch (...) {
    fs::remove(copy, error);
    throw;
  }
}

}  // namespace mhub::repo
