#pragma once
// Names of git objects and the modes of tree entries.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/base/bytes.hpp>

namespace mhub::repo {

/// The SHA-1 name of a git object. All zero means "no object", as in git's own protocols.
struct ObjectId {
  std::array<std::byte, 20> bytes{};

  std::string hex() const { return to_hex(bytes); }
  /// The first `digits` hexadecimal digits, for people.
  std::string short_hex(std::size_t digits = 10) const { return hex().substr(0, digits); }
  /// Nothing unless `text` is 40 hexadecimal digits.
  static std::optional<ObjectId> parse(std::string_view text);
  bool is_zero() const { return *this == ObjectId{}; }
  auto operator<=>(const ObjectId&) const = default;
};

enum class ObjectType { commit, tree, blob, tag };

/// The modes that git stores; values are those of the tree and index formats.
enum class FileMode : std::uint32_t {
  none = 0,
  tree = 0040000,
  regular = 0100644,
  executable = 0100755,
  symlink = 0120000,
  submodule = 0160000,
};

/// Regular or executable: the modes whose blob may be a large-file pointer.
constexpr bool is_file(FileMode mode) {
  return mode == FileMode::regular || mode == FileMode::executable;
}

/// A file of a tree under its full path, "/" between folders.
struct PathEntry {
  std::string path;
  FileMode mode = FileMode::none;
  ObjectId id;
  bool operator==(const PathEntry&) const = default;
};

}  // namespace mhub::repo

template <>
struct std::hash<mhub::repo::ObjectId> {
  std::size_t operator()(const mhub::repo::ObjectId& id) const noexcept {
    return mhub::load_le<std::size_t>(id.bytes.data());
  }
};
