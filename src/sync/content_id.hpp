#pragma once
// What a hub calls the bytes of a file: the SHA-256 of a large one, and of one that stands in git
// itself git's id of the blob (a SHA-1 over a header and the bytes). Hubs give it as the file's
// ETag, and Hugging Face's cache names its files by it.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <mhub/base/file_system.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/base/sha1.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::sync {

class ContentId {
public:
  enum class Kind { sha256, git_blob };

  explicit ContentId(const Sha256& sha256) : text_(sha256.hex()) {}
  /// 64 or 40 hexadecimal digits, which become lower case; nothing for anything else. So it is fit
  /// for a file name.
  static std::optional<ContentId> parse(std::string_view text);

  Kind kind() const { return text_.size() == 64 ? Kind::sha256 : Kind::git_blob; }
  const std::string& text() const { return text_; }
  auto operator<=>(const ContentId&) const = default;

private:
  ContentId() = default;
  friend class ContentHasher;
  std::string text_;
};

/// Incremental. One thread at a time.
class ContentHasher {
public:
  /// `size_bytes` is the file's, all of which must be given: git hashes it too.
  ContentHasher(ContentId::Kind kind, std::uint64_t size_bytes);
  void update(ByteView bytes);
  ContentId finish();

private:
  std::variant<Sha256Hasher, Sha1Hasher> hasher_;
};

/// Of the file at `path` as it is now, which must have `size_bytes`. Throws Error: io, not_found,
/// conflict (another size), interrupted.
ContentId content_id_of(const std::filesystem::path& path, ContentId::Kind kind,
                        std::uint64_t size_bytes, const StopToken& stop);

}  // namespace mhub::sync
