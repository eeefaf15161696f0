#include "hf/weights.hpp"

#include <algorithm>
#include <set>

#include <mhub/base/sha256.hpp>

namespace mhub::serve {

namespace {

constexpr std::string_view kSingle = "model.safetensors";
constexpr std::string_view kIndex = "model.safetensors.index.json";
constexpr std::string_view kEnding = ".safetensors";

constexpr std::uint64_t kIndexBytesAtMost = std::uint64_t{32} << 20;
/// Of one model, all files together.
constexpr std::uint64_t kReadAtMost = std::uint64_t{64} << 20;
/// Holds most headers; the chunk that a file begins with is about as long.
constexpr std::uint64_t kFirstBytes = std::uint64_t{64} << 10;

class Counter {
public:
  Counter(const WeightFiles& files, repo::Repository& git, const ReadLarge& read_large)
      : files_(files), git_(git), read_large_(read_large) {}

  std::optional<wire::ParameterCounts> count() {
    if (const auto single = files_.find(kSingle)) return count_file(*single);
    const auto index = files_.find(kIndex);
    if (!index) return std::nullopt;
    const auto shards = shards_of(*index);
    if (!shards) return std::nullopt;
    wire::ParameterCounts counts;
    for (const std::string& name : *shards) {
      const auto shard = files_.find(name);
      const auto of_shard = shard ? count_file(*shard) : std::nullopt;
      if (!of_shard || !wire::add_counts(counts, *of_shard)) return std::nullopt;
    }
    return counts;
  }

private:
  /// A file's size, and what reads a part of it (nothing if it cannot be had).
  struct Source {
    std::uint64_t size_bytes = 0;
    std::function<std::optional<Bytes>(std::uint64_t offset, std::uint64_t length)> read;
  };

  bool may_read(std::uint64_t bytes) {
    if (bytes > kReadAtMost - read_bytes_) return false;
    read_bytes_ += bytes;
    return true;
  }

  /// Calls `use` with what reads the file that `blob` is or stands for, if it may be read: of a
  /// blob git reads the whole.
  void open(const repo::ObjectId& blob, const std::function<void(const Source&)>& use) {
    const std::uint64_t size = repo::object_size(git_, blob);
    if (!may_read(size)) return;
    repo::use_blob(git_, blob, size, [&](ByteView content) {
      if (const auto pointer = read_loose_pointer(as_text(content))) {
        use({pointer->size_bytes, [&](std::uint64_t offset, std::uint64_t length) {
               return may_read(length) ? read_large_(*pointer, offset, length) : std::nullopt;
             }});
      } else {
        use({size, [&](std::uint64_t offset, std::uint64_t length) -> std::optional<Bytes> {
               const ByteView part = content.subspan(offset, length);
               return Bytes(part.begin(), part.end());
             }});
      }
    });
  }

  std::optional<std::set<std::string>> shards_of(const repo::ObjectId& blob) {
    std::optional<std::set<std::string>> shards;
    open(blob, [&](const Source& source) {
      if (source.size_bytes > kIndexBytesAtMost) return;
      if (const auto text = source.read(0, source.size_bytes))
        shards = wire::find_safetensors_shards(as_text(*text));
    });
    return shards;
  }

  std::optional<wire::ParameterCounts> count_file(const repo::ObjectId& blob) {
    std::optional<wire::ParameterCounts> counts;
    open(blob, [&](const Source& source) {
      if (const auto header = header_of(source)) counts = wire::count_parameters(as_text(*header));
    });
    return counts;
  }

  static std::optional<Bytes> header_of(const Source& source) {
    auto start = source.read(0, std::min(source.size_bytes, kFirstBytes));
    if (!start) return std::nullopt;
    const auto length = wire::safetensors_header_bytes(*start, source.size_bytes);
    if (!length) return std::nullopt;
    const std::uint64_t end = wire::kSafetensorsLengthBytes + *length;
    if (end > start->size()) {
      const auto rest = source.read(start->size(), end - start->size());
      if (!rest) return std::nullopt;
      append(*start, *rest);
    }
    start->resize(end);
    start->erase(start->begin(), start->begin() + wire::kSafetensorsLengthBytes);
    return start;
  }

  const WeightFiles& files_;
  repo::Repository& git_;
  const ReadLarge& read_large_;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace

void WeightFiles::add(const repo::TreeEntry& entry) {
  if (repo::is_file(entry.mode) && (entry.name.ends_with(kEnding) || entry.name == kIndex))
    blobs_.emplace(entry.name, entry.id);
}

std::string WeightFiles::id() const {
  if (blobs_.empty()) return {};
  std::string text;
  for (const auto& [name, blob] : blobs_) text += blob.hex() + name + '\0';
  return sha256_of(as_bytes(text)).hex();
}

std::optional<repo::ObjectId> WeightFiles::find(std::string_view name) const {
  const auto found = blobs_.find(name);
  if (found == blobs_.end()) return std::nullopt;
  return found->second;
}

std::optional<wire::ParameterCounts> count_parameters(const WeightFiles& files,
                                                      repo::Repository& git,
                                                      const ReadLarge& read_large) {
  return Counter(files, git, read_large).count();
}

}  // namespace mhub::serve
