#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>

namespace mhub {

bool FileStat::is_regular() const {
  return S_ISREG(mode);
}
bool FileStat::is_folder() const {
  return S_ISDIR(mode);
}
bool FileStat::is_symlink() const {
  return S_ISLNK(mode);
}

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIoLimitBytes = std::size_t{1} << 30;  // one system call's share
constexpr std::size_t kPiecesPerCall = 64;

Error failed(const char* what, const fs::path& path) {
  const int number = errno;
  return system_error(number, fmt::format("{} {}", what, printable(path.string())));
}

FileStat to_stat(const struct ::stat& from) {
  FileStat out;
  out.size_bytes = static_cast<std::uint64_t>(from.st_size);
  out.mtime_ns = std::int64_t{from.st_mtim.tv_sec} * 1'000'000'000 + from.st_mtim.tv_nsec;
  out.ctime_ns = std::int64_t{from.st_ctim.tv_sec} * 1'000'000'000 + from.st_ctim.tv_nsec;
  out.inode = from.st_ino;
  out.device = from.st_dev;
  out.disk_bytes = static_cast<std::uint64_t>(from.st_blocks) * 512;
  out.mode = from.st_mode;
  return out;
}

class PosixFile final : public File {
public:
  PosixFile(int descriptor, fs::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  std::size_t read_at(std::span<std::byte> out, std::uint64_t offset) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got =
          ::pread(descriptor_, out.data() + done, std::min(out.size() - done, kIoLimitBytes),
                  static_cast<off_t>(offset + done));
      if (got < 0) {
        if (errno == EINTR) continue;
        throw failed("read", path_);
      }
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  void write(ByteView bytes) override {
    write_at(bytes, written_);
    written_ += bytes.size();
  }

  void write_pieces(std::span<const ByteView> pieces) override {
    std::array<::iovec, kPiecesPerCall> parts;
    for (std::size_t first = 0; first < pieces.size();) {
      std::size_t count = 0;
      std::size_t size = 0;
      for (; first + count < pieces.size() && count < parts.size(); ++count) {
        const ByteView piece = pieces[first + count];
        if (count > 0 && size + piece.size() > kIoLimitBytes) break;
        // iovec has no const form; pwritev only reads.
        parts[count] = {const_cast<std::byte*>(piece.data()), piece.size()};
        size += piece.size();
      }
      const ssize_t put = ::pwritev(descriptor_, parts.data(), static_cast<int>(count),
                                    static_cast<off_t>(written_));
      if (put < 0) {
        if (errno == EINTR) continue;
        throw failed("write", path_);
      }
      // A short write is rare; what is left of these pieces goes the plain way.
      std::size_t done = static_cast<std::size_t>(put);
      written_ += done;
      for (std::size_t i = 0; i < count; ++i) {
        const ByteView piece = pieces[first + i];
        const std::size_t skipped = std::min(done, piece.size());
        done -= skipped;
        if (skipped < piece.size()) write(piece.subspan(skipped));
      }
      first += count;
    }
  }

  void write_at(ByteView bytes, std::uint64_t offset) override {
    while (!bytes.empty()) {
      const ssize_t put = ::pwrite(descriptor_, bytes.data(), std::min(bytes.size(), kIoLimitBytes),
                                   static_cast<off_t>(offset));
      if (put < 0) {
        if (errno == EINTR) continue;
        throw failed("write", path_);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
  }

  void reserve(std::uint64_t size_bytes) override {
    if (size_bytes == 0) return;
    while (::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_bytes)) != 0) {
      if (errno == EINTR) continue;
      if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        throw failed("reserve space for", path_);
      return;  // the file system has no such call
    }
  }

  void truncate(std::uint64_t size_bytes) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size_bytes)) != 0)
      throw failed("truncate", path_);
  }

  void start_sync() override {
#ifdef SYNC_FILE_RANGE_WRITE
    // Its failures come again with sync(), which reports them.
    static_cast<void>(::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE));
#endif
  }

  void sync() override {
    if (::fsync(descriptor_) != 0) throw failed("sync", path_);
  }

  FileStat stat() override {
    struct ::stat out;
    if (::fstat(descriptor_, &out) != 0) throw failed("stat", path_);
    return to_stat(out);
  }

  int descriptor() const override {
    return descriptor_;
  }

private:
  int descriptor_;
  fs::path path_;
  std::uint64_t written_ = 0;
};

class PosixFileSystem final : public FileSystem {
public:
  std::unique_ptr<File> open_read(const fs::path& path) override {
    return open(path, O_RDONLY, 0, "open");
  }
  std::unique_ptr<File> create(const fs::path& path, std::uint32_t mode) override {
    return open(path, O_RDWR | O_CREAT | O_EXCL, mode, "create");
  }
  std::unique_ptr<File> open_write(const fs::path& path, std::uint32_t mode) override {
    return open(path, O_RDWR | O_CREAT, mode, "open");
  }

  void rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) throw failed("rename to", to);
  }

  bool remove(const fs::path& path) override {
    if (std::remove(path.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    throw failed("remove", path);
  }

  void create_folders(const fs::path& path) override {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) throw system_error(error.value(), "create folder " + printable(path.string()));
  }

  void sync_folder(const fs::path& folder) override {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) throw failed("open folder", folder);
    const int result = ::fsync(descriptor);
    const int number = errno;
    ::close(descriptor);
    // Some network file systems cannot sync a folder; they order renames themselves.
    if (result != 0 && number != EINVAL && number != ENOTSUP)
      throw system_error(number, "sync folder " + printable(folder.string()));
  }

  std::optional<FileStat> stat(const fs::path& path) override {
    struct ::stat out;
    if (::lstat(path.c_str(), &out) == 0) return to_stat(out);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw failed("stat", path);
  }

  std::vector<std::string> list(const fs::path& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) throw system_error(error.value(), "list folder " + printable(folder.string()));
    return names;
  }

private:
  static std::unique_ptr<File> open(const fs::path& path, int flags, std::uint32_t mode,
                                    const char* what) {
    int descriptor = -1;
    do {
      descriptor = ::open(path.c_str(), flags | O_CLOEXEC, static_cast<mode_t>(mode));
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) throw failed(what, path);
    return std::make_unique<PosixFile>(descriptor, path);
  }
};

}  // namespace

FileSystem& real_file_system() {
  static PosixFileSystem instance;
  return instance;
}

Bytes read_file(FileSystem& fs, const std::filesystem::path& path, std::uint64_t limit_bytes) {
  const auto file = fs.open_read(path);
  const std::uint64_t size = file->stat().size_bytes;
  if (size > limit_bytes) {
    throw Error(ErrorKind::corrupt, "{} is {} long; at most {} are expected there",
                printable(path.string()), human_bytes(size), human_bytes(limit_bytes));
  }
  Bytes content(static_cast<std::size_t>(size));
  content.resize(file->read_at(content, 0));
  return content;
}

}  // namespace mhub
