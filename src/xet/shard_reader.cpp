#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/xet/chunker.hpp>
#include <mhub/xet/shard.hpp>
#include <mhub/xet/xorb.hpp>

#include "shard_format.hpp"

namespace mhub::xet {

namespace {

/// One record of 48 bytes: a hash or tag, and 16 bytes of fields.
class RecordView {
public:
  explicit RecordView(ByteView bytes) : bytes_(bytes) {}

  std::span<const std::byte, kHashBytes> hash() const { return bytes_.first<kHashBytes>(); }
  std::uint32_t u32(std::size_t offset) const {
    return load_le<std::uint32_t>(bytes_.data() + offset);
  }
  std::uint64_t u64(std::size_t offset) const {
    return load_le<std::uint64_t>(bytes_.data() + offset);
  }
  bool is_bookend() const {
    return std::all_of(hash().begin(), hash().end(),
                       [](std::byte value) { return value == std::byte{0xff}; });
  }

private:
  ByteView bytes_;
};

class Reader {
public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  Shard parse() {
    if (bytes_.size() > kShardMaxBytes + kShardFooterBytes)
      throw Error(ErrorKind::corrupt, "shard has {} bytes, more than {}", bytes_.size(),
                  kShardMaxBytes + kShardFooterBytes);
    parse_header();
    Shard shard;
    for (auto record = next(); !record.is_bookend(); record = next())
      shard.files.push_back(parse_file(record));
    for (auto record = next(); !record.is_bookend(); record = next())
      shard.xorbs.push_back(parse_xorb(record));
    shard.footer = parse_footer();
    return shard;
  }

private:
  std::size_t records_left() const { return (bytes_.size() - at_) / kShardRecordBytes; }

  RecordView next() {
    if (records_left() == 0)
      throw Error(ErrorKind::corrupt, "shard ends inside its record at offset {}", at_);
    const RecordView record(bytes_.subspan(at_, kShardRecordBytes));
    at_ += kShardRecordBytes;
    return record;
  }

  void parse_header() {
    const RecordView header = next();
    if (!std::ranges::equal(header.hash(), std::as_bytes(std::span(kShardTag))))
      throw Error(ErrorKind::corrupt, "bytes do not begin like a shard");
    if (header.u64(32) != kShardVersion)
      throw Error(ErrorKind::corrupt, "shard has version {}, which is not known", header.u64(32));
  }

  ShardFile parse_file(const RecordView& header) {
    ShardFile file;
    file.hash = FileHash::from_raw(header.hash());
    const std::uint32_t flags = header.u32(32);
    const std::uint64_t count = header.u32(36);
    const bool has_range_hashes = (flags & kFileHasRangeHashes) != 0;
    if (count * (has_range_hashes ? 2 : 1) > records_left())
      throw Error(ErrorKind::corrupt, "shard ends before the {} terms of file {}", count,
                  file.hash.text());
    if ((count == 0) != file.hash.is_zero())
      throw Error(ErrorKind::corrupt, "shard gives file {} {} terms", file.hash.text(), count);

    file.terms.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) file.terms.push_back(parse_term(next()));
    if (has_range_hashes) {
      file.range_hashes.reserve(count);
      for (std::uint64_t i = 0; i < count; ++i)
        file.range_hashes.push_back(RangeHash::from_raw(next().hash()));
    }
    if ((flags & kFileHasSha256) != 0) {
      Sha256 swapped;
      std::ranges::copy(next().hash(), swapped.bytes.begin());
      file.sha256 = Sha256{swap_groups(swapped.bytes)};
    }
    return file;
  }

  static Term parse_term(const RecordView& record) {
    Term term;
    term.xorb = XorbHash::from_raw(record.hash());
    term.size_bytes = record.u32(36);
    term.first_chunk = record.u32(40);
    term.end_chunk = record.u32(44);
    if (term.first_chunk >= term.end_chunk || term.end_chunk > kXorbMaxChunks)
      throw Error(ErrorKind::corrupt, "shard has a term of chunks {} to {} of xorb {}",
                  term.first_chunk, term.end_chunk, term.xorb.text());
    if (term.size_bytes < term.chunk_count() ||
        term.size_bytes > std::uint64_t{kChunkMaxBytes} * term.chunk_count())
      throw Error(ErrorKind::corrupt, "shard has a term of {} chunks with {} bytes",
                  term.chunk_count(), term.size_bytes);
    return term;
  }

  ShardXorb parse_xorb(const RecordView& header) {
    ShardXorb xorb;
    xorb.hash = XorbHash::from_raw(header.hash());
    const std::uint32_t count = header.u32(36);
    const std::uint32_t raw_bytes = header.u32(40);
    xorb.body_bytes = header.u32(44);
    if (count == 0 || count > kXorbMaxChunks || count > records_left())
      throw Error(ErrorKind::corrupt, "shard gives xorb {} {} chunks", xorb.hash.text(), count);

    xorb.chunks.reserve(count);
    std::uint64_t offset = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const RecordView record = next();
      const std::uint32_t size_bytes = record.u32(36);
      if (record.u32(32) != offset || size_bytes == 0 || size_bytes > kChunkMaxBytes)
        throw Error(ErrorKind::corrupt, "shard puts chunk {} of xorb {} at {} with {} bytes", i,
                    xorb.hash.text(), record.u32(32), size_bytes);
      offset += size_bytes;
      xorb.chunks.push_back({ChunkHash::from_raw(record.hash()), size_bytes});
    }
    if (offset != raw_bytes)
      throw Error(ErrorKind::corrupt, "shard gives xorb {} {} bytes, its chunks have {}",
                  xorb.hash.text(), raw_bytes, offset);
    return xorb;
  }

  /// The last 200 bytes, if they lie after both sections and name their own offset.
  std::optional<ShardFooter> parse_footer() const {
    if (bytes_.size() - at_ < kShardFooterBytes) return std::nullopt;
    const std::size_t offset = bytes_.size() - kShardFooterBytes;
    const ByteView footer = bytes_.subspan(offset);
    const auto u64 = [&](std::size_t at) { return load_le<std::uint64_t>(&footer[at]); };
    if (u64(0) != kShardFooterVersion || u64(192) != offset) return std::nullopt;
    ShardFooter parsed;
    parsed.hmac_key = HmacKey::from_raw(footer.subspan<72, kHashBytes>());
    parsed.created_unix_s = u64(104);
    parsed.key_expiry_unix_s = u64(112);
    return parsed;
  }

  ByteView bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::uint64_t ShardFile::size_bytes() const {
  std::uint64_t sum = 0;
  for (const Term& term : terms) sum += term.size_bytes;
  return sum;
}

Shard parse_shard(ByteView bytes) {
  return Reader(bytes).parse();
}

}  // namespace mhub::xet
