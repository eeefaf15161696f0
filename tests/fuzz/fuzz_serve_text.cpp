// What stands in requests to the hub: ranges, escapes, CAS tokens, pointers in pushed commits.

#include <mhub/wire/lfs_pointer.hpp>

#include "../../src/serve/auth.hpp"
#include "../../src/serve/git/pointer_walk.hpp"
#include "../../src/serve/http/byte_range.hpp"
#include "../../src/serve/http/message.hpp"
#include "fuzz.hpp"

using namespace mhub;

namespace {

void check_ranges(std::string_view header) {
  for (const std::uint64_t size_bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    const serve::RangeRequest asked = serve::parse_range(header, size_bytes);
    if (asked.kind == serve::RangeRequest::Kind::part)
      fuzz::require(asked.range.first <= asked.range.last && asked.range.last < size_bytes,
                    "a range stays within the size");
  }
  if (const auto ranges = serve::parse_closed_ranges(header)) {
    fuzz::require(!ranges->empty(), "a list of ranges has one");
    for (const serve::InclusiveRange& range : *ranges)
      fuzz::require(range.first <= range.last, "closed ranges are not reversed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  check_ranges(text);
  check_ranges("bytes=" + std::string(text));

  const auto unescaped = serve::percent_decode(serve::percent_encode(text));
  if (text.find('\0') == text.npos) {
    fuzz::require(unescaped == text, "what is escaped comes back");
  } else {
    fuzz::require(!unescaped, "no escape gives NUL");
  }
  serve::percent_decode(text);

  const serve::Signer signer(sha256_of(as_bytes("secret")));
  fuzz::require(!signer.read_cas_token(text), "nobody guesses a token");
  const auto token = signer.cas_token({serve::CasScope::read, 1, 2, 3});
  fuzz::require(text == token || !signer.check("cas-token", {std::string(text)}, "signature"),
                "nobody guesses a signature");

  const auto pointer = wire::parse_lfs_pointer(fuzz::view(data, size));
  const auto loose = serve::read_loose_pointer(text);
  if (pointer) {
    fuzz::require(
        loose && loose->sha256 == pointer->sha256 && loose->size_bytes == pointer->size_bytes,
        "the hub sees every pointer that clients write");
  }
  return 0;
}
