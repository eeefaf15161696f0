#pragma once
// What the commands of `mhub admin` share, and those about people: users, organisations, tokens.

#include <memory>
#include <string>
#include <vector>

#include <mhub/serve/admin.hpp>

#include "collection.hpp"
#include "context.hpp"

namespace mhub::cli {

struct AdminCommand {
  std::string data;
  std::string user;
  std::string organisation;
  std::string role = "read";
  std::string name;
  std::string scope = "write";
  std::vector<std::string> readable;
  std::vector<std::string> writable;
  std::string type;
  std::uint64_t id = 0;
  std::uint64_t days = 0;
  CollectionCommand collection{.grace_days = 28};
  bool is_admin = false;
  bool is_private = false;
  bool yes = false;
  bool drop_damaged = false;
  bool despite_answers = false;
};

std::unique_ptr<serve::Admin> open_admin(Context& context, const AdminCommand& command);
std::string admin_time(std::int64_t unix_s);

int create_user(Context& context, const AdminCommand& command);
int list_users(Context& context, const AdminCommand& command);
int remove_user(Context& context, const AdminCommand& command);

int create_organisation(Context& context, const AdminCommand& command);
int list_organisations(Context& context, const AdminCommand& command);
int remove_organisation(Context& context, const AdminCommand& command);
int add_member(Context& context, const AdminCommand& command);
int remove_member(Context& context, const AdminCommand& command);

int create_token(Context& context, const AdminCommand& command);
int list_tokens(Context& context, const AdminCommand& command);
int revoke_token(Context& context, const AdminCommand& command);

}  // namespace mhub::cli
