// Reconstruction answers: whatever is taken has a place for each of its terms.

#include <mhub/wire/reconstruction.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = fuzz::text(data, size);
  const auto check = [](const wire::Reconstruction& answer) {
    const auto places = wire::place_terms(answer);
    fuzz::require(places.size() == answer.terms.size(), "each term has a place");
    for (const wire::FetchPlace& place : places) {
      fuzz::require(place.fetch < answer.fetches.size() &&
                        place.range < answer.fetches[place.fetch].ranges.size(),
                    "a place lies in the answer");
    }
  };
  fuzz::may_refuse([&] {
    const wire::Reconstruction answer = wire::parse_reconstruction_v1(json);
    check(answer);
    check(wire::parse_reconstruction_v1(wire::to_json_v1(answer)));
  });
  fuzz::may_refuse([&] {
    const wire::Reconstruction answer = wire::parse_reconstruction_v2(json);
    check(answer);
    check(wire::parse_reconstruction_v2(wire::to_json_v2(answer)));
  });
  return 0;
}
