#include <cmath>
#include <cstring>
#include <random>

#include <lz4frame.h>

#include <mhub/base/sha256.hpp>
#include <mhub/xet/chunker.hpp>
#include <mhub/xet/compression.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

namespace {

Bytes text_like(std::size_t size_bytes) {
  Bytes out;
  for (std::size_t i = 0; out.size() < size_bytes; ++i)
    append(out, as_bytes("line " + std::to_string(i * 2654435761u % 1000) + " of a log file\n"));
  out.resize(size_bytes);
  return out;
}

/// Gaussian weights as the upper 16 bits (`bfloat16`) or all 32 bits of a float.
Bytes weights(std::size_t size_bytes, std::size_t bytes_each) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  Bytes out;
  while (out.size() < size_bytes) {
    const float value = normal(random);
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    append_le(out, bits >> (32 - 8 * bytes_each), bytes_each);
  }
  out.resize(size_bytes);
  return out;
}

void check_round_trip(Scheme scheme, ByteView chunk) {
  Bytes stored;
  const Scheme used = compress_chunk(scheme, chunk, stored);
  CHECK((used == scheme || used == Scheme::none));
  if (used == Scheme::none) {
    CHECK(stored.size() == chunk.size());
  } else {
    CHECK(stored.size() < chunk.size());
  }
  Bytes out(chunk.size());
  decompress_chunk(used, stored, out);
  CHECK(std::equal(out.begin(), out.end(), chunk.begin(), chunk.end()));
}

Bytes foreign_frame(ByteView bytes, const LZ4F_preferences_t& preferences, std::size_t piece) {
  LZ4F_cctx* context = nullptr;
  REQUIRE(!LZ4F_isError(LZ4F_createCompressionContext(&context, LZ4F_VERSION)));
  Bytes frame(LZ4F_compressBound(bytes.size(), &preferences) + 1024 + 64 * bytes.size() / piece);
  std::size_t size = LZ4F_compressBegin(context, frame.data(), frame.size(), &preferences);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const ByteView part = bytes.subspan(at, std::min(piece, bytes.size() - at));
    size += LZ4F_compressUpdate(context, frame.data() + size, frame.size() - size, part.data(),
                                part.size(), nullptr);
  }
  size += LZ4F_compressEnd(context, frame.data() + size, frame.size() - size, nullptr);
  LZ4F_freeCompressionContext(context);
  REQUIRE(size <= frame.size());
  frame.resize(size);
  return frame;
}

}  // namespace

TEST_CASE("grouping by four equals the published examples and turns back", "[xet][compression]") {
  for (const Json& entry : xet_vectors().at("byte_grouping4")) {
    const Bytes input = bytes_of_hex(entry.at("input"));
    Bytes grouped(input.size());
    group_bytes4(input, grouped);
    CHECK(to_hex(grouped) == entry.at("output").get<std::string>());
  }
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes input = splitmix_bytes(size, size);
    Bytes by_rule;
    for (std::size_t phase = 0; phase < 4; ++phase)
      for (std::size_t i = phase; i < size; i += 4) by_rule.push_back(input[i]);
    Bytes grouped(size);
    Bytes back(size);
    group_bytes4(input, grouped);
    ungroup_bytes4(grouped, back);
    INFO(size << " bytes");
    CHECK(grouped == by_rule);
    CHECK(back == input);
  }
}

TEST_CASE("every scheme gives back what it was given", "[xet][compression]") {
  for (const Scheme scheme : {Scheme::none, Scheme::lz4, Scheme::grouped4_lz4}) {
    for (const std::size_t size : {1u, 2u, 3u, 64u, 1003u, 8192u, 65537u, 131072u}) {
      INFO("scheme " << static_cast<int>(scheme) << ", " << size << " bytes");
      check_round_trip(scheme, splitmix_bytes(size, size));
      check_round_trip(scheme, text_like(size));
      check_round_trip(scheme, weights(size, 2));
      check_round_trip(scheme, Bytes(size));
    }
  }
}

TEST_CASE("what does not shrink is stored as it is", "[xet][compression]") {
  const Bytes random = splitmix_bytes(5, 70000);
  for (const Scheme scheme : {Scheme::lz4, Scheme::grouped4_lz4}) {
    Bytes stored;
    CHECK(compress_chunk(scheme, random, stored) == Scheme::none);
    CHECK(stored == random);
  }
}

TEST_CASE("the chosen scheme suits the data", "[xet][compression]") {
  CHECK(choose_scheme({}) == Scheme::none);
  CHECK(choose_scheme(splitmix_bytes(9, 65536)) == Scheme::none);
  CHECK(choose_scheme(text_like(65536)) == Scheme::lz4);
  CHECK(choose_scheme(Bytes(65536)) == Scheme::lz4);
  CHECK(choose_scheme(weights(65536, 2)) == Scheme::grouped4_lz4);
  CHECK(choose_scheme(weights(65536, 4)) == Scheme::grouped4_lz4);
  // No byte value is rarer than another, but the second half repeats the first.
  Bytes twice = splitmix_bytes(9, 12000);
  append(twice, splitmix_bytes(9, 12000));
  CHECK(choose_scheme(twice) == Scheme::lz4);
}

