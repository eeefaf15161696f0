#pragma once
// An older version of a file, on disk, whose recipe the hub still knows: a source of chunks that
// the new version has in common with it.
//
// The recipe says which chunks of which xorbs the file is made of, but not how long each is; where
// they are cut the bytes themselves tell. Cut anew, they must give the hash that the recipe goes
// by.

#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/wire/reconstruction.hpp>
#include <mhub/xet/merkle.hpp>

#include "partial_file.hpp"
#include "plan.hpp"

namespace mhub::sync {

/// One thread.
class OlderVersion {
public:
  /// Reads the file at `path`, which should be `file` as `recipe` puts it together; if it is not,
  /// this holds no chunks. Throws Error: io, not_found, interrupted.
  OlderVersion(const std::filesystem::path& path, const xet::FileHash& file,
               const wire::Reconstruction& recipe, const StopToken& stop);

  /// Size of the chunk if the file holds it, else 0.
  std::uint32_t size_of(const xet::XorbHash& xorb, std::uint32_t chunk) const;

  /// Writes `runs` into `file`, each chunk hashed again; the spans that could not be had.
  /// `on_written` is told how many bytes came.
  std::vector<ByteSpan> copy(const std::vector<LocalRun>& runs, PartialFile& file,
                             const StopToken& stop,
                             const std::function<void(std::uint64_t)>& on_written) const;

private:
  struct Place {
    std::uint64_t offset = 0;
    xet::ChunkRef ref;
  };
  const Place* find(const xet::XorbHash& xorb, std::uint32_t chunk) const;

  std::unique_ptr<File> file_;
  std::unordered_map<xet::XorbHash, std::unordered_map<std::uint32_t, Place>> places_;
};

}  // namespace mhub::sync
