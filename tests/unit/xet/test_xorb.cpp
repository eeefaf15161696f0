#include <mhub/xet/xorb.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

namespace {

const HasKind kCorrupt(ErrorKind::corrupt);

/// Three records: raw, LZ4, byte-grouped LZ4.
Bytes three_schemes() {
  Bytes body;
  for (const Json& entry : xet_vectors().at("xorb_chunk_records").at("cases"))
    append(body, bytes_of_hex(entry.at("record_hex")));
  return body;
}

Bytes with_footer(const Bytes& body) {
  Bytes bytes = body;
  append(bytes, make_footer(index_xorb(body)));
  return bytes;
}

/// The old footer, which only uploads of old clients carry.
Bytes version_0_footer(const XorbIndex& index) {
  Bytes out;
  append(out, as_bytes("XETBLOB"));
  append_le<std::uint8_t>(out, 0);
  append(out, index.hash.bytes);
  append_le(out, static_cast<std::uint32_t>(index.chunks.size()));
  for (const std::uint32_t end : index.record_ends) append_le(out, end);
  for (const ChunkRef& chunk : index.chunks) append(out, chunk.hash.bytes);
  out.resize(out.size() + 16);
  append_le(out, static_cast<std::uint32_t>(out.size()));
  return out;
}

XorbIndex index_in_pieces(ByteView bytes, std::size_t piece) {
  XorbIndexer indexer;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    indexer.update(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  return indexer.finish();
}

void check_equal(const XorbIndex& a, const XorbIndex& b) {
  CHECK(a.hash == b.hash);
  CHECK(a.chunks == b.chunks);
  CHECK(a.record_ends == b.record_ends);
}

}  // namespace

TEST_CASE("records of all schemes decode to the listed chunks", "[xet][xorb]") {
  for (const Json& entry : xet_vectors().at("xorb_chunk_records").at("cases")) {
    INFO(entry.at("name"));
    const Bytes bytes = bytes_of_hex(entry.at("record_hex"));
    RecordReader reader(bytes);
    const auto record = reader.next();
    REQUIRE(record);
    CHECK(static_cast<int>(record->header.scheme) == entry.at("scheme").get<int>());
    CHECK(record->end_offset == bytes.size());
    Bytes chunk;
    CHECK(decode_record(*record, chunk).text() == entry.at("chunk_hash").get<std::string>());
    CHECK(chunk.size() == entry.at("raw_len").get<std::size_t>());
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("xorb bodies are written and indexed like the listed ones", "[xet][xorb]") {
  const std::vector<std::vector<std::string>> chunks = {{"Hello World!"}, {"one", "two", "three"}};
  const Json& cases = xet_vectors().at("xorbs").at("cases");
  REQUIRE(cases.size() == chunks.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Bytes body;
    for (const std::string& chunk : chunks[i]) append_record(body, Scheme::none, as_bytes(chunk));
    CHECK(to_hex(body) == cases[i].at("body_hex").get<std::string>());
    const XorbIndex index = index_xorb(body);
    CHECK(index.hash.text() == cases[i].at("xorb_hash").get<std::string>());
    CHECK(index.record_ends == cases[i].at("chunk_end_offsets").get<std::vector<std::uint32_t>>());
    CHECK(index.body_bytes() == body.size());
    CHECK(index.chunks.size() == chunks[i].size());
  }
}

TEST_CASE("a xorb is indexed the same in pieces of any size", "[xet][xorb]") {
  const Bytes body = three_schemes();
  const XorbIndex whole = index_xorb(body);
  CHECK(whole.raw_bytes() == 12 + 256 + 1003);
  for (const Bytes& bytes : {body, with_footer(body)}) {
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      INFO("pieces of " << piece);
      check_equal(index_in_pieces(bytes, piece), whole);
    }
  }
}

TEST_CASE("a xorb cut short anywhere is corrupt", "[xet][xorb]") {
  const Bytes body = three_schemes();
  const XorbIndex whole = index_xorb(body);
  const Bytes bytes = with_footer(body);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO("cut to " << size << " of " << bytes.size() << " bytes");
    const ByteView cut = ByteView(bytes).first(size);
    const auto end = std::find(whole.record_ends.begin(), whole.record_ends.end(), size);
    if (end != whole.record_ends.end()) {
      // Nothing says how many chunks there are, so this is a whole xorb, but another one.
      CHECK((index_xorb(cut).hash == whole.hash) == (size == body.size()));
    } else {
      CHECK_THROWS_MATCHES(index_xorb(cut), Error, kCorrupt);
      CHECK_THROWS_MATCHES(index_in_pieces(cut, 5), Error, kCorrupt);
    }
  }
}

TEST_CASE("footers of both versions are skipped, whatever they claim", "[xet][xorb]") {
  const Bytes body = three_schemes();
  const XorbIndex index = index_xorb(body);
  XorbIndex lie = index;
  lie.hash = {};
  lie.chunks.pop_back();
  lie.record_ends.pop_back();
  for (const Bytes& footer : {make_footer(index), version_0_footer(index), make_footer(lie)}) {
    Bytes bytes = body;
    append(bytes, footer);
    check_equal(index_xorb(bytes), index);
    XorbIndexer indexer;
    indexer.update(bytes);
    CHECK(indexer.body_bytes() == body.size());

    RecordReader reader(bytes);
    for (std::size_t i = 0; i < index.chunks.size(); ++i)
      CHECK(reader.next()->end_offset == index.record_ends[i]);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.next());

    bytes.push_back(std::byte{0});
    CHECK_THROWS_MATCHES(index_xorb(bytes), Error, kCorrupt);
    CHECK_THROWS_MATCHES(index_in_pieces(bytes, 1), Error, kCorrupt);
    bytes.pop_back();
    append(bytes, footer);
    CHECK_THROWS_MATCHES(index_xorb(bytes), Error, kCorrupt);
  }
}