TEST_CASE("frames of other encoders are read", "[xet][compression]") {
  const Bytes chunk = text_like(131072);
  for (const auto mode : {LZ4F_blockLinked, LZ4F_blockIndependent}) {
    for (const auto block : {LZ4F_max64KB, LZ4F_max256KB, LZ4F_max1MB, LZ4F_max4MB}) {
      for (int checks = 0; checks < 8; ++checks) {
        LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
        preferences.frameInfo.blockMode = mode;
        preferences.frameInfo.blockSizeID = block;
        preferences.frameInfo.contentChecksumFlag =
            checks & 1 ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum;
        preferences.frameInfo.blockChecksumFlag =
            checks & 2 ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum;
        preferences.frameInfo.contentSize = checks & 4 ? chunk.size() : 0;
        preferences.autoFlush = 1;  // many short blocks, which lean on each other where linked
        for (const std::size_t piece : {3000u, 131072u}) {
          const Bytes frame = foreign_frame(chunk, preferences, piece);
          Bytes out(chunk.size());
          decompress_chunk(Scheme::lz4, frame, out);
          CHECK(out == chunk);
        }
      }
    }
  }
  // Stored blocks: the frame of incompressible bytes.
  const Bytes random = splitmix_bytes(1, 100000);
  const Bytes frame = foreign_frame(random, LZ4F_preferences_t{}, random.size());
  Bytes out(random.size());
  decompress_chunk(Scheme::lz4, frame, out);
  CHECK(out == random);
}

TEST_CASE("a faulty frame does not spoil the thread for the next one", "[xet][compression]") {
  const Bytes chunk = text_like(20000);
  LZ4F_preferences_t telling_length = LZ4F_INIT_PREFERENCES;
  telling_length.frameInfo.contentSize = chunk.size();
  const Bytes faulty = foreign_frame(chunk, telling_length, chunk.size());
  const Bytes sound = foreign_frame(chunk, LZ4F_preferences_t{}, chunk.size());
  for (std::size_t size = 0; size < faulty.size(); ++size) {
    INFO("after one cut to " << size << " of " << faulty.size() << " bytes");
    Bytes out(chunk.size());
    CHECK_THROWS_MATCHES(decompress_chunk(Scheme::lz4, ByteView(faulty).first(size), out), Error,
                         HasKind(ErrorKind::corrupt));
    REQUIRE_NOTHROW(decompress_chunk(Scheme::lz4, sound, out));
    CHECK(out == chunk);
  }
}

TEST_CASE("a payload that is not exactly one frame of the declared length is corrupt",
          "[xet][compression]") {
  const Bytes chunk = text_like(20000);
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  const Bytes frame = foreign_frame(chunk, preferences, chunk.size());
  const auto decode = [](Scheme scheme, ByteView payload, std::size_t declared) {
    Bytes out(declared);
    decompress_chunk(scheme, payload, out);
    return out;
  };
  const HasKind corrupt(ErrorKind::corrupt);
  CHECK(decode(Scheme::lz4, frame, chunk.size()) == chunk);

  for (const Scheme scheme : {Scheme::lz4, Scheme::grouped4_lz4}) {
    for (std::size_t size = 0; size < frame.size(); ++size) {
      INFO("cut to " << size << " of " << frame.size() << " bytes");
      CHECK_THROWS_MATCHES(decode(scheme, ByteView(frame).first(size), chunk.size()), Error,
                           corrupt);
    }
    for (const std::size_t declared : {1ul, chunk.size() - 1, chunk.size() + 1, 131072ul})
      CHECK_THROWS_MATCHES(decode(scheme, frame, declared), Error, corrupt);
    Bytes longer = frame;
    longer.push_back(std::byte{0});
    CHECK_THROWS_MATCHES(decode(scheme, longer, chunk.size()), Error, corrupt);
    Bytes twice = frame;
    append(twice, frame);
    CHECK_THROWS_MATCHES(decode(scheme, twice, 2 * chunk.size()), Error, corrupt);
    CHECK_THROWS_MATCHES(decode(scheme, splitmix_bytes(1, 500), 500), Error, corrupt);
  }
  for (std::size_t i = 4; i < frame.size(); i += 7) {
    Bytes damaged = frame;
    damaged[i] ^= std::byte{0x10};
    INFO("bit flipped at " << i);
    CHECK_THROWS_MATCHES(decode(Scheme::lz4, damaged, chunk.size()), Error, corrupt);
  }
  // A skippable frame holds no data, a chunk holds at least a byte.
  const Bytes skippable = bytes_of_hex("502a4d1804000000deadbeef");
  CHECK_THROWS_MATCHES(decode(Scheme::lz4, skippable, 4), Error, corrupt);
  CHECK_THROWS_MATCHES(decode(Scheme::none, chunk, chunk.size() - 1), Error, corrupt);
  CHECK_THROWS_MATCHES(decode(Scheme{3}, chunk, chunk.size()), Error, corrupt);
  // Errors leave the thread's decoder fit for the next frame.
  CHECK(decode(Scheme::lz4, frame, chunk.size()) == chunk);
}
