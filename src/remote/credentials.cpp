#include <algorithm>
#include <chrono>

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>
#include <mhub/remote/address.hpp>
#include <mhub/remote/credentials.hpp>
#include <mhub/remote/hf_tokens.hpp>
#include <mhub/remote/token_file.hpp>

#include "credential_helper.hpp"

namespace mhub::remote {
namespace {

constexpr std::uint64_t kMaxSmallFileBytes = 1 << 20;
/// The user's name beside a token. Hubs look at the password alone.
constexpr std::string_view kTokenUser = "mhub";
constexpr std::string_view kSpace = " \t\r\n";

bool has_line_breaks(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
}

bool is_at(const net::Url& url, std::string_view endpoint) {
  const auto other = net::parse_url(endpoint);
  return other && net::same_origin(url, *other);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

/// The remote's own URL, as git asks its helpers about it, from that of one of its git or LFS
/// routes.
net::Url repository_url(net::Url url) {
  url.query.clear();
  url.fragment.clear();
  for (const std::string_view tail : {"/info/refs", "/git-upload-pack", "/git-receive-pack"}) {
    if (url.path.ends_with(tail)) {
      url.path.resize(url.path.size() - tail.size());
      return url;
    }
  }
  const std::size_t lfs = url.path.find("/info/lfs");
  const bool whole_segment =
      lfs != url.path.npos && (lfs + 9 == url.path.size() || url.path[lfs + 9] == '/');
  if (whole_segment) url.path.resize(lfs);
  return url;
}

std::int64_t now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// A small file of the user's that need not exist nor be readable.
std::string read_optional(FileSystem& fs, const std::filesystem::path& path) {
  if (path.empty()) return {};
  try {
    return std::string(as_text(read_file(fs, path, kMaxSmallFileBytes)));
  } catch (const Error&) {
    return {};
  }
}

std::filesystem::path in_home(const std::string& folder, const std::string& home,
                              std::string_view fallback) {
  if (!folder.empty()) return folder;
  if (home.empty()) return {};
  return std::filesystem::path(home) / fallback;
}

}  // namespace

std::filesystem::path Environment::token_file() const {
  const auto folder = in_home(xdg_config_home, home, ".config");
  return folder.empty() ? folder : folder / "mhub" / "tokens.json";
}

std::filesystem::path Environment::hf_token_file() const {
  if (!hf_token_path.empty()) return hf_token_path;
  if (!hf_home.empty()) return std::filesystem::path(hf_home) / "token";
  const auto folder = in_home(xdg_cache_home, home, ".cache");
  return folder.empty() ? folder : folder / "huggingface" / "token";
}

std::filesystem::path Environment::hf_stored_tokens_file() const {
  const auto token = hf_token_file();
  return token.empty() ? token : token.parent_path() / "stored_tokens";
}

bool Environment::keeps_hf_token_back() const {
  return is_switched_on(hf_disable_implicit_token);
}

net::Header Credential::basic() const {
  return net::basic_authorization(user.empty() ? kTokenUser : std::string_view(user), secret);
}

net::Header Credential::bearer() const {
  return net::bearer_authorization(secret);
}

CredentialStore::CredentialStore(FileSystem& fs, Environment environment, HelpersFor helpers_for)
    : fs_(fs), environment_(std::move(environment)), helpers_for_(std::move(helpers_for)) {}

void CredentialStore::add_from_url(const net::Url& url, const std::string& user,
                                   const std::string& password) {
  if (user.empty() && password.empty()) return;
  if (has_line_breaks(user) || has_line_breaks(password)) {
    throw Error(ErrorKind::usage, "the credentials in the URL of {} hold a line break",
                url.host_and_port());
  }
  state_.with([&](State& state) {
    state.found.erase(url.origin());
    if (password.empty()) {
      state.user_hint[url.origin()] = user;
    } else {
      state.from_url[url.origin()] = {
          .user = user, .secret = password, .source = Credential::Source::url};
    }
  });
}

std::optional<Credential> CredentialStore::find(const net::Url& url) {
  return state_.with([&](State& state) {
    const auto known = state.found.find(url.origin());
    if (known != state.found.end()) return known->second;
    return state.found.emplace(url.origin(), first_known(state, url)).first->second;
  });
}

std::optional<Credential> CredentialStore::next(const net::Url& url,
                                                const std::optional<Credential>& tried,
                                                const StopToken& stop) {
  const std::string origin = url.origin();
  auto known = state_.with([&](State& state) {
    state.found.erase(origin);
    state.asked.insert(origin);
    if (tried) {
      state.rejected.emplace(origin, tried->secret);
      state.approved.erase(origin);
      const auto helped = state.from_helper.find(origin);
      if (helped != state.from_helper.end() && helped->second == *tried) {
        state.from_helper.erase(helped);
      }
    }
    return first_known(state, url);
  });
  if (known) return known;
  return helpers_for_.with([&](const HelpersFor& helpers_for) -> std::optional<Credential> {
    if (!helpers_for) return std::nullopt;
    if (tried && tried->source == Credential::Source::helper) {
      const net::Url repository = repository_url(url);
      const HelperSettings settings = helpers_for(repository.str());
      for (const std::string& helper : settings.helpers) {
        const auto command = helper_command(helper, HelperAction::erase, environment_.path);
        if (command.empty()) continue;
        run_helper(command, helper_input(repository, settings, tried->user, tried->secret),
                   HelperAction::erase, stop);
      }
    }
    return ask_helpers(helpers_for, url, stop);
  });
}

std::optional<Credential> CredentialStore::ask_helpers(const HelpersFor& helpers_for,
                                                       const net::Url& url, const StopToken& stop) {
  const std::string origin = url.origin();
  std::string user;
  // Another thread may have been answered while this one waited for its turn.
  const auto known = state_.with([&](const State& state) {
    const auto hint = state.user_hint.find(origin);
    if (hint != state.user_hint.end()) user = hint->second;
    return first_known(state, url);
  });
  if (known) return known;
  const net::Url repository = repository_url(url);
  const HelperSettings settings = helpers_for(repository.str());
  if (user.empty()) user = settings.username;
  for (const std::string& helper : settings.helpers) {
    const auto command = helper_command(helper, HelperAction::get, environment_.path);
    if (command.empty()) continue;
    const auto output =
        run_helper(command, helper_input(repository, settings, user, {}), HelperAction::get, stop);
    if (!output) continue;
    auto credential = parse_helper_output(*output, user);
    if (!credential || has_line_breaks(credential->user)) continue;
    const bool fresh = state_.with([&](State& state) {
      if (state.rejected.contains({origin, credential->secret})) return false;
      state.from_helper[origin] = *credential;
      state.found.erase(origin);
      return true;
    });
    if (fresh) return credential;
  }
  return std::nullopt;
}

void CredentialStore::approve(const net::Url& url, const Credential& credential,
                              const StopToken& stop) {
  if (credential.source != Credential::Source::helper) return;
  const bool first =
      state_.with([&](State& state) { return state.approved.insert(url.origin()).second; });
  if (!first) return;
  helpers_for_.with([&](const HelpersFor& helpers_for) {
    if (!helpers_for) return;
    const net::Url repository = repository_url(url);
    const HelperSettings settings = helpers_for(repository.str());
    for (const std::string& helper : settings.helpers) {
      const auto command = helper_command(helper, HelperAction::store, environment_.path);
      if (command.empty()) continue;
      run_helper(command, helper_input(repository, settings, credential.user, credential.secret),
                 HelperAction::store, stop);
    }
  });
}

std::optional<Credential> CredentialStore::first_known(const State& state,
                                                       const net::Url& url) const {
  const std::string origin = url.origin();
  const auto usable = [&](const std::optional<Credential>& credential) {
    return credential && !has_line_breaks(credential->secret) &&
           !state.rejected.contains({origin, credential->secret});
  };
  const auto stored = [&](const std::map<std::string, Credential>& map) {
    const auto it = map.find(origin);
    return it == map.end() ? std::nullopt : std::optional(it->second);
  };
  const auto hint = state.user_hint.find(origin);
  const std::string user = hint == state.user_hint.end() ? std::string() : hint->second;
  if (auto found = stored(state.from_url); usable(found)) return found;
  if (auto found = from_mhub_token(url); usable(found)) return found;
  if (auto found = from_token_file(url); usable(found)) return found;
  if (state.asked.contains(origin) || !environment_.keeps_hf_token_back()) {
    if (auto found = from_hf_token(url); usable(found)) return found;
  }
  if (auto found = from_netrc(url, user); usable(found)) return found;
  if (auto found = stored(state.from_helper); usable(found)) return found;
  return std::nullopt;
}

std::optional<Credential> CredentialStore::from_mhub_token(const net::Url& url) const {
  const std::string token(trimmed(environment_.mhub_token, kSpace));
  if (token.empty() || !is_at(url, environment_.mhub_endpoint)) return std::nullopt;
  return Credential{.user = {}, .secret = token, .source = Credential::Source::mhub_token};
}

std::optional<Credential> CredentialStore::from_token_file(const net::Url& url) const {
  const auto path = environment_.token_file();
  if (path.empty()) return std::nullopt;
  auto stored = TokenFile(fs_, path).find(url.origin());
  if (!stored) return std::nullopt;
  return Credential{.user = std::move(stored->user),
                    .secret = std::move(stored->token),
                    .source = Credential::Source::token_file};
}

std::optional<Credential> CredentialStore::from_hf_token(const net::Url& url) const {
  const std::string_view endpoint = environment_.hf_endpoint.empty()
                                        ? kHuggingFaceUrl
                                        : std::string_view(environment_.hf_endpoint);
  if (!is_at(url, endpoint)) return std::nullopt;
  std::string token(trimmed(environment_.hf_token, kSpace));
  if (token.empty()) {
    token = trimmed(read_optional(fs_, environment_.hf_token_file()), kSpace);
    const auto stored = parse_hf_tokens(read_optional(fs_, environment_.hf_stored_tokens_file()));
    if (has_ended(stored, token, now_s())) return std::nullopt;
  }
  if (token.empty()) return std::nullopt;
  return Credential{.user = {}, .secret = std::move(token), .source = Credential::Source::hf_token};
}

std::optional<Credential> CredentialStore::from_netrc(const net::Url& url,
                                                      const std::string& user) const {
  // An entry names a host alone; its password must not leave this machine in the clear.
  if (url.scheme != "https" && !is_loopback(url.host)) return std::nullopt;
  std::filesystem::path path = environment_.netrc;
  if (path.empty() && !environment_.home.empty()) {
    path = std::filesystem::path(environment_.home) / ".netrc";
  }
  const std::string text = read_optional(fs_, path);
  if (text.empty()) return std::nullopt;
  return find_in_netrc(text, url.host, user);
}

}  // namespace mhub::remote
