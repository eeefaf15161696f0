#include <mhub/base/sha256.hpp>

#include "support/catch.hpp"

using namespace mhub;

TEST_CASE("SHA-256 and HMAC match their published vectors", "[base][sha256]") {
  // FIPS 180-4 example and RFC 4231, case 2.
  CHECK(sha256_of(as_bytes("abc")).hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).hex() ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a hasher can be used again and fed in pieces", "[base][sha256]") {
  Sha256Hasher hasher;
  for (int round = 0; round < 2; ++round) {
    hasher.update(as_bytes("a"));
    hasher.update(as_bytes("bc"));
    CHECK(hasher.finish() == sha256_of(as_bytes("abc")));
  }
}

TEST_CASE("only 64 hexadecimal digits are a digest", "[base][sha256]") {
  CHECK(Sha256::parse(std::string(64, 'a')).has_value());
  CHECK_FALSE(Sha256::parse(std::string(63, 'a')).has_value());
  CHECK_FALSE(Sha256::parse(std::string(64, 'z')).has_value());
}
