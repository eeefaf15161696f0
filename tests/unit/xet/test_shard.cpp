#include <mhub/xet/shard.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

namespace {

const HasKind kCorrupt(ErrorKind::corrupt);

Bytes listed_shard(std::size_t i) {
  return bytes_of_hex(xet_vectors().at("shards").at("cases").at(i).at("hex"));
}

ChunkRef chunk_of(std::string_view text) {
  return {hash_chunk(as_bytes(text)), static_cast<std::uint32_t>(text.size())};
}

/// Two files (one with SHA-256) over two xorbs, and an empty file.
Shard sample() {
  Shard shard;
  ShardXorb xorb;
  xorb.chunks = {chunk_of("one"), chunk_of("two"), chunk_of("three")};
  xorb.hash = xorb_hash(xorb.chunks);
  xorb.body_bytes = 35;
  shard.xorbs.push_back(xorb);
  ShardXorb other;
  other.chunks = {chunk_of("four"), chunk_of("fives")};
  other.hash = xorb_hash(other.chunks);
  shard.xorbs.push_back(other);

  ShardFile first;
  first.hash = file_hash(xorb.chunks);
  first.terms = {{xorb.hash, 0, 3, 11}};
  first.range_hashes = {
      hash_range(std::vector{xorb.chunks[0].hash, xorb.chunks[1].hash, xorb.chunks[2].hash})};
  first.sha256 = sha256_of(as_bytes("onetwothree"));
  shard.files.push_back(first);
  ShardFile second;
  second.hash = file_hash(std::vector{other.chunks[1], xorb.chunks[0], xorb.chunks[1]});
  second.terms = {{other.hash, 1, 2, 5}, {xorb.hash, 0, 2, 6}};
  second.range_hashes = {hash_range(std::vector{other.chunks[1].hash}),
                         hash_range(std::vector{xorb.chunks[0].hash, xorb.chunks[1].hash})};
  shard.files.push_back(second);
  shard.files.push_back({});
  return shard;
}

Bytes with_u32(Bytes bytes, std::size_t at, std::uint32_t value) {
  store_le(&bytes[at], value);
  return bytes;
}

}  // namespace

TEST_CASE("listed shards parse and are written again byte for byte", "[xet][shard]") {
  for (const std::size_t i : {0u, 1u}) {
    const Bytes bytes = listed_shard(i);
    const Shard shard = parse_shard(bytes);
    CHECK_FALSE(shard.footer);
    const Json& entry = xet_vectors().at("shards").at("cases").at(i);
    REQUIRE(shard.files.size() == 1);
    CHECK(shard.files[0].hash.text() == entry.at("file_hash").get<std::string>());
    CHECK(shard.files[0].sha256.value().hex() == entry.at("content_sha256").get<std::string>());
    CHECK(to_hex(make_upload_shard(shard)) == to_hex(bytes));
  }
  const Bytes answer = listed_shard(2);
  const Shard shard = parse_shard(answer);
  REQUIRE(shard.footer);
  CHECK(shard.files.empty());
  CHECK(shard.footer->created_unix_s == 1754059905);
  CHECK(shard.footer->key_expiry_unix_s == 1754059905 + 604800);
  REQUIRE(shard.xorbs.size() == 1);
  CHECK(shard.xorbs[0].chunks[0].hash ==
        keyed_chunk_hash(shard.footer->hmac_key, hash_chunk(as_bytes("one"))));
  CHECK(to_hex(make_stored_shard(shard)) == to_hex(answer));
}

TEST_CASE("a shard survives both forms", "[xet][shard]") {
  const Shard shard = sample();
  CHECK(parse_shard(make_upload_shard(shard)) == shard);

  Shard stored = shard;
  stored.footer =
      ShardFooter{parse_hash<HmacKey>(xet_vectors().at("hmac").at(0).at("key")), 17, 99};
  CHECK(parse_shard(make_stored_shard(stored)) == stored);
  CHECK(shard.files[1].size_bytes() == 11);
}

TEST_CASE("a stored shard's footer says where things are", "[xet][shard]") {
  const Bytes bytes = make_stored_shard(sample());
  const ByteView footer = ByteView(bytes).last(200);
  const auto u64 = [&](std::size_t at) { return load_le<std::uint64_t>(&footer[at]); };
  CHECK(u64(8) == 48);
  CHECK(u64(192) == bytes.size() - 200);
  CHECK(u64(168) == 35);
  CHECK(u64(176) == 22);
  CHECK(u64(184) == 20);
  for (const std::size_t table : {24u, 40u, 56u}) {
    CHECK(u64(table) == bytes.size() - 200);
    CHECK(u64(table + 8) == 0);
  }
}

TEST_CASE("flags of a chunk and tables of others are ignored", "[xet][shard]") {
  Shard shard = sample();
  shard.footer = ShardFooter{};
  Bytes bytes = make_stored_shard(shard);
  const std::size_t last_chunk = bytes.size() - 200 - 48 - 48;
  store_le(&bytes[last_chunk + 40], std::uint32_t{1} << 31);
  const Bytes footer(bytes.end() - 200, bytes.end());
  bytes.resize(bytes.size() - 200);
  append(bytes, splitmix_bytes(1, 60));
  const std::uint64_t footer_at = bytes.size();
  append(bytes, footer);
  store_le(&bytes[footer_at + 192], footer_at);
  CHECK(parse_shard(bytes) == shard);
}

