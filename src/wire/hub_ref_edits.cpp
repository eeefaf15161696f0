#include <mhub/wire/hub_ref_edits.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxMessageBytes = 65536;
constexpr JsonLimits kLimits{.bytes = std::size_t{1} << 20, .values = 1000};

Json parse_body(std::string_view json, std::string_view what) {
  return parse_json(json.empty() ? "{}" : json, kLimits, what);
}

}  // namespace

std::string to_json(const MakeBranchRequest& request) {
  OrderedJson json = OrderedJson::object();
  if (!request.starting_point.empty()) json["startingPoint"] = request.starting_point;
  if (request.is_empty) json["emptyBranch"] = true;
  if (request.overwrite) json["overwrite"] = true;
  return dump(json);
}

MakeBranchRequest parse_make_branch_request(std::string_view json) {
  const Json document = parse_body(json, "branch request");
  const JsonField root(document, "branch request");
  return {.starting_point = root.text_or("startingPoint", kMaxNameBytes),
          .is_empty = root.boolean_or("emptyBranch", false),
          .overwrite = root.boolean_or("overwrite", false)};
}

MakeTagRequest parse_make_tag_request(std::string_view json) {
  const Json document = parse_body(json, "tag request");
  const JsonField root(document, "tag request");
  MakeTagRequest request{.tag = root.at("tag").text(kMaxNameBytes)};
  if (const auto message = root.find("message")) request.message = message->text(kMaxMessageBytes);
  return request;
}

SquashRequest parse_squash_request(std::string_view json) {
  const Json document = parse_body(json, "squash request");
  const JsonField root(document, "squash request");
  return {.message = root.text_or("message", kMaxMessageBytes)};
}

}  // namespace mhub::wire
