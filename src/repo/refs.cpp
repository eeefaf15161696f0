// References under their locks, and reflogs.

#include <algorithm>

#include <mhub/repo/refs.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

/// A reference "a" cannot stand beside "a/b": one would be a file where the other needs a folder.
void require_no_ref_in_the_way(Repository& repository, const std::string& name) {
  git_reference* raw = nullptr;
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    const std::string parent = name.substr(0, slash);
    if (git_reference_lookup(&raw, git_of(repository), parent.c_str()) == 0) {
      git_reference_free(raw);
      throw Error(ErrorKind::conflict, "cannot make {}: there is a reference {}", printable(name),
                  printable(parent));
    }
  }
  const auto below = list_refs(repository, name + "/");
  if (!below.empty())
    throw Error(ErrorKind::conflict, "cannot make {}: there is a reference {}", printable(name),
                printable(below.front().name));
}

std::string git_message(const std::string& message) {
  std::string line = message;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

bool matches(const std::optional<ObjectId>& current, const Expected& expected) {
  switch (expected.what) {
    case Expected::What::anything:
      return true;
    case Expected::What::absent:
      return !current;
    case Expected::What::exactly:
      return current == expected.id;
  }
  return false;
}

}  // namespace

bool is_valid_ref_name(std::string_view name) {
  const std::string text(name);
  int valid = 0;
  return text.find('\0') == std::string::npos &&
         git_reference_name_is_valid(&valid, text.c_str()) == 0 && valid == 1;
}

bool is_valid_branch_name(std::string_view name) {
  return !name.empty() && name != "HEAD" && !name.starts_with('-') &&
         is_valid_ref_name("refs/heads/" + std::string(name));
}

std::vector<Ref> list_refs(Repository& repository, std::string_view prefix) {
  git_reference_iterator* raw = nullptr;
  check(git_reference_iterator_new(&raw, git_of(repository)), "list the references");
  const GitRefIterator iterator(raw);
  std::vector<Ref> refs;
  git_reference* reference = nullptr;
  int result = 0;
  while ((result = git_reference_next(&reference, iterator.get())) == 0) {
    const GitRef owner(reference);
    const std::string name = git_reference_name(reference);
    if (!name.starts_with(prefix)) continue;
    if (git_reference_type(reference) == GIT_REFERENCE_DIRECT) {
      refs.push_back({name, from_oid(*git_reference_target(reference)), {}});
    } else if (auto found = find_ref(repository, name)) {
      refs.push_back(std::move(*found));
    }
  }
  if (result != GIT_ITEROVER) check(result, "list the references");
  std::sort(refs.begin(), refs.end(), [](const Ref& a, const Ref& b) { return a.name < b.name; });
  return refs;
}

std::optional<Ref> find_ref(Repository& repository, const std::string& name) {
  git_reference* raw = nullptr;
  const int result = git_reference_lookup(&raw, git_of(repository), c_text(name));
  if (result == GIT_ENOTFOUND || result == GIT_EINVALIDSPEC) return std::nullopt;
  check(result, "read reference " + printable(name));
  const GitRef reference(raw);
  Ref out;
  out.name = name;
  if (git_reference_type(raw) == GIT_REFERENCE_DIRECT) {
    out.target = from_oid(*git_reference_target(raw));
    return out;
  }
  out.symbolic_target = git_reference_symbolic_target(raw);
  git_oid oid;
  if (git_reference_name_to_id(&oid, git_of(repository), name.c_str()) == 0)
    out.target = from_oid(oid);
  return out;
}

bool update_ref(Repository& repository, const std::string& name, const ObjectId& target,
                const Expected& expected, const std::string& reflog_message) {
  const std::string doing = "update " + printable(name);
  if (!is_valid_ref_name(name))
    throw Error(ErrorKind::usage, "{} is not a valid reference name", printable(name));
  const git_oid oid = to_oid(target);
  if (git_odb_exists(odb_of(repository), &oid) == 0)
    throw Error(ErrorKind::not_found, "cannot {}: object {} does not exist", doing, target.hex());
  if (name != "HEAD") require_no_ref_in_the_way(repository, name);
  repository.flush_objects();

  git_transaction* raw = nullptr;
  check(git_transaction_new(&raw, git_of(repository)), doing);
  const GitTransaction transaction(raw);
  check(git_transaction_lock_ref(transaction.get(), name.c_str()), doing);

  // A symbolic reference other than HEAD is replaced; a symbolic HEAD is not for this function.
  std::optional<ObjectId> current;
  if (const auto ref = find_ref(repository, name); ref && !ref->target.is_zero())
    current = ref->target;
  if (!matches(current, expected)) return false;
  check(git_transaction_set_target(transaction.get(), name.c_str(), &oid, nullptr,
                                   c_text(git_message(reflog_message))),
        doing);
  check(git_transaction_commit(transaction.get()), doing);
  return true;
}

void set_symbolic_ref(Repository& repository, const std::string& name, const std::string& target,
                      const std::string& reflog_message) {
  git_reference* raw = nullptr;
  check(git_reference_symbolic_create(&raw, git_of(repository), c_text(name), c_text(target), 1,
                                      c_text(git_message(reflog_message))),
        "point " + printable(name) + " at " + printable(target));
  git_reference_free(raw);
}

bool delete_ref(Repository& repository, const std::string& name, const Expected& expected) {
  git_reference* raw = nullptr;
  int result = git_reference_lookup(&raw, git_of(repository), c_text(name));
  if (result == GIT_ENOTFOUND) return expected.what != Expected::What::exactly;
  check(result, "read reference " + printable(name));
  const GitRef reference(raw);
  std::optional<ObjectId> current;
  if (const auto ref = find_ref(repository, name); ref && !ref->target.is_zero())
    current = ref->target;
  if (!matches(current, expected)) return false;
  // libgit2 compares with what was looked up above once more, under the lock.
  result = git_reference_delete(reference.get());
  if (result == GIT_EMODIFIED) return false;
  check(result, "delete reference " + printable(name));
  return true;
}

std::vector<ReflogEntry> read_reflog(Repository& repository, const std::string& name) {
  git_reflog* raw = nullptr;
  const int result = git_reflog_read(&raw, git_of(repository), c_text(name));
  if (result == GIT_ENOTFOUND) return {};
  check(result, "read the reflog of " + printable(name));
  const GitReflog reflog(raw);
  std::vector<ReflogEntry> entries;
  const std::size_t count = git_reflog_entrycount(reflog.get());
  for (std::size_t i = 0; i < count; ++i) {
    const git_reflog_entry* entry = git_reflog_entry_byindex(reflog.get(), i);
    const char* message = git_reflog_entry_message(entry);
    entries.push_back(
        {from_oid(*git_reflog_entry_id_old(entry)), from_oid(*git_reflog_entry_id_new(entry)),
         from_git_signature(git_reflog_entry_committer(entry)), message != nullptr ? message : ""});
  }
  return entries;
}

std::string short_ref_name(std::string_view full_name) {
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/remotes/"}) {
    if (full_name.starts_with(prefix)) return std::string(full_name.substr(prefix.size()));
  }
  return std::string(full_name);
}

}  // namespace mhub::repo
