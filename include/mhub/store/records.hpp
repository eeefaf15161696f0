#pragma once
// What the store knows, as values.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/base/sha256.hpp>
#include <mhub/xet/shard.hpp>
#include <mhub/xet/xorb.hpp>

namespace mhub::store {

/// A large file: its LFS identity, its Xet identity, and its recipe. Concatenating the terms'
/// chunks gives the file.
struct FileRecord {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
  xet::FileHash xet_hash;
  std::vector<xet::Term> terms;
};

/// A file that came from a remote: its recipe there, and its chunks in order as computed from the
/// bytes that came.
struct FetchedFile {
  FileRecord file;
  std::vector<xet::ChunkRef> chunks;
};

/// Where a chunk lies. A chunk may lie in several xorbs.
struct ChunkPlace {
  xet::XorbHash xorb;
  std::uint32_t chunk = 0;  ///< its number in the xorb
  bool local = false;       ///< the xorb's file is in this store
};

/// What is known of a xorb. `index.chunks` of a xorb that is only known from a remote may hold
/// entries of size 0: chunks never seen here.
struct XorbRecord {
  xet::XorbIndex index;
  bool local = false;
  std::uint64_t disk_bytes = 0;  ///< of the local file, 0 without one
};

/// A file of a work tree that was seen to hold a known content. Trusted only as long as `stat` is
/// what the file system says now, and even then each chunk read from it is hashed.
struct WorkingFile {
  std::filesystem::path path;  ///< absolute
  Sha256 sha256;
  FileStat stat;
};

struct StoreTotals {
  std::uint64_t files = 0;
  std::uint64_t logical_bytes = 0;  ///< sum of the files' sizes
  std::uint64_t xorbs_local = 0;
  std::uint64_t xorbs_known = 0;
  std::uint64_t chunks = 0;      ///< indexed
  std::uint64_t disk_bytes = 0;  ///< xorb files and the index
};

}  // namespace mhub::store
