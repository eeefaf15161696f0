#include "line_ends.hpp"

#include "handle.hpp"

namespace mhub::repo {

bool is_converted(Repository& repository, const std::string& path) {
  Repository::Handle& handle = repository.handle();
  if (handle.settings().auto_crlf) return true;
  // libgit2 would look at a dozen files to find out about each path.
  if (!handle.attributes || handle.attributes_owner != &repository) {
    handle.attributes.emplace(Attributes::of_work_tree(repository));
    handle.attributes_owner = &repository;
  }
  for (const char* name : {"text", "eol", "crlf", "ident"}) {
    const auto value = handle.attributes->value(path, name);
    if (value && *value != "unset") return true;
  }
  return false;
}

Bytes converted(Repository& repository, const std::string& path, ByteView content,
                git_filter_mode_t direction) {
  if (!is_converted(repository, path)) return {content.begin(), content.end()};
  git_filter_list* raw = nullptr;
  check(git_filter_list_load(&raw, git_of(repository), nullptr, c_text(path), direction,
                             GIT_FILTER_DEFAULT),
        "find out how to convert " + printable(path));
  const CHandle<git_filter_list, git_filter_list_free> filters(raw);
  if (!filters) return {content.begin(), content.end()};
  GitBuf out;
  check(
      git_filter_list_apply_to_buffer(
          out.get(), filters.get(), reinterpret_cast<const char*>(content.data()), content.size()),
      "convert the line ends of " + printable(path));
  const std::string text = out.text();
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace mhub::repo
