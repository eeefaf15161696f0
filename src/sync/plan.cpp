#include "plan.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <mhub/base/error.hpp>

namespace mhub::sync {

namespace {

/// A local xorb of which the remote has at least 1 / kRepackShare elsewhere is not sent whole.
constexpr std::size_t kRepackShare = 8;

/// Which chunks of a term must come over the network: [first, end), with everything outside at
/// hand.
struct Missing {
  wire::ChunkRange chunks;
  std::uint64_t bytes_before = 0;  ///< of the term, at hand
  std::uint64_t bytes_after = 0;
  bool none() const { return chunks.start == chunks.end; }
};

Missing find_missing(const wire::ReconstructionTerm& term, const ChunkAtHand& at_hand) {
  Missing missing{term.chunks};
  while (missing.chunks.start < term.chunks.end) {
    const std::uint32_t size = at_hand(term.xorb, missing.chunks.start);
    if (size == 0) break;
    missing.bytes_before += size;
    ++missing.chunks.start;
  }
  while (missing.chunks.end > missing.chunks.start) {
    const std::uint32_t size = at_hand(term.xorb, missing.chunks.end - 1);
    if (size == 0) break;
    missing.bytes_after += size;
    --missing.chunks.end;
  }
  if (missing.bytes_before + missing.bytes_after > term.unpacked_bytes ||
      (missing.none() && missing.bytes_before + missing.bytes_after != term.unpacked_bytes)) {
    throw Error(ErrorKind::corrupt,
                "the hub gives a term of xorb {} a length its chunks do not have",
                term.xorb.text());
  }
  return missing;
}

void add_local(DownloadPlan& plan, const wire::ReconstructionTerm& term, std::uint32_t first,
               std::uint32_t end, std::uint64_t file_offset, std::uint64_t size_bytes) {
  if (first == end) return;
  plan.local.push_back({term.xorb, first, end, file_offset, size_bytes});
  plan.local_bytes += size_bytes;
}

void add_span(std::vector<ByteSpan>& spans, ByteSpan span) {
  if (!spans.empty() && spans.back().end == span.begin)
    spans.back().end = span.end;
  else
    spans.push_back(span);
}

}  // namespace

DownloadPlan plan_download(const wire::Reconstruction& reconstruction, std::uint64_t file_offset,
                           std::uint64_t length, const ChunkAtHand& at_hand, bool allow_spans) {
  const std::vector<wire::FetchPlace> places = wire::place_terms(reconstruction);
  struct Wanted {
    std::vector<PlacedTerm> terms;
    std::vector<ByteSpan> spans;
    std::uint64_t chunks = 0;
  };
  std::vector<std::vector<Wanted>> wanted(reconstruction.fetches.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    wanted[i].resize(reconstruction.fetches[i].ranges.size());

  DownloadPlan plan;
  // The first term may begin before the bytes asked for, the last may end after them.
  const std::uint64_t skipped = reconstruction.offset_into_first_range;
  if (skipped > file_offset && !reconstruction.terms.empty())
    throw Error(ErrorKind::corrupt, "the hub's answer begins before the file does");
  std::uint64_t offset = file_offset - skipped;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < reconstruction.terms.size(); ++i) {
    const wire::ReconstructionTerm& term = reconstruction.terms[i];
    const Missing missing = find_missing(term, at_hand);
    add_local(plan, term, term.chunks.start, missing.chunks.start, offset, missing.bytes_before);
    const std::uint64_t end = offset + term.unpacked_bytes;
    add_local(plan, term, missing.chunks.end, term.chunks.end, end - missing.bytes_after,
              missing.bytes_after);
    if (!missing.none()) {
      Wanted& range = wanted[places[i].fetch][places[i].range];
      range.terms.push_back({term.chunks, offset, term.unpacked_bytes});
      range.spans.push_back({offset + missing.bytes_before, end - missing.bytes_after});
      range.chunks += missing.chunks.count();
    }
    offset = end;
    total += term.unpacked_bytes;
  }
  if (total < skipped || total - skipped < length) {
    throw Error(ErrorKind::corrupt, "the hub's recipe gives {} bytes where {} are needed",
                total - std::min(total, skipped), length);
  }

  for (std::size_t f = 0; f < wanted.size(); ++f) {
    for (std::size_t r = 0; r < wanted[f].size(); ++r) {
      Wanted& range = wanted[f][r];
      if (range.terms.empty()) continue;
      const wire::FetchRange& offered = reconstruction.fetches[f].ranges[r];
      if (!allow_spans || range.chunks * 2 >= offered.chunks.count()) {
        plan.fetches.push_back({f, r, std::move(range.terms)});
        plan.fetch_bytes += offered.bytes.size_bytes();
      } else {
        plan.spans.insert(plan.spans.end(), range.spans.begin(), range.spans.end());
      }
    }
  }
  std::sort(plan.spans.begin(), plan.spans.end(),
            [](const ByteSpan& a, const ByteSpan& b) { return a.begin < b.begin; });
  std::vector<ByteSpan> joined;
  for (const ByteSpan& span : plan.spans) add_span(joined, span);
  plan.spans = std::move(joined);
  return plan;
}

UploadPlan plan_upload(std::span<const UploadFile> files, const UploadKnowledge& knowledge) {
  // What the files use of each local xorb: distinct chunks, and how many the remote has elsewhere.
  struct Use {
    std::unordered_set<std::uint32_t> indices;
    std::size_t known = 0;
  };
  std::unordered_map<xet::XorbHash, Use> used;
  for (const UploadFile& file : files) {
    for (const WantedChunk& chunk : file.chunks) {
      Use& use = used[chunk.xorb];
      if (use.indices.insert(chunk.index).second && knowledge.remote_place(chunk.ref.hash))
        ++use.known;
    }
  }
  enum class Fate { on_remote, whole, repack };
  std::unordered_map<xet::XorbHash, Fate> fates;
  for (const auto& [xorb, use] : used) {
    const bool mostly_new = use.known * kRepackShare < use.indices.size();
    fates[xorb] = knowledge.remote_has(xorb) ? Fate::on_remote
                  : mostly_new && use.indices.size() == knowledge.local_chunks(xorb) ? Fate::whole
                                                                                     : Fate::repack;
  }

  UploadPlan plan;
  std::unordered_set<xet::ChunkHash> counted;
  std::unordered_set<xet::XorbHash> sent;
  std::unordered_set<xet::ChunkHash> packed;
  for (const UploadFile& file : files) {
    for (const WantedChunk& chunk : file.chunks) {
      const bool first_sight = counted.insert(chunk.ref.hash).second;
      const Fate fate = fates.at(chunk.xorb);
      bool known = fate == Fate::on_remote;
      if (fate == Fate::whole && sent.insert(chunk.xorb).second)
        plan.whole_xorbs.push_back(chunk.xorb);
      if (fate == Fate::repack) {
        known = knowledge.remote_place(chunk.ref.hash).has_value();
        if (!known && packed.insert(chunk.ref.hash).second) plan.repack.push_back(chunk);
      }
      if (first_sight) (known ? plan.known_raw_bytes : plan.new_raw_bytes) += chunk.ref.size_bytes;
    }
  }
  return plan;
}

xet::ShardFile make_shard_file(const UploadFile& file,
                               const std::function<RemotePlace(const WantedChunk&)>& place) {
  xet::ShardFile shard;
  shard.hash = file.xet_hash;
  shard.sha256 = file.sha256;
  std::vector<xet::ChunkHash> run;
  const auto close_run = [&] {
    if (!run.empty()) shard.range_hashes.push_back(xet::hash_range(run));
    run.clear();
  };
  for (const WantedChunk& chunk : file.chunks) {
    const RemotePlace at = place(chunk);
    const bool continues = !shard.terms.empty() && shard.terms.back().xorb == at.xorb &&
                           shard.terms.back().end_chunk == at.index;
    if (!continues) {
      close_run();
      shard.terms.push_back({at.xorb, at.index, at.index, 0});
    }
    ++shard.terms.back().end_chunk;
    shard.terms.back().size_bytes += chunk.ref.size_bytes;
    run.push_back(chunk.ref.hash);
  }
  close_run();
  return shard;
}

}  // namespace mhub::sync
