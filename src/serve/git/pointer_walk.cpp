#include "git/pointer_walk.hpp"

#include <charconv>
#include <deque>

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>

namespace mhub::serve {

namespace {

/// git-lfs looks no further for a pointer.
constexpr std::size_t kPointerLimitBytes = 1024;
constexpr std::string_view kSpace = " \t\r\n";

struct Candidate {
  std::string id;
  std::string path;
};

/// Calls `use` for each whole line of a stream.
class LineReader {
public:
  explicit LineReader(std::function<void(std::string_view)> use) : use_(std::move(use)) {}
  void operator()(std::string_view piece) {
    rest_ += piece;
    std::size_t at = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', at)) {
      use_(std::string_view(rest_).substr(at, end - at));
      at = end + 1;
    }
    rest_.erase(0, at);
  }

private:
  std::function<void(std::string_view)> use_;
  std::string rest_;
};

std::vector<Candidate> small_blobs(const PointerWalk& walk, const StopToken& stop) {
  std::string input;
  for (const std::string& tip : walk.tips) input += tip + "\n";
  ChildSpec spec;
  spec.arguments =
      walk.setup.arguments({"rev-list", "--objects", "--filter-provided-objects",
                            "--filter=combine:blob:limit=1024+object:type=blob", "--stdin"});
  if (walk.only_new) spec.arguments.push_back("--not");
  if (walk.only_new || walk.tips.empty()) spec.arguments.push_back("--all");
  spec.environment = walk.environment;
  spec.folder = walk.folder;
  std::vector<Candidate> found;
  LineReader lines([&](std::string_view line) {
    if (line.size() < 40) return;
    found.push_back({std::string(line.substr(0, 40)),
                     std::string(line.size() > 41 ? line.substr(41) : std::string_view())});
  });
  const RunResult result = run_to_end(spec, input, [&](std::string_view piece) {
    stop.check();
    lines(piece);
  });
  if (result.exit_code != 0)
    throw Error(ErrorKind::corrupt, "git cannot list the objects: {}", result.errors);
  return found;
}

/// Takes `git cat-file --batch` output apart: "<id> <size>\n<bytes>\n" an object.
class BlobReader {
public:
  explicit BlobReader(std::function<void(std::string_view)> use) : use_(std::move(use)) {}
  void operator()(std::string_view piece) {
    rest_ += piece;
    std::size_t at = 0;
    while (true) {
      const auto end = rest_.find('\n', at);
      if (end == std::string::npos) break;
      const auto line = std::string_view(rest_).substr(at, end - at);
      std::size_t size = 0;
      const auto space = line.rfind(' ');
      const char* digits = line.data() + (space == std::string_view::npos ? 0 : space + 1);
      const auto [last, error] = std::from_chars(digits, line.data() + line.size(), size);
      if (error != std::errc() || size > kPointerLimitBytes)
        throw Error(ErrorKind::corrupt, "git cannot read an object: {}", printable(line));
      if (rest_.size() < end + 1 + size + 1) break;
      use_(std::string_view(rest_).substr(end + 1, size));
      at = end + 1 + size + 1;
    }
    rest_.erase(0, at);
  }

private:
  std::function<void(std::string_view)> use_;
  std::string rest_;
};

bool is_version(std::string_view value) {
  return value == "https://git-lfs.github.com/spec/v1" ||
         value == "https://hawser.github.com/spec/v1" || value == "http://git-media.io/v/2";
}

}  // namespace

std::optional<WalkedPointer> read_loose_pointer(std::string_view blob) {
  if (blob.size() >= kPointerLimitBytes) return std::nullopt;
  std::string_view rest = trimmed(blob, kSpace);
  bool has_version = false;
  std::optional<Sha256> oid;
  std::optional<std::uint64_t> size;
  while (!rest.empty()) {
    const auto line = trimmed(rest.substr(0, rest.find('\n')), kSpace);
    const auto end = rest.find('\n');
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.empty()) continue;
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto key = line.substr(0, space);
    const auto value = trimmed(line.substr(space + 1), kSpace);
    if (!has_version) {
      if (key != "version" || !is_version(value)) return std::nullopt;
      has_version = true;
    } else if (key == "oid") {
      if (!value.starts_with("sha256:")) return std::nullopt;
      oid = Sha256::parse(value.substr(7));
    } else if (key == "size") {
      std::uint64_t number = 0;
      const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error == std::errc() && last == value.data() + value.size()) size = number;
    } else if (!key.starts_with("ext-")) {
      return std::nullopt;
    }
  }
  if (!has_version || !oid || !size || *size == 0) return std::nullopt;
  return WalkedPointer{*oid, *size, {}};
}

void walk_pointers(const PointerWalk& walk, const std::function<void(WalkedPointer)>& visit,
                   const StopToken& stop) {
  const auto candidates = small_blobs(walk, stop);
  if (candidates.empty()) return;
  std::string input;
  input.reserve(candidates.size() * 41);
  for (const Candidate& candidate : candidates) input += candidate.id + "\n";
  ChildSpec spec;
  spec.arguments =
      walk.setup.arguments({"cat-file", "--buffer", "--batch=%(objectname) %(objectsize)"});
  spec.environment = walk.environment;
  spec.folder = walk.folder;
  std::size_t next = 0;
  BlobReader blobs([&](std::string_view blob) {
    const std::size_t index = next++;
    if (index >= candidates.size()) return;
    auto pointer = read_loose_pointer(blob);
    if (!pointer) return;
    pointer->path = candidates[index].path;
    visit(std::move(*pointer));
  });
  const RunResult result = run_to_end(spec, input, [&](std::string_view piece) {
    stop.check();
    blobs(piece);
  });
  if (result.exit_code != 0 || next != candidates.size())
    throw Error(ErrorKind::corrupt, "git cannot read the objects: {}", result.errors);
}

}  // namespace mhub::serve
