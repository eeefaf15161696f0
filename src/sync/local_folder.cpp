#include "local_folder.hpp"

#include <chrono>
#include <cstdlib>

#include <mhub/base/error.hpp>
#include <mhub/wire/hub_history.hpp>

#include "hub_cache.hpp"

namespace mhub::sync {

namespace {

constexpr std::size_t kNoteMaxBytes = 4096;
/// Clocks of file systems are not that of the process.
constexpr double kClockSlackS = 1.0;

/// The next line of `text`, which loses it.
std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

std::filesystem::path LocalFolder::note(std::string_view path, std::string_view ending) const {
  tag_cache_folder(notes());
  const auto ignore = notes() / ".gitignore";
  if (!real_file_system().stat(ignore)) put_text(ignore, "*");
  return sync::make_place(notes() / "download", std::string(path) + std::string(ending));
}

std::filesystem::path LocalFolder::make_place(std::string_view path) const {
  return sync::make_place(root_, path);
}

std::filesystem::path LocalFolder::partial(std::string_view path, const ContentId& id) const {
  // Of the name's hash and the content's: both are short, whatever the name.
  return note(path, "").parent_path() / fmt::format("{}.{}.mhub.incomplete",
                                                    sha256_of(as_bytes(path)).hex().substr(0, 16),
                                                    id.text());
}

FileLock LocalFolder::lock(std::string_view path, const StopToken& stop) const {
  return lock_shared_file(note(path, ".lock"), stop);
}

std::optional<DownloadNote> LocalFolder::find_note(std::string_view path) const {
  const auto file = notes() / "download" / (std::string(path) + ".metadata");
  FileSystem& fs = real_file_system();
  const auto shown = fs.stat(place(path));
  if (!shown || !shown->is_regular() || !fs.stat(file)) return std::nullopt;
  const Bytes bytes = read_file(fs, file, kNoteMaxBytes);
  std::string_view text = as_text(bytes);
  DownloadNote found{take_line(text), take_line(text)};
  const std::string time = take_line(text);
  const double noted_s = std::strtod(time.c_str(), nullptr);
  const double changed_s = static_cast<double>(shown->mtime_ns) / 1e9;
  if (!wire::is_commit_id(found.commit) || changed_s - kClockSlackS > noted_s) return std::nullopt;
  return found;
}

void LocalFolder::put_note(std::string_view path, const std::string& commit,
                           const ContentId& id) const {
  const double now_s =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  put_text(note(path, ".metadata"), fmt::format("{}\n{}\n{:.6f}\n", commit, id.text(), now_s));
}

}  // namespace mhub::sync
