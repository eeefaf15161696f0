#include <string>

#include <mhub/base/error.hpp>

#include "../../../src/remote/pack_head.hpp"
#include "support/catch.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using test::HasKind;

namespace {

std::string pack_of(std::uint32_t count) {
  std::string pack("PACK\0\0\0\2", 8);
  for (int shift = 24; shift >= 0; shift -= 8) pack += static_cast<char>(count >> shift & 0xff);
  return pack + "objects";
}

std::string line(const std::string& text) {
  return fmt::format("{:04x}{}", text.size() + 4, text);
}

/// Each way to carry a pack that an answer has.
std::vector<std::string> answers_with(std::uint32_t count) {
  const std::string pack = pack_of(count);
  std::string split;
  for (const char c : pack) split += line("\2counting\n") + line(std::string("\1") + c);
  return {line("NAK\n") + line("\1" + pack), line("NAK\n") + pack,
          line("shallow 0123\n") + "0000" + line("ACK 0123\n") + line("\2words\n") + split};
}

void look_at(const std::string& answer, std::size_t piece) {
  PackHead head;
  for (std::size_t at = 0; at < answer.size(); at += piece)
    head.look_at(as_bytes(answer).subspan(at, std::min(piece, answer.size() - at)));
}

}  // namespace

TEST_CASE("a pack that announces too many objects is refused however it comes", "[remote][git]") {
  for (const std::size_t piece : {1u, 3u, 1000u}) {
    for (const std::string& answer : answers_with(kPackMaxObjects))
      CHECK_NOTHROW(look_at(answer, piece));
    for (const std::uint32_t count : {kPackMaxObjects + 1, 0xffffffffu}) {
      for (const std::string& answer : answers_with(count))
        CHECK_THROWS_MATCHES(look_at(answer, piece), Error, HasKind(ErrorKind::corrupt));
    }
  }
}

TEST_CASE("an answer without a pack has none to refuse", "[remote][git]") {
  for (const std::string answer : {"", "0000", "0004", "0008NAK\n"})
    CHECK_NOTHROW(look_at(answer, 1));
  for (const std::string answer : {"<html>login</html>", "0001", "ffff"})
    CHECK_THROWS_MATCHES(look_at(answer, 1), Error, HasKind(ErrorKind::corrupt));
}
