#pragma once
// References, branches, tags, remotes, reflogs and revision syntax.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

/// A reference by its full name, such as "refs/heads/main".
struct Ref {
  std::string name;
  ObjectId target;              ///< zero if symbolic and what it points at does not exist
  std::string symbolic_target;  ///< full name; empty if not symbolic
};

/// True for a name that git accepts as a full reference name.
bool is_valid_ref_name(std::string_view name);
/// True for a short name that git accepts for a branch.
bool is_valid_branch_name(std::string_view name);

/// References whose full name begins with `prefix`, in order of name; HEAD is not among them.
/// Broken ones are left out.
std::vector<Ref> list_refs(Repository& repository, std::string_view prefix = "refs/");
/// Also for "HEAD". Symbolic ones are followed for `target`.
std::optional<Ref> find_ref(Repository& repository, const std::string& name);

/// What a reference must be for an update to happen.
struct Expected {
  enum class What { anything, absent, exactly };
  What what = What::anything;
  ObjectId id;
  static Expected any() { return {}; }
  static Expected none() { return {What::absent, {}}; }
  static Expected at(const ObjectId& id) { return {What::exactly, id}; }
};

/// Creates or moves `name` to `target` under the reference's lock, with a line in its reflog.
/// False, and nothing changed, if it is not as `expected`. Throws Error: usage for a bad name,
/// conflict if another reference is in the way ("a" and "a/b"), busy, not_found if `target` is no
/// object.
bool update_ref(Repository& repository, const std::string& name, const ObjectId& target,
                const Expected& expected, const std::string& reflog_message);
void set_symbolic_ref(Repository& repository, const std::string& name, const std::string& target,
                      const std::string& reflog_message);
/// False if it is not as `expected`. A missing reference counts as deleted for Expected::any().
bool delete_ref(Repository& repository, const std::string& name, const Expected& expected);

struct ReflogEntry {
  ObjectId from;
  ObjectId to;
  Signature who;
  std::string message;
};
/// Newest first; empty if there is none.
std::vector<ReflogEntry> read_reflog(Repository& repository, const std::string& name);

// --- branches ---

struct Upstream {
  std::string remote;  ///< "." for a local branch
  std::string merge;   ///< full name on the remote, "refs/heads/main"
  /// Where fetch keeps it here, "refs/remotes/origin/main"; empty if no fetch rule covers it.
  std::string tracking_ref;
};
std::optional<Upstream> upstream_of(Repository& repository, const std::string& branch);
void set_upstream(Repository& repository, const std::string& branch, const std::string& remote,
                  const std::string& merge);
void unset_upstream(Repository& repository, const std::string& branch);
/// Renames a local branch with its reflog, its settings, and HEAD if it points there.
void rename_branch(Repository& repository, const std::string& from, const std::string& to,
                   bool force);
/// Removes a branch and its settings. Throws Error: conflict if it is checked out here or in
/// another work tree, not_found.
void delete_branch(Repository& repository, const std::string& name);

// --- tags ---

/// Writes an annotated tag object for `target`; the reference is made by update_ref().
ObjectId write_tag(Repository& repository, const std::string& name, const ObjectId& target,
                   const Signature& tagger, const std::string& message);
struct TagInfo {
  std::string name;  ///< as the object says; the reference may have another
  ObjectId target;
  Signature tagger;
  std::string message;
};
/// Nothing if `id` is not a tag object.
std::optional<TagInfo> read_tag(Repository& repository, const ObjectId& id);

// --- remotes ---

/// One rule of `remote.<name>.fetch`: "+refs/heads/*:refs/remotes/origin/*".
struct Refspec {
  bool force = false;
  std::string source;
  std::string destination;
  /// Throws Error: config.
  static Refspec parse(std::string_view text);
  std::string text() const;
  /// Where `source_ref` goes by this rule; nothing if the rule does not cover it.
  std::optional<std::string> map(std::string_view source_ref) const;
  /// The other way round.
  std::optional<std::string> map_back(std::string_view destination_ref) const;
};

struct Remote {
  std::string name;
  std::string url;       ///< as configured, url.<base>.insteadOf applied
  std::string push_url;  ///< where pushes go: pushurl, pushInsteadOf, else `url`
  std::vector<Refspec> fetch;
};

std::vector<Remote> list_remotes(Repository& repository);
std::optional<Remote> find_remote(Repository& repository, const std::string& name);
/// With the usual fetch rule. Throws Error: usage for a bad name, conflict if it exists.
void add_remote(Repository& repository, const std::string& name, const std::string& url);
void set_remote_url(Repository& repository, const std::string& name, const std::string& url,
                    bool push);
/// With its settings, tracking references and branches' upstream settings. Throws not_found.
void remove_remote(Repository& repository, const std::string& name);
/// Renames settings and tracking references too.
void rename_remote(Repository& repository, const std::string& from, const std::string& to);

// --- revision syntax ---

/// The object that `revision` names, in git's syntax ("HEAD~2", "main@{1}", "v1^{tree}",
/// "HEAD:path"). Nothing if it names none; throws Error: usage if it is ambiguous or malformed.
std::optional<ObjectId> find_revision(Repository& repository, const std::string& revision);
/// The commit that it names or leads to. Throws Error: not_found naming the revision.
ObjectId require_commit(Repository& repository, const std::string& revision);

/// "a", "a..b", "a...b", "^a" resolved to what a log walk needs.
struct RevisionRange {
  std::vector<ObjectId> tips;
  std::vector<ObjectId> hidden;
  bool is_range = false;
};
RevisionRange require_range(Repository& repository, const std::string& text);

/// The full name that a short name stands for ("main", "v1", "origin/main"), by git's rules.
std::optional<std::string> expand_ref_name(Repository& repository, const std::string& short_name);
/// "main" for "refs/heads/main", "origin/main", "v1"; other names as they are.
std::string short_ref_name(std::string_view full_name);

}  // namespace mhub::repo
