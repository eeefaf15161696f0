#pragma once
// Settings as they may be shown: people paste lists of settings into reports.

#include <string>

namespace mhub::cli {

struct ShownSetting {
  std::string key;
  std::string value;
};

/// The setting without user names and passwords of URLs and proxies, wherever they stand (a key
/// may hold a URL too), and with "(hidden)" for values that are secrets by their key.
ShownSetting without_secrets(std::string key, std::string value);

}  // namespace mhub::cli
