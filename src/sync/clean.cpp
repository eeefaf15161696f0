#include "clean.hpp"

#include <chrono>

#include <mhub/repo/objects.hpp>

namespace mhub::sync {

namespace {
constexpr std::size_t kReadBlockBytes = std::size_t{1} << 20;
}

SeenClock::SeenClock()
    : start_ns_(std::chrono::duration_cast<std::chrono::nanoseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count()) {}

Sha256 content_hash(store::Store& store, const std::filesystem::path& path, const FileStat& stat,
                    const Tools& tools) {
  if (const auto known = store.find_working_file(path); known && known->stat == stat)
    return known->sha256;
  const SeenClock clock;
  const auto file = real_file_system().open_read(path);
  Sha256Hasher hasher;
  Bytes block(kReadBlockBytes);
  for (std::uint64_t offset = 0;;) {
    tools.stop.check();
    const std::size_t got = file->read_at(block, offset);
    hasher.update(std::span(block).first(got));
    offset += got;
    if (got < block.size()) break;
  }
  const Sha256 digest = hasher.finish();
  if (file->stat() != stat) {
    throw Error(ErrorKind::conflict, "{} changed while it was read", printable(path.string()))
        .hint("run the command again when nothing writes to that file");
  }
  if (!clock.settles(stat)) return digest;
  const store::WorkingFile seen{path, digest, stat};
  store.note_working_files(std::span(&seen, 1));
  return digest;
}

repo::CleanLargeFile clean_by_store(Workspace& workspace, const Tools& tools) {
  return [&workspace, &tools](const std::string& path, const FileStat& stat) {
    const Sha256 digest = content_hash(workspace.store(), workspace.root() / path, stat, tools);
    return repo::hash_blob(
        as_bytes(stat.size_bytes == 0 ? "" : wire::to_text({digest, stat.size_bytes})));
  };
}

std::optional<wire::LfsPointer> pointer_in_work_tree(const std::filesystem::path& path,
                                                     const FileStat& stat) {
  if (!stat.is_regular() || stat.size_bytes >= wire::kLfsPointerLimitBytes) return std::nullopt;
  return wire::parse_lfs_pointer(read_file(real_file_system(), path, wire::kLfsPointerLimitBytes));
}

}  // namespace mhub::sync
