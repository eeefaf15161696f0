#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>

namespace mhub {

std::string unique_name(std::string_view prefix) {
  std::array<std::byte, 8> random;
  fill_random(random);
  return fmt::format("{}.{}", prefix, to_hex(random));
}

AtomicFile::AtomicFile(FileSystem& fs, std::filesystem::path target, std::uint32_t mode)
    : AtomicFile(fs, target, target.parent_path().empty() ? "." : target.parent_path(), mode) {}

AtomicFile::AtomicFile(FileSystem& fs, std::filesystem::path target,
                       const std::filesystem::path& scratch, std::uint32_t mode)
    : fs_(fs),
      target_(std::move(target)),
      temporary_(scratch / unique_name(".mhub-tmp")),
      file_(fs_.create(temporary_, mode)) {}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  file_.reset();
  try {
    fs_.remove(temporary_);
  } catch (const Error&) {
    // What is left is swept by the next start; a destructor has nobody to tell.
  }
}

void AtomicFile::commit(bool durable) {
  if (durable) file_->sync();
  fs_.rename(temporary_, target_);
  committed_ = true;
  if (durable) {
    const auto folder = target_.parent_path();
    fs_.sync_folder(folder.empty() ? "." : folder);
  }
}

void write_file_atomically(FileSystem& fs, const std::filesystem::path& target, ByteView content,
                           std::uint32_t mode) {
  AtomicFile out(fs, target, mode);
  out.file().write(content);
  out.commit();
}

}  // namespace mhub
