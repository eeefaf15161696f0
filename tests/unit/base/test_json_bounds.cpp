#include <mhub/base/json_bounds.hpp>

#include "support/matchers.hpp"

using namespace mhub;

TEST_CASE("the values of a JSON text are counted before it is parsed", "[base][json_bounds]") {
  const std::string_view text = R"({"a": [1, 2, {"b": null}], "c": "x"})";
  CHECK(is_within_json_bounds(text, 7));
  CHECK_FALSE(is_within_json_bounds(text, 6));
  CHECK(is_within_json_bounds("", 1));
  CHECK(is_within_json_bounds("7", 1));
}

TEST_CASE("text inside a JSON text counts for nothing", "[base][json_bounds]") {
  CHECK(is_within_json_bounds(R"(["[[[[,,,,{{{{"])", 2));
  CHECK(is_within_json_bounds(R"(["\"[,,,,\\"])", 2));
  CHECK_FALSE(is_within_json_bounds(R"(["\\",[]])", 2));
}

TEST_CASE("deep nesting is refused, a long flat list is not", "[base][json_bounds]") {
  CHECK(is_within_json_bounds(std::string(kJsonMaxDepth, '['), 1000));
  CHECK_FALSE(is_within_json_bounds(std::string(kJsonMaxDepth + 1, '['), 1000));
  std::string flat = "[";
  for (int i = 0; i < 100; ++i) flat += "[],";
  CHECK(is_within_json_bounds(flat, 1000));
  CHECK_FALSE(is_within_json_bounds(flat, 100));
}
