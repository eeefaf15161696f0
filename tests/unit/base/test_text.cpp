#include <mhub/base/text.hpp>

#include "support/catch.hpp"

using namespace mhub;

TEST_CASE("letters of protocols fold by ASCII alone", "[base][text]") {
  CHECK(lower_case("Content-TYPE \xc3\x84") == "content-type \xc3\x84");
  CHECK(equal_ignoring_case("ETag", "etAG"));
  CHECK_FALSE(equal_ignoring_case("\xc3\x84", "\xc3\xa4"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("@", "`"));
}

TEST_CASE("blanks are taken off both ends", "[base][text]") {
  CHECK(trimmed(" \t a b\t ") == "a b");
  CHECK(trimmed("a\r\n") == "a\r\n");
  CHECK(trimmed("a\r\n", "\r\n") == "a");
  CHECK(trimmed(" \t").empty());
  CHECK(trimmed("").empty());
}

TEST_CASE("hexadecimal digits have values", "[base][text]") {
  CHECK(hex_value('0') == 0);
  CHECK(hex_value('f') == 15);
  CHECK(hex_value('A') == 10);
  for (const char c : {'g', '/', ':', '@', '`', '\0', '\xff'}) CHECK(hex_value(c) < 0);
}

TEST_CASE("UTF-8 sequences are told from others and from cut ones", "[base][text]") {
  CHECK(utf8_length("a") == 1);
  CHECK(utf8_length("\xc3\xa4x") == 2);
  CHECK(utf8_length("\xe2\x82\xac") == 3);
  CHECK(utf8_length("\xf0\x9f\x98\x80") == 4);
  CHECK(utf8_length("\xf0\x9f\x98") == 4);
  CHECK(utf8_length("\xe2") == 3);
  // Overlong, surrogate, beyond the last character, a continuation alone, and wrong ones.
  for (const char* text :
       {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5",
        "\x80", "\xff", "\xc3x", "\xe2\x82x", "\xed\xa0", "\xf4\x90"}) {
    CHECK(utf8_length(text) == 0);
  }
}
