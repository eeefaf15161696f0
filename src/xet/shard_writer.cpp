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

  Bytes stored_form(bool with_lookup_tables) {
    write_sections(kShardFooterBytes);
    const std::size_t files_at = out_.size();
    if (with_lookup_tables) write_file_lookup();
    const std::size_t xorbs_at = out_.size();
    if (with_lookup_tables) write_xorb_lookup();
    const std::size_t chunks_at = out_.size();
    if (with_lookup_tables) write_chunk_lookup();
    write_footer(files_at, xorbs_at, chunks_at, with_lookup_tables);
    return std::move(out_);
  }

private:
  struct ChunkLookup {
    std::uint64_t key;
    std::uint32_t xorb_record;
    std::uint32_t chunk;
    auto operator<=>(const ChunkLookup&) const = default;
  };
  struct Lookup {
    std::uint64_t key;
    std::uint32_t record;
    auto operator<=>(const Lookup&) const = default;
  };

  void u32(std::uint32_t value) { append_le(out_, value); }
  void u64(std::uint64_t value) { append_le(out_, value); }
  void zeros(std::size_t count) { out_.resize(out_.size() + count); }

  std::uint32_t record_index(std::size_t section_start) const {
    return static_cast<std::uint32_t>((out_.size() - section_start) / kShardRecordBytes);
  }

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
    files_.push_back({file.hash.prefix(), record_index(kShardRecordBytes)});
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
    MHUB_ASSERT(xorb.eligible.empty() || xorb.eligible.size() == xorb.chunks.size());
    const std::uint32_t record = record_index(xorbs_start_);
    xorbs_.push_back({xorb.hash.prefix(), record});
    std::uint64_t raw_bytes = 0;
    for (const ChunkRef& chunk : xorb.chunks) raw_bytes += chunk.size_bytes;
    append(out_, xorb.hash.bytes);
    u32(0);
    u32(static_cast<std::uint32_t>(xorb.chunks.size()));
    u32(static_cast<std::uint32_t>(raw_bytes));
    u32(xorb.body_bytes);
    std::uint32_t offset = 0;
    for (std::size_t i = 0; i < xorb.chunks.size(); ++i) {
      const ChunkRef& chunk = xorb.chunks[i];
      append(out_, chunk.hash.bytes);
      u32(offset);
      u32(chunk.size_bytes);
      u32(!xorb.eligible.empty() && xorb.eligible[i] ? kChunkIsEligible : 0);
      u32(0);
      offset += chunk.size_bytes;
      chunks_.push_back({chunk.hash.prefix(), record, static_cast<std::uint32_t>(i)});
    }
    xorb_raw_bytes_ += raw_bytes;
    xorb_body_bytes_ += xorb.body_bytes;
  }

  void write_lookup(std::vector<Lookup>& table) {
    std::ranges::sort(table);
    for (const Lookup& entry : table) {
      u64(entry.key);
      u32(entry.record);
    }
  }
  void write_file_lookup() { write_lookup(files_); }
  void write_xorb_lookup() { write_lookup(xorbs_); }
  void write_chunk_lookup() {
    std::ranges::sort(chunks_);
    for (const ChunkLookup& entry : chunks_) {
      u64(entry.key);
      u32(entry.xorb_record);
      u32(entry.chunk);
    }
  }

  void write_footer(std::size_t files_at, std::size_t xorbs_at, std::size_t chunks_at,
                    bool with_lookup_tables) {
    const std::size_t start = out_.size();
    const ShardFooter footer = shard_.footer.value_or(ShardFooter{});
    u64(kShardFooterVersion);
    u64(kShardRecordBytes);
    u64(xorbs_start_);
    u64(files_at);
    u64(with_lookup_tables ? files_.size() : 0);
    u64(xorbs_at);
    u64(with_lookup_tables ? xorbs_.size() : 0);
    u64(chunks_at);
    u64(with_lookup_tables ? chunks_.size() : 0);
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
  std::vector<Lookup> files_;
  std::vector<Lookup> xorbs_;
  std::vector<ChunkLookup> chunks_;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t xorb_raw_bytes_ = 0;
  std::uint64_t xorb_body_bytes_ = 0;
};

}  // namespace

Bytes make_upload_shard(const Shard& shard) {
  return Writer(shard).upload_form();
}

Bytes make_stored_shard(const Shard& shard, bool with_lookup_tables) {
  return Writer(shard).stored_form(with_lookup_tables);
}

}  // namespace mhub::xet
