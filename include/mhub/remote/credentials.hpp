#pragma once
// Which credentials a request to a hub carries. A credential belongs to one origin (scheme, host
// and port) and is given out for that origin alone. Only netrc knows no more than hosts: what it
// says is good for any port, but without TLS for this machine alone.
//
// Sources, first hit wins: the remote's URL; MHUB_TOKEN for the host of MHUB_ENDPOINT; the token
// file of `mhub login`; HF_TOKEN or the Hugging Face token file for the host of HF_ENDPOINT (by
// default Hugging Face); netrc; and, only after a server has answered 401, git's credential
// helpers. A token of the Hugging Face token file that has ended, as the tokens stored beside it
// say, is no token: a hub refuses it even where none is needed.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/base/synchronized.hpp>
#include <mhub/net/http_message.hpp>
#include <mhub/net/url.hpp>

namespace mhub::remote {

/// What the environment says; read by cli alone. Empty means not set.
struct Environment {
  std::string home = {};
  std::string xdg_config_home = {};
  std::string xdg_cache_home = {};
  std::string path = {};  ///< PATH, where git's helpers are looked up
  std::string mhub_token = {};
  std::string mhub_endpoint = {};
  std::string hf_token = {};       ///< HF_TOKEN, or HUGGING_FACE_HUB_TOKEN
  std::string hf_token_path = {};  ///< HF_TOKEN_PATH
  std::string hf_home = {};
  std::string hf_disable_implicit_token = {};  ///< HF_HUB_DISABLE_IMPLICIT_TOKEN
  std::string hf_endpoint = {};
  std::string netrc = {};  ///< NETRC: another file than ~/.netrc

  /// $XDG_CONFIG_HOME/mhub/tokens.json; empty if neither that nor HOME is set.
  std::filesystem::path token_file() const;
  /// HF_TOKEN_PATH, or "token" in $HF_HOME; empty if there is no home.
  std::filesystem::path hf_token_file() const;
  /// "stored_tokens" beside the token file; empty if there is none.
  std::filesystem::path hf_stored_tokens_file() const;
  /// Hugging Face's token is to wait until a hub asks for one.
  bool keeps_hf_token_back() const;
};

struct Credential {
  enum class Source { url, mhub_token, token_file, hf_token, netrc, helper };
  std::string user = {};
  std::string secret = {};  ///< password or token
  Source source = Source::url;

  /// Basic, as git and Git LFS servers know it.
  net::Header basic() const;
  /// Bearer, as hub REST routes know it.
  net::Header bearer() const;
  bool operator==(const Credential&) const = default;
};

/// git's `credential.*` settings for one URL.
struct HelperSettings {
  std::vector<std::string> helpers = {};  ///< credential.helper, in order
  std::string username = {};              ///< credential.username
  bool use_http_path = false;             ///< credential.useHttpPath
};

/// Threads may share it. Helpers and their settings are asked about the repository's URL, as git
/// asks them, whichever of its routes a request goes to.
class CredentialStore {
public:
  using HelpersFor = std::function<HelperSettings(const std::string& url)>;

  /// `helpers_for` may be empty: then no helper is ever run. It is called from any thread, one at a
  /// time.
  CredentialStore(FileSystem& fs, Environment environment, HelpersFor helpers_for = {});

  /// Credentials that stood in a remote's URL. A user without a password only narrows what helpers
  /// and netrc are asked for.
  void add_from_url(const net::Url& url, const std::string& user, const std::string& password);

  /// The first credential known for `url` without running a program; nothing if there is none.
  /// Throws Error: corrupt or io if the token file cannot be read.
  std::optional<Credential> find(const net::Url& url);

  /// After a server answered 401 to a request with `tried` (or without any): the next credential,
  /// asking git's helpers when nothing else is left. `tried` is not given out again; a helper's is
  /// erased there. Nothing if there is no more. Throws Error: interrupted.
  std::optional<Credential> next(const net::Url& url, const std::optional<Credential>& tried,
                                 const StopToken& stop = never_stopped());

  /// The server accepted `credential`: helpers are told once, so that they keep it. Throws Error:
  /// interrupted.
  void approve(const net::Url& url, const Credential& credential,
               const StopToken& stop = never_stopped());

private:
  struct State {
    std::map<std::string, Credential> from_url;              ///< by origin
    std::map<std::string, std::string> user_hint;            ///< by origin
    std::map<std::string, Credential> from_helper;           ///< by origin
    std::set<std::pair<std::string, std::string>> rejected;  ///< origin, secret
    std::set<std::string> approved;                          ///< origins
    std::set<std::string> asked;                             ///< origins that answered 401
    /// What find() found, by origin, so that files are not read again for each request.
    std::map<std::string, std::optional<Credential>> found;
  };
  std::optional<Credential> first_known(const State& state, const net::Url& url) const;
  std::optional<Credential> from_mhub_token(const net::Url& url) const;
  std::optional<Credential> from_token_file(const net::Url& url) const;
  std::optional<Credential> from_hf_token(const net::Url& url) const;
  std::optional<Credential> from_netrc(const net::Url& url, const std::string& user) const;
  /// Known again, or from a helper; helpers run under their lock, one at a time.
  std::optional<Credential> ask_helpers(const HelpersFor& helpers_for, const net::Url& url,
                                        const StopToken& stop);

  FileSystem& fs_;
  Environment environment_;
  Synchronized<HelpersFor> helpers_for_;
  Synchronized<State> state_;
};

/// What netrc text says for `host` and, if not empty, `user`; "machine" before "default". Pure;
/// what makes no sense is passed over.
std::optional<Credential> find_in_netrc(std::string_view netrc, std::string_view host,
                                        std::string_view user);

}  // namespace mhub::remote
