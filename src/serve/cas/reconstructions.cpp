// How a file is put together from xorbs. Access is a matter of the file, not of its xorbs: it must
// be listed in the repository that the token is for. The URLs then carry their own authority.

#include <algorithm>
#include <map>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>
#include <mhub/wire/reconstruction.hpp>

#include "cas/cas_face.hpp"
#include "cas/xorb_lookup.hpp"
#include "cas/xorb_url.hpp"
#include "content.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// Terms of one answer: about as many as clients that take 32 MiB can read.
constexpr std::size_t kTermsAtMost = std::size_t{1} << 17;
/// A thousand files, as their hashes and what JSON needs.
constexpr std::uint64_t kListBytes = 256 << 10;

/// Terms that are left of a file once it is trimmed to a byte range.
struct Trimmed {
  std::vector<wire::ReconstructionTerm> terms;
  std::uint64_t skip_bytes = 0;  ///< of the first term
};

xet::XorbIndex const& require_xorb(XorbLookup& xorbs, const xet::XorbHash& hash) {
  const xet::XorbIndex* index = xorbs.find(hash);
  if (index == nullptr)
    throw Error(ErrorKind::corrupt, "the store has lost the xorb {}", hash.text());
  return *index;
}

/// The chunks of `file` that touch `range`.
Trimmed trim(const store::FileRecord& file, const InclusiveRange& range, XorbLookup& xorbs) {
  Trimmed out;
  std::uint64_t start = 0;
  for (const xet::Term& term : file.terms) {
    const std::uint64_t end = start + term.size_bytes;
    if (end <= range.first || start > range.last) {
      start = end;
      continue;
    }
    wire::ReconstructionTerm kept;
    kept.xorb = term.xorb;
    kept.chunks = {term.first_chunk, term.end_chunk};
    kept.unpacked_bytes = term.size_bytes;
    std::uint64_t kept_start = start;
    if (start < range.first || end > range.last + 1) {
      const xet::XorbIndex& index = require_xorb(xorbs, term.xorb);
      if (term.end_chunk > index.chunks.size())
        throw Error(ErrorKind::corrupt, "a recipe names chunks beyond xorb {}", term.xorb.text());
      while (kept_start + index.chunks[kept.chunks.start].size_bytes <= range.first) {
        const std::uint32_t size = index.chunks[kept.chunks.start++].size_bytes;
        kept_start += size;
        kept.unpacked_bytes -= size;
      }
      std::uint64_t kept_end = end;
      while (kept_end - index.chunks[kept.chunks.end - 1].size_bytes > range.last) {
        const std::uint32_t size = index.chunks[--kept.chunks.end].size_bytes;
        kept_end -= size;
        kept.unpacked_bytes -= size;
      }
    }
    if (out.terms.empty()) out.skip_bytes = range.first - std::min(range.first, kept_start);
    out.terms.push_back(kept);
    start = end;
  }
  return out;
}

using XorbSpans = std::map<xet::XorbHash, std::vector<ChunkSpan>>;

void add_spans(XorbSpans& spans, const std::vector<wire::ReconstructionTerm>& terms) {
  for (const auto& term : terms) spans[term.xorb].push_back({term.chunks.start, term.chunks.end});
}

/// Signed URLs for all chunks of `spans`: per xorb, overlapping and adjacent runs merged, so
/// that every term lies wholly in one range.
std::vector<wire::XorbFetch> fetches_for(const Call& call, XorbSpans spans,
                                         std::size_t ranges_per_url, XorbLookup& xorbs) {
  std::vector<wire::XorbFetch> fetches;
  for (auto& [hash, of_xorb] : spans) {
    const xet::XorbIndex& index = require_xorb(xorbs, hash);
    const auto runs = merged(std::move(of_xorb));
    for (std::size_t at = 0; at < runs.size(); at += ranges_per_url) {
      wire::XorbFetch fetch;
      fetch.xorb = hash;
      std::vector<InclusiveRange> ranges;
      for (std::size_t i = at; i < std::min(runs.size(), at + ranges_per_url); ++i) {
        if (runs[i].end > index.record_ends.size())
          throw Error(ErrorKind::corrupt, "a recipe names chunks beyond xorb {}", hash.text());
        const std::uint64_t first = index.record_start(runs[i].first);
        const std::uint64_t last = index.record_ends[runs[i].end - 1] - std::uint64_t{1};
        fetch.ranges.push_back({{runs[i].first, runs[i].end}, {first, last}});
        ranges.push_back({first, last});
      }
      fetch.url = make_xorb_url(call.hub.signer, call.url(), hash, ranges);
      fetches.push_back(std::move(fetch));
    }
  }
  return fetches;
}

/// The recipe of a file that the token's repository lists. Throws Refused 404.
store::FileRecord require_listed(const Call& call, const xet::FileHash& hash) {
  if (hash.is_zero()) return {};
  const auto listed = call.hub.catalog->find_file(call.repo->id, hash);
  if (!listed) throw Refused(404, "not found");
  return require_file(call, listed->sha256);
}

