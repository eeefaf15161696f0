#include "hf/model_card.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>

namespace mhub::serve {

namespace {

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The lines between the first "---" and the next; nothing if the text does not begin so.
std::optional<std::vector<std::string_view>> metadata_lines(std::string_view text, bool& closed) {
  closed = false;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (take_line(text) != "---") return std::nullopt;
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line == "---") {
      closed = true;
      return lines;
    }
    lines.push_back(line);
  }
  return lines;
}

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
  bool closed = false;
  const auto lines = metadata_lines(readme, closed);
  if (!lines) return {"empty or missing yaml metadata in repo card"};
  if (!closed) return {"the metadata at the head of the card is not closed by a line of ---"};
  const auto is_content = [](std::string_view line) {
    const auto first = line.find_first_not_of(" \t");
    return first != std::string_view::npos && line[first] != '#';
  };
  if (std::none_of(lines->begin(), lines->end(), is_content))
    return {"empty or missing yaml metadata in repo card"};
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < lines->size(); ++i) {
    if ((*lines)[i].starts_with('\t')) {
      warnings.push_back("line " + std::to_string(i + 2) +
                         " of the card is indented by a tab, which YAML does not allow");
      break;
    }
  }
  return warnings;
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
