#pragma once
// How HTTP is to be spoken: what git config says under `http.*`, as plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mhub/net/url.hpp>

namespace mhub::net {

/// The settings of `http.*` (url empty) or `http.<url>.*`. What is not set falls to a less specific
/// rule, then to the default.
struct HttpRule {
  /// As git matches it: same scheme, host and port, and the path is a prefix by whole segments. A
  /// "*" label in the host stands for one label. Empty: every URL.
  std::string url;
  std::optional<std::string> proxy;       ///< http.proxy; "" means no proxy at all
  std::optional<bool> ssl_verify;         ///< http.sslVerify
  std::optional<std::string> ca_info;     ///< http.sslCAInfo, a file of PEM certificates
  std::optional<std::string> ca_path;     ///< http.sslCAPath, a folder of them
  std::optional<std::string> ssl_cert;    ///< http.sslCert, the client's certificate
  std::optional<std::string> ssl_key;     ///< http.sslKey
  std::optional<std::string> user_agent;  ///< http.userAgent
  std::vector<std::string>
      extra_headers;  ///< http.extraHeader, each "Name: value"; "" clears before
};

/// Settings of one HttpClient. Without a proxy rule, the environment variables that libcurl knows
/// count (http_proxy, https_proxy, all_proxy, no_proxy).
struct HttpSettings {
  std::vector<HttpRule> rules;  ///< in the order of the configuration; later ones win ties
  /// The remote that the command works with. Extra headers of rules without a URL are sent to this
  /// origin only, since they commonly hold a token; empty: such headers are sent nowhere.
  std::string home_url;
  std::string user_agent = "mhub";
  /// Connect to public addresses alone (mhub/net/address.hpp), whatever a name resolves to, and
  /// through no proxy: for URLs that strangers choose.
  bool only_public_addresses = false;
  unsigned connections_per_host = 16;
  unsigned connections_total = 64;
};

/// What holds for one URL, after matching.
struct EffectiveSettings {
  std::optional<std::string> proxy;
  bool ssl_verify = true;
  std::string ca_info;
  std::string ca_path;
  std::string ssl_cert;
  std::string ssl_key;
  std::string user_agent;
  std::vector<std::string> extra_headers;
  bool only_public_addresses = false;
};

/// The most specific value of each setting for `url`. Pure.
EffectiveSettings settings_for(const HttpSettings& settings, const Url& url);

}  // namespace mhub::net
