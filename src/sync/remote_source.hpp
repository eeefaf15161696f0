#pragma once
// Single chunks from the remotes, for mending what is damaged here.

#include <memory>

#include <mhub/store/store.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

/// Finds a file whose recipe holds the wanted chunk and asks the remotes for that part of it; what
/// comes along is kept for the next questions. Chunks of files of the work tree are read from there
/// first. One thread.
class RemoteSource final : public store::ChunkSource {
public:
  RemoteSource(Workspace& workspace, const Connections& connections, const Tools& tools);
  ~RemoteSource() override;

  /// Nothing if no remote and no working file has it. Network trouble with one remote is noted and
  /// the next one asked.
  std::optional<Bytes> read_chunk(const xet::Term& term, std::uint32_t chunk,
                                  const xet::ChunkRef& ref) override;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::sync
