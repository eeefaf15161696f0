#include <ctime>

#include <mhub/base/file_system.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "config_state.hpp"
#include "handle.hpp"

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

fs::path without_slash(const char* path) {
  std::string text = path;
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::unique_ptr<Repository::Handle> take(git_repository* raw) {
  auto handle = std::make_unique<Repository::Handle>();
  handle->git.reset(raw);
  handle->git_folder = without_slash(git_repository_path(raw));
  handle->common_folder = without_slash(git_repository_commondir(raw));
  if (const char* work_tree = git_repository_workdir(raw)) {
    handle->work_tree = without_slash(work_tree);
  }
  git_odb* odb = nullptr;
  check(git_repository_odb(&odb, raw), "open the objects of " + handle->git_folder.string());
  handle->odb.reset(odb);
  handle->objects = &ObjectBuffer::add_to(odb, handle->common_folder / "objects");
  return handle;
}

Error no_repository(const fs::path& folder) {
  return Error(ErrorKind::not_found, "{} is not in a git repository", printable(folder.string()));
}

}  // namespace

Repository::Repository(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Repository Repository::open(const fs::path& folder) {
  start_libgit2();
  git_repository* raw = nullptr;
  const int result = git_repository_open_ext(&raw, c_text(folder.string()),
                                             GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (result == GIT_ENOTFOUND) throw no_repository(folder);
  check(result, "open repository " + printable(folder.string()));
  return Repository(take(raw));
}

Repository Repository::discover(const fs::path& start) {
  start_libgit2();
  git_repository* raw = nullptr;
  const int result = git_repository_open_ext(&raw, c_text(start.string()), 0, nullptr);
  if (result == GIT_ENOTFOUND) throw no_repository(start);
  check(result, "open the repository of " + printable(start.string()));
  return Repository(take(raw));
}

Repository Repository::init(const fs::path& folder, const InitOptions& options) {
  start_libgit2();
  git_repository_init_options init = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  init.flags = GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH;
  if (options.bare) init.flags |= GIT_REPOSITORY_INIT_BARE;

  std::string branch = options.initial_branch;
  if (branch.empty()) branch = Config::user().get("init.defaultBranch").value_or("main");
  if (!is_valid_branch_name(branch))
    throw Error(ErrorKind::usage, "{} is not a valid branch name", printable(branch));
  init.initial_head = branch.c_str();

  git_repository* raw = nullptr;
  check(git_repository_init_ext(&raw, c_text(folder.string()), &init),
        "make a repository in " + printable(folder.string()));
  return Repository(take(raw));
}

const fs::path& Repository::git_folder() const {
  return handle_->git_folder;
}
const fs::path& Repository::common_folder() const {
  return handle_->common_folder;
}
const std::optional<fs::path>& Repository::work_tree() const {
  return handle_->work_tree;
}

const fs::path& Repository::require_work_tree() const {
  if (!handle_->work_tree)
    throw Error(ErrorKind::usage, "{} is a bare repository; this needs a work tree",
                printable(handle_->git_folder.string()));
  return *handle_->work_tree;
}

std::string Repository::relative_path(const fs::path& path, const fs::path& from) const {
  const fs::path& root = require_work_tree();
  const fs::path whole = (path.is_absolute() ? path : from / path).lexically_normal();
  // The root is a real path; the folder one stands in may have been reached through symlinks. Only
  // the last part may be a symlink that is meant itself.
  std::error_code error;
  const bool names_folder = !whole.has_filename() || whole.filename() == ".";
  const fs::path parent = fs::weakly_canonical(names_folder ? whole : whole.parent_path(), error);
  if (error) throw system_error(error.value(), "look up " + printable(path.string()));
  const fs::path real = names_folder ? parent : parent / whole.filename();
  const fs::path real_root = fs::weakly_canonical(root, error);
  std::string relative = real.lexically_relative(error ? root : real_root).generic_string();
  while (relative.ends_with('/')) relative.pop_back();
  if (relative == ".") return {};
  if (relative.empty() || relative == ".." || relative.starts_with("../"))
    throw Error(ErrorKind::usage, "{} lies outside the repository {}", printable(path.string()),
                printable(root.string()));
  if (relative == ".git" || relative.starts_with(".git/"))
    throw Error(ErrorKind::usage, "{} lies in the repository's own folder",
                printable(path.string()));
  return relative;
}

Config& Repository::config() {
  if (!handle_->config) {
    git_config* raw = nullptr;
    check(git_repository_config(&raw, handle_->git.get()), "read the git settings");
    handle_->config = Config(std::make_unique<Config::State>(Config::State{GitConfig(raw), false}));
  }
  return *handle_->config;
}

const Repository::Handle::Cached& Repository::Handle::settings() {
  if (!cached) {
    git_config* raw = nullptr;
    check(git_repository_config_snapshot(&raw, git.get()), "read the git settings");
    const GitConfig snapshot(raw);
    const auto flag = [&](const char* key, bool fallback) {
      int value = 0;
      return git_config_get_bool(&value, snapshot.get(), key) == 0 ? value != 0 : fallback;
    };
    Cached now;
    now.file_mode = flag("core.filemode", true);
    now.symlinks = flag("core.symlinks", true);
    now.ignore_case = flag("core.ignorecase", false);
    now.trust_ctime = flag("core.trustctime", true);
    const char* auto_crlf = nullptr;
    if (git_config_get_string(&auto_crlf, snapshot.get(), "core.autocrlf") == 0) {
      int value = 0;
      now.auto_crlf = git_config_parse_bool(&value, auto_crlf) != 0 || value != 0;
    }
    const char* check_stat = nullptr;
    if (git_config_get_string(&check_stat, snapshot.get(), "core.checkstat") == 0)
      now.check_stat = std::string_view(check_stat) != "minimal";
    cached = now;
  }
  return *cached;
}

Signature signature_now(std::string name, std::string email) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return {std::move(name), std::move(email), now, static_cast<int>(local.tm_gmtoff / 60)};
}

std::optional<Signature> Repository::configured_identity() {
  auto name = config().get("user.name");
  auto email = config().get("user.email");
  if (!name || !email || name->empty() || email->empty()) return std::nullopt;
  return signature_now(std::move(*name), std::move(*email));
}

HeadState Repository::head() {
  HeadState state;
  git_reference* raw = nullptr;
  check(git_reference_lookup(&raw, handle_->git.get(), "HEAD"), "read HEAD");
  const GitRef head(raw);
  if (git_reference_type(head.get()) == GIT_REFERENCE_DIRECT) {
    state.commit = from_oid(*git_reference_target(head.get()));
    return state;
  }
  const std::string target = git_reference_symbolic_target(head.get());
  state.branch = short_ref_name(target);
  git_oid oid;
  const int result = git_reference_name_to_id(&oid, handle_->git.get(), target.c_str());
  if (result == GIT_ENOTFOUND) return state;
  check(result, "read " + printable(target));
  state.commit = from_oid(oid);
  return state;
}

void Repository::set_head_to_branch(const std::string& name, const std::string& message) {
  if (!is_valid_branch_name(name))
    throw Error(ErrorKind::usage, "{} is not a valid branch name", printable(name));
  set_symbolic_ref(*this, "HEAD", "refs/heads/" + name, message);
}

void Repository::set_head_detached(const ObjectId& commit, const std::string& message) {
  flush_objects();
  const git_oid oid = to_oid(commit);
  git_reference* raw = nullptr;
  check(git_reference_create(&raw, handle_->git.get(), "HEAD", &oid, 1, c_text(message)),
        "set HEAD to " + commit.hex());
  git_reference_free(raw);
}

bool Repository::move_head(const std::optional<ObjectId>& expected, const ObjectId& to,
                           const std::string& message) {
  const HeadState state = head();
  return update_ref(*this, state.is_detached() ? "HEAD" : "refs/heads/" + state.branch, to,
                    expected ? Expected::at(*expected) : Expected::none(), message);
}

void Repository::set_reflog_identity(Signature who) {
  check(git_repository_set_ident(handle_->git.get(), c_text(who.name), c_text(who.email)),
        "set the identity for reflogs");
  handle_->reflog_identity = std::move(who);
}

void Repository::flush_objects() {
  handle_->objects->flush();
}

Repository::Handle::~Handle() {
  try {
    if (objects != nullptr) objects->flush();
  } catch (...) {
    // Nothing refers to them: whatever does flushes first, and reports the failure.
  }
}

void Repository::refresh() {
  check(git_odb_refresh(handle_->odb.get()), "look for new objects");
  handle_->cached.reset();
  handle_->attributes.reset();
}

GitSignature to_git_signature(const Signature& who) {
  git_signature* raw = nullptr;
  check(
      git_signature_new(&raw, c_text(who.name), c_text(who.email), who.time_s, who.offset_minutes),
      "use " + printable(who.name) + " <" + printable(who.email) + "> as an identity");
  return GitSignature(raw);
}

Signature from_git_signature(const git_signature* who) {
  if (who == nullptr) return {};
  return {who->name, who->email, who->when.time, who->when.offset};
}

}  // namespace mhub::repo
