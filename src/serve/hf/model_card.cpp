#include "hf/model_card.hpp"

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>
#include <mhub/wire/repo_card.hpp>

namespace mhub::serve {

namespace {

Response validate(Call& call) {
  using nlohmann::json;
  constexpr std::size_t kValues = 1000;
  if (!is_within_json_bounds(call.body, kValues)) throw Refused(400, "the request is no JSON");
  const json request = json::parse(call.body, nullptr, false);
  if (!request.is_object() || !request.contains("content") || !request["content"].is_string())
    throw Refused(400, "the request has no text \"content\"");
  json warnings = json::array();
  for (const std::string& text : card_warnings(request["content"].get_ref<const std::string&>()))
    warnings.push_back({{"message", text}});
  const json answer = {{"errors", json::array()}, {"warnings", warnings}};
  return json_response(200, answer.dump());
}

}  // namespace

std::vector<std::string> card_warnings(std::string_view readme) {
  const auto block = wire::find_card_block(readme);
  if (!block) return {"empty or missing yaml metadata in repo card"};
  if (!block->is_closed)
    return {"the metadata at the head of the card is not closed by a line of ---"};
  const auto card = wire::parse_repo_card(readme);
  if (!card.fault.empty()) return {"the metadata of the card cannot be read: " + card.fault};
  if (card.json.empty()) return {"empty or missing yaml metadata in repo card"};
  return {};
}

std::vector<Route> model_card_routes(const ServeLimits& limits) {
  Route route;
  route.method = Method::post;
  route.pattern = "/api/validate-yaml";
  route.access = Access::open;
  route.run = Run::worker;
  route.body_limit_bytes = limits.json_body_bytes;
  route.handle = validate;
  return {route};
}

}  // namespace mhub::serve
