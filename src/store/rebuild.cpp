// A new index out of the xorb files alone. It is made beside the old one and put in its place when
// it is whole, so that a crash in the middle leaves things as they were.

#include <mhub/base/error.hpp>
#include <mhub/base/file_lock.hpp>
#include <mhub/store/check.hpp>

#include "index.hpp"
#include "schema.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

/// Of xorbs that are written in one transaction, as each waits for the disk.
constexpr std::size_t kChunksPerStep = 100'000;

std::filesystem::path with_suffix(std::filesystem::path path, std::string_view suffix) {
  path += suffix;
  return path;
}

}  // namespace

void rebuild_index(const std::filesystem::path& folder, FileSystem& fs) {
  const Layout layout{folder};
  const FileLock alone(layout.lock(), FileLock::Mode::exclusive, std::chrono::milliseconds{0});
  rebuild_index_locked(layout, fs);
}

void rebuild_index_locked(const Layout& layout, FileSystem& fs) {
  const auto fresh = with_suffix(layout.database(), ".new");
  for (const char* suffix : {"", "-wal", "-shm"}) fs.remove(with_suffix(fresh, suffix));
  {
    Database database(fresh, {.subject = "the index"});
    migrate(database, fresh);
    const std::int64_t now_s = unix_now_s();
    std::vector<std::pair<xet::XorbIndex, std::uint64_t>> found;
    std::size_t chunks = 0;
    const auto write = [&] {
      database.write([&](Connection& connection) {
        for (const auto& [index, disk_bytes] : found)
          put_local_xorb(connection, index, disk_bytes, now_s);
      });
      found.clear();
      chunks = 0;
    };
    for_each_xorb_file(
        fs, layout,
        [&](const xet::XorbHash& hash, const std::filesystem::path& path) {
          const auto file = fs.open_read(path);
          auto index = index_of_file(*file, hash);
          if (!index) return;
          chunks += index->chunks.size();
          found.emplace_back(std::move(*index), file->stat().size_bytes);
          if (chunks >= kChunksPerStep) write();
        },
        [](const std::filesystem::path&) {});
    write();
  }
  // The journal of the old index belongs to it and must not be taken for the new one's.
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const auto old = with_suffix(layout.database(), suffix);
    if (fs.stat(old))
      fs.rename(old, with_suffix(with_suffix(layout.database(), ".damaged"), suffix));
  }
  fs.rename(fresh, layout.database());
  fs.sync_folder(layout.root);
}

}  // namespace mhub::store
