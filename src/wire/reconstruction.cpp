#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <mhub/wire/reconstruction.hpp>
#include <mhub/xet/xorb.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxXorbs = std::size_t{1} << 17;
constexpr std::size_t kMaxUrlsPerXorb = xet::kXorbMaxChunks;
constexpr std::string_view kWhat = "reconstruction";
// A term and a range take fifteen values and two hundred bytes.
constexpr JsonLimits kLimits{.bytes = kReconstructionMaxBodyBytes,
                             .values = kReconstructionMaxBodyBytes / 12};

ChunkRange read_chunks(const JsonField& field) {
  const ChunkRange range{
      .start = static_cast<std::uint32_t>(field.at("start").unsigned_number(xet::kXorbMaxChunks)),
      .end = static_cast<std::uint32_t>(field.at("end").unsigned_number(xet::kXorbMaxChunks))};
  if (range.start >= range.end) field.fail("is empty or reversed");
  return range;
}

ByteRange read_bytes(const JsonField& field) {
  const ByteRange range{.first = field.at("start").unsigned_number(xet::kXorbMaxUploadBytes),
                        .last = field.at("end").unsigned_number(xet::kXorbMaxUploadBytes)};
  if (range.first > range.last) field.fail("is reversed");
  return range;
}

FetchRange read_fetch_range(const JsonField& field, std::string_view chunks_key,
                            std::string_view bytes_key) {
  const FetchRange range{.chunks = read_chunks(field.at(chunks_key)),
                         .bytes = read_bytes(field.at(bytes_key))};
  // Every record has a header and at least one byte; none is longer than its two limits.
  const std::uint64_t count = range.chunks.count();
  if (range.bytes.size_bytes() <= count * xet::kRecordHeaderBytes ||
      range.bytes.size_bytes() > count * (xet::kRecordHeaderBytes + xet::kRecordMaxStoredBytes)) {
    field.fail("has a length that its chunks cannot have");
  }
  return range;
}

ReconstructionTerm read_term(const JsonField& field) {
  ReconstructionTerm term{.xorb = field.at("hash").xet_hash<xet::XorbHash>(),
                          .chunks = read_chunks(field.at("range")),
                          .unpacked_bytes = 0};
  const JsonField length = field.at("unpacked_length");
  term.unpacked_bytes =
      length.unsigned_number(std::uint64_t{term.chunks.count()} * xet::kChunkMaxBytes);
  if (term.unpacked_bytes < term.chunks.count()) length.fail("is less than its number of chunks");
  return term;
}

xet::XorbHash read_xorb_key(const std::string& key, const JsonField& field) {
  const auto hash = xet::XorbHash::parse(key);
  if (!hash) field.fail("is not named by 64 hexadecimal digits");
  return *hash;
}

Reconstruction read_terms(const JsonField& root) {
  Reconstruction answer;
  const auto offset = root.find("offset_into_first_range");
  if (offset) answer.offset_into_first_range = offset->unsigned_number(UINT64_MAX);
  root.at("terms").each(kReconstructionMaxTerms,
                        [&](const JsonField& term) { answer.terms.push_back(read_term(term)); });
  const std::uint64_t first = answer.terms.empty() ? 1 : answer.terms.front().unpacked_bytes;
  if (answer.offset_into_first_range >= first) offset->fail("is beyond the first term");
  return answer;
}

void sort_ranges(XorbFetch& fetch) {
  std::ranges::sort(fetch.ranges, {}, [](const FetchRange& range) { return range.chunks.start; });
}

/// Adds `range` to the fetch of the same xorb and URL that stands last, or begins a new one.
void add_range(std::vector<XorbFetch>& fetches, std::size_t first_of_xorb,
               const xet::XorbHash& xorb, const std::string& url, const FetchRange& range) {
  for (std::size_t i = first_of_xorb; i < fetches.size(); ++i) {
    if (fetches[i].url == url) {
      fetches[i].ranges.push_back(range);
      return;
    }
    // Signed URLs are as a rule different for each range; looking further back than a few would
    // cost quadratic time.
    if (i >= first_of_xorb + 4) break;
  }
  fetches.push_back({.xorb = xorb, .url = url, .ranges = {range}});
}

