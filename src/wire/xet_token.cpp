#include <algorithm>
#include <charconv>

#include <mhub/base/text.hpp>
#include <mhub/wire/xet_token.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxValues = 1000;

const std::string* find_header(const std::map<std::string, std::string>& header,
                               std::string_view name) {
  for (const auto& [key, value] : header) {
    if (equal_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

const std::string& require_header(const std::map<std::string, std::string>& header,
                                  std::string_view name) {
  if (const std::string* value = find_header(header, name)) return *value;
  throw Error(ErrorKind::corrupt, "xet token: header {} is missing", name);
}

void check_access_token(std::string_view token) {
  if (token.empty() || token.size() > kXetTokenMaxBytes || !is_header_value(token)) {
    throw Error(ErrorKind::corrupt, "xet token: accessToken cannot stand in a header line");
  }
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string check_cas_url(const std::string& url) {
  if (url.size() > kUrlMaxBytes || !is_http_url(url) || url.find_first_of("?#") != url.npos) {
    throw Error(ErrorKind::corrupt, "xet token: casUrl is not an http or https base URL");
  }
  return without_slash(url);
}

}  // namespace

XetToken parse_xet_token(std::string_view json) {
  const Json document = parse_json(json, {kXetTokenMaxBytes * 2, kMaxValues}, "xet token");
  const JsonField root(document, "xet token");
  XetToken token;
  token.access_token = root.at("accessToken").text(kXetTokenMaxBytes);
  check_access_token(token.access_token);
  token.cas_url = check_cas_url(root.at("casUrl").text(kUrlMaxBytes));
  token.expires_at_s = root.at("exp").signed_number();
  return token;
}

std::string to_json(const XetToken& token) {
  return dump({{"accessToken", token.access_token},
               {"casUrl", token.cas_url},
               {"exp", token.expires_at_s}});
}

std::map<std::string, std::string> xet_token_headers(const XetToken& token) {
  return {{std::string(kXetCasUrlHeader), token.cas_url},
          {std::string(kXetAccessTokenHeader), token.access_token},
          {std::string(kXetTokenExpirationHeader), std::to_string(token.expires_at_s)}};
}

XetToken parse_xet_token_headers(const std::map<std::string, std::string>& header) {
  XetToken token;
  token.access_token = require_header(header, kXetAccessTokenHeader);
  check_access_token(token.access_token);
  token.cas_url = check_cas_url(require_header(header, kXetCasUrlHeader));
  const std::string& expiry = require_header(header, kXetTokenExpirationHeader);
  const char* end = expiry.data() + expiry.size();
  const auto [stop, problem] = std::from_chars(expiry.data(), end, token.expires_at_s);
  if (problem != std::errc{} || stop != end) {
    throw Error(ErrorKind::corrupt, "xet token: header {} is not a number of seconds",
                kXetTokenExpirationHeader);
  }
  return token;
}

LfsAction to_lfs_action(const XetUploadAction& action) {
  LfsAction lfs{.href = action.refresh_url,
                .header = xet_token_headers(action.token),
                .expires_in_s = std::nullopt,
                .expires_at = {}};
  if (!action.session_id.empty()) {
    lfs.header.emplace(std::string(kXetSessionIdHeader), action.session_id);
  }
  if (action.takes_announcements) {
    lfs.header.emplace(std::string(kTakesAnnouncementsHeader), "true");
  }
  return lfs;
}

XetUploadAction parse_xet_upload_action(const LfsAction& action) {
  XetUploadAction upload{.refresh_url = action.href,
                         .token = parse_xet_token_headers(action.header),
                         .session_id = {},
                         .takes_announcements = false};
  if (const std::string* id = find_header(action.header, kXetSessionIdHeader)) {
    upload.session_id = *id;
  }
  const std::string* takes = find_header(action.header, kTakesAnnouncementsHeader);
  upload.takes_announcements = takes != nullptr && *takes == "true";
  return upload;
}

LfsAction to_lfs_action(const XetDownloadAction& action) {
  LfsAction lfs{.href = action.refresh_url,
                .header = xet_token_headers(action.token),
                .expires_in_s = std::nullopt,
                .expires_at = {}};
  lfs.header.emplace(std::string(kXetHashHeader), action.file.text());
  return lfs;
}

XetDownloadAction parse_xet_download_action(const LfsAction& action) {
  XetDownloadAction download{
      .refresh_url = action.href, .token = parse_xet_token_headers(action.header), .file = {}};
  const auto hash = xet::FileHash::parse(require_header(action.header, kXetHashHeader));
  if (!hash) {
    throw Error(ErrorKind::corrupt, "xet token: header {} is not 64 hexadecimal digits",
                kXetHashHeader);
  }
  download.file = *hash;
  return download;
}

}  // namespace mhub::wire
