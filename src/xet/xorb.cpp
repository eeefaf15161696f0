#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/xet/xorb.hpp>

#include "xorb_format.hpp"

namespace mhub::xet {

RecordHeader parse_record_header(ByteView bytes) {
  MHUB_ASSERT(bytes.size() >= kRecordHeaderBytes);
  const auto version = std::to_integer<unsigned>(bytes[0]);
  const auto scheme = std::to_integer<std::uint8_t>(bytes[4]);
  if (version != kRecordVersion)
    throw Error(ErrorKind::corrupt, "chunk record has version {}, which is not known", version);
  if (!is_known_scheme(scheme))
    throw Error(ErrorKind::corrupt, "chunk record has compression scheme {}, which is not known",
                scheme);
  RecordHeader header;
  header.scheme = Scheme{scheme};
  header.stored_bytes = load_le<std::uint32_t>(&bytes[1], 3);
  header.size_bytes = load_le<std::uint32_t>(&bytes[5], 3);
  if (header.size_bytes == 0 || header.size_bytes > kChunkMaxBytes)
    throw Error(ErrorKind::corrupt, "chunk record declares {} bytes, which is not 1 to {}",
                header.size_bytes, kChunkMaxBytes);
  if (header.stored_bytes == 0 || header.stored_bytes > kRecordMaxStoredBytes)
    throw Error(ErrorKind::corrupt, "chunk record stores {} bytes, which is not 1 to {}",
                header.stored_bytes, kRecordMaxStoredBytes);
  if (header.scheme == Scheme::none && header.stored_bytes != header.size_bytes)
    throw Error(ErrorKind::corrupt, "uncompressed chunk record stores {} bytes of {}",
                header.stored_bytes, header.size_bytes);
  return header;
}

void append_record_header(Bytes& out, const RecordHeader& header) {
  append_le<std::uint8_t>(out, kRecordVersion);
  append_le<std::uint32_t>(out, header.stored_bytes, 3);
  append_le<std::uint8_t>(out, static_cast<std::uint8_t>(header.scheme));
  append_le<std::uint32_t>(out, header.size_bytes, 3);
}

RecordHeader append_record(Bytes& out, Scheme scheme, ByteView chunk) {
  MHUB_ASSERT(!chunk.empty() && chunk.size() <= kChunkMaxBytes);
  thread_local Bytes payload;
  RecordHeader header;
  header.size_bytes = static_cast<std::uint32_t>(chunk.size());
  header.scheme = scheme == Scheme::none ? scheme : compress_chunk(scheme, chunk, payload);
  const ByteView stored = header.scheme == Scheme::none ? chunk : ByteView(payload);
  header.stored_bytes = static_cast<std::uint32_t>(stored.size());
  append_record_header(out, header);
  append(out, stored);
  return header;
}

bool is_footer(ByteView bytes) {
  return as_text(bytes).starts_with(kFooterIdent);
}

std::uint64_t XorbIndex::raw_bytes() const {
  std::uint64_t sum = 0;
  for (const ChunkRef& chunk : chunks) sum += chunk.size_bytes;
  return sum;
}

std::optional<RecordReader::Record> RecordReader::next() {
  if (rest_.empty() || at_footer_) return std::nullopt;
  if (is_footer(rest_)) {
    at_footer_ = true;
    return std::nullopt;
  }
  const std::size_t start = total_ - rest_.size();
  if (rest_.size() < kRecordHeaderBytes)
    throw Error(ErrorKind::corrupt, "xorb ends inside the chunk record at offset {}", start);
  Record record;
  record.header = parse_record_header(rest_);
  if (rest_.size() - kRecordHeaderBytes < record.header.stored_bytes)
    throw Error(ErrorKind::corrupt, "xorb ends inside the chunk record at offset {}", start);
  record.payload = rest_.subspan(kRecordHeaderBytes, record.header.stored_bytes);
  rest_ = rest_.subspan(kRecordHeaderBytes + record.header.stored_bytes);
  record.end_offset = total_ - rest_.size();
  return record;
}

ChunkHash decode_record(const RecordReader::Record& record, Bytes& out) {
  out.resize(record.header.size_bytes);
  decompress_chunk(record.header.scheme, record.payload, out);
  return hash_chunk(out);
}

XorbIndex index_xorb(ByteView xorb) {
  XorbIndexer indexer;
  indexer.update(xorb);
  return indexer.finish();
}

}  // namespace mhub::xet