// Answers are written straight into a string: as a tree of JSON values a long recipe would take ten
// times its length.

void write_term(std::string& out, const ReconstructionTerm& term) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"hash":"{}","range":{{"end":{},"start":{}}},"unpacked_length":{}}})",
                 term.xorb.text(), term.chunks.end, term.chunks.start, term.unpacked_bytes);
}

/// The members, between commas, that `write` appends for each of `items`.
template <class Items, class Write>
void write_list(std::string& out, const Items& items, Write write) {
  bool is_first = true;
  for (const auto& item : items) {
    if (!std::exchange(is_first, false)) out += ',';
    write(item);
  }
}

void write_terms(std::string& out, std::span<const ReconstructionTerm> terms) {
  out += '[';
  write_list(out, terms, [&](const ReconstructionTerm& term) { write_term(out, term); });
  out += ']';
}

/// An object with a member for each xorb: a list of what `write` makes of its fetches.
template <class Write>
void write_by_xorb(std::string& out, std::span<const XorbFetch> fetches, Write write) {
  out += '{';
  for (std::size_t i = 0; i < fetches.size(); ++i) {
    if (i > 0 && fetches[i].xorb == fetches[i - 1].xorb) {
      out += ',';
    } else {
      fmt::format_to(std::back_inserter(out), R"({}"{}":[)", i > 0 ? "]," : "",
                     fetches[i].xorb.text());
    }
    write(fetches[i]);
  }
  out += fetches.empty() ? "}" : "]}";
}

void write_fetch_info(std::string& out, std::span<const XorbFetch> fetches) {
  write_by_xorb(out, fetches, [&](const XorbFetch& fetch) {
    const std::string url = dump(Json(fetch.url));
    write_list(out, fetch.ranges, [&](const FetchRange& range) {
      fmt::format_to(
          std::back_inserter(out),
          R"({{"range":{{"end":{},"start":{}}},"url":{},"url_range":{{"end":{},"start":{}}}}})",
          range.chunks.end, range.chunks.start, url, range.bytes.last, range.bytes.first);
    });
  });
}

}  // namespace

std::vector<FetchPlace> place_terms(const Reconstruction& reconstruction) {
  struct Span {
    ChunkRange chunks;
    FetchPlace place;
  };
  std::map<xet::XorbHash, std::vector<Span>> by_xorb;
  for (std::size_t f = 0; f < reconstruction.fetches.size(); ++f) {
    const XorbFetch& fetch = reconstruction.fetches[f];
    auto& spans = by_xorb[fetch.xorb];
    for (std::size_t r = 0; r < fetch.ranges.size(); ++r) {
      spans.push_back({fetch.ranges[r].chunks, {.fetch = f, .range = r}});
    }
  }
  // Sorted by start, and for equal starts the longest last. Producers merge what overlaps, so the
  // last span that starts at or before a term covers it; a few earlier ones are tried all the same.
  for (auto& [hash, spans] : by_xorb) {
    std::ranges::sort(spans, [](const Span& a, const Span& b) {
      return std::pair(a.chunks.start, a.chunks.end) < std::pair(b.chunks.start, b.chunks.end);
    });
  }
  std::vector<FetchPlace> places;
  places.reserve(reconstruction.terms.size());
  for (std::size_t i = 0; i < reconstruction.terms.size(); ++i) {
    const ReconstructionTerm& term = reconstruction.terms[i];
    const auto xorb = by_xorb.find(term.xorb);
    std::optional<FetchPlace> found;
    if (xorb != by_xorb.end()) {
      const auto& spans = xorb->second;
      auto it = std::ranges::upper_bound(spans, term.chunks.start, {},
                                         [](const Span& span) { return span.chunks.start; });
      constexpr int kMaxOverlap = 64;
      for (int tries = 0; it != spans.begin() && tries < kMaxOverlap; ++tries) {
        --it;
        if (it->chunks.contains(term.chunks)) {
          found = it->place;
          break;
        }
      }
    }
    if (!found) {
      throw Error(ErrorKind::corrupt, "reconstruction: terms[{}] lies in no range to fetch", i);
    }
    places.push_back(*found);
  }
  return places;
}