TEST_CASE("a footer that is broken as such is corrupt", "[xet][xorb]") {
  const Bytes body = three_schemes();
  const auto damaged = [&](const Bytes& footer, std::size_t at, std::uint32_t value,
                           std::size_t size_bytes) {
    Bytes bytes = body;
    append(bytes, footer);
    store_le(&bytes[body.size() + at], value, size_bytes);
    return bytes;
  };
  const XorbIndex index = index_xorb(body);
  const Bytes footer = make_footer(index);
  const Bytes old_footer = version_0_footer(index);
  CHECK_THROWS_MATCHES(index_xorb(damaged(footer, 7, 2, 1)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(damaged(footer, 48, kXorbMaxChunks + 1, 4)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(damaged(footer, 48, 0xffffffff, 4)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(damaged(footer, 48, 4, 4)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(damaged(footer, 48, 2, 4)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(damaged(footer, footer.size() - 4, 7, 4)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(damaged(old_footer, 40, 0xffffffff, 4)), Error, kCorrupt);
  CHECK_THROWS_MATCHES(index_xorb(footer), Error, kCorrupt);  // no chunk before it
}

TEST_CASE("trailing bytes that are no footer are corrupt", "[xet][xorb]") {
  for (const char* tail : {"", "\x01", "XETBLO", "garbage that is long enough for a header"}) {
    Bytes bytes = three_schemes();
    append(bytes, as_bytes(tail));
    INFO(tail);
    if (*tail == '\0') {
      CHECK_NOTHROW(index_xorb(bytes));
    } else {
      CHECK_THROWS_MATCHES(index_xorb(bytes), Error, kCorrupt);
    }
  }
  Bytes zeros = three_schemes();
  zeros.resize(zeros.size() + 64);
  CHECK_THROWS_MATCHES(index_xorb(zeros), Error, kCorrupt);
}

TEST_CASE("headers out of bounds are corrupt", "[xet][xorb]") {
  const auto header = [](std::uint32_t version, std::uint32_t stored, std::uint32_t scheme,
                         std::uint32_t size) {
    Bytes bytes(kRecordHeaderBytes);
    store_le(&bytes[0], version, 1);
    store_le(&bytes[1], stored, 3);
    store_le(&bytes[4], scheme, 1);
    store_le(&bytes[5], size, 3);
    return parse_record_header(bytes);
  };
  CHECK(header(0, 131072, 0, 131072).size_bytes == 131072);
  CHECK(header(0, 262144, 1, 131072).stored_bytes == 262144);
  CHECK_THROWS_MATCHES(header(1, 5, 0, 5), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 5, 3, 5), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 5, 99, 5), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 5, 0, 6), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 0, 0, 0), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 0, 1, 6), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 20, 1, 0), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 131073, 0, 131073), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 20, 1, 131073), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 262145, 1, 131072), Error, kCorrupt);
  CHECK_THROWS_MATCHES(header(0, 0xffffff, 1, 0xffffff), Error, kCorrupt);
}

