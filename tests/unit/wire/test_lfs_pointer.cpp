#include <mhub/wire/lfs_pointer.hpp>

#include "support/catch.hpp"

using namespace mhub;
using namespace mhub::wire;

namespace {

const std::string kDigest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const std::string kText =
    "version https://git-lfs.github.com/spec/v1\noid sha256:" + kDigest + "\nsize 1234567\n";

std::string with(std::string text, std::string_view what, std::string_view instead) {
  return text.replace(text.find(what), what.size(), instead);
}

}  // namespace

TEST_CASE("a canonical pointer is written and read back", "[wire][pointer]") {
  const auto pointer = parse_lfs_pointer(as_bytes(kText));
  REQUIRE(pointer);
  CHECK(pointer->sha256.hex() == kDigest);
  CHECK(pointer->size_bytes == 1234567);
  CHECK(to_text(*pointer) == kText);
  CHECK(kText.size() == 132);
}

TEST_CASE("the largest size of a pointer is 2^63-1", "[wire][pointer]") {
  CHECK(parse_lfs_pointer(as_bytes(with(kText, "1234567", "9223372036854775807"))));
  CHECK_FALSE(parse_lfs_pointer(as_bytes(with(kText, "1234567", "9223372036854775808"))));
  CHECK_FALSE(parse_lfs_pointer(as_bytes(with(kText, "1234567", "18446744073709551616"))));
}

TEST_CASE("a near-miss is not a pointer", "[wire][pointer]") {
  const std::string near_misses[] = {
      "",
      kText.substr(0, kText.size() - 1),
      kText + "\n",
      kText + " ",
      "\n" + kText,
      with(kText, "git-lfs.github.com/spec/v1", "hawser.github.com/spec/v1"),
      with(kText, "https:", "http:"),
      with(kText, "oid sha256", "ext-0-foo sha256:" + kDigest + "\noid sha256"),
      with(kText, "4d7a", "4D7A"),
      with(kText, "4d7a", "4d7"),
      with(kText, "4d7a", "4d7ag"),
      with(kText, "1234567", "01234567"),
      with(kText, "1234567", "+1234567"),
      with(kText, "1234567", "-1"),
      with(kText, "1234567", "0"),
      with(kText, "1234567", ""),
      with(kText, "1234567", "1234567 "),
      with(kText, "1234567\n", "1234567\r\n"),
      with(kText, "\noid", "\r\noid"),
      with(kText, "sha256:", "sha256: "),
      with(kText, "sha256:", "sha1:"),
      kText + std::string(1024, ' '),
  };
  for (const std::string& text : near_misses) {
    INFO(text);
    CHECK_FALSE(parse_lfs_pointer(as_bytes(text)));
  }
}

TEST_CASE("a pointer cut short anywhere is not a pointer", "[wire][pointer]") {
  for (std::size_t size = 0; size < kText.size(); ++size) {
    INFO("cut to " << size);
    CHECK_FALSE(parse_lfs_pointer(as_bytes(std::string_view(kText).substr(0, size))));
  }
}
