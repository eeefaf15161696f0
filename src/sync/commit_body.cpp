#include "commit_body.hpp"

#include <algorithm>
#include <cstring>

#include <mhub/base/error.hpp>

namespace mhub::sync {

namespace {

std::uint64_t base64_size(std::uint64_t size_bytes) {
  return (size_bytes + 2) / 3 * 4;
}

std::string line_of(const InlineFile& file) {
  // One byte more than there should be, so that growth is seen.
  Bytes content(static_cast<std::size_t>(file.size_bytes) + 1);
  content.resize(real_file_system().open_read(file.path)->read_at(content, 0));
  ContentHasher hasher(file.id.kind(), file.size_bytes);
  hasher.update(content);
  if (content.size() != file.size_bytes || hasher.finish() != file.id) {
    throw Error(ErrorKind::conflict, "{} changed while it was sent", printable(file.path.string()));
  }
  const wire::CommitFileFrame frame = wire::commit_file_frame(file.name);
  return frame.before + to_base64(content) + frame.after + "\n";
}

class CommitSource : public net::BodySource {
public:
  explicit CommitSource(const CommitParts& parts) : parts_(parts) {}

  std::size_t read(std::span<std::byte> room) override {
    while (at_ == line_.size()) {
      if (!next_line()) return 0;
      at_ = 0;
    }
    const std::size_t count = std::min(room.size(), line_.size() - at_);
    std::memcpy(room.data(), line_.data() + at_, count);
    at_ += count;
    return count;
  }

private:
  bool next_line() {
    const std::size_t deletions = parts_.deletions.size();
    const std::size_t large = parts_.large.size();
    std::size_t i = line_number_++;
    if (i == 0) {
      line_ = wire::to_json(parts_.header) + "\n";
      return true;
    }
    i -= 1;
    if (i < deletions) {
      line_ = wire::to_json(parts_.deletions[i]) + "\n";
      return true;
    }
    i -= deletions;
    if (i < large) {
      line_ = wire::to_json(parts_.large[i]) + "\n";
      return true;
    }
    i -= large;
    if (i >= parts_.files.size()) return false;
    line_ = line_of(parts_.files[i]);
    return true;
  }

  const CommitParts& parts_;
  std::size_t line_number_ = 0;
  std::string line_;
  std::size_t at_ = 0;
};

}  // namespace

net::Body commit_body(const CommitParts& parts) {
  std::uint64_t size_bytes = wire::to_json(parts.header).size() + 1;
  for (const auto& deletion : parts.deletions) size_bytes += wire::to_json(deletion).size() + 1;
  for (const auto& file : parts.large) size_bytes += wire::to_json(file).size() + 1;
  for (const InlineFile& file : parts.files) {
    const wire::CommitFileFrame frame = wire::commit_file_frame(file.name);
    size_bytes += frame.before.size() + base64_size(file.size_bytes) + frame.after.size() + 1;
  }
  return net::Body::stream(size_bytes, [&parts] { return std::make_unique<CommitSource>(parts); });
}

}  // namespace mhub::sync
