#pragma once
// Where things lie under the hub's data folder.

#include <cstdint>
#include <filesystem>
#include <string>

namespace mhub::serve {

struct DataFolder {
  std::filesystem::path root;

  std::filesystem::path catalog() const { return root / "catalog.db"; }
  std::filesystem::path store() const { return root / "store"; }
  std::filesystem::path git() const { return root / "git"; }
  /// By number, never by a name that a user chose; a number is never used again.
  std::filesystem::path repo(std::int64_t id) const {
    return git() / (std::to_string(id) + ".git");
  }
  std::filesystem::path hooks() const { return root / "hooks"; }
  std::filesystem::path home() const { return root / "home"; }
  std::filesystem::path tmp() const { return root / "tmp"; }
  std::filesystem::path lock() const { return root / "serve.lock"; }
};

}  // namespace mhub::serve
