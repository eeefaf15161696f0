#pragma once
// A file system that breaks on purpose: fails its n-th call, runs out of space, or crashes and
// forgets whatever was not synced. Built on the real one, so what survives is really on disk.

#include <cerrno>
#include <map>
#include <mutex>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>

namespace mhub::test {

/// Threads may share it.
class FaultyFs final : public FileSystem {
public:
  /// The n-th call from now on (1 is the next) fails once with EIO.
  void fail_at(std::uint64_t call) { set_point(call, false); }
  /// The n-th call from now on fails, and every later one too: the machine has stopped.
  void crash_at(std::uint64_t call) { set_point(call, true); }
  /// Calls since fail_at() or crash_at().
  std::uint64_t calls() const {
    const std::lock_guard guard(lock_);
    return calls_;
  }
  bool crashed() const {
    const std::lock_guard guard(lock_);
    return crashed_;
  }
  /// From now on only this many bytes can be written.
  void limit_space(std::uint64_t size_bytes) {
    const std::lock_guard guard(lock_);
    space_ = size_bytes;
  }
  void unlimited_space() { limit_space(UINT64_MAX); }

  /// After a crash, when nothing uses the file system any more: takes back from disk what the
  /// machine would have lost. Content goes back to what was synced, names and folders to those
  /// whose folder was synced.
  void forget_unsynced() {
    namespace stdfs = std::filesystem;
    const std::lock_guard guard(lock_);
    for (const auto& [path, file] : files_) {
      if (!file->name_synced) {
        stdfs::remove(path);
        if (file->before) write(path, *file->before);
        continue;
      }
      if (stdfs::exists(path) && stdfs::file_size(path) > file->synced_bytes)
        stdfs::resize_file(path, file->synced_bytes);
    }
    for (const auto& path : unsynced_folders_) stdfs::remove_all(path);
    files_.clear();
    unsynced_folders_.clear();
    crashed_ = false;
    point_ = 0;
  }

  std::unique_ptr<File> open_read(const std::filesystem::path& path) override {
    step();
    return std::make_unique<FaultyFile>(*this, real_.open_read(path), nullptr);
  }
  std::unique_ptr<File> create(const std::filesystem::path& path, std::uint32_t mode) override {
    step();
    auto file = real_.create(path, mode);
    const std::lock_guard guard(lock_);
    auto& state = files_[path];
    state = std::make_shared<State>();
    return std::make_unique<FaultyFile>(*this, std::move(file), state);
  }
  std::unique_ptr<File> open_write(const std::filesystem::path& path, std::uint32_t mode) override {
    step();
    return std::make_unique<FaultyFile>(*this, real_.open_write(path, mode), nullptr);
  }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    step();
    std::optional<Bytes> before;
    if (std::filesystem::exists(to)) before = mhub::read_file(real_, to, UINT64_MAX);
    real_.rename(from, to);
    const std::lock_guard guard(lock_);
    const auto found = files_.find(from);
    auto state = found != files_.end() ? found->second : std::make_shared<State>();
    if (found != files_.end()) files_.erase(found);
    // Until the folder is synced a crash may find the file that was there before.
    state->name_synced = false;
    state->before = std::move(before);
    files_[to] = std::move(state);
  }
  bool remove(const std::filesystem::path& path) override {
    step();
    const bool removed = real_.remove(path);
    const std::lock_guard guard(lock_);
    files_.erase(path);
    return removed;
  }
  void create_folders(const std::filesystem::path& path) override {
    step();
    std::vector<std::filesystem::path> made;
    for (auto at = path; !at.empty() && !std::filesystem::exists(at); at = at.parent_path())
      made.push_back(at);
    real_.create_folders(path);
    const std::lock_guard guard(lock_);
    unsynced_folders_.insert(made.begin(), made.end());
  }
  void sync_folder(const std::filesystem::path& folder) override {
    step();
    const std::lock_guard guard(lock_);
    for (auto& [path, file] : files_) {
      if (path.parent_path() != folder) continue;
      file->name_synced = true;
      file->before.reset();
    }
    std::erase_if(unsynced_folders_,
                  [&](const auto& made) { return made.parent_path() == folder; });
  }
  std::optional<FileStat> stat(const std::filesystem::path& path) override {
    step();
    return real_.stat(path);
  }
  std::vector<std::string> list(const std::filesystem::path& folder) override {
    step();
    return real_.list(folder);
  }

private:
  struct State {
    std::uint64_t written_bytes = 0;
    std::uint64_t synced_bytes = 0;
    bool name_synced = false;
    std::optional<Bytes> before;  ///< what the name showed before
  };

  class FaultyFile final : public File {
  public:
    FaultyFile(FaultyFs& fs, std::unique_ptr<File> real, std::shared_ptr<State> state)
        : fs_(fs), real_(std::move(real)), state_(std::move(state)) {}
    std::size_t read_at(std::span<std::byte> out, std::uint64_t offset) override {
      fs_.step();
      return real_->read_at(out, offset);
    }
    void write(ByteView bytes) override {
      fs_.step(bytes.size());
      real_->write(bytes);
      end_ += bytes.size();
      grown(end_);
    }
    void write_at(ByteView bytes, std::uint64_t offset) override {
      fs_.step(bytes.size());
      real_->write_at(bytes, offset);
      grown(offset + bytes.size());
    }
    void reserve(std::uint64_t size_bytes) override {
      fs_.step(size_bytes);
      real_->reserve(size_bytes);
    }
    void truncate(std::uint64_t size_bytes) override {
      fs_.step();
      real_->truncate(size_bytes);
    }
    void sync() override {
      fs_.step();
      if (state_) state_->synced_bytes = state_->written_bytes;
    }
    FileStat stat() override {
      fs_.step();
      return real_->stat();
    }
    int descriptor() const override { return real_->descriptor(); }

  private:
    void grown(std::uint64_t end) {
      if (state_) state_->written_bytes = std::max(state_->written_bytes, end);
    }
    FaultyFs& fs_;
    std::unique_ptr<File> real_;
    std::shared_ptr<State> state_;
    std::uint64_t end_ = 0;
  };

  void set_point(std::uint64_t call, bool crash) {
    const std::lock_guard guard(lock_);
    calls_ = 0;
    point_ = call;
    crash_ = crash;
  }

  void step(std::uint64_t wanted_bytes = 0) {
    const std::lock_guard guard(lock_);
    if (crashed_) throw system_error(EIO, "use a machine that has stopped");
    ++calls_;
    if (calls_ == point_) {
      crashed_ = crash_;
      throw system_error(EIO, "make the call that was to fail");
    }
    if (wanted_bytes > space_) throw system_error(ENOSPC, "write");
    if (space_ != UINT64_MAX) space_ -= wanted_bytes;
  }

  static void write(const std::filesystem::path& path, ByteView bytes) {
    const auto file = real_file_system().open_write(path, 0644);
    file->truncate(0);
    file->write_at(bytes, 0);
  }

  FileSystem& real_ = real_file_system();
  mutable std::mutex lock_;
  std::uint64_t calls_ = 0;
  std::uint64_t point_ = 0;
  std::uint64_t space_ = UINT64_MAX;
  bool crash_ = false;
  bool crashed_ = false;
  std::map<std::filesystem::path, std::shared_ptr<State>> files_;
  std::set<std::filesystem::path> unsynced_folders_;
};

}  // namespace mhub::test
