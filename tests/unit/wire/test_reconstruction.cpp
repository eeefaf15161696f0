#include <mhub/wire/reconstruction.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

namespace {

const std::string kXorbA = "4d0f481619ea3d1aa279c2e894319320ab68a58428ec9e6c71ac56f401d938d7";
const std::string kXorbB = "f857c20483a87a6737b06f718d340429fc080f73c00f6d46b2030b58734a61e4";

// What the production service answers for a file of one xorb, with its real numbers.
const std::string kRecorded =
    R"({"offset_into_first_range":0,"terms":[{"hash":")" + kXorbA +
    R"(","unpacked_length":1048576,"range":{"start":0,"end":20}}],)" + R"("xorbs":{")" + kXorbA +
    R"(":[{"url":"https://cdn.example/x?s=1",)" + R"("ranges":[{"chunks":{"start":0,"end":20},)" +
    R"("bytes":{"start":0,"end":1048735}}]}]}})";

Reconstruction two_xorbs() {
  const auto a = *xet::XorbHash::parse(kXorbA);
  const auto b = *xet::XorbHash::parse(kXorbB);
  return {
      .offset_into_first_range = 35408,
      .terms = {{.xorb = a, .chunks = {1100, 1102}, .unpacked_bytes = 111240},
                {.xorb = b, .chunks = {3, 4}, .unpacked_bytes = 70000},
                {.xorb = a, .chunks = {0, 2}, .unpacked_bytes = 90000},
                {.xorb = a, .chunks = {1101, 1102}, .unpacked_bytes = 50000}},
      .fetches = {
          {.xorb = a,
           .url = "http://h/a",
           .ranges = {{.chunks = {0, 4}, .bytes = {0, 199999}},
                      {.chunks = {1100, 1102}, .bytes = {9000000, 9111255}}}},
          {.xorb = b, .url = "http://h/b", .ranges = {{.chunks = {3, 4}, .bytes = {77, 70084}}}}}};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_refused(const std::string& json, std::string_view field) {
  INFO(json);
  try {
    parse_reconstruction_v2(json);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::corrupt);
    CHECK_THAT(error.message(), Catch::Contains(std::string(field)));
  }
}

}  // namespace

TEST_CASE("a recorded v2 answer is read", "[wire][reconstruction]") {
  const Reconstruction answer = parse_reconstruction_v2(kRecorded);
  REQUIRE(answer.terms.size() == 1);
  CHECK(answer.terms[0].xorb.text() == kXorbA);
  CHECK(answer.terms[0].chunks == ChunkRange{0, 20});
  CHECK(answer.terms[0].unpacked_bytes == 1048576);
  REQUIRE(answer.fetches.size() == 1);
  CHECK(answer.fetches[0].url == "https://cdn.example/x?s=1");
  CHECK(answer.fetches[0].ranges[0].bytes.size_bytes() == 1048736);
}

TEST_CASE("both forms of a reconstruction survive a round trip", "[wire][reconstruction]") {
  const Reconstruction value = two_xorbs();
  CHECK(parse_reconstruction_v1(to_json_v1(value)) == value);
  CHECK(parse_reconstruction_v2(to_json_v2(value)) == value);
}

TEST_CASE("an empty file has no terms and no xorbs", "[wire][reconstruction]") {
  CHECK(to_json_v1({}) == R"({"fetch_info":{},"offset_into_first_range":0,"terms":[]})");
  CHECK(to_json_v2({}) == R"({"offset_into_first_range":0,"terms":[],"xorbs":{}})");
  CHECK(parse_reconstruction_v2(to_json_v2({})) == Reconstruction{});
}

TEST_CASE("each term is placed in the range that holds it", "[wire][reconstruction]") {
  CHECK(place_terms(two_xorbs()) == std::vector<FetchPlace>{{0, 1}, {1, 0}, {0, 0}, {0, 1}});
}

TEST_CASE("a reconstruction that cannot be is refused by field", "[wire][reconstruction]") {
  check_refused(replaced(kRecorded, R"("end":20}}],)", R"("end":21}}],)"), "terms[0]");
  check_refused(replaced(kRecorded, R"("end":20}}],)", R"("end":8193}}],)"), "terms[0].range.end");
  check_refused(replaced(kRecorded, R"("start":0,"end":20}}],)", R"("start":20,"end":20}}],)"),
                "terms[0].range is empty or reversed");
  check_refused(replaced(kRecorded, "1048576", "99999999999"), "terms[0].unpacked_length");
  check_refused(replaced(kRecorded, "1048576", "19"), "terms[0].unpacked_length");
  check_refused(replaced(kRecorded, "1048576", "-1"), "terms[0].unpacked_length");
  check_refused(replaced(kRecorded, "1048735", "9999999999"), "ranges[0].bytes.end");
  check_refused(replaced(kRecorded, "1048735", "100"), "ranges[0]");
  check_refused(
      replaced(kRecorded, R"("offset_into_first_range":0)", R"("offset_into_first_range":1048576)"),
      "offset_into_first_range");
  check_refused(replaced(kRecorded, "https://cdn", "gopher://cdn"), "url is not an http");
  check_refused(replaced(kRecorded, R"("xorbs":{"4d)", R"("xorbs":{"..)"), "64 hexadecimal digits");
  check_refused(replaced(kRecorded, R"("xorbs")", R"("sborx")"), "has no field xorbs");
}

TEST_CASE("a reconstruction cut short anywhere is refused", "[wire][reconstruction]") {
  for (std::size_t size = 0; size < kRecorded.size(); ++size) {
    INFO("cut to " << size << " bytes");
    CHECK_THROWS_MATCHES(parse_reconstruction_v2(kRecorded.substr(0, size)), Error,
                         test::HasKind(ErrorKind::corrupt));
  }
}