TEST_CASE("a shard cut short anywhere in its sections is corrupt", "[xet][shard]") {
  const Shard shard = sample();
  const Bytes upload = make_upload_shard(shard);
  for (std::size_t size = 0; size < upload.size(); ++size) {
    INFO("cut to " << size << " of " << upload.size() << " bytes");
    CHECK_THROWS_MATCHES(parse_shard(ByteView(upload).first(size)), Error, kCorrupt);
  }
  // What follows is of use only with a whole footer.
  Shard stored = shard;
  stored.footer = ShardFooter{};
  const Bytes bytes = make_stored_shard(stored);
  for (std::size_t size = upload.size(); size < bytes.size(); ++size)
    CHECK(parse_shard(ByteView(bytes).first(size)) == shard);
}

TEST_CASE("whatever follows the sections is ignored", "[xet][shard]") {
  const Shard shard = sample();
  Bytes bytes = make_upload_shard(shard);
  append(bytes, splitmix_bytes(1, 5000));
  CHECK(parse_shard(bytes) == shard);
}

TEST_CASE("the header's footer size is not relied upon", "[xet][shard]") {
  const Shard shard = sample();
  CHECK(parse_shard(with_u32(make_upload_shard(shard), 40, 200)) == shard);
  CHECK(parse_shard(with_u32(make_stored_shard(shard), 40, 0)).footer == ShardFooter{});
}

TEST_CASE("counts are checked before memory is taken for them", "[xet][shard]") {
  const Bytes bytes = make_upload_shard(sample());
  const std::size_t file = 48;
  const std::size_t xorb = bytes.size() - 48 * (1 + 3 + 1 + 2 + 1);
  REQUIRE(parse_shard(bytes).xorbs[0].hash ==
          XorbHash::from_raw(ByteView(bytes).subspan(xorb).first<kHashBytes>()));
  for (const std::uint32_t count : {0u, 2u, 1000u, 0x7fffffffu, 0xffffffffu}) {
    INFO(count);
    CHECK_THROWS_MATCHES(parse_shard(with_u32(bytes, file + 36, count)), Error, kCorrupt);
    CHECK_THROWS_MATCHES(parse_shard(with_u32(bytes, xorb + 36, count)), Error, kCorrupt);
  }
}

TEST_CASE("impossible fields are corrupt", "[xet][shard]") {
  const Bytes bytes = make_upload_shard(sample());
  const std::size_t term = 48 + 48;
  const std::size_t chunk = bytes.size() - 48 * (3 + 1 + 2 + 1);
  const struct {
    const char* what;
    std::size_t at;
    std::uint32_t value;
  } cases[] = {
      {"tag", 0, 0},
      {"version", 32, 1},
      {"version", 32, 3},
      {"term of no bytes", term + 36, 0},
      {"term of fewer bytes than chunks", term + 36, 2},
      {"term of more bytes than chunks can have", term + 36, 3 * 131072 + 1},
      {"reversed term", term + 40, 4},
      {"empty term", term + 40, 3},
      {"term beyond any xorb", term + 44, 8193},
      {"chunk that does not follow the one before", chunk + 32, 1},
      {"empty chunk", chunk + 36, 0},
      {"too long a chunk", chunk + 36, 131073},
      {"chunks that do not add up", chunk - 48 + 40, 12},
  };
  for (const auto& entry : cases) {
    INFO(entry.what);
    CHECK_THROWS_MATCHES(parse_shard(with_u32(bytes, entry.at, entry.value)), Error, kCorrupt);
  }
}

TEST_CASE("unknown flags are ignored", "[xet][shard]") {
  const Shard shard = sample();
  const Bytes bytes = make_upload_shard(shard);
  CHECK(parse_shard(with_u32(bytes, 48 + 32, 0xC0000001)) == shard);
  const std::size_t chunk = bytes.size() - 48 * (2 + 1);
  CHECK(parse_shard(with_u32(bytes, chunk + 40, 0x8000ffff)) == shard);
}

TEST_CASE("an empty file does not end the section", "[xet][shard]") {
  Shard shard = sample();
  std::rotate(shard.files.begin(), shard.files.end() - 1, shard.files.end());
  REQUIRE(shard.files[0].hash.is_zero());
  const Shard parsed = parse_shard(make_upload_shard(shard));
  CHECK(parsed == shard);
  CHECK(parsed.files.size() == 3);
}

TEST_CASE("files without range hashes carry no flag", "[xet][shard]") {
  Shard shard = sample();
  for (ShardFile& file : shard.files) file.range_hashes.clear();
  const Bytes bytes = make_upload_shard(shard);
  CHECK(load_le<std::uint32_t>(&bytes[48 + 32]) == 0x40000000);
  CHECK(parse_shard(bytes) == shard);
}

TEST_CASE("a shard beyond its limit is corrupt", "[xet][shard][.slow]") {
  Bytes bytes = make_upload_shard(sample());
  bytes.resize(kShardMaxBytes + 201);
  CHECK_THROWS_MATCHES(parse_shard(bytes), Error, kCorrupt);
}
