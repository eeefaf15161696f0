#include "content_id.hpp"

#include <algorithm>

#include <mhub/base/error.hpp>

namespace mhub::sync {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

}  // namespace

std::optional<ContentId> ContentId::parse(std::string_view text) {
  if (text.size() != 64 && text.size() != 40) return std::nullopt;
  const auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  ContentId id;
  id.text_ = to_hex(*bytes);
  return id;
}

ContentHasher::ContentHasher(ContentId::Kind kind, std::uint64_t size_bytes) {
  if (kind == ContentId::Kind::sha256) return;
  Sha1Hasher& hasher = hasher_.emplace<Sha1Hasher>();
  const std::string header = fmt::format("blob {}", size_bytes);
  hasher.update(as_bytes(std::string_view(header.c_str(), header.size() + 1)));
}

void ContentHasher::update(ByteView bytes) {
  std::visit([&](auto& hasher) { hasher.update(bytes); }, hasher_);
}

ContentId ContentHasher::finish() {
  if (auto* sha256 = std::get_if<Sha256Hasher>(&hasher_)) return ContentId(sha256->finish());
  ContentId id;
  id.text_ = to_hex(std::get<Sha1Hasher>(hasher_).finish());
  return id;
}

ContentId content_id_of(const std::filesystem::path& path, ContentId::Kind kind,
                        std::uint64_t size_bytes, const StopToken& stop) {
  const auto file = real_file_system().open_read(path);
  ContentHasher hasher(kind, size_bytes);
  Bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, size_bytes + 1)));
  for (std::uint64_t offset = 0;;) {
    stop.check();
    const std::size_t got = file->read_at(block, offset);
    offset += got;
    if (offset > size_bytes || (got < block.size() && offset != size_bytes))
      throw Error(ErrorKind::conflict, "{} changes while it is read", printable(path.string()));
    hasher.update(std::span(block).first(got));
    if (got < block.size()) return hasher.finish();
  }
}

}  // namespace mhub::sync
