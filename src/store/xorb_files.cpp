#include "xorb_files.hpp"

#include <mhub/base/error.hpp>

namespace mhub::store {

namespace {

/// A footer is 40 bytes a chunk and about a hundred more.
constexpr std::uint64_t kFileMaxBytes =
    xet::kXorbMaxUploadBytes + std::uint64_t{40} * xet::kXorbMaxChunks + 256;

}  // namespace

void for_each_xorb_file(
    FileSystem& fs, const Layout& layout,
    const std::function<void(const xet::XorbHash&, const std::filesystem::path&)>& visit,
    const std::function<void(const std::filesystem::path&)>& stray) {
  for (const std::string& folder : fs.list(layout.xorbs())) {
    const auto folder_path = layout.xorbs() / folder;
    const auto stat = fs.stat(folder_path);
    if (!stat || !stat->is_folder()) {
      stray(folder_path);
      continue;
    }
    for (const std::string& name : fs.list(folder_path)) {
      const auto hash = xet::XorbHash::parse(name);
      if (hash && layout.xorb(*hash) == folder_path / name) {
        visit(*hash, folder_path / name);
      } else {
        stray(folder_path / name);
      }
    }
  }
}

std::size_t read_what_can_be(File& file, std::span<std::byte> out, std::uint64_t offset) {
  try {
    return file.read_at(out, offset);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return 0;
  }
}

std::optional<xet::XorbIndex> index_by_footer(File& file, const xet::XorbHash& hash) {
  const std::uint64_t size_bytes = file.stat().size_bytes;
  std::array<std::byte, 4> tail;
  if (size_bytes < tail.size() ||
      read_what_can_be(file, tail, size_bytes - tail.size()) != tail.size())
    return std::nullopt;
  const auto footer_size = xet::footer_bytes(tail);
  if (!footer_size || *footer_size > size_bytes) return std::nullopt;
  Bytes footer(*footer_size);
  if (read_what_can_be(file, footer, size_bytes - footer.size()) != footer.size())
    return std::nullopt;
  try {
    xet::XorbIndex index = xet::parse_footer(footer);
    if (index.hash != hash || index.chunks.empty()) return std::nullopt;
    if (index.body_bytes() + std::uint64_t{*footer_size} != size_bytes) return std::nullopt;
    return index;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return std::nullopt;
  }
}

xet::XorbIndex index_by_content(File& file) {
  const std::uint64_t size_bytes = file.stat().size_bytes;
  if (size_bytes > kFileMaxBytes)
    throw Error(ErrorKind::corrupt, "a xorb's file is {} long", human_bytes(size_bytes));
  xet::XorbIndexer indexer;
  Bytes block(std::size_t{1} << 20);
  for (std::uint64_t offset = 0; offset < size_bytes;) {
    const std::size_t got = file.read_at(block, offset);
    if (got == 0) break;
    indexer.update(ByteView(block).first(got));
    offset += got;
  }
  return indexer.finish();
}

std::optional<xet::XorbIndex> index_of_file(File& file, const xet::XorbHash& hash) {
  if (auto index = index_by_footer(file, hash)) return index;
  try {
    xet::XorbIndex index = index_by_content(file);
    if (index.hash != hash) return std::nullopt;
    return index;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return std::nullopt;
  }
}

}  // namespace mhub::store
