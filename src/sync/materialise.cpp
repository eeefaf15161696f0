#include "materialise.hpp"

#include <algorithm>
#include <unordered_set>

#include <mhub/base/fault.hpp>
#include <mhub/base/log.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/work_tree.hpp>

#include "clean.hpp"
#include "download.hpp"
#include "partial_file.hpp"
#include "remote_source.hpp"

namespace mhub::sync {

std::filesystem::path partial_folder(repo::Repository& repository) {
  return repository.git_folder() / "mhub-partial";
}

std::filesystem::path filter_folder(repo::Repository& repository) {
  return partial_folder(repository) / "filter";
}

std::optional<store::FileRecord> recipe_of(store::Store& store, const wire::LfsPointer& pointer) {
  auto record = store.find_file(pointer.sha256);
  if (record && record->size_bytes != pointer.size_bytes) record.reset();
  return record;
}

bool is_at_hand(store::Store& store, const WorkingSource& working,
                const store::FileRecord& record) {
  return std::all_of(record.terms.begin(), record.terms.end(), [&](const xet::Term& term) {
    if (store.has_local_xorb(term.xorb)) return true;
    for (std::uint32_t chunk = term.first_chunk; chunk < term.end_chunk; ++chunk) {
      if (working.size_at_hand(term.xorb, chunk) == 0) return false;
    }
    return true;
  });
}

void require_undisturbed(const std::filesystem::path& path, const LargeTarget& target) {
  if (repo::is_undisturbed(path, target.before)) return;
  throw Error(ErrorKind::conflict, "{} changed while its new content was being fetched",
              printable(target.path))
      .hint("commit that file or move it away, and run the command again");
}

namespace {

/// Removes what is deleted anyway and stands where a folder or file of `plan.large` has to go.
/// Other deletions come later: they may hold chunks of what is written.
void clear_the_way(repo::Repository& repository, const repo::CheckoutPlan& plan,
                   repo::Index& index) {
  std::unordered_set<std::string> files;
  std::unordered_set<std::string> folders;
  for (const repo::CheckoutFile& file : plan.large) {
    files.insert(file.entry.path);
    for (std::size_t slash = file.entry.path.find('/'); slash != std::string::npos;
         slash = file.entry.path.find('/', slash + 1))
      folders.insert(file.entry.path.substr(0, slash));
  }
  for (const std::string& path : plan.deletes) {
    bool in_the_way = folders.contains(path);
    for (std::size_t slash = path.find('/'); slash != std::string::npos && !in_the_way;
         slash = path.find('/', slash + 1))
      in_the_way = files.contains(path.substr(0, slash));
    if (!in_the_way) continue;
    repo::require_undisturbed(repository, plan, path);
    repo::remove_working_file(repository, path);
    index.remove(path);
  }
}

/// Tells the store of files that were written, many at a time: each telling is a transaction.
class Written {
public:
  explicit Written(store::Store& store) : store_(store) {}
  ~Written() {
    try {
      tell();
    } catch (const std::exception& error) {
      // The files stand; they will be hashed once more.
      log_info("the store was not told of new files: {}", error.what());
    }
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  void add(store::WorkingFile file) {
    files_.push_back(std::move(file));
    if (files_.size() >= kTellAtOnce) tell();
  }
  void tell() {
    store_.note_working_files(files_);
    files_.clear();
  }

private:
  static constexpr std::size_t kTellAtOnce = 256;
  store::Store& store_;
  std::vector<store::WorkingFile> files_;
};

}  // namespace

struct Materialiser::State {
  Workspace& workspace;
  const Connections& connections;
  std::string first_remote;
  const Tools& tools;
  WorkingSource working;

  /// Puts a file together from its recipe, chunks that are not in local xorbs coming from `source`;
  /// nothing if that turns out not to be possible.
  std::optional<FileStat> write_from_recipe(const LargeTarget& target,
                                            const store::FileRecord& record,
                                            store::ChunkSource& source) {
    PartialFile file(partial_folder(workspace.repository()), target.pointer.sha256,
                     target.pointer.size_bytes);
    file.restart();
    try {
      workspace.store().read_file(
          record, 0, record.size_bytes,
          [&](ByteView bytes) {
            tools.stop.check();
            file.append(bytes);
            tools.progress.advance(bytes.size());
          },
          &source);
      if (!file.matches())
        throw Error(ErrorKind::corrupt, "the recipe of {} gives other bytes",
                    printable(target.path));
    } catch (const Error& error) {
      file.discard();
      if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::not_found) throw;
      log_info("{}: {}", target.path, error.message());
      return std::nullopt;
    }
    const auto path = repo::prepare_parent(workspace.repository(), target.path, target.mode);
    require_undisturbed(path, target);
    return file.finish(path, target.mode == repo::FileMode::executable);
  }

