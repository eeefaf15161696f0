#include "chunk_fetch.hpp"

#include <algorithm>

#include <mhub/base/fault.hpp>
#include <mhub/base/synchronized.hpp>

namespace mhub::sync {

namespace {

constexpr unsigned kRangesAtOnce = 8;
/// How often a fresh reconstruction is asked for when signed URLs have run out.
constexpr unsigned kRenewals = 5;

/// True if `b` offers the same ranges at the same positions as `a`, URLs aside.
bool same_shape(const wire::Reconstruction& a, const wire::Reconstruction& b) {
  if (a.terms != b.terms || a.fetches.size() != b.fetches.size()) return false;
  for (std::size_t i = 0; i < a.fetches.size(); ++i) {
    if (a.fetches[i].xorb != b.fetches[i].xorb || a.fetches[i].ranges != b.fetches[i].ranges)
      return false;
  }
  return true;
}

}  // namespace

ChunkFetcher::ChunkFetcher(std::string hub_name, std::atomic<bool>& failed, const Tools& tools)
    : hub_name_(std::move(hub_name)), failed_(failed), tools_(tools), ranges_(kRangesAtOnce) {}

/// Fetches one range and writes each chunk wherever a term wants it.
remote::FetchOutcome ChunkFetcher::fetch_range(remote::CasClient& cas, const wire::XorbFetch& from,
                                               const wire::FetchRange& range,
                                               const std::vector<PlacedTerm>& terms,
                                               PartialFile& file) {
  std::vector<std::uint64_t> next;  // where each term's next chunk goes
  for (const PlacedTerm& term : terms) next.push_back(term.file_offset);
  return cas.fetch_chunks(
      from.url, range, [&](std::uint32_t chunk, const xet::ChunkHash& hash, ByteView bytes) {
        tools_.stop.check();
        const xet::ChunkRef ref{hash, static_cast<std::uint32_t>(bytes.size())};
        for (std::size_t i = 0; i < terms.size(); ++i) {
          const PlacedTerm& term = terms[i];
          if (chunk < term.chunks.start || chunk >= term.chunks.end) continue;
          const std::uint64_t end = next[i] + bytes.size();
          const std::uint64_t term_end = term.file_offset + term.size_bytes;
          if (end > term_end || (chunk + 1 == term.chunks.end && end != term_end)) {
            throw Error(ErrorKind::corrupt, "chunks of xorb {} are not as long as {} says",
                        from.xorb.text(), hub_name_);
          }
          if (!file.is_done(next[i], bytes.size())) {
            file.write_chunk(next[i], ref, bytes, PartialFile::Origin::network);
            tools_.progress.advance(bytes.size());
          }
          next[i] = end;
        }
        fault_point("pull.chunk_written");
      });
}

/// Fetches `fetches` of `reconstruction`, asking for fresh URLs when these have run out.
void ChunkFetcher::fetch_ranges(remote::CasClient& cas, const xet::FileHash& hash,
                                const std::optional<ByteSpan>& span,
                                wire::Reconstruction reconstruction,
                                std::vector<RangeFetch> fetches, PartialFile& file) {
  for (const RangeFetch& fetch : fetches) {
    for (const PlacedTerm& term : fetch.terms) {
      if (term.file_offset > file.size_bytes() ||
          term.size_bytes > file.size_bytes() - term.file_offset) {
        throw Error(ErrorKind::corrupt, "{} gives more bytes than the file has", hub_name_);
      }
    }
  }
  for (unsigned round = 0; !fetches.empty(); ++round) {
    Synchronized<std::vector<RangeFetch>> expired;
    std::vector<std::future<void>> running;
    for (const RangeFetch& fetch : fetches) {
      running.push_back(ranges_.submit([&, fetch] {
        if (failed_) return;
        tools_.stop.check();
        const bool wanted =
            std::any_of(fetch.terms.begin(), fetch.terms.end(), [&](const PlacedTerm& term) {
              return !file.is_done(term.file_offset, term.size_bytes);
            });
        if (!wanted) return;
        try {
          const wire::XorbFetch& from = reconstruction.fetches[fetch.fetch];
          const auto outcome = fetch_range(cas, from, from.ranges[fetch.range], fetch.terms, file);
          if (outcome == remote::FetchOutcome::expired)
            expired.with([&](auto& list) { list.push_back(fetch); });
        } catch (...) {
          failed_ = true;
          throw;
        }
      }));
    }
    wait_all(running);
    fetches = expired.with([](auto& list) { return std::move(list); });
    if (fetches.empty()) return;
    if (round == kRenewals) {
      throw Error(ErrorKind::denied, "{} keeps refusing the download addresses it hands out",
                  hub_name_);
    }
    std::optional<wire::ByteRange> range;
    if (span) range = wire::ByteRange{span->begin, span->end - 1};
    auto renewed = cas.reconstruct(hash, range);
    if (!renewed || !same_shape(*renewed, reconstruction)) {
      throw Error(ErrorKind::network, "{} changed a file's layout during the download", hub_name_)
          .hint("run the command again; it goes on where it stopped");
    }
    reconstruction = std::move(*renewed);
  }
}

std::vector<wire::ReconstructionTerm> ChunkFetcher::fetch(remote::CasClient& cas,
                                                          const xet::FileHash& hash,
                                                          PartialFile& file,
                                                          const LocalChunks& local) {
  const std::uint64_t size = file.size_bytes();
  auto whole = cas.reconstruct(hash);
  if (!whole) throw Error(ErrorKind::corrupt, "{} gives an empty recipe", hub_name_);
  std::vector<wire::ReconstructionTerm> terms = whole->terms;
  DownloadPlan plan = plan_download(*whole, 0, size, local.size_of, true);
  std::vector<ByteSpan> spans = std::move(plan.spans);
  const std::vector<ByteSpan> missing = local.copy(plan.local);
  spans.insert(spans.end(), missing.begin(), missing.end());
  // Of a range that an earlier run got in part, only the rest is fetched.
  std::erase_if(plan.fetches, [&](const RangeFetch& fetch) {
    std::vector<ByteSpan> rest;
    std::uint64_t wanted_bytes = 0;
    std::uint64_t missing_bytes = 0;
    for (const PlacedTerm& term : fetch.terms) {
      if (term.file_offset > size || term.size_bytes > size - term.file_offset) return false;
      wanted_bytes += term.size_bytes;
      for (const auto& [begin, end] :
           file.gaps(term.file_offset, term.file_offset + term.size_bytes)) {
        missing_bytes += end - begin;
        rest.push_back({begin, end});
      }
    }
    if (missing_bytes == wanted_bytes) return false;
    spans.insert(spans.end(), rest.begin(), rest.end());
    return true;
  });
  fetch_ranges(cas, hash, std::nullopt, std::move(*whole), std::move(plan.fetches), file);
  for (const ByteSpan& span : spans) {
    if (file.is_done(span.begin, span.end - span.begin)) continue;
    auto part = cas.reconstruct(hash, wire::ByteRange{span.begin, span.end - 1});
    if (!part) throw Error(ErrorKind::corrupt, "{} denies a part of a file", hub_name_);
    DownloadPlan rest = plan_download(
        *part, span.begin, span.end - span.begin,
        [](const xet::XorbHash&, std::uint32_t) { return 0u; }, false);
    fetch_ranges(cas, hash, span, std::move(*part), std::move(rest.fetches), file);
  }
  return terms;
}

}  // namespace mhub::sync
