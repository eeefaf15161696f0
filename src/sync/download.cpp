#include "download.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <unordered_map>
#include <variant>

#include <mhub/base/fault.hpp>
#include <mhub/base/log.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/repo/work_tree.hpp>

#include "chunk_fetch.hpp"
#include "chunked_files.hpp"
#include "partial_file.hpp"

namespace mhub::sync {

namespace {

constexpr unsigned kFilesAtOnce = 4;
/// Files whose findings are written to the index together …
constexpr std::size_t kFindingsAtOnce = 64;
/// … or earlier, when they are about so many chunks (some 16 MiB): files that follow need not fetch
/// what they share with them.
constexpr std::size_t kFoundChunksAtOnce = 256;
constexpr std::size_t kCopyBlockBytes = std::size_t{1} << 20;

/// What a finished file teaches the store.
struct Finding {
  LargeTarget target;
  std::unique_ptr<PartialFile> file;  ///< complete, not yet in its place; null: not fetched
  std::filesystem::path path;         ///< its place in the work tree, once it is there
  FileStat stat;                      ///< there
  std::optional<store::FileRecord> record;
  std::vector<xet::ChunkRef> chunks;  ///< of `record`, in file order, computed from the bytes
};

/// How a file is to be had: by chunks, or whole.
using Source = std::variant<ChunkedFile, wire::LfsObjectAnswer>;

}  // namespace

struct Downloader::State {
  Workspace& workspace;
  store::Store& store;
  HubLink& link;
  WorkingSource& working;
  std::filesystem::path partial_folder;
  const Tools& tools;
  /// Something failed: what is queued does not start.
  std::atomic<bool> failed{false};
  ChunkFetcher fetcher{link.key(), failed, tools};
  ThreadPool files{kFilesAtOnce};
  std::atomic<std::uint64_t> reused_bytes{0};
  std::atomic<std::uint64_t> basic_bytes{0};

  // --- on pool threads
  std::optional<Bytes> chunk_at_hand(const xet::XorbHash& xorb, std::uint32_t chunk,
                                     const xet::ChunkRef& ref);
  std::vector<ByteSpan> copy_local(const std::vector<LocalRun>& runs, PartialFile& file);
  void fetch_chunks(const ChunkedFile& source, Finding& finding);
  void fetch_whole(const wire::LfsObjectAnswer& object, PartialFile& file);
  Finding fetch_file(const LargeTarget& target, const Source& source);

