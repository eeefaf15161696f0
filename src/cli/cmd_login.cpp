// mhub login, mhub logout, mhub whoami

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>
#include <mhub/net/http_message.hpp>
#include <mhub/remote/hf_tokens.hpp>
#include <mhub/remote/token_file.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "hub_choice.hpp"
#include "secret_input.hpp"

namespace mhub::cli {
namespace {

remote::TokenFile token_file(Context& context) {
  const std::filesystem::path file = context.remote_environment().token_file();
  if (file.empty()) throw Error(ErrorKind::config, "HOME is not set: there is no place for tokens");
  return remote::TokenFile(real_file_system(), file);
}

struct LoginCommand {
  std::string hub;
  std::string stored;  ///< name of a token of Hugging Face's tools
  bool from_stdin = false;
};

std::string hugging_face(Context& context) {
  const std::string endpoint = context.hubs().hf_endpoint;
  return endpoint.empty() ? std::string(remote::kHuggingFaceUrl) : endpoint;
}

// One of the tokens of `hf auth login`, which are for one hub alone.
std::string stored_token(Context& context, const std::string& name, const net::Url& hub) {
  if (!net::same_origin(hub, net::require_url(hugging_face(context)))) {
    throw Error(ErrorKind::usage, "the tokens of Hugging Face's tools are not for {}",
                hub.host_and_port())
        .hint("HF_ENDPOINT says which hub they are for; https://huggingface.co if it is not set");
  }
  constexpr std::uint64_t kMaxBytes = 1 << 20;
  const auto file = context.remote_environment().hf_stored_tokens_file();
  std::string names;
  if (!file.empty() && real_file_system().stat(file)) {
    const Bytes bytes = read_file(real_file_system(), file, kMaxBytes);
    for (remote::HfToken& token : remote::parse_hf_tokens(as_text(bytes))) {
      if (token.name == name) return std::move(token.token);
      names += (names.empty() ? "" : ", ") + printable(token.name);
    }
  }
  throw Error(ErrorKind::not_found, "Hugging Face's tools have stored no token {}", printable(name))
      .hint(names.empty() ? "`hf auth login` stores tokens" : "there are: " + names);
}

int login(Context& context, const LoginCommand& command) {
  const bool is_stored = !command.stored.empty();
  const net::Url hub =
      chosen_hub(context, is_stored && command.hub.empty() ? hugging_face(context) : command.hub);
  const std::string token =
      is_stored ? stored_token(context, command.stored, hub)
      : command.from_stdin
          ? read_secret(context)
          : ask_secret(context, fmt::format("Token for {}: ", hub.host_and_port()));
  // Credentials of this one token, so that no other is taken for it.
  remote::Environment only;
  only.mhub_token = token;
  only.mhub_endpoint = hub.str();
  remote::CredentialStore credentials(real_file_system(), only);
  remote::HubConnection connection(context.connections(hub.str()).http, credentials, context.stop(),
                                   context.progress());
  const wire::WhoAmI who = remote::HubApi(connection, hub.str()).whoami();
  context.end_progress();
  remote::TokenFile file = token_file(context);
  file.put({hub.origin(), who.name, token});
  if (context.json()) {
    context.out().document(
        {{"hub", hub.origin()}, {"user", who.name}, {"file", file.path().string()}});
  } else {
    context.summary("logged in at {} as {}", hub.host_and_port(), printable(who.name));
  }
  return kExitDone;
}

int logout(Context& context, const std::string& given) {
  const net::Url hub = chosen_hub(context, given);
  const bool removed = token_file(context).remove(hub.origin());
  if (context.json()) {
    context.out().document({{"hub", hub.origin()}, {"removed", removed}});
  } else if (removed) {
    context.summary("the token for {} is removed", hub.host_and_port());
  } else {
    context.say("no token is kept for {}", hub.host_and_port());
  }
  return kExitDone;
}

int whoami(Context& context, const std::string& given) {
  HubSession session(context, given);
  const wire::WhoAmI who = session.api.whoami();
  context.end_progress();
  if (context.json()) {
    Json orgs = Json::array();
    for (const auto& org : who.orgs) orgs.push_back(org.name);
    context.out().document({{"hub", session.url.str()},
                            {"name", who.name},
                            {"fullname", who.fullname},
                            {"orgs", std::move(orgs)},
                            {"token_name", who.token_name},
                            {"token_role", who.token_role}});
    return kExitDone;
  }
  context.out().print("{}\n", printable(who.name));
  if (!who.orgs.empty()) {
    std::string orgs;
    for (const auto& org : who.orgs) orgs += " " + printable(org.name);
    context.say("organisations:{}", orgs);
  }
  return kExitDone;
}

std::shared_ptr<std::string> hub_argument(CLI::App* command) {
  auto hub = std::make_shared<std::string>();
  argument(command, "URL", *hub, "The hub; the default one if left out");
  return hub;
}

}  // namespace

void add_login(CLI::App& app, Context& context) {
  CLI::App* command = add_command(app, "login", "Keep a token for a hub", group::kHub);
  auto options = std::make_shared<LoginCommand>();
  argument(command, "URL", options->hub, "The hub; the default one if left out");
  flag(command, "--token-stdin", options->from_stdin,
       "Read the token from standard input without asking, on a terminal too");
  value(command, "--stored", options->stored, "NAME",
        "Take the token that `hf auth login` stored as NAME")
      ->excludes("--token-stdin");
  examples(command, {"mhub login https://hub.example.org",
                     "mhub login http://127.0.0.1:8080 < token.txt", "mhub login --stored work"});
  on_run(command, context, [options, &context] { return login(context, *options); });
}

void add_logout(CLI::App& app, Context& context) {
  CLI::App* command = add_command(app, "logout", "Forget a hub's token", group::kHub);
  auto hub = hub_argument(command);
  examples(command, {"mhub logout https://hub.example.org"});
  on_run(command, context, [hub, &context] { return logout(context, *hub); });
}

void add_whoami(CLI::App& app, Context& context) {
  CLI::App* command = add_command(app, "whoami", "Show who a hub takes you for", group::kHub);
  auto hub = hub_argument(command);
  examples(command, {"mhub whoami", "mhub whoami https://huggingface.co"});
  on_run(command, context, [hub, &context] { return whoami(context, *hub); });
}

}  // namespace mhub::cli
