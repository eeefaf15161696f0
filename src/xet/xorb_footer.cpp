#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/xet/xorb.hpp>

#include "xorb_format.hpp"

namespace mhub::xet {

namespace {

constexpr std::uint8_t kFooterVersion = 1;
constexpr std::uint8_t kHashesVersion = 0;
constexpr std::uint8_t kBoundariesVersion = 1;
constexpr std::size_t kIdentBytes = 8;  // seven letters and a version
constexpr std::size_t kUnusedBytes = 16;

// Both count from the end of the footer, its trailing length excluded.
constexpr std::uint32_t hashes_distance(std::uint32_t count) {
  return 52 + 40 * count;
}
constexpr std::uint32_t boundaries_distance(std::uint32_t count) {
  return 40 + 8 * count;
}

void append_ident(Bytes& out, std::string_view ident, std::uint8_t version) {
  append(out, as_bytes(ident));
  append_le(out, version);
}

/// Takes fields from the front of a footer whose total length has been checked.
class FieldReader {
public:
  explicit FieldReader(ByteView bytes) : rest_(bytes) {}

  ByteView take(std::size_t size_bytes) {
    MHUB_ASSERT(size_bytes <= rest_.size());
    const ByteView taken = rest_.first(size_bytes);
    rest_ = rest_.subspan(size_bytes);
    return taken;
  }
  std::uint32_t u32() { return load_le<std::uint32_t>(take(4).data()); }
  template <class HashType>
  HashType hash() {
    return HashType::from_raw(take(kHashBytes).first<kHashBytes>());
  }
  void expect_ident(std::string_view ident, std::uint8_t version) {
    const ByteView taken = take(kIdentBytes);
    if (as_text(taken.first(ident.size())) != ident)
      throw Error(ErrorKind::corrupt, "xorb footer lacks its part {}", ident);
    const auto found = std::to_integer<unsigned>(taken[ident.size()]);
    if (found != version)
      throw Error(ErrorKind::corrupt, "part {} of a xorb footer has version {} instead of {}",
                  ident, found, version);
  }
  void expect(std::uint32_t wanted, std::string_view name) {
    const std::uint32_t found = u32();
    if (found != wanted)
      throw Error(ErrorKind::corrupt, "xorb footer gives {} as {} instead of {}", name, found,
                  wanted);
  }

private:
  ByteView rest_;
};

}  // namespace

Bytes make_footer(const XorbIndex& index) {
  MHUB_ASSERT(index.chunks.size() <= kXorbMaxChunks);
  MHUB_ASSERT(index.record_ends.size() == index.chunks.size());
  const auto count = static_cast<std::uint32_t>(index.chunks.size());
  const std::uint32_t size_bytes = footer_size(kFooterVersion, count);
  Bytes out;
  out.reserve(size_bytes);
  append_ident(out, kFooterIdent, kFooterVersion);
  append(out, index.hash.bytes);
  append_ident(out, kHashesIdent, kHashesVersion);
  append_le(out, count);
  for (const ChunkRef& chunk : index.chunks) append(out, chunk.hash.bytes);
  append_ident(out, kBoundariesIdent, kBoundariesVersion);
  append_le(out, count);
  for (const std::uint32_t end : index.record_ends) append_le(out, end);
  std::uint32_t raw_end = 0;
  for (const ChunkRef& chunk : index.chunks) append_le(out, raw_end += chunk.size_bytes);
  append_le(out, count);
  append_le(out, hashes_distance(count));
  append_le(out, boundaries_distance(count));
  out.resize(out.size() + kUnusedBytes);
  append_le(out, static_cast<std::uint32_t>(out.size()));
  MHUB_ASSERT(out.size() == size_bytes);
  return out;
}

std::optional<std::uint32_t> footer_bytes(ByteView tail) {
  if (tail.size() < kFooterLengthBytes) return std::nullopt;
  const auto length = load_le<std::uint32_t>(&tail[tail.size() - kFooterLengthBytes]);
  if (length < 92 || (length - 92) % 40 != 0 || (length - 92) / 40 > kXorbMaxChunks)
    return std::nullopt;
  const auto total = static_cast<std::uint32_t>(length + kFooterLengthBytes);
  if (tail.size() >= total && !is_footer(tail.last(total))) return std::nullopt;
  return total;
}

XorbIndex parse_footer(ByteView footer) {
  const auto size_bytes = footer_bytes(footer);
  if (!size_bytes || *size_bytes != footer.size())
    throw Error(ErrorKind::corrupt, "xorb footer of {} bytes does not end with its length",
                footer.size());
  const std::uint32_t count = (*size_bytes - footer_size(kFooterVersion, 0)) / 40;
  if (count == 0) throw Error(ErrorKind::corrupt, "xorb footer has no chunk");

  FieldReader reader(footer);
  XorbIndex index;
  reader.expect_ident(kFooterIdent, kFooterVersion);
  index.hash = reader.hash<XorbHash>();
  reader.expect_ident(kHashesIdent, kHashesVersion);
  reader.expect(count, "the number of chunks");
  index.chunks.resize(count);
  for (ChunkRef& chunk : index.chunks) chunk.hash = reader.hash<ChunkHash>();
  reader.expect_ident(kBoundariesIdent, kBoundariesVersion);
  reader.expect(count, "the number of chunks");

  std::uint64_t start = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t end = reader.u32();
    if (end <= start + kRecordHeaderBytes ||
        end > start + kRecordHeaderBytes + kRecordMaxStoredBytes)
      throw Error(ErrorKind::corrupt, "xorb footer puts record {} at {} to {}", i, start, end);
    index.record_ends.push_back(end);
    start = end;
  }
  start = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t end = reader.u32();
    if (end <= start || end > start + kChunkMaxBytes)
      throw Error(ErrorKind::corrupt, "xorb footer puts chunk {} at {} to {}", i, start, end);
    index.chunks[i].size_bytes = static_cast<std::uint32_t>(end - start);
    start = end;
  }
  reader.expect(count, "the number of chunks");
  reader.expect(hashes_distance(count), "the place of its hashes");
  reader.expect(boundaries_distance(count), "the place of its boundaries");

  if (xorb_hash(index.chunks) != index.hash)
    throw Error(ErrorKind::corrupt, "xorb footer of {} has chunks of another xorb",
                index.hash.text());
  return index;
}

}  // namespace mhub::xet
