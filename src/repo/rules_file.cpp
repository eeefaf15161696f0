#include "rules_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attribute_file.hpp"
#include "git2.hpp"

namespace mhub::repo {

namespace fs = std::filesystem;

std::optional<std::string> read_rules_file(const fs::path& file, bool follow) {
  const int descriptor =
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> text;
  struct ::stat stat;
  if (::fstat(descriptor, &stat) == 0 && S_ISREG(stat.st_mode) &&
      static_cast<std::uint64_t>(stat.st_size) <= kRulesFileLimitBytes) {
    text.emplace(static_cast<std::size_t>(stat.st_size), '\0');
    std::size_t done = 0;
    while (done < text->size()) {
      const ssize_t got = ::read(descriptor, text->data() + done, text->size() - done);
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    text->resize(done);
  }
  ::close(descriptor);
  return text;
}

namespace {

std::optional<fs::path> in_search_path(git_config_level_t level, const std::string& name) {
  start_libgit2();
  GitBuf folders;
  if (git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, level, folders.get()) != 0) return std::nullopt;
  std::string text = folders.text();
  while (!text.empty()) {
    const std::string folder = text.substr(0, text.find(GIT_PATH_LIST_SEPARATOR));
    text.erase(0, folder.size() + 1);
    std::error_code error;
    if (fs::exists(fs::path(folder) / name, error)) return fs::path(folder) / name;
  }
  return std::nullopt;
}

}  // namespace

std::optional<fs::path> user_rules_file(const std::string& name) {
  return in_search_path(GIT_CONFIG_LEVEL_XDG, name);
}

std::optional<fs::path> system_rules_file(const std::string& name) {
  return in_search_path(GIT_CONFIG_LEVEL_SYSTEM, name);
}

}  // namespace mhub::repo
