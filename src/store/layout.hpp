#pragma once
// Names in the store's folder: index.db, lock, tmp/, xorbs/ab/<hash>.

#include <filesystem>

#include <mhub/base/file_system.hpp>
#include <mhub/xet/hash.hpp>

namespace mhub::store {

struct Layout {
  std::filesystem::path root;

  std::filesystem::path database() const { return root / "index.db"; }
  std::filesystem::path lock() const { return root / "lock"; }
  std::filesystem::path scratch() const { return root / "tmp"; }
  std::filesystem::path xorbs() const { return root / "xorbs"; }
  std::filesystem::path xorb(const xet::XorbHash& hash) const {
    const std::string name = hash.text();
    return xorbs() / name.substr(0, 2) / name;
  }
};

}  // namespace mhub::store
