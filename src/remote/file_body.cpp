#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/remote/file_body.hpp>

namespace mhub::remote {
namespace {

class FileSource : public net::BodySource {
public:
  FileSource(std::shared_ptr<File> file, std::uint64_t offset, std::uint64_t size_bytes)
      : file_(std::move(file)), offset_(offset), left_(size_bytes) {}

  std::size_t read(std::span<std::byte> room) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), left_));
    if (wanted == 0) return 0;
    const std::size_t count = file_->read_at(room.first(wanted), offset_);
    if (count == 0) throw Error(ErrorKind::io, "a file became shorter while it was sent");
    offset_ += count;
    left_ -= count;
    return count;
  }

private:
  std::shared_ptr<File> file_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

}  // namespace

net::Body file_body(std::shared_ptr<File> file, std::uint64_t offset, std::uint64_t size_bytes) {
  return net::Body::stream(size_bytes, [file = std::move(file), offset, size_bytes] {
    return std::make_unique<FileSource>(file, offset, size_bytes);
  });
}

net::Body file_body(FileSystem& fs, std::filesystem::path path, std::uint64_t size_bytes) {
  return net::Body::stream(size_bytes, [&fs, path = std::move(path), size_bytes] {
    return std::make_unique<FileSource>(fs.open_read(path), 0, size_bytes);
  });
}

}  // namespace mhub::remote
