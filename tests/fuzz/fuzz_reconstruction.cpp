// Reconstructions in both forms: ranges stay within bounds, and both forms say the same.

#include <mhub/wire/reconstruction.hpp>

#include "fuzz.hpp"

using namespace mhub;

namespace {

void check(const wire::Reconstruction& plan) {
  const std::vector<wire::FetchPlace> places = wire::place_terms(plan);
  fuzz::require(places.size() == plan.terms.size(), "every term has a place");
  for (std::size_t i = 0; i < places.size(); ++i) {
    const wire::XorbFetch& fetch = plan.fetches.at(places[i].fetch);
    fuzz::require(fetch.xorb == plan.terms[i].xorb, "a term's place is in its xorb");
    fuzz::require(fetch.ranges.at(places[i].range).chunks.contains(plan.terms[i].chunks),
                  "a term's place holds it");
  }
  for (const wire::XorbFetch& fetch : plan.fetches) {
    for (const wire::FetchRange& range : fetch.ranges) {
      fuzz::require(range.chunks.start < range.chunks.end, "chunk ranges are not empty");
      fuzz::require(range.bytes.first <= range.bytes.last, "byte ranges are not reversed");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = fuzz::text(data, size);
  fuzz::may_refuse([&] {
    const wire::Reconstruction plan = wire::parse_reconstruction_v1(json);
    check(plan);
    check(wire::parse_reconstruction_v1(wire::to_json_v1(plan)));
  });
  fuzz::may_refuse([&] {
    const wire::Reconstruction plan = wire::parse_reconstruction_v2(json);
    check(plan);
    fuzz::require(wire::parse_reconstruction_v2(wire::to_json_v2(plan)).terms == plan.terms,
                  "a reconstruction written has the terms it had");
  });
  return 0;
}
