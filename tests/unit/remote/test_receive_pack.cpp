#include "../../../src/remote/pkt_line.hpp"
#include "../../../src/remote/receive_pack.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;

TEST_CASE("packets are framed and unframed", "[remote][git]") {
  const std::string text = make_packet("hello") + "0000" + make_packet("") + make_packet("x");
  std::string_view rest = text;
  CHECK(take_packet(rest) == "hello");
  CHECK(take_packet(rest) == "");
  CHECK(take_packet(rest) == "");
  CHECK(take_packet(rest) == "x");
  CHECK_FALSE(take_packet(rest).has_value());
}

TEST_CASE("a packet that is no packet is corrupt", "[remote][git]") {
  for (const char* text :
       {"0", "000", "0001", "0003ab", "zzzz", "0009abc", "ffffabc", "-001", " 005x"}) {
    INFO(text);
    std::string_view rest = text;
    CHECK_THROWS_MATCHES(take_packet(rest), Error, HasKind(ErrorKind::corrupt));
  }
}

TEST_CASE("a push report is taken apart", "[remote][git]") {
  const PushReport report = parse_push_report(
      make_packet("unpack ok\n") + make_packet("ok refs/heads/a\n") +
      make_packet("option old-oid 1\n") + make_packet("ng refs/heads/b some \x1b reason\n") +
      make_packet("ng refs/heads/c\n") + "0000" + "trailing");
  CHECK(report.unpack == "ok");
  CHECK(report.accepted == std::vector<std::string>{"refs/heads/a"});
  CHECK(report.refused.at("refs/heads/b").find("some ") == 0);
  CHECK(report.refused.at("refs/heads/b").find('\x1b') == std::string::npos);
  CHECK(report.refused.at("refs/heads/c") == "refused");
}

TEST_CASE("a push report cut anywhere is corrupt or says less", "[remote][git]") {
  const std::string whole = make_packet("unpack ok\n") + make_packet("ok refs/heads/a\n") + "0000";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    try {
      const PushReport report = parse_push_report(std::string_view(whole).substr(0, size));
      CHECK((size == 0 || size == 14 || size == whole.size() - 4));
      CHECK(report.accepted.size() <= 1);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::corrupt);
    }
  }
}
