#include <mhub/base/bytes.hpp>

#include "support/catch.hpp"

using namespace mhub;

TEST_CASE("hexadecimal goes both ways and refuses anything else", "[base][bytes]") {
  CHECK(to_hex(as_bytes("\x01\xfe")) == "01fe");
  CHECK(from_hex("01FE") == from_hex("01fe"));
  CHECK_FALSE(from_hex("0").has_value());
  CHECK_FALSE(from_hex("0g").has_value());
  std::array<std::byte, 2> two;
  CHECK_FALSE(from_hex("010203", two));
}

TEST_CASE("base64 goes both ways", "[base][bytes]") {
  for (const char* text : {"", "a", "ab", "abc", "user:token"}) {
    const std::string encoded = to_base64(as_bytes(text));
    REQUIRE(from_base64(encoded).has_value());
    CHECK(as_text(*from_base64(encoded)) == text);
  }
  CHECK(to_base64(as_bytes("ab")) == "YWI=");
  CHECK(from_base64("YWI").has_value());
  CHECK_FALSE(from_base64("YWJjZ").has_value());
  CHECK_FALSE(from_base64("Y!==").has_value());
}

TEST_CASE("little-endian integers of odd widths", "[base][bytes]") {
  Bytes out;
  append_le<std::uint32_t>(out, 0x010203, 3);
  append_le<std::uint64_t>(out, 0x8000000000000001);
  CHECK(to_hex(out) == "0302010100000000000080");
  CHECK(load_le<std::uint32_t>(out.data(), 3) == 0x010203);
  CHECK(load_le<std::uint64_t>(out.data() + 3) == 0x8000000000000001);
}

TEST_CASE("sizes for people", "[base][bytes]") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(1023) == "1023 B");
  CHECK(human_bytes(1536) == "1.50 KiB");
  CHECK(human_bytes(1047527424) == "999 MiB");
  CHECK(human_bytes(std::uint64_t{5} << 30) == "5.00 GiB");
}
