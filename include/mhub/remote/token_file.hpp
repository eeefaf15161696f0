#pragma once
// The file in which `mhub login` keeps one token a hub.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/file_system.hpp>

namespace mhub::remote {

struct StoredToken {
  std::string origin = {};  ///< "https://hub.example:8443"
  std::string user = {};
  std::string token = {};  ///< a secret
};

/// JSON, mode 0600, replaced as a whole under a lock. Processes may share it.
class TokenFile {
public:
  /// `file` and its folder need not exist.
  TokenFile(FileSystem& fs, std::filesystem::path file);

  /// Throws Error: corrupt (not such a file), io.
  std::optional<StoredToken> find(std::string_view origin) const;
  /// Sorted by origin.
  std::vector<StoredToken> all() const;
  /// Adds or replaces. Throws Error: usage for a token that could not stand in a header line.
  void put(const StoredToken& token);
  /// False if there was none.
  bool remove(std::string_view origin);

  const std::filesystem::path& path() const { return file_; }

private:
  std::vector<StoredToken> load() const;
  void save(const std::vector<StoredToken>& tokens);

  FileSystem& fs_;
  std::filesystem::path file_;
};

}  // namespace mhub::remote
