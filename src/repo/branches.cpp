// Branches with their settings, and tags.

#include <mhub/repo/refs.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

void check_not_checked_out(Repository& repository, const std::string& name) {
  git_reference* raw = nullptr;
  const std::string full = "refs/heads/" + name;
  const int result = git_reference_lookup(&raw, git_of(repository), c_text(full));
  if (result == GIT_ENOTFOUND)
    throw Error(ErrorKind::not_found, "there is no branch {}", printable(name));
  check(result, "read branch " + printable(name));
  const GitRef reference(raw);
  const int checked_out = git_branch_is_checked_out(reference.get());
  check(checked_out, "look where branch " + printable(name) + " is checked out");
  if (checked_out == 1 || repository.head().branch == name)
    throw Error(ErrorKind::conflict, "branch {} is checked out", printable(name));
}

}  // namespace

std::optional<Upstream> upstream_of(Repository& repository, const std::string& branch) {
  Config& config = repository.config();
  const auto remote = config.get("branch." + branch + ".remote");
  const auto merge = config.get("branch." + branch + ".merge");
  if (!remote || !merge) return std::nullopt;
  Upstream upstream{*remote, *merge, {}};
  if (*remote == ".") {
    upstream.tracking_ref = *merge;
  } else if (const auto found = find_remote(repository, *remote)) {
    for (const Refspec& rule : found->fetch) {
      if (const auto mapped = rule.map(*merge)) {
        upstream.tracking_ref = *mapped;
        break;
      }
    }
  }
  return upstream;
}

void set_upstream(Repository& repository, const std::string& branch, const std::string& remote,
                  const std::string& merge) {
  if (!is_valid_branch_name(branch))
    throw Error(ErrorKind::usage, "{} is not a valid branch name", printable(branch));
  repository.config().set("branch." + branch + ".remote", remote);
  repository.config().set("branch." + branch + ".merge", merge);
}

void unset_upstream(Repository& repository, const std::string& branch) {
  repository.config().unset("branch." + branch + ".remote");
  repository.config().unset("branch." + branch + ".merge");
}

void rename_branch(Repository& repository, const std::string& from, const std::string& to,
                   bool force) {
  if (!is_valid_branch_name(to))
    throw Error(ErrorKind::usage, "{} is not a valid branch name", printable(to));
  const HeadState head = repository.head();
  if (head.is_unborn() && head.branch == from) {
    repository.set_head_to_branch(to, "branch: renamed to " + to);
    return;
  }
  git_reference* raw = nullptr;
  int result = git_branch_lookup(&raw, git_of(repository), c_text(from), GIT_BRANCH_LOCAL);
  if (result == GIT_ENOTFOUND)
    throw Error(ErrorKind::not_found, "there is no branch {}", printable(from));
  check(result, "read branch " + printable(from));
  const GitRef reference(raw);
  git_reference* moved = nullptr;
  result = git_branch_move(&moved, reference.get(), to.c_str(), force ? 1 : 0);
  if (result == GIT_EEXISTS)
    throw Error(ErrorKind::conflict, "there is a branch {} already", printable(to));
  check(result, "rename branch " + printable(from));
  git_reference_free(moved);
}

void delete_branch(Repository& repository, const std::string& name) {
  check_not_checked_out(repository, name);
  delete_ref(repository, "refs/heads/" + name, Expected::any());
  repository.config().remove_section("branch", name);
}

ObjectId write_tag(Repository& repository, const std::string& name, const ObjectId& target,
                   const Signature& tagger, const std::string& message) {
  const git_oid oid = to_oid(target);
  git_object* raw = nullptr;
  check(git_object_lookup(&raw, git_of(repository), &oid, GIT_OBJECT_ANY),
        "read object " + target.hex());
  const GitObject object(raw);
  const GitSignature signature = to_git_signature(tagger);
  git_oid tag;
  check(git_tag_annotation_create(&tag, git_of(repository), c_text(name), object.get(),
                                  signature.get(), c_text(message)),
        "write tag " + printable(name));
  return from_oid(tag);
}

std::optional<TagInfo> read_tag(Repository& repository, const ObjectId& id) {
  const git_oid oid = to_oid(id);
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, odb_of(repository), &oid) != 0 || type != GIT_OBJECT_TAG)
    return std::nullopt;
  git_tag* raw = nullptr;
  check(git_tag_lookup(&raw, git_of(repository), &oid), "read tag " + id.hex());
  const GitTag tag(raw);
  const char* message = git_tag_message(tag.get());
  return TagInfo{git_tag_name(tag.get()), from_oid(*git_tag_target_id(tag.get())),
                 from_git_signature(git_tag_tagger(raw)), message != nullptr ? message : ""};
}

}  // namespace mhub::repo
