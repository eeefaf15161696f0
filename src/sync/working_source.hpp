#pragma once
// Chunks out of files in the work tree: what a pull need not fetch, and what fsck mends from.

#include <memory>
#include <unordered_map>
#include <vector>

#include <mhub/store/store.hpp>

namespace mhub::sync {

/// Knows in which working files which runs of which xorbs stand. Every chunk read is hashed by this
/// class. Files are kept open once used, so that a file that is being replaced can still be read.
/// Threads may share it.
class WorkingSource final : public store::ChunkSource {
public:
  /// Takes in every working file that the store knows and whose stat still holds; only once it is
  /// first asked for something, as that looks at each of them.
  explicit WorkingSource(store::Store& store);
  ~WorkingSource() override;

  /// Size of the chunk if some working file should hold it, else 0.
  std::uint32_t size_at_hand(const xet::XorbHash& xorb, std::uint32_t chunk) const;

  /// Nothing if no file holds it, or the file turned out to hold something else.
  std::optional<Bytes> read_chunk(const xet::XorbHash& xorb, std::uint32_t chunk,
                                  const xet::ChunkRef& ref);
  std::optional<Bytes> read_chunk(const xet::Term& term, std::uint32_t chunk,
                                  const xet::ChunkRef& ref) override;

  /// Size of the chunk if its xorb is in the store, else 0.
  std::uint32_t size_in_store(const xet::XorbHash& xorb, std::uint32_t chunk) const;

  /// Takes in a file that has just been written, and of which the store has learned by now.
  void add(const std::filesystem::path& path, const FileStat& stat,
           const store::FileRecord& record);

  /// Opens the file now, before something replaces it, and keeps it open as long as this object
  /// lives; past a limit of open files it does nothing.
  void hold(const std::filesystem::path& path);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::sync
