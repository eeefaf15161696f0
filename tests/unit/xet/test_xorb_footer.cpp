#include <mhub/xet/xorb.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

namespace {

const HasKind kCorrupt(ErrorKind::corrupt);

XorbIndex three_chunks() {
  Bytes body;
  for (const char* chunk : {"one", "two", "three"})
    append_record(body, Scheme::none, as_bytes(chunk));
  return index_xorb(body);
}

}  // namespace

TEST_CASE("footers are written like the listed ones and read back", "[xet][xorb]") {
  for (const Json& entry : xet_vectors().at("xorbs").at("cases")) {
    const XorbIndex index = index_xorb(bytes_of_hex(entry.at("body_hex")));
    const Bytes footer = make_footer(index);
    CHECK(to_hex(footer) == entry.at("footer_v1_hex").get<std::string>());
    CHECK(footer_bytes(footer) == footer.size());
    CHECK(footer_bytes(ByteView(footer).last(4)) == footer.size());
    const XorbIndex parsed = parse_footer(footer);
    CHECK(parsed.hash == index.hash);
    CHECK(parsed.chunks == index.chunks);
    CHECK(parsed.record_ends == index.record_ends);
  }
}

TEST_CASE("a footer cut at either end is corrupt", "[xet][xorb]") {
  const Bytes footer = make_footer(three_chunks());
  for (std::size_t size = 0; size < footer.size(); ++size) {
    INFO(size << " of " << footer.size() << " bytes");
    CHECK_THROWS_MATCHES(parse_footer(ByteView(footer).first(size)), Error, kCorrupt);
    CHECK_THROWS_MATCHES(parse_footer(ByteView(footer).last(size)), Error, kCorrupt);
  }
  Bytes longer(1);
  append(longer, footer);
  CHECK_THROWS_MATCHES(parse_footer(longer), Error, kCorrupt);
}

TEST_CASE("no byte of a verified footer but its unused ones can change", "[xet][xorb]") {
  const Bytes footer = make_footer(three_chunks());
  for (std::size_t i = 0; i < footer.size(); ++i) {
    const bool unused = i >= footer.size() - 20 && i < footer.size() - 4;
    // Where record i ends is not part of any hash, only bounded.
    const bool record_end = i >= 48 + 4 + 96 + 12 && i < 48 + 4 + 96 + 12 + 12;
    Bytes damaged = footer;
    damaged[i] ^= std::byte{1};
    INFO("byte " << i);
    if (unused) {
      CHECK_NOTHROW(parse_footer(damaged));
    } else if (!record_end) {
      CHECK_THROWS_MATCHES(parse_footer(damaged), Error, kCorrupt);
    }
  }
}

TEST_CASE("offsets in a footer have to rise by possible lengths", "[xet][xorb]") {
  const auto with_ends = [](std::vector<std::uint32_t> ends) {
    XorbIndex index = three_chunks();
    index.record_ends = std::move(ends);
    return make_footer(index);
  };
  CHECK_NOTHROW(parse_footer(with_ends({9, 18, 27})));
  CHECK_THROWS_MATCHES(parse_footer(with_ends({8, 20, 40})), Error, kCorrupt);
  CHECK_THROWS_MATCHES(parse_footer(with_ends({20, 20, 40})), Error, kCorrupt);
  CHECK_THROWS_MATCHES(parse_footer(with_ends({40, 20, 60})), Error, kCorrupt);
  CHECK_THROWS_MATCHES(parse_footer(with_ends({20, 40, 0xffffffff})), Error, kCorrupt);

  XorbIndex empty_chunk = three_chunks();
  empty_chunk.chunks[1].size_bytes = 0;
  empty_chunk.hash = xorb_hash(empty_chunk.chunks);
  CHECK_THROWS_MATCHES(parse_footer(make_footer(empty_chunk)), Error, kCorrupt);
  XorbIndex long_chunk = three_chunks();
  long_chunk.chunks[1].size_bytes = kChunkMaxBytes + 1;
  long_chunk.hash = xorb_hash(long_chunk.chunks);
  CHECK_THROWS_MATCHES(parse_footer(make_footer(long_chunk)), Error, kCorrupt);
}

TEST_CASE("a footer whose hash is not that of its chunks is corrupt", "[xet][xorb]") {
  XorbIndex index = three_chunks();
  index.hash = {};
  const Bytes footer = make_footer(index);
  CHECK_THROWS_MATCHES(parse_footer(footer), Error, kCorrupt);
}

TEST_CASE("what is not a footer's length is none", "[xet][xorb]") {
  const auto tail = [](std::uint32_t length) {
    Bytes bytes(4);
    store_le(&bytes[0], length);
    return bytes;
  };
  CHECK_FALSE(footer_bytes({}));
  CHECK_FALSE(footer_bytes(bytes_of_hex("5c0000")));
  CHECK_FALSE(footer_bytes(tail(0)));
  CHECK_FALSE(footer_bytes(tail(91)));
  CHECK_FALSE(footer_bytes(tail(93)));
  CHECK_FALSE(footer_bytes(tail(0xffffffff)));
  CHECK_FALSE(footer_bytes(tail(92 + 40 * (kXorbMaxChunks + 1))));
  CHECK(footer_bytes(tail(92 + 40 * kXorbMaxChunks)) == 96 + 40 * kXorbMaxChunks);
  // The length fits, but what stands there is no footer.
  Bytes bytes(96 + 40);
  store_le<std::uint32_t>(&bytes[bytes.size() - 4], 92 + 40);
  CHECK_FALSE(footer_bytes(bytes));
}
