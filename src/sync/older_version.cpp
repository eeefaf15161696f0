#include "older_version.hpp"

#include <mhub/base/error.hpp>
#include <mhub/xet/chunker.hpp>

namespace mhub::sync {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{4} << 20;

/// All chunks of a file, in order.
std::vector<xet::ChunkRef> cut(File& file, const StopToken& stop) {
  std::vector<xet::ChunkRef> chunks;
  xet::Chunker chunker;
  Bytes pending;
  Bytes block(kBlockBytes);
  const auto add = [&](ByteView chunk) {
    chunks.push_back({xet::hash_chunk(chunk), static_cast<std::uint32_t>(chunk.size())});
  };
  for (std::uint64_t offset = 0;;) {
    stop.check();
    const std::size_t got = file.read_at(block, offset);
    ByteView rest = ByteView(block).first(got);
    while (const auto end = chunker.next_end(rest)) {
      append(pending, rest.first(*end));
      add(pending);
      pending.clear();
      rest = rest.subspan(*end);
    }
    append(pending, rest);
    offset += got;
    if (got < block.size()) break;
  }
  if (!pending.empty()) add(pending);
  return chunks;
}

}  // namespace

OlderVersion::OlderVersion(const std::filesystem::path& path, const xet::FileHash& file,
                           const wire::Reconstruction& recipe, const StopToken& stop)
    : file_(real_file_system().open_read(path)) {
  const std::vector<xet::ChunkRef> chunks = cut(*file_, stop);
  std::size_t count = 0;
  for (const wire::ReconstructionTerm& term : recipe.terms) count += term.chunks.count();
  if (count != chunks.size() || xet::file_hash(chunks) != file) return;
  std::uint64_t offset = 0;
  std::size_t next = 0;
  for (const wire::ReconstructionTerm& term : recipe.terms) {
    auto& in_xorb = places_[term.xorb];
    for (std::uint32_t chunk = term.chunks.start; chunk < term.chunks.end; ++chunk) {
      in_xorb.try_emplace(chunk, Place{offset, chunks[next]});
      offset += chunks[next++].size_bytes;
    }
  }
}

const OlderVersion::Place* OlderVersion::find(const xet::XorbHash& xorb,
                                              std::uint32_t chunk) const {
  const auto in_xorb = places_.find(xorb);
  if (in_xorb == places_.end()) return nullptr;
  const auto place = in_xorb->second.find(chunk);
  return place == in_xorb->second.end() ? nullptr : &place->second;
}

std::uint32_t OlderVersion::size_of(const xet::XorbHash& xorb, std::uint32_t chunk) const {
  const Place* place = find(xorb, chunk);
  return place == nullptr ? 0 : place->ref.size_bytes;
}

std::vector<ByteSpan> OlderVersion::copy(
    const std::vector<LocalRun>& runs, PartialFile& file, const StopToken& stop,
    const std::function<void(std::uint64_t)>& on_written) const {
  std::vector<ByteSpan> missing;
  Bytes bytes;
  for (const LocalRun& run : runs) {
    std::uint64_t offset = run.file_offset;
    for (std::uint32_t chunk = run.first_chunk; chunk < run.end_chunk; ++chunk) {
      stop.check();
      const Place* place = find(run.xorb, chunk);
      MHUB_ASSERT(place != nullptr);
      const std::uint32_t size = place->ref.size_bytes;
      if (!file.is_done(offset, size)) {
        bytes.resize(size);
        if (file_->read_at(bytes, place->offset) == size &&
            xet::hash_chunk(bytes) == place->ref.hash) {
          file.write_chunk(offset, place->ref, bytes, PartialFile::Origin::disk);
          on_written(size);
        } else {
          missing.push_back({offset, offset + size});
        }
      }
      offset += size;
    }
  }
  return missing;
}

}  // namespace mhub::sync
