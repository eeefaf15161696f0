#pragma once
// Which large files commits need, asked of git itself, which sees a push's quarantined objects too.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/base/sha256.hpp>

#include "git/child.hpp"

namespace mhub::serve {

struct WalkedPointer {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
  std::string path;  ///< where it was first met
};

/// A pointer as git-lfs reads them: looser than the canonical form that mhub writes (older version
/// lines, extensions, other white space), so that nothing a git-lfs user relies on is overlooked.
/// Nothing if `blob` is none. Pointers to nothing (size 0) are left out: they need no bytes.
std::optional<WalkedPointer> read_loose_pointer(std::string_view blob);

struct PointerWalk {
  GitSetup setup;
  std::vector<std::string> environment;  ///< whole
  std::filesystem::path folder;          ///< the bare repository
  /// Hexadecimal object ids to start from; empty means every ref.
  std::vector<std::string> tips;
  /// Leave out what refs reach already.
  bool only_new = false;
};
/// Visits each pointer blob once. Throws Error: corrupt if git cannot walk (an object is missing).
void walk_pointers(const PointerWalk& walk, const std::function<void(WalkedPointer)>& visit,
                   const StopToken& stop);

}  // namespace mhub::serve
