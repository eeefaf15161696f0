#include "materialise.hpp"

#include <algorithm>
#include <unordered_map>

#include <mhub/base/fault.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/work_tree.hpp>

#include "download.hpp"
#include "partial_file.hpp"

namespace mhub::sync {

std::uint32_t permissions(repo::FileMode mode) {
  return mode == repo::FileMode::executable ? 0755 : 0644;
}

std::filesystem::path partial_folder(repo::Repository& repository) {
  return repository.git_folder() / "mhub-partial";
}

struct Materialiser::State {
  Workspace& workspace;
  const Connections& connections;
  std::string first_remote;
  const Tools& tools;
  WorkingSource working;

  /// True if every chunk of the recipe is in a local xorb or should be in a working file.
  bool is_at_hand(const store::FileRecord& record) {
    store::Store& store = workspace.store();
    return std::all_of(record.terms.begin(), record.terms.end(), [&](const xet::Term& term) {
      if (store.has_local_xorb(term.xorb)) return true;
      for (std::uint32_t chunk = term.first_chunk; chunk < term.end_chunk; ++chunk) {
        if (working.size_at_hand(term.xorb, chunk) == 0) return false;
      }
      return true;
    });
  }

  /// Puts a file together without the network; nothing if that turns out not to be possible.
  std::optional<FileStat> write_from_disk(const LargeTarget& target) {
    store::Store& store = workspace.store();
    const auto record = store.find_file(target.pointer.sha256);
    if (!record || record->size_bytes != target.pointer.size_bytes || !is_at_hand(*record))
      return std::nullopt;
    PartialFile file(partial_folder(workspace.repository()), target.pointer.sha256,
                     target.pointer.size_bytes);
    file.restart();
    try {
      store.read_file(
          *record, 0, record->size_bytes,
          [&](ByteView bytes) {
            tools.stop.check();
            file.append(bytes);
            tools.progress.advance(bytes.size());
          },
          &working);
      if (!file.matches())
        throw Error(ErrorKind::corrupt, "the recipe of {} gives other bytes",
                    printable(target.path));
    } catch (const Error& error) {
      file.discard();
      if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::not_found) throw;
      tools.progress.note(
          fmt::format("{}; asking the remotes for {}", error.message(), printable(target.path)));
      return std::nullopt;
    }
    const auto path = repo::prepare_parent(workspace.repository(), target.path, target.mode);
    return file.finish(path, permissions(target.mode));
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
  store::Store& store = state.workspace.store();
  const auto root = state.workspace.root();

  std::vector<LargeTarget> wanted;
  std::uint64_t total_bytes = 0;
  for (const repo::CheckoutFile& file : plan.large) {
    if (options.no_data || !options.filter.wants(file.entry.path)) {
      repo::write_pointer_file(repository, file, index);
      report.pointers_left.push_back(file.entry.path);
      continue;
    }
    wanted.push_back({file.entry.path, file.entry.mode, file.entry.id, *file.pointer});
    total_bytes += file.pointer->size_bytes;
    // What is about to be replaced may hold chunks of what comes.
    state.working.hold(root / file.entry.path);
  }
  if (wanted.empty()) return;

  state.tools.progress.phase("writing files", total_bytes);
  std::vector<LargeTarget> missing;
  std::vector<store::WorkingFile> written;
  for (const LargeTarget& target : wanted) {
    state.tools.stop.check();
    const auto stat = state.write_from_disk(target);
    if (!stat) {
      missing.push_back(target);
      continue;
    }
    index.set_file(target.path, target.mode, target.blob, *stat);
    written.push_back({root / target.path, target.pointer.sha256, *stat});
    report.reused_bytes += target.pointer.size_bytes;
    ++report.files_written;
    fault_point("checkout.file_written");
  }
  store.note_working_files(written);

  for (const std::string& remote : data_remotes(repository, state.first_remote)) {
    if (missing.empty()) break;
    HubLink link(repository, state.connections, remote, false, state.tools);
    Downloader downloader(state.workspace, link, state.working, partial_folder(repository),
                          state.tools);
    DownloadTotals totals;
    missing = downloader.fetch(
        missing,
        [&](const LargeTarget& target, const FileStat& stat) {
          index.set_file(target.path, target.mode, target.blob, stat);
          ++report.files_written;
          fault_point("checkout.file_written");
        },
        totals);
    report.transfer.received_bytes += totals.received_bytes;
    report.transfer.files += totals.files;
    report.transfer.logical_bytes += totals.logical_bytes;
    report.reused_bytes += totals.reused_bytes;
  }
  if (missing.empty()) return;
  for (const repo::CheckoutFile& file : plan.large) {
    const bool is_missing =
        std::any_of(missing.begin(), missing.end(),
                    [&](const LargeTarget& target) { return target.path == file.entry.path; });
    if (is_missing) {
      repo::write_pointer_file(repository, file, index);
      report.pointers_left.push_back(file.entry.path);
      report.bytes_missing.push_back(file.entry.path);
    }
  }
}

}  // namespace mhub::sync
