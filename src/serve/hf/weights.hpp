#pragma once
// How many parameters a model has: read from the heads of the safetensors files in its root folder,
// as Hugging Face's hub does it. model.safetensors if there is one, else the files that
// model.safetensors.index.json names.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <mhub/repo/objects.hpp>
#include <mhub/wire/safetensors.hpp>

#include "git/pointer_walk.hpp"

namespace mhub::serve {

/// What of a root folder counts.
class WeightFiles {
public:
  /// Passes other entries over.
  void add(const repo::TreeEntry& entry);
  /// Differs when one of the files does; empty if there are none.
  std::string id() const;
  /// Blob of the file of that name.
  std::optional<repo::ObjectId> find(std::string_view name) const;

private:
  std::map<std::string, repo::ObjectId, std::less<>> blobs_;
};

/// Bytes [offset, offset + length) of a large file, within its size; nothing if the repository does
/// not hold it.
using ReadLarge = std::function<std::optional<Bytes>(const WalkedPointer& pointer,
                                                     std::uint64_t offset, std::uint64_t length)>;

/// Reads a bounded number of bytes, however many and large the files are. Nothing where one of them
/// is missing, faulty or beyond the bounds. Throws Error as reading git and `read_large` do.
std::optional<wire::ParameterCounts> count_parameters(const WeightFiles& files,
                                                      repo::Repository& git,
                                                      const ReadLarge& read_large);

}  // namespace mhub::serve
