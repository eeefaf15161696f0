#pragma once
// Writing large files into the work tree: from local xorbs, from older working files, and from
// remotes for the rest.

#include <memory>
#include <vector>

#include <mhub/repo/checkout.hpp>
#include <mhub/sync/checkout.hpp>

#include "working_source.hpp"

namespace mhub::sync {

/// A large file that is to stand in the work tree.
struct LargeTarget {
  std::string path;  ///< in the work tree
  repo::FileMode mode = repo::FileMode::regular;
  repo::ObjectId blob;  ///< of its pointer
  wire::LfsPointer pointer;
  /// What stood there when the plan was made; nothing if there was no file. Something else by the
  /// time the new file is complete is somebody's work, and stays.
  std::optional<FileStat> before = {};
  /// Where a download puts the file instead, if not empty: a full path outside the work tree.
  std::filesystem::path aside = {};
};

/// Throws Error: conflict if a file stands at `path` that is not the one of `target.before`.
void require_undisturbed(const std::filesystem::path& path, const LargeTarget& target);

/// The store's recipe for what `pointer` stands for, if it has one.
std::optional<store::FileRecord> recipe_of(store::Store& store, const wire::LfsPointer& pointer);
/// True if every chunk of the recipe is in a local xorb or should be in a working file.
bool is_at_hand(store::Store& store, const WorkingSource& working, const store::FileRecord& record);

/// Where files on their way lie; mostly the work tree's own file system.
std::filesystem::path partial_folder(repo::Repository& repository);
/// Where files lie that were fetched for git's filter and git did not take yet.
std::filesystem::path filter_folder(repo::Repository& repository);

/// One command's writing of large files. One thread.
class Materialiser {
public:
  /// `first_remote` is asked before the others for bytes that are not here; empty: the upstream's.
  Materialiser(Workspace& workspace, const Connections& connections, std::string_view first_remote,
               const Tools& tools);
  ~Materialiser();

  /// Writes every file of `plan.large` that `options` wants and enters it into `index`; the others
  /// become pointer files, as do those whose bytes are nowhere to be had (report.bytes_missing).
  /// Each file is replaced only when it is complete and verified. Throws Error: network, corrupt,
  /// io.
  void write(const repo::CheckoutPlan& plan, const CheckoutOptions& options, repo::Index& index,
             CheckoutReport& report);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::sync
