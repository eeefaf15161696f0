// Carrying out what needs no large file.

#include <mhub/base/fault.hpp>
#include <mhub/repo/checkout.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

/// A blob that is written as a working file is held in memory once, and twice where its line ends
/// are converted; larger ones belong into large files.
constexpr std::uint64_t kSmallBlobLimitBytes = std::uint64_t{1} << 30;

void write_small(Repository& repository, const PathEntry& entry, Index& index) {
  if (entry.mode == FileMode::submodule) {
    const auto folder = prepare_parent(repository, entry.path, entry.mode);
    real_file_system().create_folders(folder);
    index.set_unverified(entry.path, entry.mode, entry.id);
    return;
  }
  with_context(
      [&] { return "writing " + printable(entry.path); },
      [&] {
        if (const std::uint64_t size_bytes = object_size(repository, entry.id);
            size_bytes > kSmallBlobLimitBytes) {
          throw Error(ErrorKind::config,
                      "{} was committed as an ordinary git file of {}; at most {} can be written",
                      printable(entry.path), human_bytes(size_bytes),
                      human_bytes(kSmallBlobLimitBytes))
              .hint("`git lfs migrate import` turns such files, in all commits, into large ones");
        }
        use_blob(repository, entry.id, kSmallBlobLimitBytes, [&](ByteView content) {
          const FileStat stat = write_working_file(repository, entry, content);
          index.set_file(entry.path, entry.mode, entry.id, stat);
        });
      });
}

bool is_attributes_file(std::string_view path) {
  return path == ".gitattributes" || path.ends_with("/.gitattributes");
}

/// The index takes `entry`, which the working file holds already.
void adopt(Repository& repository, const CheckoutPlan& plan, const PathEntry& entry, Index& index) {
  // As it was judged: the index notices if the file is not that any more.
  const auto stat = plan.before_of(entry.path);
  if (!stat || entry.mode == FileMode::submodule) {
    index.set_unverified(entry.path, entry.mode, entry.id);
  } else if (is_file(entry.mode) && read_pointer(repository, entry.id)) {
    index.set_large_file(entry.path, entry.mode, entry.id, *stat);
  } else {
    index.set_file(entry.path, entry.mode, entry.id, *stat);
  }
}

void apply_deletes(Repository& repository, const CheckoutPlan& plan, Index& index) {
  for (const std::string& path : plan.deletes) {
    require_undisturbed(repository, plan, path);
    remove_working_file(repository, path);
    index.remove(path);
  }
}

}  // namespace

std::optional<FileStat> CheckoutPlan::before_of(const std::string& path) const {
  const auto found = before.find(path);
  return found == before.end() ? std::nullopt : std::optional(found->second);
}

bool is_undisturbed(const std::filesystem::path& file, const std::optional<FileStat>& before) {
  const auto now = real_file_system().stat(file);
  if (!now || now->is_folder()) return true;
  return before && now->size_bytes == before->size_bytes && now->mtime_ns == before->mtime_ns &&
         now->inode == before->inode && now->device == before->device && now->mode == before->mode;
}

void require_undisturbed(Repository& repository, const CheckoutPlan& plan,
                         const std::string& path) {
  const auto file = existing_path(repository, path);
  if (!file || is_undisturbed(*file, plan.before_of(path))) return;
  throw Error(ErrorKind::conflict, "{} changed while the work tree was being written",
              printable(path))
      .hint("commit that file or move it away, and run the command again");
}

void apply_small(Repository& repository, const CheckoutPlan& plan, Index& index,
                 const StopToken& stop) {
  MHUB_ASSERT(plan.conflicts.empty());
  // Large files may have taken their time: what is in the way now had better be found before the
  // first small file is touched.
  for (const std::string& path : plan.deletes) require_undisturbed(repository, plan, path);
  for (const CheckoutFile& file : plan.small)
    require_undisturbed(repository, plan, file.entry.path);
  apply_deletes(repository, plan, index);
  // Attributes first: they say how the others' lines end.
  for (const bool attributes : {true, false}) {
    for (const CheckoutFile& file : plan.small) {
      if (is_attributes_file(file.entry.path) != attributes) continue;
      stop.check();
      require_undisturbed(repository, plan, file.entry.path);
      write_small(repository, file.entry, index);
      fault_point("repo.small_written");
    }
  }
  for (const PathEntry& entry : plan.index_only) adopt(repository, plan, entry, index);
}

void write_pointer_file(Repository& repository, const CheckoutFile& file, Index& index) {
  write_small(repository, file.entry, index);
}

}  // namespace mhub::repo
