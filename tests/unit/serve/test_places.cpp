// What keeps one client from taking the places of all.

#include "http/gate.hpp"
#include "http/least_rate.hpp"
#include "support/catch.hpp"

namespace mhub::serve {
namespace {

using std::chrono::seconds;

TEST_CASE("one holder gets at most half of a gate's places", "[serve][places]") {
  Gate gate(4);
  int woken = 0;
  const Wake wake = [&] { ++woken; };
  std::vector<Gate::Pass> greedy;
  for (int i = 0; i < 2; ++i) {
    greedy.push_back(gate.enter("user 1", wake));
    CHECK(greedy.back());
  }
  CHECK_FALSE(gate.enter("user 1", wake));
  Gate::Pass other = gate.enter("user 2");
  CHECK(other);
  CHECK(gate.enter("peer x"));  // let go of at once
  CHECK(woken == 1);
  CHECK_FALSE(gate.enter("user 1", wake));
  greedy.pop_back();
  CHECK(woken == 2);
  CHECK(gate.enter("user 1"));
}

TEST_CASE("a gate of one place has it for anybody, one at a time", "[serve][places]") {
  Gate gate(1);
  {
    const Gate::Pass pass = gate.enter("user 1");
    CHECK(pass);
    CHECK_FALSE(gate.enter("user 2"));
  }
  CHECK(gate.enter("user 2"));
}

TEST_CASE("a client below the least rate over a whole window is too slow", "[serve][places]") {
  constexpr LeastRate kLeast{seconds(60), 1000};
  const PaceWatch::Time start = PaceWatch::Time{} + std::chrono::hours(1);
  PaceWatch slow;
  for (int s = 0; s < 60; ++s)
    CHECK_FALSE(slow.is_too_slow(&kLeast, static_cast<std::uint64_t>(s), start + seconds(s)));
  CHECK(slow.is_too_slow(&kLeast, 60, start + seconds(60)));

  PaceWatch brisk;
  for (int s = 0; s < 600; ++s)
    CHECK_FALSE(brisk.is_too_slow(&kLeast, static_cast<std::uint64_t>(s) * 20, start + seconds(s)));

  PaceWatch held_up;  // by the hub
  for (int s = 0; s < 600; ++s)
    CHECK_FALSE(held_up.is_too_slow(s % 50 == 0 ? nullptr : &kLeast, 0, start + seconds(s)));
}

}  // namespace
}  // namespace mhub::serve
