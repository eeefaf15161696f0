#pragma once
// The xorb: an ordered container of compressed chunks. Layout: docs/format/xorb.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <mhub/xet/chunker.hpp>
#include <mhub/xet/compression.hpp>
#include <mhub/xet/merkle.hpp>

namespace mhub::xet {

inline constexpr std::uint32_t kXorbMaxChunks = 8192;
/// Limit on a xorb's raw bytes and, for what we write, on its serialised records too.
inline constexpr std::uint64_t kXorbMaxBytes = std::uint64_t{64} << 20;
inline constexpr std::size_t kRecordHeaderBytes = 8;
inline constexpr std::uint32_t kRecordMaxStoredBytes = 262144;
/// The largest upload a server has to accept: records over the raw limit, and an old-style footer.
inline constexpr std::uint64_t kXorbMaxUploadBytes =
    kXorbMaxBytes + kRecordHeaderBytes * kXorbMaxChunks + 96 + 40 * kXorbMaxChunks;

/// Header of one chunk record.
struct RecordHeader {
  Scheme scheme = Scheme::none;
  std::uint32_t stored_bytes = 0;  ///< payload that follows the header
  std::uint32_t size_bytes = 0;    ///< uncompressed
};

/// Parses and checks one header (limits, scheme, equal lengths for scheme none). `bytes` holds at
/// least kRecordHeaderBytes. Throws Error: corrupt.
RecordHeader parse_record_header(ByteView bytes);
void append_record_header(Bytes& out, const RecordHeader& header);

/// Appends the record of `chunk` to `out`, compressed by `scheme` if that shrinks it.
RecordHeader append_record(Bytes& out, Scheme scheme, ByteView chunk);

/// True if a footer starts here instead of a record.
bool is_footer(ByteView bytes);

/// What is known of a stored xorb without its payload. Element i describes chunk i.
struct XorbIndex {
  XorbHash hash;
  std::vector<ChunkRef> chunks;
  std::vector<std::uint32_t> record_ends;  ///< end offset of record i in the body, headers included

  std::uint32_t body_bytes() const { return record_ends.empty() ? 0 : record_ends.back(); }
  std::uint64_t raw_bytes() const;
  /// Offset in the body where record i starts.
  std::uint32_t record_start(std::size_t i) const { return i == 0 ? 0 : record_ends[i - 1]; }
};

/// Reads records one after another from a span that holds any run of whole records.
class RecordReader {
public:
  explicit RecordReader(ByteView records) : rest_(records), total_(records.size()) {}

  struct Record {
    RecordHeader header;
    ByteView payload;
    std::size_t end_offset;  ///< in the span given to the reader
  };
  /// The next record; nothing at the end or at a footer. Throws Error: corrupt.
  std::optional<Record> next();

private:
  ByteView rest_;
  std::size_t total_;
  bool at_footer_ = false;
};

/// Decompresses `record` into `out` (resized) and returns its hash. Throws Error: corrupt.
ChunkHash decode_record(const RecordReader::Record& record, Bytes& out);

/// Reads a whole body (a footer after it is tolerated and not trusted; anything else after the last
/// record is corrupt), decompresses and hashes every chunk and computes the root. Throws
/// Error: corrupt, also for an empty body and for more than kXorbMaxChunks.
XorbIndex index_xorb(ByteView xorb);

/// As above piecewise, for uploads that stream in: memory stays at one record.
class XorbIndexer {
public:
  XorbIndexer();
  ~XorbIndexer();
  XorbIndexer(XorbIndexer&&) noexcept;
  /// Throws Error: corrupt as soon as the bytes cannot be a xorb.
  void update(ByteView bytes);
  /// Bytes given so far that belong to records (a footer is not counted).
  std::uint64_t body_bytes() const;
  XorbIndex finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Version-1 footer for a stored xorb, so that it can be opened without reading its payload.
Bytes make_footer(const XorbIndex& index);
/// The number of bytes of the footer that ends `tail` (the last bytes of an object, at least 4);
/// nothing if there is none. The value is bounded by kXorbMaxChunks' footer.
std::optional<std::uint32_t> footer_bytes(ByteView tail);
/// Parses a whole footer (version 1) including its trailing length. Throws Error: corrupt, also if
/// its hash is not that of its chunks.
XorbIndex parse_footer(ByteView footer);

}  // namespace mhub::xet
