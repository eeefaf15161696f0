#pragma once
// Which large files a set of commits needs: for push (a range) and for garbage collection (all
// roots).

#include <functional>
#include <string>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/wire/lfs_pointer.hpp>

namespace mhub::repo {

/// A pointer blob and the first path at which it was met.
struct FoundPointer {
  wire::LfsPointer pointer;
  ObjectId blob;
  std::string path;
};

/// Pointers in the trees of commits that `tips` reach and `excluded` do not, each blob once. Blobs
/// that an excluded tip's own tree holds are left out too. Tips may be commits, tags or trees;
/// excluded ones that do not exist here are passed over.
std::vector<FoundPointer> pointers_in_range(Repository& repository,
                                            const std::vector<ObjectId>& tips,
                                            const std::vector<ObjectId>& excluded,
                                            const StopToken& stop = never_stopped());

/// A blob and the first path at which it was met.
struct FoundBlob {
  ObjectId blob;
  std::uint64_t size_bytes = 0;
  std::string path;
};

/// What one walk of a range finds.
struct RangeFiles {
  std::vector<FoundPointer> pointers;
  std::vector<FoundBlob> large_blobs;
};

/// pointers_in_range, and in the same walk the blobs of more than `above_bytes`.
RangeFiles files_in_range(Repository& repository, const std::vector<ObjectId>& tips,
                          const std::vector<ObjectId>& excluded, std::uint64_t above_bytes,
                          const StopToken& stop = never_stopped());

/// Calls `visit` for every pointer that anything in the repository can still lead to, each blob
/// once: all references, HEAD, FETCH_HEAD, ORIG_HEAD and MERGE_HEAD, all reflogs (the stash among
/// them), the index, and HEAD, reflogs and index of every other work tree. Throws Error: corrupt
/// rather than pass over an object that is missing, so that nothing is taken for garbage by
/// mistake; a reflog may name commits that are gone.
void all_reachable_pointers(Repository& repository,
                            const std::function<void(const FoundPointer&)>& visit,
                            const StopToken& stop = never_stopped());

}  // namespace mhub::repo
