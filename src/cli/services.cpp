// The part of Context that opens things: the repository, the HTTP client, the credentials.

#include "services.hpp"

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>
#include <mhub/net/http_client.hpp>
#include <mhub/net/http_settings.hpp>
#include <mhub/remote/credentials.hpp>
#include <mhub/repo/config.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/repo/repository.hpp>

#include "context.hpp"

namespace mhub::cli {
namespace {

// The value of one entry "http.[<url>.]<variable>" goes into the rule of its URL.
void apply(net::HttpRule& rule, const std::string& variable, const repo::ConfigEntry& entry) {
  const std::string& value = entry.value;
  const auto path = [&] { return repo::parse_config_path(entry.key, value).string(); };
  if (variable == "proxy") rule.proxy = value;
  if (variable == "sslverify") rule.ssl_verify = repo::parse_config_bool(entry.key, value);
  if (variable == "sslcainfo") rule.ca_info = path();
  if (variable == "sslcapath") rule.ca_path = path();
  if (variable == "sslcert") rule.ssl_cert = path();
  if (variable == "sslkey") rule.ssl_key = path();
  if (variable == "useragent") rule.user_agent = value;
  if (variable == "extraheader") rule.extra_headers.push_back(value);
}

// The URL of what the user calls `home`: a remote's name, an address, or the remote that git would
// pick. Empty if there is none.
std::string url_of(repo::Repository* repository, const std::string& home,
                   const remote::HubDefaults& hubs) {
  if (repository != nullptr) {
    std::string name = home;
    if (name.empty()) {
      const std::string branch = repository->head().branch;
      const auto upstream = branch.empty() ? std::nullopt : repo::upstream_of(*repository, branch);
      name = upstream ? upstream->remote : "origin";
    }
    if (const auto found = repo::find_remote(*repository, name)) return found->url;
  }
  if (home.empty()) return "";
  try {
    return remote::parse_remote(home, hubs).url;
  } catch (const Error&) {
    return "";  // whoever uses the name says what is wrong with it
  }
}

}  // namespace

std::vector<net::HttpRule> http_rules(const std::vector<repo::ConfigEntry>& entries) {
  std::vector<net::HttpRule> rules;
  for (const repo::ConfigEntry& entry : entries) {
    constexpr std::string_view kSection = "http.";
    if (!entry.key.starts_with(kSection)) continue;
    const auto dot = entry.key.rfind('.');
    const std::string variable = entry.key.substr(dot + 1);
    const std::string url = dot + 1 <= kSection.size()
                                ? std::string()
                                : entry.key.substr(kSection.size(), dot - kSection.size());
    if (rules.empty() || rules.back().url != url) rules.emplace_back().url = url;
    apply(rules.back(), variable, entry);
  }
  return rules;
}

struct Context::Services {
  std::unique_ptr<sync::Workspace> workspace;
  std::optional<repo::Config> user_config;
  /// A repository object of its own: helpers are looked up from transfer threads.
  std::optional<repo::Repository> helper_repository;
  std::optional<net::HttpClient> http;
  std::optional<remote::CredentialStore> credentials;
};

// Beside Services, which must be complete there.
Context::Context(Environment environment, Streams streams)
    : environment_(std::move(environment)),
      streams_(streams),
      output_(std::make_unique<Output>(streams.out, false)) {}

Context::~Context() = default;

Context::Services& Context::services() {
  if (!services_) services_ = std::make_unique<Services>();
  return *services_;
}

sync::Tools Context::tools() {
  return {progress(), stop(), options.jobs};
}

sync::Workspace& Context::workspace() {
  if (!services().workspace) {
    auto repository = std::make_unique<repo::Repository>(repo::Repository::discover(folder()));
    std::optional<std::filesystem::path> store;
    if (const auto given = environment_.find("MHUB_STORE")) store = absolute(*given);
    services().workspace =
        std::make_unique<sync::Workspace>(std::move(repository), std::move(store), options.jobs);
  }
  return *services().workspace;
}

bool Context::find_repository() {
  try {
    workspace();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return false;
  }
}

std::optional<repo::Signature> Context::find_identity(const char* role) {
  const auto name = environment_.find(fmt::format("GIT_{}_NAME", role));
  const auto email = environment_.find(fmt::format("GIT_{}_EMAIL", role));
  auto found = repository().configured_identity();
  if (!found) {
    const auto configured_name = config().get("user.name");
    const auto configured_email = config().get("user.email");
    if ((!name && !configured_name) || (!email && !configured_email)) return std::nullopt;
    found = repo::signature_now(configured_name.value_or(""), configured_email.value_or(""));
  }
  if (name) found->name = *name;
  if (email) found->email = *email;
  return found;
}

repo::Signature Context::author() {
  return require_identity("AUTHOR");
}
repo::Signature Context::committer() {
  return require_identity("COMMITTER");
}

repo::Signature Context::require_identity(const char* role) {
  const auto found = find_identity(role);
  if (found) return *found;
  throw Error(ErrorKind::config, "git does not know who you are")
      .hint("run `mhub config --global user.name NAME` and `mhub config --global user.email MAIL`");
}

repo::Repository& Context::repository() {
  return workspace().repository();
}

std::string Context::in_repository(const std::string& path) {
  return repository().relative_path(path, folder());
}

std::vector<std::string> Context::in_repository(const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    std::string one = in_repository(path);
    if (one.empty()) return {};  // the root: everything
    found.push_back(std::move(one));
  }
  return found;
}

