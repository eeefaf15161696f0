// Indexing a xorb while it streams in. What is waiting is at most one record, or a footer; whole
// records are taken from the caller's bytes without a copy.

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/xet/xorb.hpp>

#include "xorb_format.hpp"

namespace mhub::xet {

namespace {

constexpr std::uint64_t kBodyMaxBytes = kXorbMaxBytes + kRecordHeaderBytes * kXorbMaxChunks;
// Enough of a footer of any version to know its length.
constexpr std::size_t kFooterStartBytes = footer_count_offset(1) + 4;

/// Length of the record or footer that `bytes` begin with; nothing if more bytes are needed to
/// know.
std::optional<std::size_t> item_size(ByteView bytes) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  if (!is_footer(bytes)) return kRecordHeaderBytes + parse_record_header(bytes).stored_bytes;

  const auto version = std::to_integer<unsigned>(bytes[kFooterIdent.size()]);
  if (version > 1)
    throw Error(ErrorKind::corrupt, "xorb footer has version {}, which is not known", version);
  const std::size_t count_at = footer_count_offset(version);
  if (bytes.size() < count_at + 4) return std::nullopt;
  const auto count = load_le<std::uint32_t>(&bytes[count_at]);
  if (count > kXorbMaxChunks)
    throw Error(ErrorKind::corrupt, "xorb footer speaks of {} chunks, more than {}", count,
                kXorbMaxChunks);
  return footer_size(version, count);
}

}  // namespace

struct XorbIndexer::State {
  XorbIndex index;
  std::uint64_t body_bytes = 0;
  Bytes waiting;  // the beginning of a record or footer
  Bytes chunk;
  bool footer_seen = false;

  void take_footer(ByteView footer) {
    const std::size_t length_at = footer.size() - kFooterLengthBytes;
    const auto length = load_le<std::uint32_t>(&footer[length_at]);
    if (length != length_at)
      throw Error(ErrorKind::corrupt, "xorb footer of {} bytes gives its length as {}", length_at,
                  length);
    footer_seen = true;
  }

  void take_record(ByteView record) {
    if (index.chunks.size() == kXorbMaxChunks)
      throw Error(ErrorKind::corrupt, "xorb has more than {} chunks", kXorbMaxChunks);
    body_bytes += record.size();
    if (body_bytes > kBodyMaxBytes)
      throw Error(ErrorKind::corrupt, "xorb has more than {} bytes", kBodyMaxBytes);

    const RecordHeader header = parse_record_header(record);
    const ByteView payload = record.subspan(kRecordHeaderBytes);
    const ChunkHash hash = header.scheme == Scheme::none
                               ? hash_chunk(payload)
                               : decode_record({header, payload, record.size()}, chunk);
    index.chunks.push_back({hash, header.size_bytes});
    index.record_ends.push_back(static_cast<std::uint32_t>(body_bytes));
  }

  void take(ByteView item) { is_footer(item) ? take_footer(item) : take_record(item); }

  /// How long `waiting` has to become before more can be said about it, or all of it taken.
  std::size_t next_stop() const {
    if (const auto size = item_size(waiting)) return *size;
    return waiting.size() < kRecordHeaderBytes ? kRecordHeaderBytes : kFooterStartBytes;
  }

  void update(ByteView bytes) {
    while (!bytes.empty()) {
      if (footer_seen) throw Error(ErrorKind::corrupt, "bytes follow the footer of a xorb");
      if (waiting.empty()) {
        const auto size = item_size(bytes);
        if (size && *size <= bytes.size()) {
          take(bytes.first(*size));
          bytes = bytes.subspan(*size);
          continue;
        }
      }
      const std::size_t more = std::min(next_stop() - waiting.size(), bytes.size());
      append(waiting, bytes.first(more));
      bytes = bytes.subspan(more);
      if (item_size(waiting) == waiting.size()) {
        take(waiting);
        waiting.clear();
      }
    }
  }
};

XorbIndexer::XorbIndexer() : state_(std::make_unique<State>()) {}
XorbIndexer::~XorbIndexer() = default;
XorbIndexer::XorbIndexer(XorbIndexer&&) noexcept = default;

void XorbIndexer::update(ByteView bytes) {
  state_->update(bytes);
}

std::uint64_t XorbIndexer::body_bytes() const {
  return state_->body_bytes;
}

XorbIndex XorbIndexer::finish() {
  if (!state_->waiting.empty())
    throw Error(ErrorKind::corrupt, "xorb ends inside the {} at offset {}",
                is_footer(state_->waiting) ? "footer" : "chunk record", state_->body_bytes);
  if (state_->index.chunks.empty()) throw Error(ErrorKind::corrupt, "xorb has no chunk");
  state_->index.hash = xorb_hash(state_->index.chunks);
  return std::move(state_->index);
}

}  // namespace mhub::xet