TEST_CASE("chunks shorter than the minimum are accepted anywhere", "[xet][xorb]") {
  Bytes body;
  append_record(body, Scheme::none, splitmix_bytes(1, 8128));
  append_record(body, Scheme::none, splitmix_bytes(2, 1));
  append_record(body, Scheme::none, splitmix_bytes(3, 50000));
  CHECK(index_xorb(body).chunks.size() == 3);
}

TEST_CASE("a xorb may have 8192 chunks and no more", "[xet][xorb]") {
  Bytes body;
  for (std::uint32_t i = 0; i < kXorbMaxChunks; ++i) {
    Bytes chunk;
    append_le(chunk, i);
    append_record(body, Scheme::none, chunk);
  }
  CHECK(index_xorb(body).chunks.size() == kXorbMaxChunks);
  CHECK(index_xorb(with_footer(body)).chunks.size() == kXorbMaxChunks);
  append_record(body, Scheme::none, as_bytes("one more"));
  CHECK_THROWS_MATCHES(index_xorb(body), Error, kCorrupt);
}

TEST_CASE("the body may exceed 64 MiB by its record headers and no more", "[xet][xorb]") {
  const Bytes chunk(kChunkMaxBytes, std::byte{7});
  XorbIndexer indexer;
  const std::uint64_t limit = kXorbMaxBytes + kRecordHeaderBytes * kXorbMaxChunks;
  Bytes record;
  append_record(record, Scheme::none, chunk);
  while (indexer.body_bytes() + record.size() <= limit) indexer.update(record);
  CHECK(indexer.body_bytes() >= kXorbMaxBytes);
  CHECK_THROWS_MATCHES(indexer.update(record), Error, kCorrupt);
}

TEST_CASE("append_record falls back to raw bytes", "[xet][xorb]") {
  Bytes body;
  const Bytes random = splitmix_bytes(4, 30000);
  CHECK(append_record(body, Scheme::grouped4_lz4, random).scheme == Scheme::none);
  CHECK(append_record(body, Scheme::lz4, Bytes(30000)).scheme == Scheme::lz4);
  const XorbIndex index = index_xorb(body);
  CHECK(index.chunks[0].hash == hash_chunk(random));
  CHECK(index.chunks[1].hash == hash_chunk(Bytes(30000)));
  CHECK(index.record_start(1) == 30008);
}

TEST_CASE("a damaged record gives another hash or an error", "[xet][xorb]") {
  const Bytes body = three_schemes();
  const XorbHash hash = index_xorb(body).hash;
  for (std::size_t i = 0; i < body.size(); ++i) {
    Bytes damaged = body;
    damaged[i] ^= std::byte{0x20};
    INFO("bit flipped at " << i);
    try {
      const XorbHash other = index_xorb(damaged).hash;
      // LZ4 has bits without meaning for the content, such as the frame's block size.
      if (i < 20) CHECK(other != hash);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::corrupt);
    }
  }
}
