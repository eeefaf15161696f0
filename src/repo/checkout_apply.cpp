// Carrying out what needs no large file.

#include <mhub/base/fault.hpp>
#include <mhub/repo/checkout.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

/// A blob that is written as a working file is held in memory; larger ones belong into large files.
constexpr std::uint64_t kSmallBlobLimitBytes = std::uint64_t{1} << 30;

void write_small(Repository& repository, const PathEntry& entry, Index& index) {
  if (entry.mode == FileMode::submodule) {
    const auto folder = prepare_parent(repository, entry.path, entry.mode);
    real_file_system().create_folders(folder);
    index.set_unverified(entry.path, entry.mode, entry.id);
    return;
  }
  const Bytes content = read_blob(repository, entry.id, kSmallBlobLimitBytes);
  const FileStat stat = write_working_file(repository, entry, content);
  index.set_file(entry.path, entry.mode, entry.id, stat);
}

bool is_attributes_file(std::string_view path) {
  return path == ".gitattributes" || path.ends_with("/.gitattributes");
}

/// The index takes `entry`, which the working file holds already.
void adopt(Repository& repository, const PathEntry& entry, Index& index) {
  const auto file = existing_path(repository, entry.path);
  const auto stat = file ? real_file_system().stat(*file) : std::nullopt;
  if (!stat || entry.mode == FileMode::submodule) {
    index.set_unverified(entry.path, entry.mode, entry.id);
  } else if (is_file(entry.mode) && read_pointer(repository, entry.id)) {
    index.set_large_file(entry.path, entry.mode, entry.id, *stat);
  } else {
    index.set_file(entry.path, entry.mode, entry.id, *stat);
  }
}

}  // namespace

void apply_deletes(Repository& repository, const CheckoutPlan& plan, Index& index) {
  for (const std::string& path : plan.deletes) {
    remove_working_file(repository, path);
    index.remove(path);
  }
}

void apply_small(Repository& repository, const CheckoutPlan& plan, Index& index,
                 const StopToken& stop) {
  MHUB_ASSERT(plan.conflicts.empty());
  apply_deletes(repository, plan, index);
  // Attributes first: they say how the others' lines end.
  for (const bool attributes : {true, false}) {
    for (const CheckoutFile& file : plan.small) {
      if (is_attributes_file(file.entry.path) != attributes) continue;
      stop.check();
      write_small(repository, file.entry, index);
      fault_point("repo.small_written");
    }
  }
  for (const PathEntry& entry : plan.index_only) adopt(repository, entry, index);
}

void write_pointer_file(Repository& repository, const CheckoutFile& file, Index& index) {
  write_small(repository, file.entry, index);
}

}  // namespace mhub::repo