wire::Reconstruction reconstruct(const Call& call, const store::FileRecord& file,
                                 const InclusiveRange& range, std::size_t ranges_per_url) {
  XorbLookup xorbs(*call.hub.store);
  wire::Reconstruction answer;
  if (file.size_bytes == 0) return answer;
  Trimmed trimmed = trim(file, range, xorbs);
  if (trimmed.terms.size() > kTermsAtMost)
    throw Refused(413, "the file has too many parts for one answer; ask for byte ranges of it");
  answer.offset_into_first_range = trimmed.skip_bytes;
  answer.terms = std::move(trimmed.terms);
  XorbSpans spans;
  add_spans(spans, answer.terms);
  answer.fetches = fetches_for(call, std::move(spans), ranges_per_url, xorbs);
  return answer;
}

/// The byte range that the request asks for, clamped. Throws Refused 416, 400.
InclusiveRange requested_range(const Request& request, std::uint64_t size_bytes) {
  const std::string_view header = request.header("Range");
  if (header.empty()) return {0, size_bytes == 0 ? 0 : size_bytes - 1};
  if (size_bytes == 0) {
    // The beginning of an empty file is there, in a way; anything after it is not.
    if (header.starts_with("bytes=0-")) return {0, 0};
    throw Refused(416, "the range begins beyond the end");
  }
  const RangeRequest asked = parse_range(header, size_bytes);
  if (asked.kind == RangeRequest::Kind::unsatisfiable)
    throw Refused(416, "the range begins beyond the end");
  if (asked.kind == RangeRequest::Kind::whole) throw Refused(400, "the range is malformed");
  return asked.range;
}

/// v1 names a URL again for each range, so that there each has one of its own.
Response reconstruct_one(Call& call, bool is_v1) {
  const auto file = require_listed(call, require_hash<xet::FileHash>(call.words[0]));
  const auto range = requested_range(*call.request, file.size_bytes);
  const auto answer = reconstruct(call, file, range, is_v1 ? 1 : kRangesPerUrl);
  return json_response(200, is_v1 ? wire::to_json_v1(answer) : wire::to_json_v2(answer));
}

/// Whole files at once, in the shape of v1: the terms by file, and the fetches of all together.
Response reconstruct_many(const Call& call, const std::vector<xet::FileHash>& hashes) {
  std::vector<wire::FileTerms> files;
  std::unordered_set<xet::FileHash> seen;
  XorbSpans spans;
  XorbLookup xorbs(*call.hub.store);
  std::size_t terms = 0;
  for (const xet::FileHash& hash : hashes) {
    if (!seen.insert(hash).second) continue;
    const auto file = require_listed(call, hash);
    wire::FileTerms& one = files.emplace_back();
    one.file = hash;
    if (file.size_bytes > 0) one.terms = trim(file, {0, file.size_bytes - 1}, xorbs).terms;
    terms += one.terms.size();
    if (terms > kTermsAtMost) throw Refused(413, "the files have too many parts for one answer");
    add_spans(spans, one.terms);
  }
  const auto fetches = fetches_for(call, std::move(spans), 1, xorbs);
  return json_response(200, wire::to_json_v1(files, fetches));
}

constexpr std::size_t kBatchFilesAtMost = 1000;

Response reconstruct_query(Call& call) {
  std::vector<xet::FileHash> hashes;
  for (const std::string& text : call.request->parameters("file_id"))
    hashes.push_back(require_hash<xet::FileHash>(text));
  if (hashes.empty()) throw Refused(400, "no file_id is given");
  if (hashes.size() > kBatchFilesAtMost) throw Refused(413, "too many files at once");
  return reconstruct_many(call, hashes);
}

Response reconstruct_posted(Call& call) {
  using nlohmann::json;
  // An entry is an object with a hash and a little more.
  if (!is_within_json_bounds(call.body, kBatchFilesAtMost * 10))
    throw Refused(413, "too many files at once");
  const json list = json::parse(call.body, nullptr, false);
  if (!list.is_array()) throw Refused(400, "the body is not a JSON list");
  if (list.size() > kBatchFilesAtMost) throw Refused(413, "too many files at once");
  std::vector<xet::FileHash> hashes;
  for (const json& item : list) {
    if (!item.is_object() || !item.contains("hash") || !item["hash"].is_string())
      throw Refused(400, "an entry has no hash");
    hashes.push_back(require_hash<xet::FileHash>(item["hash"].get<std::string>()));
  }
  return reconstruct_many(call, hashes);
}

Response describe_file(Call& call) {
  if (!call.request->is_head) throw Refused(404, "not found");
  const auto file = require_listed(call, require_hash<xet::FileHash>(call.words[0]));
  Response response;
  describe_length(response, file.size_bytes);
  return response;
}

}  // namespace

std::vector<Route> reconstruction_routes(const ServeLimits& limits) {
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& pattern, std::uint64_t body_limit,
                       std::function<Response(Call&)> handle) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = Access::cas_read;
    route.run = Run::worker;
    route.body_limit_bytes = body_limit;
    route.handle = std::move(handle);
    routes.push_back(std::move(route));
  };
  add(Method::get, "/v2/reconstructions/{hash}", 0,
      [](Call& call) { return reconstruct_one(call, false); });
  add(Method::get, "/v1/reconstructions/{hash}", 0,
      [](Call& call) { return reconstruct_one(call, true); });
  add(Method::get, "/v1/reconstructions", 0, reconstruct_query);
  add(Method::post, "/v1/reconstructions", std::min(limits.json_body_bytes, kListBytes),
      reconstruct_posted);
  add(Method::get, "/v1/files/{hash}", 0, describe_file);
  return routes;
}

}  // namespace mhub::serve
