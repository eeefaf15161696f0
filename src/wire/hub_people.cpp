#include <mhub/wire/hub_people.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;
constexpr JsonLimits kMessageLimits{.bytes = 64 << 10, .values = 100};

void write_counts(OrderedJson& json, const RepoCounts& repos) {
  json["numModels"] = repos.models;
  json["numDatasets"] = repos.datasets;
  json["numSpaces"] = repos.spaces;
}

}  // namespace

std::string to_json(const UserOverview& user) {
  OrderedJson json = {
      {"_id", user.id},  {"user", user.name}, {"fullname", user.name},       {"type", "user"},
      {"avatarUrl", ""}, {"isPro", false},    {"createdAt", user.created_at}};
  write_counts(json, user.repos);
  json["orgs"] = OrderedJson::array();
  for (const WhoAmI::Organisation& org : user.orgs)
    json["orgs"].push_back(
        {{"name", org.name}, {"fullname", org.name}, {"avatarUrl", ""}, {"role", org.role}});
  return dump(json);
}

std::string to_json(const OrganisationOverview& organisation) {
  OrderedJson json = {{"_id", organisation.id},
                      {"name", organisation.name},
                      {"fullname", organisation.name},
                      {"type", "org"},
                      {"avatarUrl", ""},
                      {"isVerified", false},
                      {"numUsers", organisation.users},
                      {"numFollowers", 0}};
  write_counts(json, organisation.repos);
  return dump(json);
}

std::string to_json(const std::vector<OrganisationMember>& members) {
  OrderedJson json = OrderedJson::array();
  for (const OrganisationMember& member : members)
    json.push_back({{"user", member.user},
                    {"fullname", member.user},
                    {"type", "user"},
                    {"avatarUrl", ""},
                    {"isPro", false},
                    {"role", member.role}});
  return dump(json);
}

std::string to_json(const std::vector<AccessRequestItem>& requests) {
  OrderedJson json = OrderedJson::array();
  for (const AccessRequestItem& request : requests)
    json.push_back(
        {{"user", {{"user", request.user}, {"fullname", request.user}, {"avatarUrl", ""}}},
         {"status", request.status},
         {"timestamp", request.timestamp}});
  return dump(json);
}

AccessDecision parse_access_decision(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "access decision");
  const JsonField root(document, "access decision");
  AccessDecision decision{.user = root.text_or("user", kMaxNameBytes),
                          .user_id = root.text_or("userId", kMaxNameBytes),
                          .status = root.text_or("status", kMaxNameBytes)};
  if (decision.user.empty() && decision.user_id.empty()) root.fail("names no user");
  return decision;
}

}  // namespace mhub::wire
