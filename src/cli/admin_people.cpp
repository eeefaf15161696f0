// mhub admin user, org, token

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>

#include "admin_command.hpp"
#include "command.hpp"
#include "describe.hpp"

namespace mhub::cli {

namespace {

Json user_json(const serve::UserInfo& user) {
  return {
      {"name", user.name}, {"admin", user.is_admin}, {"created", admin_time(user.created_unix_s)}};
}

Json organisation_json(const serve::OrganisationInfo& organisation) {
  return {{"name", organisation.name}, {"created", admin_time(organisation.created_unix_s)}};
}

std::vector<serve::Admin::PlaceRequest> places_of(const AdminCommand& command) {
  std::vector<serve::Admin::PlaceRequest> places;
  for (const std::string& path : command.writable) places.push_back({path, true});
  for (const std::string& path : command.readable) places.push_back({path, false});
  return places;
}

std::string_view scope_text(const serve::TokenInfo& token) {
  return token.is_limited ? "limited" : serve::name_of(token.scope);
}

std::string_view place_scope(const serve::TokenPlace& place) {
  return place.may_write ? "write" : "read";
}

Json places_json(const serve::TokenInfo& token) {
  Json places = Json::array();
  for (const serve::TokenPlace& place : token.places)
    places.push_back({{"name", place.name}, {"scope", place_scope(place)}});
  return places;
}

}  // namespace

std::unique_ptr<serve::Admin> open_admin(Context& context, const AdminCommand& command) {
  return serve::Admin::open(context.absolute(command.data));
}

std::string admin_time(std::int64_t unix_s) {
  return iso_time(unix_s, 0);
}

// --- users

int create_user(Context& context, const AdminCommand& command) {
  const serve::UserInfo user =
      open_admin(context, command)->create_user(command.user, command.is_admin);
  if (context.json()) {
    context.out().document(user_json(user));
  } else {
    context.summary("made user {}", printable(user.name));
  }
  return kExitDone;
}

int list_users(Context& context, const AdminCommand& command) {
  Json all = Json::array();
  for (const serve::UserInfo& user : open_admin(context, command)->list_users()) {
    if (context.json()) {
      all.push_back(user_json(user));
    } else {
      context.out().print("{}{}\n", printable(user.name), user.is_admin ? "  (admin)" : "");
    }
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

int remove_user(Context& context, const AdminCommand& command) {
  open_admin(context, command)->remove_user(command.user);
  if (context.json()) context.out().document({{"removed", command.user}});
  context.summary("removed user {} with its tokens", printable(command.user));
  return kExitDone;
}

// --- organisations

int create_organisation(Context& context, const AdminCommand& command) {
  const auto organisation = open_admin(context, command)->create_organisation(command.organisation);
  if (context.json()) {
    context.out().document(organisation_json(organisation));
  } else {
    context.summary("made organisation {}", printable(organisation.name));
  }
  return kExitDone;
}

int list_organisations(Context& context, const AdminCommand& command) {
  const auto admin = open_admin(context, command);
  Json all = Json::array();
  for (const serve::OrganisationInfo& organisation : admin->list_organisations()) {
    Json members = Json::array();
    if (!context.json()) context.out().print("{}\n", printable(organisation.name));
    for (const serve::OrganisationMember& member : admin->list_members(organisation.name)) {
      if (context.json())
        members.push_back({{"user", member.user}, {"role", serve::name_of(member.role)}});
      else
        context.out().print("  {:<11} {}\n", serve::name_of(member.role), printable(member.user));
    }
    Json one = organisation_json(organisation);
    one["members"] = std::move(members);
    all.push_back(std::move(one));
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

int remove_organisation(Context& context, const AdminCommand& command) {
  open_admin(context, command)->remove_organisation(command.organisation);
  if (context.json()) context.out().document({{"removed", command.organisation}});
  context.summary("removed organisation {}", printable(command.organisation));
  return kExitDone;
}

int add_member(Context& context, const AdminCommand& command) {
  const auto role = serve::parse_member_role(command.role);
  open_admin(context, command)->add_member(command.organisation, command.user, role.value());
  if (context.json()) {
    context.out().document(
        {{"organisation", command.organisation}, {"user", command.user}, {"role", command.role}});
  }
  context.summary("{} belongs to {} with role {}", printable(command.user),
                  printable(command.organisation), command.role);
  return kExitDone;
}

int remove_member(Context& context, const AdminCommand& command) {
  open_admin(context, command)->remove_member(command.organisation, command.user);
  if (context.json())
    context.out().document({{"organisation", command.organisation}, {"removed", command.user}});
  context.summary("{} no longer belongs to {}", printable(command.user),
                  printable(command.organisation));
  return kExitDone;
}

// --- tokens

int create_token(Context& context, const AdminCommand& command) {
  const auto scope = serve::parse_token_scope(command.scope);
  if (command.user.empty()) throw Error(ErrorKind::usage, "name the user whose token it is");
  std::optional<std::chrono::seconds> lifetime;
  if (command.days > 0) lifetime = std::chrono::hours{24 * static_cast<std::int64_t>(command.days)};
  const bool is_limited = !command.readable.empty() || !command.writable.empty();
  const auto admin = open_admin(context, command);
  const std::string token =
      is_limited
          ? admin->create_limited_token(command.user, command.name, places_of(command), lifetime)
          : admin->create_token(command.user, command.name, scope.value(), lifetime);
  if (context.json()) {
    context.out().document({{"user", command.user},
                            {"scope", is_limited ? "limited" : command.scope},
                            {"token", token}});
  } else {
    context.say("shown this once:");
    context.out().print("{}\n", token);
  }
  return kExitDone;
}

int list_tokens(Context& context, const AdminCommand& command) {
  Json all = Json::array();
  for (const serve::TokenInfo& token : open_admin(context, command)->list_tokens(command.user)) {
    const std::string expires =
        token.expires_unix_s ? admin_time(*token.expires_unix_s) : std::string("never");
    if (context.json()) {
      all.push_back({{"id", token.id},
                     {"user", token.user},
                     {"name", token.name},
                     {"scope", scope_text(token)},
                     {"places", places_json(token)},
                     {"created", admin_time(token.created_unix_s)},
                     {"expires", token.expires_unix_s ? Json(expires) : Json()}});
    } else {
      context.out().print("{:>5}  {:<7} {:<20} {:<20} expires {}\n", token.id, scope_text(token),
                          printable(token.user), printable(token.name), expires);
      for (const serve::TokenPlace& place : token.places)
        context.out().print("       {:<7} {}\n", place_scope(place), printable(place.name));
    }
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

int revoke_token(Context& context, const AdminCommand& command) {
  open_admin(context, command)->revoke_token(static_cast<std::int64_t>(command.id));
  if (context.json()) context.out().document({{"revoked", command.id}});
  context.summary("token {} is no longer valid", command.id);
  return kExitDone;
}

}  // namespace mhub::cli