  // --- on the caller's thread, since they use the repository
  void place(Finding& finding);
  void copy_placed(const LargeTarget& from, Finding& to);
  void learn(std::vector<Finding>& findings);
};

Downloader::Downloader(Workspace& workspace, HubLink& link, WorkingSource& working,
                       std::filesystem::path partial_folder, const Tools& tools)
    : state_(new State{workspace, workspace.store(), link, working, std::move(partial_folder),
                       tools}) {}
Downloader::~Downloader() = default;

std::optional<Bytes> Downloader::State::chunk_at_hand(const xet::XorbHash& xorb,
                                                      std::uint32_t chunk,
                                                      const xet::ChunkRef& ref) {
  if (auto bytes = working.read_chunk(xorb, chunk, ref)) return bytes;
  if (working.size_in_store(xorb, chunk) == 0) return std::nullopt;
  try {
    const Bytes records = store.read_records(xorb, chunk, chunk + 1);
    xet::RecordReader reader(records);
    Bytes decoded;
    if (const auto read = reader.next(); read && xet::decode_record(*read, decoded) == ref.hash)
      return decoded;
  } catch (const Error& error) {
    // Damaged, or dropped by another process: the hub has it.
    log_info("xorb {}: {}", xorb.text(), error.message());
  }
  return std::nullopt;
}

/// Writes what is on disk; returns the spans where that turned out not to be so.
std::vector<ByteSpan> Downloader::State::copy_local(const std::vector<LocalRun>& runs,
                                                    PartialFile& file) {
  std::vector<ByteSpan> missing;
  for (const LocalRun& run : runs) {
    const auto record = store.find_xorb(run.xorb);
    if (!record || record->index.chunks.size() < run.end_chunk) {
      missing.push_back({run.file_offset, run.file_offset + run.size_bytes});
      continue;
    }
    std::uint64_t offset = run.file_offset;
    for (std::uint32_t chunk = run.first_chunk; chunk < run.end_chunk; ++chunk) {
      tools.stop.check();
      const xet::ChunkRef ref = record->index.chunks[chunk];
      if (!file.is_done(offset, ref.size_bytes)) {
        if (const auto bytes = chunk_at_hand(run.xorb, chunk, ref)) {
          file.write_chunk(offset, ref, *bytes, PartialFile::Origin::disk);
          reused_bytes += ref.size_bytes;
          tools.progress.advance(ref.size_bytes);
        } else {
          missing.push_back({offset, offset + ref.size_bytes});
        }
      }
      offset += ref.size_bytes;
    }
  }
  return missing;
}

void Downloader::State::fetch_chunks(const ChunkedFile& source, Finding& finding) {
  remote::CasClient& cas = link.cas(source.refresh_url, source.token);
  PartialFile& file = *finding.file;
  const std::vector<wire::ReconstructionTerm> terms =
      fetcher.fetch(cas, source.file, file,
                    {[this](const xet::XorbHash& xorb, std::uint32_t chunk) {
                       if (const std::uint32_t in_tree = working.size_at_hand(xorb, chunk))
                         return in_tree;
                       return working.size_in_store(xorb, chunk);
                     },
                     [&](const std::vector<LocalRun>& runs) { return copy_local(runs, file); }});

  store::FileRecord record{finding.target.pointer.sha256, file.size_bytes(), source.file, {}};
  std::size_t chunk_count = 0;
  for (const wire::ReconstructionTerm& term : terms) {
    record.terms.push_back({term.xorb, term.chunks.start, term.chunks.end,
                            static_cast<std::uint32_t>(term.unpacked_bytes)});
    chunk_count += term.chunks.count();
  }
  // A recipe that does not give the file hash it goes by, or does not match the chunks that came,
  // is not remembered; the content is judged by its SHA-256.
  finding.chunks = file.chunks();
  if (!finding.chunks.empty() && finding.chunks.size() == chunk_count &&
      xet::file_hash(finding.chunks) == source.file)
    finding.record = std::move(record);
}

void Downloader::State::fetch_whole(const wire::LfsObjectAnswer& object, PartialFile& file) {
  if (file.front_bytes() == file.size_bytes()) return;
  link.lfs().download(
      object, file.front_bytes(),
      [&](std::uint64_t offset) {
        if (offset != file.front_bytes()) file.restart();
      },
      [&](ByteView bytes) {
        tools.stop.check();
        file.append(bytes);
        basic_bytes += bytes.size();
        tools.progress.advance(bytes.size());
        fault_point("pull.bytes_written");
      });
}

Finding Downloader::State::fetch_file(const LargeTarget& target, const Source& source) {
  return with_context(
      [&] { return fmt::format("fetching {} from {}", printable(target.path), link.key()); },
      [&] {
        Finding finding{target, {}, {}, {}, std::nullopt, {}};
        if (failed) return finding;
        finding.file = std::make_unique<PartialFile>(partial_folder, target.pointer.sha256,
                                                     target.pointer.size_bytes);
        PartialFile& file = *finding.file;
        if (const auto* chunked = std::get_if<ChunkedFile>(&source)) {
          tools.progress.advance(file.done_bytes());
          fetch_chunks(*chunked, finding);
          return finding;
        }
        const auto& object = std::get<wire::LfsObjectAnswer>(source);
        const bool resumed = file.resume_stream();
        tools.progress.advance(file.done_bytes());
        fetch_whole(object, file);
        if (resumed && !file.matches()) {
          // What an earlier run left was not the front of this file.
          file.restart();
          fetch_whole(object, file);
        }
        return finding;
      });
}

void Downloader::State::place(Finding& finding) {
  const LargeTarget& target = finding.target;
  finding.path = with_context(
      [&] { return fmt::format("fetching {} from {}", printable(target.path), link.key()); },
      [&] {
        if (!target.aside.empty()) {
          finding.stat = finding.file->finish(target.aside);
          return target.aside;
        }
        const auto in_tree = repo::prepare_parent(workspace.repository(), target.path, target.mode);
        require_undisturbed(in_tree, target);
        finding.stat = finding.file->finish(in_tree, target.mode == repo::FileMode::executable);
        return in_tree;
      });
  finding.file.reset();
}

/// Another path with the content of `from`, which stands in its place.
void Downloader::State::copy_placed(const LargeTarget& from, Finding& to) {
  to.file = std::make_unique<PartialFile>(partial_folder, to.target.pointer.sha256,
                                          to.target.pointer.size_bytes);
  to.file->restart();
  const auto source = real_file_system().open_read(workspace.root() / from.path);
  Bytes block(kCopyBlockBytes);
  for (std::uint64_t offset = 0; offset < to.target.pointer.size_bytes;) {
    tools.stop.check();
    const std::size_t got = source->read_at(block, offset);
    if (got == 0) break;
    to.file->append(std::span(block).first(got));
    tools.progress.advance(got);
    offset += got;
  }
  reused_bytes += to.target.pointer.size_bytes;
}

void Downloader::State::learn(std::vector<Finding>& findings) {
  std::vector<Sha256> on_remote;
  std::vector<store::WorkingFile> placed;
  std::vector<store::FetchedFile> fetched;
  std::vector<const Finding*> findings_of;  // of `fetched`
  for (Finding& finding : findings) {
    on_remote.push_back(finding.target.pointer.sha256);
    if (finding.target.aside.empty())
      placed.push_back({finding.path, finding.target.pointer.sha256, finding.stat});
    if (!finding.record) continue;
    findings_of.push_back(&finding);
    fetched.push_back({*std::move(finding.record), std::move(finding.chunks)});
  }
  std::vector<xet::XorbHash> xorbs;
  const auto refusals = store.put_fetched_files(fetched);
  for (std::size_t i = 0; i < fetched.size(); ++i) {
    // The file is verified and in its place; only what it would teach contradicts what is known.
    if (refusals[i]) {
      log_warning("the recipe of {} is not kept: {}", findings_of[i]->target.path,
                  refusals[i]->message());
      continue;
    }
    for (const xet::Term& term : fetched[i].file.terms) xorbs.push_back(term.xorb);
  }
  std::sort(xorbs.begin(), xorbs.end());
  xorbs.erase(std::unique(xorbs.begin(), xorbs.end()), xorbs.end());
  store.note_remote_xorbs(link.key(), xorbs);
  store.note_remote_files(link.key(), on_remote);
  store.note_working_files(placed);
  for (std::size_t i = 0; i < fetched.size(); ++i) {
    if (!refusals[i]) working.add(findings_of[i]->path, findings_of[i]->stat, fetched[i].file);
  }
  findings.clear();
}

namespace {

/// A batch's word on one target: where to get it, that the hub has it not, or an error.
std::optional<Source> find_source(const wire::LfsBatchAnswer& answer, const LargeTarget& target) {
  const auto found =
      std::find_if(answer.objects.begin(), answer.objects.end(),
                   [&](const auto& object) { return object.object.oid == target.pointer.sha256; });
  if (found == answer.objects.end()) return std::nullopt;
  if (found->error) {
    Error error = remote::object_error(*found);
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    error.add_context("fetching " + printable(target.path));
    throw error;
  }
  if (!found->download) return std::nullopt;
  if (answer.transfer != wire::kTransferMhubXet) return *found;
  auto action = wire::parse_xet_download_action(*found->download);
  return ChunkedFile{std::move(action.refresh_url), std::move(action.token), action.file};
}

}  // namespace

std::vector<LargeTarget> Downloader::fetch(std::span<const LargeTarget> targets,
                                           const OnPlaced& on_placed, DownloadTotals& totals) {
  State& state = *state_;
  std::vector<LargeTarget> missing;
  const std::uint64_t cas_before = state.link.cas_received_bytes();
  std::vector<Finding> findings;
  std::size_t found_chunks = 0;
  std::exception_ptr failure;
  const auto guarded = [&](const auto& work) {
    try {
      work();
    } catch (...) {
      state.failed = true;
      if (!failure) failure = std::current_exception();
    }
  };
  const auto settle = [&](Finding finding) {
    state.place(finding);
    ++totals.files;
    totals.logical_bytes += finding.target.pointer.size_bytes;
    on_placed(finding.target, finding.stat);
    found_chunks += finding.chunks.size();
    findings.push_back(std::move(finding));
    if (findings.size() < kFindingsAtOnce && found_chunks < kFoundChunksAtOnce) return;
    state.learn(findings);
    found_chunks = 0;
  };

  // Several paths may hold one content: it comes once.
  std::vector<const LargeTarget*> distinct;
  std::unordered_map<Sha256, std::vector<const LargeTarget*>> same;
  for (const LargeTarget& target : targets) {
    auto& paths = same[target.pointer.sha256];
    if (paths.empty()) distinct.push_back(&target);
    paths.push_back(&target);
  }
  const auto settle_all = [&](Finding finding) {
    const LargeTarget first = finding.target;
    settle(std::move(finding));
    for (const LargeTarget* target : std::span(same.at(first.pointer.sha256)).subspan(1)) {
      Finding copy{*target, {}, {}, {}, std::nullopt, {}};
      state.copy_placed(first, copy);
      settle(std::move(copy));
    }
  };

  std::deque<std::future<Finding>> running;
  const auto collect = [&](std::size_t leave) {
    for (; running.size() > leave; running.pop_front()) {
      guarded([&] {
        Finding finding = running.front().get();
        if (finding.file) settle_all(std::move(finding));
      });
    }
  };
  const auto start = [&](const LargeTarget* target, Source source) {
    collect(kFilesAtOnce - 1);
    if (failure) return;
    running.push_back(state.files.submit([&state, target, source = std::move(source)] {
      return state.fetch_file(*target, source);
    }));
  };

  std::unordered_map<Sha256, ChunkedFile> chunked;
  guarded([&] {
    chunked = find_chunked_files(state.workspace.repository(), state.link, distinct, state.tools);
  });
  std::erase_if(distinct, [&](const LargeTarget* target) {
    const auto found = chunked.find(target->pointer.sha256);
    if (found == chunked.end()) return false;
    guarded([&] { start(target, found->second); });
    return true;
  });
  for (std::size_t at = 0; at < distinct.size() && !failure; at += wire::kLfsBatchObjects) {
    const auto part =
        std::span(distinct).subspan(at, std::min(wire::kLfsBatchObjects, distinct.size() - at));
    guarded([&] {
      std::vector<wire::LfsObject> objects;
      for (const LargeTarget* target : part)
        objects.push_back({target->pointer.sha256, target->pointer.size_bytes});
      const wire::LfsBatchAnswer answer =
          state.link.lfs().batch(wire::LfsOperation::download, objects);
      for (const LargeTarget* target : part) {
        auto source = find_source(answer, *target);
        if (source) {
          start(target, *std::move(source));
        } else {
          for (const LargeTarget* without : same.at(target->pointer.sha256))
            missing.push_back(*without);
        }
        if (failure) return;
      }
    });
  }
  collect(0);
  guarded([&] { state.learn(findings); });
  if (failure) std::rethrow_exception(failure);
  totals.received_bytes +=
      state.link.cas_received_bytes() - cas_before + state.basic_bytes.exchange(0);
  totals.reused_bytes += state.reused_bytes.exchange(0);
  return missing;
}

}  // namespace mhub::sync
