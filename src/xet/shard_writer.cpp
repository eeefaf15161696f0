#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/xet/shard.hpp>

#include "shard_format.hpp"

namespace mhub::xet {

namespace {

class Writer {
public:
  explicit Writer(const Shard& shard) : shard_(shard) {
    all_have_range_hashes_ = std::ranges::all_of(shard.files, [](const ShardFile& file) {
      return file.range_hashes.size() == file.terms.size();
    });
  }

  Bytes upload_form() {
    write_sections(0);
    return std::move(out_);
  }

  Bytes stored_form() {
    write_sections(kShardFooterBytes);
    write_footer();
    return std::move(out_);
  }

private:
  void u32(std::uint32_t value) { append_le(out_, value); }
  void u64(std::uint64_t value) { append_le(out_, value); }
  void zeros(std::size_t count) { out_.resize(out_.size() + count); }

  void write_sections(std::uint64_t footer_bytes) {
    append(out_, std::as_bytes(std::span(kShardTag)));
    u64(kShardVersion);
    u64(footer_bytes);
    for (const ShardFile& file : shard_.files) write_file(file);
    write_bookend();
    xorbs_start_ = out_.size();
    for (const ShardXorb& xorb : shard_.xorbs) write_xorb(xorb);
    write_bookend();
  }

  void write_bookend() {
    out_.resize(out_.size() + kHashBytes, std::byte{0xff});
    zeros(kShardRecordBytes - kHashBytes);
  }

  void write_file(const ShardFile& file) {
    // An empty file has none to show; it is flagged like the others.
    const bool with_range_hashes =
        file.terms.empty() ? all_have_range_hashes_ : !file.range_hashes.empty();
    MHUB_ASSERT(!with_range_hashes || file.range_hashes.size() == file.terms.size());
    append(out_, file.hash.bytes);
    u32((with_range_hashes ? kFileHasRangeHashes : 0) | (file.sha256 ? kFileHasSha256 : 0));
    u32(static_cast<std::uint32_t>(file.terms.size()));
    zeros(8);
    for (const Term& term : file.terms) {
      append(out_, term.xorb.bytes);
      u32(0);
      u32(term.size_bytes);
      u32(term.first_chunk);
      u32(term.end_chunk);
    }
    for (const RangeHash& hash : file.range_hashes) {
      append(out_, hash.bytes);
      zeros(16);
    }
    if (file.sha256) {
      append(out_, swap_groups(file.sha256->bytes));
      zeros(16);
    }
    file_bytes_ += file.size_bytes();
  }

  void write_xorb(const ShardXorb& xorb) {
    std::uint64_t raw_bytes = 0;
    for (const ChunkRef& chunk : xorb.chunks) raw_bytes += chunk.size_bytes;
    append(out_, xorb.hash.bytes);
    u32(0);
    u32(static_cast<std::uint32_t>(xorb.chunks.size()));
    u32(static_cast<std::uint32_t>(raw_bytes));
    u32(xorb.body_bytes);
    std::uint32_t offset = 0;
    for (const ChunkRef& chunk : xorb.chunks) {
      append(out_, chunk.hash.bytes);
      u32(offset);
      u32(chunk.size_bytes);
      zeros(8);
      offset += chunk.size_bytes;
    }
    xorb_raw_bytes_ += raw_bytes;
    xorb_body_bytes_ += xorb.body_bytes;
  }

  void write_footer() {
    const std::size_t start = out_.size();
    const ShardFooter footer = shard_.footer.value_or(ShardFooter{});
    u64(kShardFooterVersion);
    u64(kShardRecordBytes);
    u64(xorbs_start_);
    // Three lookup tables without entries: where each would start, and how many it has.
    for (int table = 0; table < 3; ++table) {
      u64(start);
      u64(0);
    }
    append(out_, footer.hmac_key.bytes);
    u64(footer.created_unix_s);
    u64(footer.key_expiry_unix_s);
    zeros(48);
    u64(xorb_body_bytes_);
    u64(file_bytes_);
    u64(xorb_raw_bytes_);
    u64(start);
    MHUB_ASSERT(out_.size() - start == kShardFooterBytes);
  }

  const Shard& shard_;
  bool all_have_range_hashes_ = false;
  Bytes out_;
  std::size_t xorbs_start_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t xorb_raw_bytes_ = 0;
  std::uint64_t xorb_body_bytes_ = 0;
};

}  // namespace

Bytes make_upload_shard(const Shard& shard) {
  return Writer(shard).upload_form();
}

Bytes make_stored_shard(const Shard& shard) {
  return Writer(shard).stored_form();
}

}  // namespace mhub::xet
