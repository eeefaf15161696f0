#include "hf/revision.hpp"

#include <algorithm>
#include <vector>

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "http/message.hpp"

namespace mhub::serve {

namespace {

/// A ref is a file somewhere, and a path component has no more.
constexpr std::size_t kNameBytesAtMost = 250;
/// Unescaped segments that are tried as one name.
constexpr std::size_t kNameSegmentsAtMost = 8;
constexpr std::size_t kPathBytesAtMost = 16 << 10;
constexpr std::size_t kShortIdDigits = 5;
constexpr std::size_t kIdDigits = 40;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::optional<Revision> find_default(repo::Repository& git, const std::string& name) {
  for (const char* ref : {"HEAD", "refs/heads/main"}) {
    if (const auto commit = commit_of_ref(git, ref)) return Revision{name, *commit, false};
  }
  if (repo::list_refs(git, "refs/heads/").empty()) return Revision{name, std::nullopt, false};
  return std::nullopt;
}

bool may_be_name(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytesAtMost && name.find('\0') == std::string::npos;
}

std::optional<Revision> find_named(repo::Repository& git, const std::string& name) {
  if (!may_be_name(name)) return std::nullopt;
  if (name == "HEAD") return find_default(git, name);
  for (const char* folder : {"refs/heads/", "refs/tags/"}) {
    if (const auto commit = commit_of_ref(git, folder + name)) return Revision{name, commit, false};
  }
  for (const char* folder : {"refs/pr/", "refs/convert/", "refs/heads/", "refs/tags/"}) {
    if (!name.starts_with(folder)) continue;
    if (const auto commit = commit_of_ref(git, name)) return Revision{name, commit, false};
  }
  // Before the first push, clients ask for the branch that will be there.
  if (name == "main" || name == "refs/heads/main") {
    if (repo::list_refs(git, "refs/heads/").empty()) return Revision{name, std::nullopt, false};
  }
  return std::nullopt;
}

std::optional<Revision> find_by_id(repo::Repository& git, const std::string& name) {
  if (name.size() < kShortIdDigits || name.size() > kIdDigits || !is_hex(name)) return std::nullopt;
  const bool is_full = name.size() == kIdDigits;
  std::optional<repo::ObjectId> id;
  if (is_full) {
    id = repo::ObjectId::parse(name);
  } else {
    try {
      id = repo::find_revision(git, name);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      return std::nullopt;  // more than one object begins like that
    }
  }
  if (!id) return std::nullopt;
  const auto commit = repo::peel_to_commit(git, *id);
  if (!commit) return std::nullopt;
  return Revision{name, commit, is_full};
}

std::vector<std::string_view> segments_of(std::string_view rest) {
  std::vector<std::string_view> segments;
  while (true) {
    const auto slash = rest.find('/');
    segments.push_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    rest.remove_prefix(slash + 1);
  }
}

/// A name that a client escaped a second time is told by the slash that is left in it.
std::optional<std::string> decode_name(std::string_view raw) {
  auto name = percent_decode(raw);
  if (!name) return std::nullopt;
  if (name->find("%2F") != std::string::npos || name->find("%2f") != std::string::npos) {
    if (auto again = percent_decode(*name)) return again;
  }
  return name;
}

/// The path that follows `count` segments.
std::string path_after(const std::vector<std::string_view>& segments, std::size_t count) {
  std::string raw;
  for (std::size_t i = count; i < segments.size(); ++i) {
    if (i > count) raw += '/';
    raw.append(segments[i]);
  }
  auto path = percent_decode(raw);
  if (path && path->ends_with('/')) path->pop_back();
  if (!path || path->size() > kPathBytesAtMost || (!path->empty() && !is_plain_repo_path(*path)))
    throw Refused(422, "the path is not one that a repository can hold");
  return std::move(*path);
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool is_plain_repo_path(std::string_view path) {
  for (const char c : path) {
    if (c == '\\' || c == '\0') return false;
  }
  const auto names = segments_of(path);
  return std::none_of(names.begin(), names.end(), [](std::string_view name) {
    return name.empty() || name == "." || name == "..";
  });
}

std::optional<repo::ObjectId> commit_of_ref(repo::Repository& git, const std::string& ref) {
  if (!repo::is_valid_ref_name(ref)) return std::nullopt;
  const auto found = repo::find_ref(git, ref);
  if (!found || found->target.is_zero()) return std::nullopt;
  return repo::peel_to_commit(git, found->target);
}

void refuse_revision(std::string_view name) {
  throw Refused(404, "RevisionNotFound", "Invalid rev id: " + printable(name.substr(0, 200)));
}

std::string revision_from(std::string_view rest) {
  auto name = decode_name(rest);
  if (!name || !may_be_name(*name)) refuse_revision(rest);
  return std::move(*name);
}

std::optional<Revision> revision_named(repo::Repository& git, const std::string& name) {
  if (auto found = find_named(git, name)) return found;
  return find_by_id(git, name);
}

std::optional<repo::ObjectId> commit_named(repo::Repository& git, const std::string& name) {
  const auto revision = revision_named(git, name);
  return revision ? revision->commit : std::nullopt;
}

RevisionPath require_revision_path(repo::Repository& git, std::string_view rest) {
  const auto segments = segments_of(rest);
  const auto first = decode_name(segments.front());
  if (!first) refuse_revision(segments.front());
  const auto take = [&](Revision revision, std::size_t count) {
    return RevisionPath{std::move(revision), path_after(segments, count)};
  };
  const auto require = [&](const std::string& name, std::size_t count) {
    auto found = revision_named(git, name);
    if (!found) refuse_revision(name);
    return take(std::move(*found), count);
  };
  // With its slashes escaped, its end is plain to see.
  if (first->find('/') != std::string::npos) return require(*first, 1);
  if (*first == "refs" && segments.size() >= 3 &&
      ((segments[1] == "pr" && is_digits(segments[2])) || segments[1] == "convert")) {
    const auto last = percent_decode(segments[2]);
    if (!last) refuse_revision(segments[2]);
    return require("refs/" + std::string(segments[1]) + "/" + *last, 3);
  }
  if (auto found = find_named(git, *first)) return take(std::move(*found), 1);
  std::vector<std::string> names{*first};
  for (std::size_t i = 1; i < std::min(segments.size(), kNameSegmentsAtMost); ++i) {
    const auto name = percent_decode(segments[i]);
    if (!name || names.back().size() + name->size() > kNameBytesAtMost) break;
    names.push_back(names.back() + "/" + *name);
  }
  for (std::size_t count = names.size(); count > 1; --count) {
    if (auto found = find_named(git, names[count - 1])) return take(std::move(*found), count);
  }
  auto found = find_by_id(git, *first);
  if (!found) refuse_revision(*first);
  return take(std::move(*found), 1);
}

Revision require_revision(repo::Repository& git, std::string_view rest) {
  RevisionPath found = require_revision_path(git, rest);
  if (!found.path.empty()) refuse_revision(found.revision.name + "/" + found.path);
  return std::move(found.revision);
}

}  // namespace mhub::serve
