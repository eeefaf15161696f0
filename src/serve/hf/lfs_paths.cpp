#include "hf/lfs_paths.hpp"

namespace mhub::serve {

namespace {

/// What a table's entry takes beside the path's characters, roughly.
constexpr std::size_t kEntryBytes = 96;

}  // namespace

LfsPaths::Paths LfsPaths::find(const HistoryKey& key, const std::vector<Sha256>& wanted,
                               const Walk& walk) {
  Paths found;
  for (const Sha256& file : wanted) found[file];
  if (found.empty()) return found;
  if (const auto known = known_.find(key)) {
    for (auto& [file, path] : found) {
      if (const auto met = known->find(file); met != known->end()) path = met->second;
    }
    return found;
  }
  auto all = std::make_shared<Paths>();
  std::size_t bytes = 0;
  walk([&](const Sha256& file, std::string&& path) {
    if (const auto one = found.find(file); one != found.end() && one->second.empty())
      one->second = path;
    if (!all) return;
    const std::size_t entry_bytes = kEntryBytes + path.size();
    if (all->try_emplace(file, std::move(path)).second) bytes += entry_bytes;
    if (bytes > bytes_kept_) all.reset();
  });
  if (all) known_.keep(key, std::move(all));
  return found;
}

}  // namespace mhub::serve
