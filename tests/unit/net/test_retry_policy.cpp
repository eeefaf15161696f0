#include "../../../src/net/retry_policy.hpp"
#include "support/matchers.hpp"

using namespace mhub::net;

namespace {

Response answer(int status) {
  Response out;
  out.status = status;
  return out;
}

}  // namespace

TEST_CASE("only requests that may be repeated are repeated", "[net][retry]") {
  const Request request;
  Request always;
  always.retry = Retry::always;
  Request never;
  never.retry = Retry::never;
  const Failure broken{Ending::broken, true, false, false};
  CHECK(may_retry(request, "GET", broken));
  CHECK(may_retry(request, "PUT", broken));
  CHECK_FALSE(may_retry(request, "POST", broken));
  CHECK(may_retry(always, "POST", broken));
  CHECK_FALSE(may_retry(never, "GET", broken));

  CHECK(may_retry(request, "POST", Failure{Ending::no_connect, false, false, false}));
  CHECK(may_retry(request, "POST", Failure{Ending::broken, true, true, false}));
  CHECK_FALSE(may_retry(request, "POST", Failure{Ending::broken, true, true, true}));
  CHECK_FALSE(may_retry(request, "POST", Failure{Ending::stalled, true, true, false}));
  CHECK_FALSE(may_retry(always, "GET", Failure{Ending::not_trusted, false, false, false}));
  CHECK_FALSE(may_retry(always, "GET", Failure{Ending::nonsense, true, false, true}));
}

TEST_CASE("passing statuses are retried, verdicts are not", "[net][retry]") {
  const Request request;
  for (const int status : {408, 429, 500, 502, 503, 504, 520}) {
    CHECK(may_retry(request, "GET", answer(status)));
  }
  for (const int status : {200, 301, 400, 401, 403, 404, 409, 422, 501, 505, 507}) {
    CHECK_FALSE(may_retry(request, "GET", answer(status)));
  }
  CHECK_FALSE(may_retry(request, "POST", answer(500)));
  CHECK(may_retry(request, "POST", answer(429)));
  CHECK_FALSE(may_retry(request, "POST", answer(503)));
  Response later = answer(503);
  later.headers = {{"Retry-After", "1"}};
  CHECK(may_retry(request, "POST", later));
}

TEST_CASE("Retry-After is seconds or a date", "[net][retry]") {
  CHECK(parse_retry_after("3", 0) == 3000u);
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 50) == 10'000u);
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 90) == 0u);
  CHECK(parse_retry_after("99999999999", 0).value() <= 1'000'000'000u);
  CHECK_FALSE(parse_retry_after("soon", 0).has_value());
  CHECK_FALSE(parse_retry_after("", 0).has_value());
  CHECK_FALSE(parse_retry_after("-1", 0).has_value());
}

TEST_CASE("the wait doubles, is jittered and has a limit", "[net][retry]") {
  CHECK(backoff_ms(500, 0, 0.0) == 250);
  CHECK(backoff_ms(500, 0, 0.999999) >= 499);
  CHECK(backoff_ms(500, 2, 0.0) == 1000);
  CHECK(backoff_ms(500, 60, 0.999999) <= kBackoffMaxMs);
  CHECK(backoff_ms(500, 60, 0.0) == kBackoffMaxMs / 2);
}
