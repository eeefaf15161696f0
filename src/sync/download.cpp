#include "download.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

#include <mhub/base/fault.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/repo/work_tree.hpp>

#include "partial_file.hpp"
#include "plan.hpp"

namespace mhub::sync {

namespace {

constexpr unsigned kFilesAtOnce = 4;
constexpr unsigned kRangesAtOnce = 8;
/// How often a fresh reconstruction is asked for when signed URLs have run out.
constexpr unsigned kRenewals = 5;
/// Files whose findings are written to the index together.
constexpr std::size_t kFindingsAtOnce = 64;

/// Chunks seen in one fetched range.
struct SeenRange {
  xet::XorbHash xorb;
  std::uint32_t first = 0;
  std::vector<xet::ChunkRef> chunks;
};

/// What a finished file teaches the store.
struct Finding {
  LargeTarget target;
  std::unique_ptr<PartialFile> file;  ///< complete, not yet in its place
  FileStat stat;                      ///< once it is
  std::optional<store::FileRecord> record;
  std::vector<SeenRange> seen;
};

template <class T>
void wait_all(std::vector<std::future<T>>& results) {
  std::exception_ptr first;
  for (auto& result : results) {
    try {
      result.get();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  results.clear();
  if (first) std::rethrow_exception(first);
}

}  // namespace

struct Downloader::State {
  Workspace& workspace;
  store::Store& store;
  HubLink& link;
  WorkingSource& working;
  std::filesystem::path partial_folder;
  const Tools& tools;
  // Range tasks never wait for other tasks, so that file tasks may wait for them.
  ThreadPool files{kFilesAtOnce};
  ThreadPool ranges{kRangesAtOnce};
  std::atomic<std::uint64_t> reused_bytes{0};
  std::atomic<std::uint64_t> basic_bytes{0};

  std::uint32_t size_at_hand(const xet::XorbHash& xorb, std::uint32_t chunk);
  Finding fetch_file(const LargeTarget& target, const wire::LfsBatchAnswer& answer,
                     const wire::LfsObjectAnswer& object);
  void fetch_whole(const wire::LfsObjectAnswer& object, PartialFile& file);
  void fetch_chunks(const wire::XetDownloadAction& action, PartialFile& file, Finding& finding);
  std::vector<ByteSpan> copy_local(const std::vector<LocalRun>& runs, PartialFile& file);
  void fetch_ranges(remote::CasClient& cas, const xet::FileHash& hash,
                    const std::optional<ByteSpan>& span, wire::Reconstruction reconstruction,
                    std::vector<RangeFetch> fetches, PartialFile& file,
                    std::vector<SeenRange>& seen);
  void place(Finding& finding);
  void learn(std::vector<Finding>& findings);
};

Downloader::Downloader(Workspace& workspace, HubLink& link, WorkingSource& working,
                       std::filesystem::path partial_folder, const Tools& tools)
    : state_(new State{workspace, workspace.store(), link, working, std::move(partial_folder),
                       tools}) {}
Downloader::~Downloader() = default;

std::uint32_t Downloader::State::size_at_hand(const xet::XorbHash& xorb, std::uint32_t chunk) {
  if (const std::uint32_t size = working.size_at_hand(xorb, chunk)) return size;
  if (!store.has_local_xorb(xorb)) return 0;
  const auto record = store.find_xorb(xorb);
  return record && chunk < record->index.chunks.size() ? record->index.chunks[chunk].size_bytes : 0;
}

std::vector<ByteSpan> Downloader::State::copy_local(const std::vector<LocalRun>& runs,
                                                    PartialFile& file) {
  std::vector<ByteSpan> failed;
  for (const LocalRun& run : runs) {
    const auto record = store.find_xorb(run.xorb);
    std::uint64_t offset = run.file_offset;
    const xet::Term term{run.xorb, run.first_chunk, run.end_chunk,
                         static_cast<std::uint32_t>(run.size_bytes)};
    for (std::uint32_t chunk = run.first_chunk; chunk < run.end_chunk; ++chunk) {
      tools.stop.check();
      const xet::ChunkRef ref = record->index.chunks.at(chunk);
      std::optional<Bytes> bytes;
      if (!file.is_done(offset, ref.size_bytes)) {
        bytes = working.read_chunk(term, chunk, ref);
        if (!bytes && record->local) {
          const Bytes records = store.read_records(run.xorb, chunk, chunk + 1);
          xet::RecordReader reader(records);
          Bytes decoded;
          if (const auto read = reader.next();
              read && xet::decode_record(*read, decoded) == ref.hash)
            bytes = std::move(decoded);
        }
        if (bytes) {
          file.write_chunk(offset, ref, *bytes, PartialFile::Origin::disk);
          reused_bytes += ref.size_bytes;
          tools.progress.advance(ref.size_bytes);
        } else {
          failed.push_back({offset, offset + ref.size_bytes});
        }
      }
      offset += ref.size_bytes;
    }
  }
  return failed;
}

void Downloader::State::fetch_ranges(remote::CasClient& cas, const xet::FileHash& hash,
                                     const std::optional<ByteSpan>& span,
                                     wire::Reconstruction reconstruction,
                                     std::vector<RangeFetch> fetches, PartialFile& file,
                                     std::vector<SeenRange>& seen) {
  std::mutex seen_mutex;
  for (unsigned round = 0; !fetches.empty(); ++round) {
    std::mutex expired_mutex;
    std::vector<RangeFetch> expired;
    std::vector<std::future<void>> running;
    for (const RangeFetch& fetch : fetches) {
      running.push_back(ranges.submit([&, fetch] {
        tools.stop.check();
        const bool wanted =
            std::any_of(fetch.terms.begin(), fetch.terms.end(), [&](const PlacedTerm& term) {
              return !file.is_done(term.file_offset,
                                   std::min(term.size_bytes, file.size_bytes() - term.file_offset));
            });
        if (!wanted) return;
        const wire::XorbFetch& from = reconstruction.fetches[fetch.fetch];
        const wire::FetchRange& range = from.ranges[fetch.range];
        std::vector<std::uint64_t> next;  // where each term's next chunk goes
        for (const PlacedTerm& term : fetch.terms) next.push_back(term.file_offset);
        SeenRange found{from.xorb, range.chunks.start, {}};
        const auto outcome = cas.fetch_chunks(
            from.url, range,
            [&](std::uint32_t chunk, const xet::ChunkHash& chunk_hash, ByteView bytes) {
              tools.stop.check();
              const xet::ChunkRef ref{chunk_hash, static_cast<std::uint32_t>(bytes.size())};
              found.chunks.push_back(ref);
              for (std::size_t i = 0; i < fetch.terms.size(); ++i) {
                const PlacedTerm& term = fetch.terms[i];
                if (chunk < term.chunks.start || chunk >= term.chunks.end) continue;
                if (!file.is_done(next[i], bytes.size())) {
                  file.write_chunk(next[i], ref, bytes, PartialFile::Origin::network);
                  tools.progress.advance(bytes.size());
                }
                next[i] += bytes.size();
              }
              fault_point("pull.chunk_written");
            });
        if (outcome == remote::FetchOutcome::expired) {
          const std::lock_guard guard(expired_mutex);
          expired.push_back(fetch);
          return;
        }
        const std::lock_guard guard(seen_mutex);
        seen.push_back(std::move(found));
      }));
    }
    wait_all(running);
    if (expired.empty()) return;
    if (round == kRenewals) {
      throw Error(ErrorKind::denied, "{} keeps refusing the download addresses it hands out",
                  link.key());
    }
    std::optional<wire::ByteRange> range;
    if (span) range = wire::ByteRange{span->begin, span->end - 1};
    auto renewed = cas.reconstruct(hash, range);
    if (!renewed || renewed->terms != reconstruction.terms) {
      throw Error(ErrorKind::corrupt, "{} changed a file's recipe during the download", link.key());
    }
    reconstruction = std::move(*renewed);
    fetches = std::move(expired);
  }
}

void Downloader::State::fetch_chunks(const wire::XetDownloadAction& action, PartialFile& file,
                                     Finding& finding) {
  remote::CasClient& cas = link.cas(action.refresh_url, action.token);
  const std::uint64_t size = file.size_bytes();
  auto whole = cas.reconstruct(action.file);
  if (!whole) throw Error(ErrorKind::corrupt, "{} gives an empty recipe", link.key());
  DownloadPlan plan = plan_download(
      *whole, 0, size,
      [this](const xet::XorbHash& xorb, std::uint32_t chunk) { return size_at_hand(xorb, chunk); },
      true);
  std::vector<ByteSpan> spans = std::move(plan.spans);
  const std::vector<ByteSpan> failed = copy_local(plan.local, file);
  spans.insert(spans.end(), failed.begin(), failed.end());

  store::FileRecord record{finding.target.pointer.sha256, size, action.file, {}};
  for (const wire::ReconstructionTerm& term : whole->terms) {
    record.terms.push_back({term.xorb, term.chunks.start, term.chunks.end,
                            static_cast<std::uint32_t>(term.unpacked_bytes)});
  }
  fetch_ranges(cas, action.file, std::nullopt, std::move(*whole), std::move(plan.fetches), file,
               finding.seen);
  for (const ByteSpan& span : spans) {
    if (file.is_done(span.begin, span.end - span.begin)) continue;
    auto part = cas.reconstruct(action.file, wire::ByteRange{span.begin, span.end - 1});
    if (!part) throw Error(ErrorKind::corrupt, "{} denies a part of a file", link.key());
    DownloadPlan missing = plan_download(
        *part, span.begin, span.end - span.begin,
        [](const xet::XorbHash&, std::uint32_t) { return 0u; }, false);
    fetch_ranges(cas, action.file, span, std::move(*part), std::move(missing.fetches), file,
                 finding.seen);
  }
  // A recipe that does not give the file hash it goes by is not remembered; the content is judged
  // by its SHA-256.
  const std::vector<xet::ChunkRef> chunks = file.chunks();
  if (!chunks.empty() && xet::file_hash(chunks) == action.file) finding.record = std::move(record);
}

void Downloader::State::fetch_whole(const wire::LfsObjectAnswer& object, PartialFile& file) {
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

Finding Downloader::State::fetch_file(const LargeTarget& target, const wire::LfsBatchAnswer& answer,
                                      const wire::LfsObjectAnswer& object) {
  return with_context(
      [&] { return fmt::format("fetching {} from {}", printable(target.path), link.key()); },
      [&] {
        Finding finding{target, {}, {}, std::nullopt, {}};
        finding.file = std::make_unique<PartialFile>(partial_folder, target.pointer.sha256,
                                                     target.pointer.size_bytes);
        PartialFile& file = *finding.file;
        tools.progress.advance(file.done_bytes());
        const bool by_chunks = answer.transfer == wire::kTransferMhubXet;
        if (by_chunks)
          fetch_chunks(wire::parse_xet_download_action(*object.download), file, finding);
        else {
          const bool resumed = file.resume_stream();
          fetch_whole(object, file);
          if (resumed && !file.matches()) {
            // What an earlier run left was not the front of this file.
            file.restart();
            fetch_whole(object, file);
          }
        }
        return finding;
      });
}

/// Runs on the caller's thread, since it uses the repository.
void Downloader::State::place(Finding& finding) {
  const LargeTarget& target = finding.target;
  with_context(
      [&] { return fmt::format("fetching {} from {}", printable(target.path), link.key()); },
      [&] {
        const auto path = repo::prepare_parent(workspace.repository(), target.path, target.mode);
        finding.stat = finding.file->finish(path, permissions(target.mode));
      });
  finding.file.reset();
}

void Downloader::State::learn(std::vector<Finding>& findings) {
  std::vector<store::WorkingFile> working_files;
  std::vector<Sha256> on_remote;
  std::vector<xet::XorbHash> xorbs;
  const auto root = workspace.root();
  for (const Finding& finding : findings) {
    working_files.push_back(
        {root / finding.target.path, finding.target.pointer.sha256, finding.stat});
    on_remote.push_back(finding.target.pointer.sha256);
    for (const SeenRange& range : finding.seen)
      store.note_remote_chunks(range.xorb, range.first, range.chunks);
    if (!finding.record) continue;
    store.put_file(*finding.record);
    for (const xet::Term& term : finding.record->terms) xorbs.push_back(term.xorb);
  }
  std::sort(xorbs.begin(), xorbs.end());
  xorbs.erase(std::unique(xorbs.begin(), xorbs.end()), xorbs.end());
  store.note_remote_xorbs(link.key(), xorbs);
  store.note_remote_files(link.key(), on_remote);
  store.note_working_files(working_files);
  findings.clear();
}

std::vector<LargeTarget> Downloader::fetch(std::span<const LargeTarget> targets,
                                           const OnPlaced& on_placed, DownloadTotals& totals) {
  State& state = *state_;
  std::vector<LargeTarget> missing;
  const std::uint64_t cas_before = state.link.cas_received_bytes();
  for (std::size_t at = 0; at < targets.size(); at += wire::kLfsBatchObjects) {
    const auto part = targets.subspan(at, std::min(wire::kLfsBatchObjects, targets.size() - at));
    std::vector<wire::LfsObject> objects;
    for (const LargeTarget& target : part) {
      const wire::LfsObject object{target.pointer.sha256, target.pointer.size_bytes};
      if (std::find(objects.begin(), objects.end(), object) == objects.end())
        objects.push_back(object);
    }
    const wire::LfsBatchAnswer answer =
        state.link.lfs().batch(wire::LfsOperation::download, objects);
    std::deque<std::future<Finding>> running;
    std::vector<Finding> findings;
    std::exception_ptr failure;
    const auto collect = [&](std::size_t leave) {
      while (running.size() > leave) {
        try {
          Finding finding = running.front().get();
          state.place(finding);
          ++totals.files;
          totals.logical_bytes += finding.target.pointer.size_bytes;
          on_placed(finding.target, finding.stat);
          findings.push_back(std::move(finding));
          if (findings.size() >= kFindingsAtOnce) state.learn(findings);
        } catch (...) {
          if (!failure) failure = std::current_exception();
        }
        running.pop_front();
      }
    };
    for (const LargeTarget& target : part) {
      const auto found = std::find_if(
          answer.objects.begin(), answer.objects.end(),
          [&](const auto& object) { return object.object.oid == target.pointer.sha256; });
      if (found == answer.objects.end() || !found->download) {
        missing.push_back(target);
        continue;
      }
      collect(kFilesAtOnce - 1);
      if (failure) break;
      const wire::LfsObjectAnswer& object = *found;
      running.push_back(state.files.submit(
          [&state, &answer, &object, target] { return state.fetch_file(target, answer, object); }));
    }
    collect(0);
    state.learn(findings);
    if (failure) std::rethrow_exception(failure);
  }
  totals.received_bytes +=
      state.link.cas_received_bytes() - cas_before + state.basic_bytes.exchange(0);
  totals.reused_bytes += state.reused_bytes.exchange(0);
  return missing;
}

}  // namespace mhub::sync
