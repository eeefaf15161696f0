#include "working_source.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>

#include <mhub/base/error.hpp>
#include <mhub/base/log.hpp>
#include <mhub/base/synchronized.hpp>

#include "chunk_sizes.hpp"

namespace mhub::sync {

namespace {

constexpr std::size_t kMaxOpenFiles = 200;

/// Chunks [first, end) of a xorb stand in file `file` from `offset` on.
struct Run {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
};

struct SourceFile {
  std::filesystem::path path;
  FileStat stat;
};

}  // namespace

struct WorkingSource::State {
  store::Store& store;
  std::once_flag load_once;
  std::atomic<bool> loaded{false};
  mutable std::shared_mutex mutex;  ///< of what is known
  std::deque<SourceFile> files;     ///< never moved, so that references hold
  std::unordered_map<xet::XorbHash, std::vector<Run>> runs;
  std::unordered_map<std::string, std::uint32_t> by_path;
  struct OpenFile {
    std::shared_ptr<File> file;  ///< null: the file is not what was noted
    bool held = false;
  };
  Synchronized<std::map<std::uint32_t, OpenFile>> open;
  mutable ChunkSizes sizes;

  explicit State(store::Store& s) : store(s), sizes(s) {}

  void load() {
    std::call_once(load_once, [&] {
      for (const store::WorkingFile& working : store.working_files()) {
        const auto record = store.find_file(working.sha256);
        if (!record) continue;
        const auto stat = real_file_system().stat(working.path);
        if (!stat || *stat != working.stat) continue;
        add(working.path, working.stat, *record);
      }
      loaded = true;
    });
  }

  void add(const std::filesystem::path& path, const FileStat& stat,
           const store::FileRecord& record) {
    const std::unique_lock guard(mutex);
    const auto number = static_cast<std::uint32_t>(files.size());
    files.push_back({path, stat});
    by_path.insert_or_assign(path.string(), number);
    std::uint64_t offset = 0;
    for (const xet::Term& term : record.terms) {
      runs[term.xorb].push_back({term.first_chunk, term.end_chunk, number, offset});
      offset += term.size_bytes;
    }
  }

  const SourceFile& file(std::uint32_t number) const {
    const std::shared_lock guard(mutex);
    return files[number];
  }

  std::uint64_t bytes_between(const xet::XorbHash& xorb, std::uint32_t first,
                              std::uint32_t end) const {
    const auto known = sizes.of(xorb);
    std::uint64_t sum = 0;
    for (std::uint32_t i = first; i < end && i < known->sizes.size(); ++i) sum += known->sizes[i];
    return sum;
  }

  std::optional<Run> find(const xet::XorbHash& xorb, std::uint32_t chunk) {
    load();
    const std::shared_lock guard(mutex);
    const auto found = runs.find(xorb);
    if (found == runs.end()) return std::nullopt;
    for (const Run& run : found->second) {
      if (chunk >= run.first && chunk < run.end) return run;
    }
    return std::nullopt;
  }

  /// The file, if it is still what was noted; null otherwise.
  std::shared_ptr<File> open_file(std::uint32_t number, bool hold) {
    return open.with([&](auto& table) -> std::shared_ptr<File> {
      if (const auto found = table.find(number); found != table.end()) return found->second.file;
      if (table.size() >= kMaxOpenFiles) {
        const auto loose = std::find_if(table.begin(), table.end(),
                                        [](const auto& entry) { return !entry.second.held; });
        if (loose != table.end()) table.erase(loose);
      }
      if (hold && table.size() >= kMaxOpenFiles) return nullptr;
      const SourceFile& known = file(number);
      std::shared_ptr<File> opened;
      try {
        opened = real_file_system().open_read(known.path);
        if (opened->stat() != known.stat) opened.reset();
      } catch (const Error& error) {
        log_debug("{} is no source of chunks any more: {}", known.path.string(), error.message());
      }
      if (table.size() < kMaxOpenFiles) table.emplace(number, OpenFile{opened, hold});
      return opened;
    });
  }
};

WorkingSource::WorkingSource(store::Store& store) : state_(std::make_unique<State>(store)) {}

WorkingSource::~WorkingSource() = default;

std::uint32_t WorkingSource::size_at_hand(const xet::XorbHash& xorb, std::uint32_t chunk) const {
  if (!state_->find(xorb, chunk)) return 0;
  const auto known = state_->sizes.of(xorb);
  return chunk < known->sizes.size() ? known->sizes[chunk] : 0;
}

std::uint32_t WorkingSource::size_in_store(const xet::XorbHash& xorb, std::uint32_t chunk) const {
  const auto known = state_->sizes.of(xorb);
  return known->local && chunk < known->sizes.size() ? known->sizes[chunk] : 0;
}

std::optional<Bytes> WorkingSource::read_chunk(const xet::XorbHash& xorb, std::uint32_t chunk,
                                               const xet::ChunkRef& ref) {
  const std::optional<Run> run = state_->find(xorb, chunk);
  if (!run) return std::nullopt;
  const auto file = state_->open_file(run->file, false);
  if (!file) return std::nullopt;
  const std::uint64_t offset = run->offset + state_->bytes_between(xorb, run->first, chunk);
  Bytes bytes(ref.size_bytes);
  if (file->read_at(bytes, offset) != bytes.size()) return std::nullopt;
  if (xet::hash_chunk(bytes) != ref.hash) return std::nullopt;
  return bytes;
}

std::optional<Bytes> WorkingSource::read_chunk(const xet::Term& term, std::uint32_t chunk,
                                               const xet::ChunkRef& ref) {
  return read_chunk(term.xorb, chunk, ref);
}

void WorkingSource::add(const std::filesystem::path& path, const FileStat& stat,
                        const store::FileRecord& record) {
  // What has not been loaded yet will be found in the store.
  if (!state_->loaded) return;
  for (const xet::Term& term : record.terms) state_->sizes.forget(term.xorb);
  state_->add(path, stat, record);
}

void WorkingSource::hold(const std::filesystem::path& path) {
  state_->load();
  std::optional<std::uint32_t> number;
  {
    const std::shared_lock guard(state_->mutex);
    const auto found = state_->by_path.find(path.string());
    if (found != state_->by_path.end()) number = found->second;
  }
  if (number) state_->open_file(*number, true);
}

}  // namespace mhub::sync
