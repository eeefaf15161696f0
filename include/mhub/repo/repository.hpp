#pragma once
// A git repository on disk: where its parts lie, its settings, and where HEAD points.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <mhub/repo/config.hpp>
#include <mhub/repo/object_id.hpp>

namespace mhub::repo {

/// Who and when. `time_s` is seconds since the epoch, `offset_minutes` the zone's distance from
/// UTC.
struct Signature {
  std::string name;
  std::string email;
  std::int64_t time_s = 0;
  int offset_minutes = 0;
  bool operator==(const Signature&) const = default;
};

struct InitOptions {
  bool bare = false;
  /// Empty: init.defaultBranch, else "main".
  std::string initial_branch;
};

/// Where HEAD points. Unborn: a branch without commits (`branch` set, `commit` empty). Detached: no
/// branch (`branch` empty).
struct HeadState {
  std::string branch;  ///< short name, such as "main"; empty if detached
  std::optional<ObjectId> commit;
  bool is_unborn() const { return !commit; }
  bool is_detached() const { return branch.empty(); }
};

/// An open repository. One thread at a time uses an object of this class; several threads may open
/// the same repository each for themselves. Functions throw Error: corrupt for damaged git data,
/// io, not_found, busy for a lock that another process holds.
class Repository {
public:
  /// Opens the repository whose work tree root or git folder is `folder`. Throws Error: not_found.
  static Repository open(const std::filesystem::path& folder);
  /// Opens the repository that `start` lies in, looking upward. Throws Error: not_found.
  static Repository discover(const std::filesystem::path& start);
  /// Makes a repository (folders included) or opens the one that is there already.
  static Repository init(const std::filesystem::path& folder, const InitOptions& options = {});

  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  /// This work tree's own git folder: HEAD, index, state files. Absolute, without a slash at its
  /// end, as are the next two.
  const std::filesystem::path& git_folder() const;
  /// The folder that all work trees share: objects, refs, config. The local store lies here.
  const std::filesystem::path& common_folder() const;
  /// Root of the work tree; nothing if bare.
  const std::optional<std::filesystem::path>& work_tree() const;
  /// The same, for what needs one. Throws Error: usage if bare.
  const std::filesystem::path& require_work_tree() const;
  bool is_bare() const { return !work_tree(); }

  /// `path` (absolute, or relative to `from`) as a path inside the work tree with "/" and without
  /// "." or ".."; empty for the root itself. Throws Error: usage if it lies outside or in .git.
  std::string relative_path(const std::filesystem::path& path,
                            const std::filesystem::path& from) const;

  /// All levels of settings, this repository's included.
  Config& config();

  /// user.name and user.email at the present time; nothing if either is missing.
  std::optional<Signature> configured_identity();

  HeadState head();
  /// Points HEAD at branch `name` (short name), which need not exist yet. Writes the reflog.
  void set_head_to_branch(const std::string& name, const std::string& reflog_message);
  /// Detaches HEAD at `commit`. Writes the reflog.
  void set_head_detached(const ObjectId& commit, const std::string& reflog_message);
  /// Moves what HEAD points at (its branch, born or not, or the detached HEAD) from `expected`
  /// (nothing: unborn) to `to`, with a reflog line in both. False, and nothing changed, if it is no
  /// longer at `expected`.
  bool move_head(const std::optional<ObjectId>& expected, const ObjectId& to,
                 const std::string& reflog_message);

  /// Identity written to reflogs by later calls; configured_identity() if not set.
  void set_reflog_identity(Signature who);

  /// Writes to disk the objects that were made since the last time. Happens by itself before the
  /// index, a reference or HEAD is written through this object, and at its end; until then only
  /// this object sees them. Throws Error: io.
  void flush_objects();

  /// Forgets cached packs and refs, after another program wrote to the repository.
  void refresh();

  struct Handle;
  Handle& handle() { return *handle_; }
  const Handle& handle() const { return *handle_; }

private:
  explicit Repository(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace mhub::repo
