// git's revision syntax.

#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "handle.hpp"

namespace mhub::repo {

std::optional<ObjectId> find_revision(Repository& repository, const std::string& revision) {
  git_object* raw = nullptr;
  // "@" stands for HEAD, unless as in "@{1}"; libgit2 would pass over what follows it.
  const bool is_head = revision.starts_with('@') && !revision.starts_with("@{");
  const std::string text = is_head ? "HEAD" + revision.substr(1) : revision;
  const int result = git_revparse_single(&raw, git_of(repository), c_text(text));
  if (result == GIT_ENOTFOUND) return std::nullopt;
  if (result == GIT_EAMBIGUOUS)
    throw Error(ErrorKind::usage, "{} stands for more than one object", printable(revision));
  if (result == GIT_EINVALIDSPEC || result == GIT_EPEEL)
    throw Error(ErrorKind::usage, "{} is not a revision", printable(revision));
  check(result, "look up " + printable(revision));
  const GitObject object(raw);
  return from_oid(*git_object_id(raw));
}

ObjectId require_commit(Repository& repository, const std::string& revision) {
  const auto found = find_revision(repository, revision);
  if (!found) throw Error(ErrorKind::not_found, "there is no revision {}", printable(revision));
  const auto commit = peel_to_commit(repository, *found);
  if (!commit)
    throw Error(ErrorKind::not_found, "{} does not lead to a commit", printable(revision));
  return *commit;
}

RevisionRange require_range(Repository& repository, const std::string& text) {
  RevisionRange range;
  const auto side = [&](const std::string& name) {
    return require_commit(repository, name.empty() ? "HEAD" : name);
  };
  const std::size_t dots = text.find("..");
  // "../x" can only be part of a path after a colon, as in "HEAD:../x".
  if (dots != std::string::npos && text.find(':') > dots) {
    range.is_range = true;
    const bool symmetric = text.compare(dots, 3, "...") == 0;
    const ObjectId left = side(text.substr(0, dots));
    const ObjectId right = side(text.substr(dots + (symmetric ? 3 : 2)));
    range.tips.push_back(right);
    if (symmetric) {
      range.tips.push_back(left);
      if (const auto base = merge_base(repository, left, right)) range.hidden.push_back(*base);
    } else {
      range.hidden.push_back(left);
    }
  } else if (text.starts_with('^')) {
    range.is_range = true;
    range.hidden.push_back(side(text.substr(1)));
  } else {
    range.tips.push_back(require_commit(repository, text));
  }
  return range;
}

std::optional<std::string> expand_ref_name(Repository& repository, const std::string& short_name) {
  for (const char* prefix : {"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}) {
    const std::string name = prefix + short_name;
    if (find_ref(repository, name)) return name;
  }
  const std::string head = "refs/remotes/" + short_name + "/HEAD";
  if (find_ref(repository, head)) return head;
  return std::nullopt;
}

}  // namespace mhub::repo
