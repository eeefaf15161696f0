#include <mhub/remote/hf_tokens.hpp>

#include "support/catch.hpp"

using namespace mhub::remote;

TEST_CASE("stored tokens are read section by section", "[remote][hf_tokens]") {
  const auto tokens = parse_hf_tokens(
      "[work laptop]\nhf_token = hf_one\n\n"
      "# a comment\n[oauth-alice]\r\nhf_token=hf_two\r\nrefresh_token = r\nexpires_at = "
      "1700000000\n"
      "[empty]\nrefresh_token = x\n"
      "[odd]\nhf_token = hf_three\nexpires_at = soon\n");
  REQUIRE(tokens.size() == 3);
  CHECK(tokens[0] == HfToken{"work laptop", "hf_one", std::nullopt});
  CHECK(tokens[1] == HfToken{"oauth-alice", "hf_two", 1700000000});
  CHECK(tokens[2] == HfToken{"odd", "hf_three", std::nullopt});
}

TEST_CASE("what is no file of tokens gives none", "[remote][hf_tokens]") {
  CHECK(parse_hf_tokens("").empty());
  CHECK(parse_hf_tokens("hf_token = outside\n").empty());
  CHECK(parse_hf_tokens("[").empty());
  CHECK(parse_hf_tokens("[]\nhf_token = x").empty());
  CHECK(parse_hf_tokens("[a\nhf_token = x").empty());
}

TEST_CASE("a token has ended when its time is over", "[remote][hf_tokens]") {
  const std::vector<HfToken> stored{{"a", "hf_a", 100}, {"b", "hf_b", std::nullopt}};
  CHECK(has_ended(stored, "hf_a", 100));
  CHECK_FALSE(has_ended(stored, "hf_a", 99));
  CHECK_FALSE(has_ended(stored, "hf_b", 1000));
  CHECK_FALSE(has_ended(stored, "hf_c", 1000));
}
