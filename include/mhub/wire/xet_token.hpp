#pragma once
// The token with which a client talks to a CAS: what a hub's xet-read-token and xet-write-token
// routes answer, as JSON and as headers, and the LFS batch actions that carry it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/wire/lfs.hpp>
#include <mhub/xet/hash.hpp>

namespace mhub::wire {

inline constexpr std::string_view kXetCasUrlHeader = "X-Xet-Cas-Url";
inline constexpr std::string_view kXetAccessTokenHeader = "X-Xet-Access-Token";
inline constexpr std::string_view kXetTokenExpirationHeader = "X-Xet-Token-Expiration";
inline constexpr std::string_view kXetSessionIdHeader = "X-Xet-Session-Id";
inline constexpr std::string_view kTakesAnnouncementsHeader = "X-Mhub-Takes-Announcements";
inline constexpr std::string_view kXetHashHeader = "X-Xet-Hash";

inline constexpr std::size_t kXetTokenMaxBytes = 64000;
inline constexpr std::size_t kUrlMaxBytes = 8192;

/// A bearer token bound to one repository and scope.
struct XetToken {
  std::string access_token = {};  ///< a secret
  std::string cas_url = {};       ///< base URL of the CAS, without a slash at its end
  std::int64_t expires_at_s = 0;  ///< Unix seconds
  bool operator==(const XetToken&) const = default;
};

/// `{"accessToken": …, "casUrl": …, "exp": …}`. Throws Error: corrupt, also for a token that could
/// not stand in a header line and a URL that is not http or https.
XetToken parse_xet_token(std::string_view json);
std::string to_json(const XetToken& token);

/// The same three values as header lines, by name.
std::map<std::string, std::string> xet_token_headers(const XetToken& token);
/// Finds the three headers in `header`, whose names may be in any case. Throws Error: corrupt if
/// one is missing or wrong.
XetToken parse_xet_token_headers(const std::map<std::string, std::string>& header);

/// What an LFS `upload` action means when the batch's transfer is "xet": nothing is PUT to its
/// href; that is the route for a fresh write token.
struct XetUploadAction {
  std::string refresh_url = {};
  XetToken token = {};
  std::string session_id = {};       ///< may be empty
  bool takes_announcements = false;  ///< the CAS wants to hear of recipes before their xorbs
  bool operator==(const XetUploadAction&) const = default;
};
LfsAction to_lfs_action(const XetUploadAction& action);
/// Throws Error: corrupt.
XetUploadAction parse_xet_upload_action(const LfsAction& action);

/// What an LFS `download` action means when the batch's transfer is "mhub-xet": reconstruct `file`
/// at the CAS with this token; the href is the route for a fresh read token.
struct XetDownloadAction {
  std::string refresh_url = {};
  XetToken token = {};
  xet::FileHash file = {};
  bool operator==(const XetDownloadAction&) const = default;
};
LfsAction to_lfs_action(const XetDownloadAction& action);
/// Throws Error: corrupt.
XetDownloadAction parse_xet_download_action(const LfsAction& action);

}  // namespace mhub::wire
