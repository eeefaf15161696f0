#pragma once
// Cuts a stream of bytes into chunk records.

#include <functional>

#include <mhub/base/bytes.hpp>
#include <mhub/xet/hash.hpp>

namespace mhub::remote {

/// Takes the bytes of consecutive chunk records in pieces of any size. Holds at most one record.
class RecordStream {
public:
  using OnChunk =
      std::function<void(std::uint32_t chunk, const xet::ChunkHash& hash, ByteView bytes)>;

  /// Expects `count` records, the first of which is chunk `first` of its xorb. Chunks below
  /// `first + skip` are not decoded nor handed out.
  RecordStream(std::uint32_t first, std::uint32_t count, std::uint32_t skip,
               const OnChunk& on_chunk)
      : first_(first), count_(count), skip_(skip), on_chunk_(on_chunk) {}

  /// Throws Error: corrupt, and what the handler throws.
  void add(ByteView bytes);
  /// Records seen so far.
  std::uint32_t records() const { return records_; }
  /// True if all records came, and nothing more.
  bool complete() const { return records_ == count_ && pending_.empty(); }

private:
  /// Takes whole records off the front of `bytes`; returns what is left.
  ByteView take_records(ByteView bytes);

  std::uint32_t first_;
  std::uint32_t count_;
  std::uint32_t skip_;
  const OnChunk& on_chunk_;
  std::uint32_t records_ = 0;
  Bytes pending_;
  Bytes chunk_;
};

}  // namespace mhub::remote
