#include <mhub/wire/hub_people.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;
constexpr JsonLimits kMessageLimits{.bytes = 64 << 10, .values = 100};
constexpr JsonLimits kBatchLimits{.bytes = 256 << 10, .values = 10 * kAccessDecisionsAtMost};

void write_counts(OrderedJson& json, const RepoCounts& repos) {
  json["numModels"] = repos.models;
  json["numDatasets"] = repos.datasets;
  json["numSpaces"] = repos.spaces;
}

AccessDecision read_decision(const JsonField& field) {
  AccessDecision decision{.user = field.text_or("user", kMaxNameBytes),
                          .user_id = field.text_or("userId", kMaxNameBytes),
                          .status = field.text_or("status", kMaxNameBytes)};
  if (decision.user.empty() && decision.user_id.empty()) field.fail("names no user");
  return decision;
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

std::string to_json(const std::vector<RepoStorage>& repos) {
  OrderedJson json = OrderedJson::array();
  for (const RepoStorage& repo : repos)
    json.push_back({{"id", repo.name.id()},
                    {"type", name_of(repo.name.type)},
                    {"updatedAt", repo.updated_at},
                    {"visibility", repo.is_private ? "private" : "public"},
                    {"storage", repo.size_bytes},
                    {"storagePercent", repo.percent}});
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
  return read_decision(JsonField(document, "access decision"));
}

AccessDecisions parse_access_decisions(std::string_view json) {
  const Json document = parse_json(json, kBatchLimits, "access decisions");
  const JsonField root(document, "access decisions");
  AccessDecisions decisions{.status = root.at("status").text(kMaxNameBytes)};
  const JsonField requests = root.at("requests");
  requests.each(kAccessDecisionsAtMost, [&](const JsonField& request) {
    decisions.people.push_back(read_decision(request));
    decisions.people.back().status.clear();
  });
  if (decisions.people.empty()) requests.fail("is empty");
  return decisions;
}

std::string to_json(const std::vector<AccessOutcome>& outcomes) {
  OrderedJson json = OrderedJson::array();
  for (const AccessOutcome& outcome : outcomes) {
    OrderedJson one = OrderedJson::object();
    if (!outcome.user.empty()) one["user"] = outcome.user;
    if (!outcome.user_id.empty()) one["userId"] = outcome.user_id;
    one["ok"] = outcome.error.empty();
    if (!outcome.error.empty()) one["error"] = outcome.error;
    json.push_back(std::move(one));
  }
  return dump(json);
}

std::string access_report_json(const std::vector<AccessRequestItem>& requests) {
  OrderedJson json = OrderedJson::array();
  for (const AccessRequestItem& request : requests)
    json.push_back({{"user", request.user},
                    {"fullname", request.user},
                    {"status", request.status},
                    {"time", request.timestamp}});
  return dump(json);
}

std::string access_report_csv(const std::vector<AccessRequestItem>& requests) {
  std::string lines = "user,fullname,status,time\r\n";
  // Names of users hold nothing that CSV would have to quote.
  for (const AccessRequestItem& request : requests)
    lines +=
        request.user + ',' + request.user + ',' + request.status + ',' + request.timestamp + "\r\n";
  return lines;
}

}  // namespace mhub::wire