  /// True if the file stands there already, as after a checkout that did not end.
  bool stands_already(const LargeTarget& target) {
    if (!target.before || !target.before->is_regular() ||
        target.before->size_bytes != target.pointer.size_bytes ||
        real_file_system().stat(workspace.root() / target.path) != target.before)
      return false;
    const bool executable = (target.before->mode & 0100) != 0;
    if (executable != (target.mode == repo::FileMode::executable)) return false;
    return content_hash(workspace.store(), workspace.root() / target.path, *target.before, tools) ==
           target.pointer.sha256;
  }

  /// Writes what can be had without the network; returns the rest.
  std::vector<LargeTarget> write_from_disk(const std::vector<LargeTarget>& targets,
                                           const OnPlaced& placed, CheckoutReport& report) {
    std::vector<LargeTarget> rest;
    Written written(workspace.store());
    for (const LargeTarget& target : targets) {
      tools.stop.check();
      std::optional<FileStat> stat;
      if (stands_already(target)) {
        stat = target.before;
        tools.progress.advance(target.pointer.size_bytes);
      } else if (const auto record = recipe_of(workspace.store(), target.pointer);
                 record && is_at_hand(workspace.store(), working, *record)) {
        stat = write_from_recipe(target, *record, working);
        if (stat) report.reused_bytes += target.pointer.size_bytes;
      }
      if (!stat) {
        rest.push_back(target);
        continue;
      }
      written.add({workspace.root() / target.path, target.pointer.sha256, *stat});
      placed(target, *stat);
    }
    return rest;
  }

  /// Files that no remote knows as such, but whose chunks may lie here and there: a new version
  /// that was added and not pushed yet.
  std::vector<LargeTarget> write_from_parts(const std::vector<LargeTarget>& targets,
                                            const OnPlaced& placed) {
    std::vector<LargeTarget> rest;
    Written written(workspace.store());
    RemoteSource source(workspace, connections, tools);
    for (const LargeTarget& target : targets) {
      const auto record = recipe_of(workspace.store(), target.pointer);
      const auto stat = record ? write_from_recipe(target, *record, source) : std::nullopt;
      if (!stat) {
        rest.push_back(target);
        continue;
      }
      written.add({workspace.root() / target.path, target.pointer.sha256, *stat});
      placed(target, *stat);
    }
    return rest;
  }
};

Materialiser::Materialiser(Workspace& workspace, const Connections& connections,
                           std::string_view first_remote, const Tools& tools)
    : state_(new State{workspace, connections, std::string(first_remote), tools,
                       WorkingSource(workspace.store())}) {}
Materialiser::~Materialiser() = default;

void Materialiser::write(const repo::CheckoutPlan& plan, const CheckoutOptions& options,
                         repo::Index& index, CheckoutReport& report) {
  State& state = *state_;
  repo::Repository& repository = state.workspace.repository();
  const auto root = state.workspace.root();

  std::vector<LargeTarget> wanted;
  std::vector<const repo::CheckoutFile*> pointers;
  std::uint64_t total_bytes = 0;
  for (const repo::CheckoutFile& file : plan.large) {
    if (options.no_data || !options.filter.wants(file.entry.path)) {
      pointers.push_back(&file);
      continue;
    }
    const auto path = root / file.entry.path;
    // What is about to be replaced may hold chunks of what comes.
    state.working.hold(path);
    wanted.push_back({file.entry.path, file.entry.mode, file.entry.id, *file.pointer,
                      plan.before_of(file.entry.path)});
    total_bytes += file.pointer->size_bytes;
  }
  clear_the_way(repository, plan, index);
  for (const repo::CheckoutFile* file : pointers) {
    repo::require_undisturbed(repository, plan, file->entry.path);
    repo::write_pointer_file(repository, *file, index);
    report.pointers_left.push_back(file->entry.path);
  }
  if (wanted.empty()) return;

  state.tools.progress.phase("writing files", total_bytes);
  const auto placed = [&](const LargeTarget& target, const FileStat& stat) {
    index.set_large_file(target.path, target.mode, target.blob, stat);
    ++report.files_written;
    fault_point("checkout.file_written");
  };
  std::vector<LargeTarget> missing = state.write_from_disk(wanted, placed, report);
  for (const std::string& remote : data_remotes(repository, state.first_remote)) {
    if (missing.empty()) break;
    const auto link = open_data_link(repository, state.connections, remote, state.tools);
    if (!link) continue;
    Downloader downloader(state.workspace, *link, state.working, partial_folder(repository),
                          state.tools);
    DownloadTotals totals;
    missing = downloader.fetch(missing, placed, totals);
    report.transfer.received_bytes += totals.received_bytes;
    report.transfer.files += totals.files;
    report.transfer.logical_bytes += totals.logical_bytes;
    report.reused_bytes += totals.reused_bytes;
  }
  if (!missing.empty()) missing = state.write_from_parts(missing, placed);
  for (const LargeTarget& target : missing) {
    require_undisturbed(root / target.path, target);
    repo::write_pointer_file(repository, {{target.path, target.mode, target.blob}, target.pointer},
                             index);
    report.pointers_left.push_back(target.path);
    report.bytes_missing.push_back(target.path);
  }
}

}  // namespace mhub::sync
