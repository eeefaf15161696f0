#pragma once
// Writes one xorb file: records, then the footer. Its name comes later, from
// LocalStore::place_xorb().

#include <memory>

#include <mhub/base/atomic_file.hpp>
#include <mhub/store/records.hpp>

#include "layout.hpp"

namespace mhub::store {

/// A xorb that is complete in tmp/ and waits for its place under xorbs/ and its row in the index.
/// Goes away with its file if it gets none.
struct SealedXorb {
  xet::XorbIndex index;
  std::uint64_t disk_bytes = 0;
  std::unique_ptr<AtomicFile> file;
};

/// Appends the footer of `index` at the end of the body in `file` and returns when all of it is on
/// the medium, and the folder that it will go to is there. Throws Error: io.
SealedXorb seal_xorb_file(FileSystem& fs, const Layout& layout, std::unique_ptr<AtomicFile> file,
                          xet::XorbIndex index, bool durable);

/// One chunk made ready for a xorb. `payload` is either the chunk itself or `compressed`.
struct PreparedChunk {
  xet::ChunkRef ref;
  xet::RecordHeader header;
  ByteView payload;
};

/// Compresses `chunk` by `scheme` where that shrinks it. `compressed` must live as long as the
/// result.
PreparedChunk prepare_chunk(const xet::ChunkRef& ref, xet::Scheme scheme, ByteView chunk,
                            Bytes& compressed);

/// Collects the records of one new xorb in tmp/. One thread at a time; the destructor discards.
class XorbWriter {
public:
  /// Throws Error: io.
  XorbWriter(FileSystem& fs, const Layout& layout);

  /// True if `chunk` may still be added within the limits of a xorb.
  bool has_room_for(const PreparedChunk& chunk) const;
  std::uint32_t chunk_count() const { return static_cast<std::uint32_t>(index_.chunks.size()); }
  /// Appends a record and returns its number. The payload is not copied: it must stay until
  /// settle().
  std::uint32_t add(const PreparedChunk& chunk);
  /// Lets go of the payloads given: writes them, or copies them while they are few. Throws Error:
  /// io.
  void settle();

  /// Writes what is left and the footer, durably; nothing can be added any more. At least one chunk
  /// must have been added. Throws Error: io.
  SealedXorb seal(bool durable);

private:
  void flush();

  FileSystem& fs_;
  const Layout& layout_;
  std::unique_ptr<AtomicFile> file_;
  xet::XorbIndex index_;
  std::uint64_t raw_bytes_ = 0;
  std::uint32_t writing_back_ = 0;  ///< bytes of the body that the disk was told to begin with
  Bytes buffer_;                    ///< settled, not yet written
  Bytes headers_;                   ///< of the pieces below
  struct Piece {
    std::size_t header_end;
    ByteView payload;
  };
  std::vector<Piece> pieces_;  ///< come after buffer_
  std::size_t pieces_bytes_ = 0;
};

}  // namespace mhub::store