Reconstruction parse_reconstruction_v1(std::string_view json) {
  const Json document = parse_json(json, kLimits, kWhat);
  const JsonField root(document, kWhat);
  Reconstruction answer = read_terms(root);
  root.at("fetch_info").each_member(kMaxXorbs, [&](const std::string& key, const JsonField& list) {
    const xet::XorbHash xorb = read_xorb_key(key, list);
    const std::size_t first = answer.fetches.size();
    list.each(kMaxUrlsPerXorb, [&](const JsonField& entry) {
      add_range(answer.fetches, first, xorb, entry.at("url").url(),
                read_fetch_range(entry, "range", "url_range"));
    });
    for (std::size_t i = first; i < answer.fetches.size(); ++i) sort_ranges(answer.fetches[i]);
  });
  place_terms(answer);
  return answer;
}

Reconstruction parse_reconstruction_v2(std::string_view json) {
  const Json document = parse_json(json, kLimits, kWhat);
  const JsonField root(document, kWhat);
  Reconstruction answer = read_terms(root);
  root.at("xorbs").each_member(kMaxXorbs, [&](const std::string& key, const JsonField& list) {
    const xet::XorbHash xorb = read_xorb_key(key, list);
    list.each(kMaxUrlsPerXorb, [&](const JsonField& entry) {
      XorbFetch fetch{.xorb = xorb, .url = entry.at("url").url(), .ranges = {}};
      entry.at("ranges").each(xet::kXorbMaxChunks, [&](const JsonField& range) {
        fetch.ranges.push_back(read_fetch_range(range, "chunks", "bytes"));
      });
      sort_ranges(fetch);
      answer.fetches.push_back(std::move(fetch));
    });
  });
  place_terms(answer);
  return answer;
}

std::string to_json_v1(const Reconstruction& reconstruction) {
  std::string out = R"({"fetch_info":)";
  write_fetch_info(out, reconstruction.fetches);
  fmt::format_to(std::back_inserter(out), R"(,"offset_into_first_range":{},"terms":)",
                 reconstruction.offset_into_first_range);
  write_terms(out, reconstruction.terms);
  return out += '}';
}

std::string to_json_v1(std::span<const FileTerms> files, std::span<const XorbFetch> fetches) {
  std::string out = R"({"fetch_info":)";
  write_fetch_info(out, fetches);
  out += R"(,"files":{)";
  write_list(out, files, [&](const FileTerms& file) {
    fmt::format_to(std::back_inserter(out), R"("{}":)", file.file.text());
    write_terms(out, file.terms);
  });
  return out += "}}";
}

std::string to_json_v2(const Reconstruction& reconstruction) {
  std::string out;
  fmt::format_to(std::back_inserter(out), R"({{"offset_into_first_range":{},"terms":)",
                 reconstruction.offset_into_first_range);
  write_terms(out, reconstruction.terms);
  out += R"(,"xorbs":)";
  write_by_xorb(out, reconstruction.fetches, [&](const XorbFetch& fetch) {
    out += R"({"ranges":[)";
    write_list(out, fetch.ranges, [&](const FetchRange& range) {
      fmt::format_to(std::back_inserter(out),
                     R"({{"bytes":{{"end":{},"start":{}}},"chunks":{{"end":{},"start":{}}}}})",
                     range.bytes.last, range.bytes.first, range.chunks.end, range.chunks.start);
    });
    fmt::format_to(std::back_inserter(out), R"(],"url":{}}})", dump(Json(fetch.url)));
  });
  return out += '}';
}

}  // namespace mhub::wire
