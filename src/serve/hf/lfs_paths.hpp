#pragma once
// Where in a repository's history large files were first met, so that each page of a list of them
// need not walk it anew.

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <mhub/base/sha256.hpp>

#include "hf/recent.hpp"

namespace mhub::serve {

/// A repository, and a digest of all its references, which say what its history is.
struct HistoryKey {
  std::int64_t repo = 0;
  Sha256 refs;
  bool operator==(const HistoryKey&) const = default;
};

/// Of the last few histories that were walked. Threads may share it.
class LfsPaths {
public:
  using Paths = std::unordered_map<Sha256, std::string>;
  /// Calls what it is given for each large file that the history holds, in the order in which they
  /// are met; the same file may come several times.
  using Walk = std::function<void(const std::function<void(const Sha256&, std::string&&)>&)>;

  static constexpr std::size_t kBytesKept = 16 << 20;
  /// A history whose paths take more than `bytes_kept` is walked each time.
  explicit LfsPaths(std::size_t bytes_kept = kBytesKept) : bytes_kept_(bytes_kept) {}

  /// The first path of each of `wanted`; empty for those that the history does not hold.
  Paths find(const HistoryKey& key, const std::vector<Sha256>& wanted, const Walk& walk);

private:
  static constexpr std::size_t kHistories = 4;
  const std::size_t bytes_kept_;
  Recent<HistoryKey, Paths> known_{kHistories};
};

}  // namespace mhub::serve
