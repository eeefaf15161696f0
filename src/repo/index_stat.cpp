#include "index_stat.hpp"

#include <cerrno>

#include <sys/stat.h>

namespace mhub::repo {

std::optional<FullStat> full_stat(const std::filesystem::path& path) {
  struct ::stat raw;
  if (::lstat(path.c_str(), &raw) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error(errno, "stat " + printable(path.string()));
  }
  FullStat out;
  out.stat.size_bytes = static_cast<std::uint64_t>(raw.st_size);
  out.stat.mtime_ns = std::int64_t{raw.st_mtim.tv_sec} * 1'000'000'000 + raw.st_mtim.tv_nsec;
  out.stat.ctime_ns = std::int64_t{raw.st_ctim.tv_sec} * 1'000'000'000 + raw.st_ctim.tv_nsec;
  out.stat.inode = raw.st_ino;
  out.stat.device = raw.st_dev;
  out.stat.disk_bytes = static_cast<std::uint64_t>(raw.st_blocks) * 512;
  out.stat.mode = raw.st_mode;
  out.uid = raw.st_uid;
  out.gid = raw.st_gid;
  return out;
}

std::uint32_t index_size(std::uint64_t size_bytes) {
  const auto low = static_cast<std::uint32_t>(size_bytes);
  return low == 0 && size_bytes != 0 ? 0x80000000u : low;
}

IndexStat to_index_stat(const FullStat& full) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto seconds = [](std::int64_t ns) { return static_cast<std::uint32_t>(ns / kSecond); };
  const auto rest = [](std::int64_t ns) { return static_cast<std::uint32_t>(ns % kSecond); };
  const FileStat& stat = full.stat;
  IndexStat out;
  out.ctime_s = seconds(stat.ctime_ns);
  out.ctime_ns = rest(stat.ctime_ns);
  out.mtime_s = seconds(stat.mtime_ns);
  out.mtime_ns = rest(stat.mtime_ns);
  out.device = static_cast<std::uint32_t>(stat.device);
  out.inode = static_cast<std::uint32_t>(stat.inode);
  out.uid = full.uid;
  out.gid = full.gid;
  out.size = index_size(stat.size_bytes);
  return out;
}

}  // namespace mhub::repo
