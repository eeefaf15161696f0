#include <mhub/remote/credentials.hpp>

#include "support/catch.hpp"

using namespace mhub::remote;

namespace {

constexpr std::string_view kNetrc = R"(
# machine hub.example login nobody password wrong
machine other.example login x password y
macdef init
  machine hub.example login macro password wrong

machine hub.example
  login alice
  account ignored
  password "with \"quotes\" and spaces"
machine hub.example login bob password second
default login anyone password anything
)";

}  // namespace

TEST_CASE("netrc entries are found by host and user", "[remote][netrc]") {
  const auto alice = find_in_netrc(kNetrc, "hub.example", "");
  REQUIRE(alice);
  CHECK(alice->user == "alice");
  CHECK(alice->secret == "with \"quotes\" and spaces");
  CHECK(alice->source == Credential::Source::netrc);
  CHECK(find_in_netrc(kNetrc, "hub.example", "bob")->secret == "second");
  CHECK(find_in_netrc(kNetrc, "other.example", "")->secret == "y");
  CHECK(find_in_netrc(kNetrc, "third.example", "")->secret == "anything");
  CHECK_FALSE(find_in_netrc(kNetrc, "third.example", "carol"));
}

TEST_CASE("a netrc default counts only where no machine does, wherever it stands",
          "[remote][netrc]") {
  constexpr std::string_view kText =
      "default login anyone password anything\nmachine hub.example login alice password own\n";
  CHECK(find_in_netrc(kText, "hub.example", "")->secret == "own");
  CHECK(find_in_netrc(kText, "other.example", "")->secret == "anything");
  CHECK(find_in_netrc(kText, "hub.example", "anyone")->secret == "anything");
}

TEST_CASE("netrc text cut short anywhere is no trouble", "[remote][netrc]") {
  for (std::size_t size = 0; size < kNetrc.size(); ++size) {
    const auto found = find_in_netrc(kNetrc.substr(0, size), "hub.example", "");
    if (found) CHECK(found->secret != "wrong");
  }
  CHECK_FALSE(find_in_netrc("machine", "machine", ""));
  CHECK_FALSE(find_in_netrc("machine h login a", "h", ""));
}