std::string Context::from_here(const std::string& path) {
  const auto& root = repository().work_tree();
  if (!root) return path;
  return (*root / path).lexically_relative(std::filesystem::canonical(folder())).generic_string();
}

std::vector<std::filesystem::path> Context::absolute(const std::vector<std::string>& paths) const {
  std::vector<std::filesystem::path> all;
  for (const std::string& path : paths) all.push_back(absolute(path));
  return all;
}

remote::Environment Context::remote_environment() const {
  const auto get = [&](std::string_view name) { return environment_.find(name).value_or(""); };
  remote::Environment all;
  all.home = get("HOME");
  all.xdg_config_home = get("XDG_CONFIG_HOME");
  all.xdg_cache_home = get("XDG_CACHE_HOME");
  all.path = get("PATH");
  all.mhub_token = get("MHUB_TOKEN");
  all.mhub_endpoint = get("MHUB_ENDPOINT");
  all.hf_token = get("HF_TOKEN");
  if (all.hf_token.empty()) all.hf_token = get("HUGGING_FACE_HUB_TOKEN");
  all.hf_token_path = get("HF_TOKEN_PATH");
  all.hf_home = get("HF_HOME");
  all.hf_disable_implicit_token = get("HF_HUB_DISABLE_IMPLICIT_TOKEN");
  all.hf_endpoint = get("HF_ENDPOINT");
  all.netrc = get("NETRC");
  return all;
}

repo::Config& Context::config() {
  if (services().workspace) return repository().config();
  if (!services().user_config) services().user_config = repo::Config::user();
  return *services().user_config;
}

remote::HubDefaults Context::hubs() {
  remote::HubDefaults hubs;
  hubs.hf_endpoint = environment_.find("HF_ENDPOINT").value_or("");
  if (auto endpoint = environment_.find("MHUB_ENDPOINT")) {
    hubs.default_hub = *endpoint;
  } else if (auto configured = config().get("mhub.hub")) {
    hubs.default_hub = *configured;
  } else {
    hubs.default_hub = hubs.hf_endpoint;
  }
  return hubs;
}

sync::Connections Context::connections(const std::string& home) {
  Services& all = services();
  const remote::HubDefaults defaults = hubs();
  repo::Repository* open = all.workspace ? &all.workspace->repository() : nullptr;
  if (!all.http) {
    net::HttpSettings settings;
    settings.rules = http_rules(config().list("http."));
    settings.home_url = url_of(open, home, defaults);
    settings.user_agent = "mhub/" MHUB_VERSION;
    all.http.emplace(std::move(settings));
  }
  if (!all.credentials) {
    if (open != nullptr) all.helper_repository = repo::Repository::open(open->git_folder());
    auto user = open == nullptr ? std::make_shared<repo::Config>(repo::Config::user()) : nullptr;
    const auto helpers_for = [this, user](const std::string& url) {
      const repo::Config& config = user ? *user : services_->helper_repository->config();
      remote::HelperSettings found;
      found.helpers = config.get_all_for_url("credential", "helper", url);
      found.username = config.get_for_url("credential", "username", url).value_or("");
      found.use_http_path =
          config.get_bool_for_url("credential", "useHttpPath", url).value_or(false);
      return found;
    };
    all.credentials.emplace(real_file_system(), remote_environment(), helpers_for);
  }
  return {*all.http, *all.credentials, defaults.default_hub, defaults.hf_endpoint};
}

}  // namespace mhub::cli
