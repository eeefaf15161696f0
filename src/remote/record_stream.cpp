#include "record_stream.hpp"

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/xet/xorb.hpp>

namespace mhub::remote {

void RecordStream::add(ByteView bytes) {
  while (!pending_.empty() && !bytes.empty()) {
    // Complete the one record that is held back, then go on without copying.
    std::size_t wanted = xet::kRecordHeaderBytes;
    if (pending_.size() >= wanted) wanted += xet::parse_record_header(pending_).stored_bytes;
    const std::size_t count = std::min(wanted - pending_.size(), bytes.size());
    append(pending_, bytes.first(count));
    bytes = bytes.subspan(count);
    if (take_records(pending_).empty()) pending_.clear();
  }
  append(pending_, take_records(bytes));
}

ByteView RecordStream::take_records(ByteView bytes) {
  while (bytes.size() >= xet::kRecordHeaderBytes) {
    if (records_ == count_) {
      throw Error(ErrorKind::corrupt, "more than the {} chunk records asked for", count_);
    }
    const xet::RecordHeader header = xet::parse_record_header(bytes);
    const std::size_t size = xet::kRecordHeaderBytes + header.stored_bytes;
    if (bytes.size() < size) break;
    if (records_ >= skip_) {
      const xet::RecordReader::Record record{
          .header = header,
          .payload = bytes.subspan(xet::kRecordHeaderBytes, header.stored_bytes),
          .end_offset = size};
      const xet::ChunkHash hash = xet::decode_record(record, chunk_);
      on_chunk_(first_ + records_, hash, chunk_);
    }
    ++records_;
    bytes = bytes.subspan(size);
  }
  return bytes;
}

}  // namespace mhub::remote
