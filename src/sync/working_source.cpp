#include "working_source.hpp"

#include <algorithm>
#include <map>

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
  std::vector<SourceFile> files;
  std::unordered_map<xet::XorbHash, std::vector<Run>> runs;
  std::unordered_map<std::string, std::uint32_t> by_path;
  struct OpenFile {
    std::shared_ptr<File> file;  ///< null: the file is not what was noted
    bool held = false;
  };
  Synchronized<std::map<std::uint32_t, OpenFile>> open;
  mutable ChunkSizes sizes;

  explicit State(store::Store& s) : store(s), sizes(s) {}

  std::uint64_t bytes_between(const xet::XorbHash& xorb, std::uint32_t first,
                              std::uint32_t end) const {
    const auto known = sizes.of(xorb);
    std::uint64_t sum = 0;
    for (std::uint32_t i = first; i < end && i < known->sizes.size(); ++i) sum += known->sizes[i];
    return sum;
  }

  const Run* find(const xet::XorbHash& xorb, std::uint32_t chunk) const {
    const auto found = runs.find(xorb);
    if (found == runs.end()) return nullptr;
    for (const Run& run : found->second) {
      if (chunk >= run.first && chunk < run.end) return &run;
    }
    return nullptr;
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
      std::shared_ptr<File> file;
      try {
        file = real_file_system().open_read(files[number].path);
        if (file->stat() != files[number].stat) file.reset();
      } catch (const Error& error) {
        log_debug("{} is no source of chunks any more: {}", files[number].path.string(),
                  error.message());
      }
      if (table.size() < kMaxOpenFiles) table.emplace(number, OpenFile{file, hold});
      return file;
    });
  }
};

WorkingSource::WorkingSource(store::Store& store) : state_(std::make_unique<State>(store)) {
  for (const store::WorkingFile& working : store.working_files()) {
    const auto record = store.find_file(working.sha256);
    if (!record) continue;
    const auto stat = real_file_system().stat(working.path);
    if (!stat || *stat != working.stat) continue;
    const auto number = static_cast<std::uint32_t>(state_->files.size());
    state_->files.push_back({working.path, working.stat});
    state_->by_path.emplace(working.path.string(), number);
    std::uint64_t offset = 0;
    for (const xet::Term& term : record->terms) {
      state_->runs[term.xorb].push_back({term.first_chunk, term.end_chunk, number, offset});
      offset += term.size_bytes;
    }
  }
}

WorkingSource::~WorkingSource() = default;

std::uint32_t WorkingSource::size_at_hand(const xet::XorbHash& xorb, std::uint32_t chunk) const {
  if (state_->find(xorb, chunk) == nullptr) return 0;
  const auto known = state_->sizes.of(xorb);
  return chunk < known->sizes.size() ? known->sizes[chunk] : 0;
}

std::uint32_t WorkingSource::size_in_store(const xet::XorbHash& xorb, std::uint32_t chunk) const {
  const auto known = state_->sizes.of(xorb);
  return known->local && chunk < known->sizes.size() ? known->sizes[chunk] : 0;
}

std::optional<Bytes> WorkingSource::read_chunk(const xet::XorbHash& xorb, std::uint32_t chunk,
                                               const xet::ChunkRef& ref) {
  const Run* run = state_->find(xorb, chunk);
  if (run == nullptr) return std::nullopt;
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

void WorkingSource::hold(const std::filesystem::path& path) {
  const auto found = state_->by_path.find(path.string());
  if (found != state_->by_path.end()) state_->open_file(found->second, true);
}

}  // namespace mhub::sync
