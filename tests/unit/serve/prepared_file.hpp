#pragma once

#include <string>
#include <vector>

#include <mhub/xet/chunker.hpp>
#include <mhub/xet/shard.hpp>
#include <mhub/xet/xorb.hpp>

namespace mhub::test {

/// A file in one xorb, as a client prepares it.
struct Prepared {
  Bytes content;
  Bytes xorb;
  xet::XorbHash xorb_hash;
  std::vector<xet::ChunkRef> chunks;
  xet::ShardFile file;

  explicit Prepared(Bytes bytes) : content(std::move(bytes)) {
    std::size_t at = 0;
    std::vector<xet::ChunkHash> hashes;
    for (const std::uint32_t length : xet::chunk_lengths(content)) {
      const ByteView chunk = ByteView(content).subspan(at, length);
      chunks.push_back({xet::hash_chunk(chunk), length});
      hashes.push_back(chunks.back().hash);
      xet::append_record(xorb, xet::Scheme::lz4, chunk);
      at += length;
    }
    xorb_hash = xet::xorb_hash(chunks);
    file.hash = xet::file_hash(chunks);
    file.terms = {{xorb_hash, 0, static_cast<std::uint32_t>(chunks.size()),
                   static_cast<std::uint32_t>(content.size())}};
    file.range_hashes = {xet::hash_range(hashes)};
    file.sha256 = sha256_of(content);
  }

  std::string shard(bool with_xorb = true) const {
    xet::Shard shard;
    shard.files = {file};
    if (with_xorb) shard.xorbs = {{xorb_hash, 0, chunks}};
    return std::string(as_text(xet::make_upload_shard(shard)));
  }
  std::string xorb_path() const { return "/v1/xorbs/default/" + xorb_hash.text(); }
};

}  // namespace mhub::test
