#include "xorb_writer.hpp"

#include <mhub/base/fault.hpp>

namespace mhub::store {

namespace {

/// Small files' chunks gather up to this before they are written.
constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
/// The disk begins to write when this much has come, and again after as much more.
constexpr std::uint64_t kWritebackBytes = std::uint64_t{8} << 20;
constexpr std::uint32_t kXorbMode = 0444;

}  // namespace

SealedXorb seal_xorb_file(FileSystem& fs, const Layout& layout, std::unique_ptr<AtomicFile> file,
                          xet::XorbIndex index, bool durable) {
  SealedXorb sealed;
  const Bytes footer = xet::make_footer(index);
  file->file().write_at(footer, index.body_bytes());
  fault_point("store.xorb_written");
  const std::filesystem::path target = layout.xorb(index.hash);
  const std::filesystem::path folder = target.parent_path();
  if (!fs.stat(folder)) {
    fs.create_folders(folder);
    if (durable) fs.sync_folder(layout.xorbs());
  }
  file->set_target(target);
  if (durable) file->file().sync();
  sealed.disk_bytes = index.body_bytes() + footer.size();
  sealed.index = std::move(index);
  sealed.file = std::move(file);
  return sealed;
}

PreparedChunk prepare_chunk(const xet::ChunkRef& ref, xet::Scheme scheme, ByteView chunk,
                            Bytes& compressed) {
  PreparedChunk prepared;
  prepared.ref = ref;
  prepared.payload = chunk;
  if (scheme != xet::Scheme::none) {
    prepared.header.scheme = xet::compress_chunk(scheme, chunk, compressed);
    // Its plain copy of a chunk that would not shrink is not needed.
    if (prepared.header.scheme != xet::Scheme::none) prepared.payload = compressed;
  }
  prepared.header.size_bytes = ref.size_bytes;
  prepared.header.stored_bytes = static_cast<std::uint32_t>(prepared.payload.size());
  return prepared;
}

XorbWriter::XorbWriter(FileSystem& fs, const Layout& layout)
    : fs_(fs),
      layout_(layout),
      file_(std::make_unique<AtomicFile>(fs, layout.scratch() / "unnamed", layout.scratch(),
                                         kXorbMode)) {}

bool XorbWriter::has_room_for(const PreparedChunk& chunk) const {
  const std::uint64_t body =
      std::uint64_t{index_.body_bytes()} + xet::kRecordHeaderBytes + chunk.payload.size();
  return index_.chunks.size() < xet::kXorbMaxChunks &&
         raw_bytes_ + chunk.ref.size_bytes <= xet::kXorbMaxBytes && body <= xet::kXorbMaxBytes;
}

std::uint32_t XorbWriter::add(const PreparedChunk& chunk) {
  const auto number = chunk_count();
  const std::uint32_t start = index_.body_bytes();
  xet::append_record_header(headers_, chunk.header);
  pieces_.push_back({headers_.size(), chunk.payload});
  pieces_bytes_ += xet::kRecordHeaderBytes + chunk.payload.size();
  index_.chunks.push_back(chunk.ref);
  index_.record_ends.push_back(
      start + static_cast<std::uint32_t>(xet::kRecordHeaderBytes + chunk.payload.size()));
  raw_bytes_ += chunk.ref.size_bytes;
  return number;
}

void XorbWriter::settle() {
  if (buffer_.size() + pieces_bytes_ > kBufferBytes) return flush();
  std::size_t header = 0;
  for (const Piece& piece : pieces_) {
    append(buffer_, ByteView(headers_).subspan(header, piece.header_end - header));
    append(buffer_, piece.payload);
    header = piece.header_end;
  }
  headers_.clear();
  pieces_.clear();
  pieces_bytes_ = 0;
}

void XorbWriter::flush() {
  std::vector<ByteView> parts;
  parts.reserve(1 + 2 * pieces_.size());
  if (!buffer_.empty()) parts.push_back(buffer_);
  std::size_t header = 0;
  for (const Piece& piece : pieces_) {
    parts.push_back(ByteView(headers_).subspan(header, piece.header_end - header));
    parts.push_back(piece.payload);
    header = piece.header_end;
  }
  file_->file().write_pieces(parts);
  if (index_.body_bytes() - writing_back_ >= kWritebackBytes) {
    file_->file().start_sync();
    writing_back_ = index_.body_bytes();
  }
  buffer_.clear();
  headers_.clear();
  pieces_.clear();
  pieces_bytes_ = 0;
}

SealedXorb XorbWriter::seal(bool durable) {
  flush();
  index_.hash = xet::xorb_hash(index_.chunks);
  return seal_xorb_file(fs_, layout_, std::move(file_), std::move(index_), durable);
}

}  // namespace mhub::store
