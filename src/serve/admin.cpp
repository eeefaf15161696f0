#include <algorithm>
#include <map>
#include <unordered_set>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/log.hpp>
#include <mhub/serve/admin.hpp>

#include "auth.hpp"
#include "catalog/organisations.hpp"
#include "catalog/schema.hpp"
#include "catalog/uploads.hpp"
#include "content.hpp"
#include "git/git_face.hpp"
#include "git/pointer_walk.hpp"
#include "hf/hub_face.hpp"

namespace mhub::serve {

namespace {

constexpr std::chrono::hours kAnswersLive{24 * 8};
constexpr std::size_t kFaultsKept = 1000;
constexpr std::size_t kMembers = 1000;
/// How long garbage collection waits for uploads to end.
constexpr std::chrono::milliseconds kUploadPatience = std::chrono::minutes{5};
/// Grants written in one transaction, in which uploads wait.
constexpr std::size_t kGrantsPerStep = 1000;
constexpr std::size_t kSpansUnmerged = 10'000;

std::uint64_t bytes_below(const std::filesystem::path& folder) {
  std::uint64_t total = 0;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; at != end;
       at.increment(failed)) {
    if (failed) break;
    std::error_code gone;
    if (at->is_regular_file(gone)) total += at->file_size(gone);
  }
  return total;
}

class LocalAdmin : public Admin {
public:
  explicit LocalAdmin(const std::filesystem::path& data_folder)
      : folder_{std::filesystem::absolute(data_folder)} {
    if (!std::filesystem::exists(folder_.catalog()))
      throw Error(ErrorKind::not_found, "there is no hub in {}", printable(data_folder.string()))
          .hint("start a server there once");
    const auto database = open_catalog_database(folder_.catalog());
    catalog_ = sqlite_catalog(database);
    uploads_ = sqlite_uploads(database);
    organisations_ = sqlite_organisations(database);
    const ServeOptions defaults;
    git_ = {find_program(defaults.git_program, defaults.search_path), defaults.search_path,
            folder_.home()};
  }

  UserInfo create_user(const std::string& name, bool is_admin) override {
    require_namespace_name(name, "a user");
    if (catalog_->find_user(name)) throw Error(ErrorKind::conflict, "the user {} exists", name);
    return catalog_->create_user(name, is_admin);
  }

  std::vector<UserInfo> list_users() override { return catalog_->list_users(); }

  void remove_user(const std::string& name) override {
    const UserInfo user = require_user(name);
    require_empty("user", user.name);
    catalog_->remove_user(user.id);
  }

  OrganisationInfo create_organisation(const std::string& name) override {
    require_namespace_name(name, "an organisation");
    if (organisations_->find(name))
      throw Error(ErrorKind::conflict, "the organisation {} exists", name);
    return organisations_->create(name);
  }

  std::vector<OrganisationInfo> list_organisations() override { return organisations_->list(); }

  void remove_organisation(const std::string& name) override {
    const OrganisationInfo organisation = require_organisation(name);
    require_empty("organisation", organisation.name);
    organisations_->remove(organisation.id);
  }

  std::vector<OrganisationMember> list_members(const std::string& organisation) override {
    const auto id = require_organisation(organisation).id;
    std::vector<OrganisationMember> all;
    while (true) {
      const auto page = organisations_->members(id, all.empty() ? "" : all.back().user, kMembers);
      all.insert(all.end(), page.begin(), page.end());
      if (page.size() < kMembers) return all;
    }
  }

  void add_member(const std::string& organisation, const std::string& user,
                  MemberRole role) override {
    organisations_->set_member(require_organisation(organisation).id, require_user(user).id, role);
  }

  void remove_member(const std::string& organisation, const std::string& user) override {
    const OrganisationInfo from = require_organisation(organisation);
    const UserInfo member = require_user(user);
    if (!organisations_->remove_member(from.id, member.id))
      throw Error(ErrorKind::not_found, "{} does not belong to {}", member.name, from.name);
  }

  std::string create_token(const std::string& user_name, const std::string& name, TokenScope scope,
                           std::optional<std::chrono::seconds> lifetime) override {
    const UserInfo user = require_user(user_name);
    if (scope == TokenScope::admin && !user.is_admin)
      throw Error(ErrorKind::denied, "the user {} is no administrator", user.name)
          .hint("only users made with --admin may hold such a token");
    std::optional<std::int64_t> expires;
    if (lifetime) expires = unix_now() + lifetime->count();
    std::string text = new_token_text();
    catalog_->add_token(user.id, name, token_hash(text), scope, expires);
    return text;
  }

  std::string create_limited_token(const std::string& user_name, const std::string& name,
                                   const std::vector<PlaceRequest>& requested,
                                   std::optional<std::chrono::seconds> lifetime) override {
    if (requested.empty()) throw Error(ErrorKind::usage, "a limited token needs a place");
    const UserInfo user = require_user(user_name);
    std::vector<TokenPlace> places;
    for (const PlaceRequest& place : requested) places.push_back(place_of(place));
    std::optional<std::int64_t> expires;
    if (lifetime) expires = unix_now() + lifetime->count();
    std::string text = new_token_text();
    catalog_->add_limited_token(user.id, name, token_hash(text), places, expires);
    return text;
  }

  std::vector<TokenInfo> list_tokens(const std::string& user) override {
    if (user.empty()) return catalog_->list_tokens(std::nullopt);
    return catalog_->list_tokens(require_user(user).id);
  }

  void revoke_token(std::int64_t id) override {
    if (!catalog_->remove_token(id)) throw Error(ErrorKind::not_found, "there is no token {}", id);
  }

  RepoInfo create_repo(const wire::RepoName& name, bool is_private) override {
    return serve::create_repo({*catalog_, folder_, git_}, name, is_private, std::nullopt);
  }

  std::vector<RepoInfo> list_repos() override {
    Viewer everything;
    everything.sees_all = true;
    RepoFilter filter;
    filter.limit = 1000;
    std::vector<RepoInfo> all;
    while (true) {
      const auto page = catalog_->list_repos(everything, filter);
      all.insert(all.end(), page.begin(), page.end());
      if (page.size() < filter.limit) return all;
      filter.after_id = page.back().id;
    }
  }

  void delete_repo(const wire::RepoName& name) override {
    const auto repo = catalog_->find_repo(name);
    if (!repo) throw Error(ErrorKind::not_found, "there is no repository {}", name.path());
    serve::delete_repo(*catalog_, folder_, *repo);
  }

  HubUsage usage() override {
    HubUsage usage;
    usage.users = catalog_->list_users().size();
    for (const RepoInfo& repo : list_repos()) {
      RepoUsage one;
      one.repo = repo;
      catalog_->for_each_file(repo.id, [&](const RepoFile& file, std::int64_t) {
        ++one.files;
        one.logical_bytes += file.size_bytes;
      });
      one.git_bytes = bytes_below(folder_.repo(repo.id));
      usage.repos.push_back(std::move(one));
    }
    usage.store = open_store()->totals();
    return usage;
  }

  HubCheckReport check(Progress& progress, const StopToken& stop) override {
    HubCheckReport report;
    const auto store = open_store();
    report.store = store::check(*store, progress, stop);
    for (const RepoInfo& repo : list_repos()) {
      stop.check();
      catalog_->for_each_file(repo.id, [&](const RepoFile& file, std::int64_t) {
        if (file.size_bytes == 0) return;
        const auto record = store->find_file(file.sha256);
        if (!record || record->size_bytes != file.size_bytes || !is_whole(*store, *record))
          report.missing_files.push_back(repo.name.path() + ": " + file.sha256.hex());
      });
      check_git(repo, report.git_faults);
      check_pointers(repo, report, stop);
    }
    return report;
  }

  std::uint64_t drop_damaged(const HubCheckReport& found) override {
    std::unordered_set<xet::XorbHash> damaged(found.store.missing.begin(),
                                              found.store.missing.end());
    for (const store::DamagedXorb& xorb : found.store.damaged) damaged.insert(xorb.xorb);
    if (damaged.empty()) return 0;
    const auto is_damaged = [&](const store::XorbRecord& xorb) {
      return damaged.contains(xorb.index.hash);
    };
    return store::drop_xorbs(*open_store(), is_damaged, false).xorbs_dropped;
  }

  store::CollectReport collect_garbage(const store::CollectOptions& options, bool despite_answers,
                                       Progress& progress, const StopToken& stop) override {
    if (options.grace < kAnswersLive && !options.dry_run && !despite_answers)
      throw Error(ErrorKind::usage,
                  "a grace period below 8 days removes chunks that clients were told of");
    const auto store = open_store();
    const auto repos = list_repos();
    std::unordered_set<Sha256> live;
    for (const RepoInfo& repo : repos) {
      const auto pointers = wanted_files(repo, stop);
      if (!pointers) {
        catalog_->for_each_file(
            repo.id, [&](const RepoFile& file, std::int64_t) { live.insert(file.sha256); });
        continue;
      }
      const std::unordered_set<Sha256>& wanted = *pointers;
      // Also what the catalog does not list: check() tells, and the bytes are there to be listed.
      live.insert(wanted.begin(), wanted.end());
      const std::int64_t keep_since = unix_now() - options.grace.count();
      std::vector<Sha256> dropped;
      catalog_->for_each_file(repo.id, [&](const RepoFile& file, std::int64_t added) {
        if (wanted.contains(file.sha256) || added >= keep_since)
          live.insert(file.sha256);
        else
          dropped.push_back(file.sha256);
      });
      if (!options.dry_run) catalog_->remove_files(repo.id, dropped, keep_since);
    }
    store::CollectOptions patient = options;
    patient.patience = std::max(options.patience, kUploadPatience);
    // Before and not after, as whoever is killed in between cannot say it any more.
    const bool was_killed = !options.dry_run && catalog_->grants_pending();
    if (!options.dry_run) catalog_->set_grants_pending(true);
    const auto report = store::collect_garbage(*store, live, patient, progress, stop);
    if (options.dry_run) return report;
    if (was_killed || report.xorbs_repacked > 0) {
      for (const RepoInfo& repo : repos) {
        if (catalog_->find_repo(repo.id)) renew_grants(*store, repo);
      }
    }
    catalog_->set_grants_pending(false);
    for (const RepoInfo& repo : repos) {
      if (std::filesystem::exists(folder_.repo(repo.id))) collect_git(repo);
    }
    const auto is_gone = [&](const xet::XorbHash& xorb) { return !store->has_local_xorb(xorb); };
    catalog_->drop_grants(is_gone);
    uploads_->drop(is_gone);
    return report;
  }

private:
  static void require_namespace_name(const std::string& name, std::string_view whose) {
    if (wire::is_valid_name_part(name) && !wire::is_reserved_namespace(name)) return;
    throw Error(ErrorKind::usage, "{} cannot be the name of {}", printable(name), whose)
        .hint("use letters, digits, '-', '_' and '.', beginning and ending with a letter or digit");
  }

  void require_empty(std::string_view what, const std::string& owner) {
    RepoFilter filter;
    filter.owner = owner;
    filter.limit = 1;
    Viewer everything;
    everything.sees_all = true;
    if (!catalog_->list_repos(everything, filter).empty())
      throw Error(ErrorKind::conflict, "the {} {} still has repositories", what, owner)
          .hint("delete them first");
  }

  OrganisationInfo require_organisation(const std::string& name) {
    auto organisation = organisations_->find(name);
    if (!organisation)
      throw Error(ErrorKind::not_found, "there is no organisation {}", printable(name));
    return std::move(*organisation);
  }

  TokenPlace place_of(const PlaceRequest& request) {
    TokenPlace place;
    place.may_write = request.may_write;
    if (request.path.find('/') == std::string::npos) {
      if (const auto user = catalog_->find_user(request.path))
        place.name = user->name;
      else if (const auto organisation = organisations_->find(request.path))
        place.name = organisation->name;
      else
        throw Error(ErrorKind::not_found, "there is no user or organisation {}",
                    printable(request.path));
      return place;
    }
    const auto name = wire::parse_repo_path(request.path);
    const auto repo = name ? catalog_->find_repo(*name) : std::nullopt;
    if (!repo)
      throw Error(ErrorKind::not_found, "there is no repository {}", printable(request.path));
    place.repo_id = repo->id;
    place.name = repo->name.path();
    return place;
  }

  UserInfo require_user(const std::string& name) {
    auto user = catalog_->find_user(name);
    if (!user) throw Error(ErrorKind::not_found, "there is no user {}", printable(name));
    return std::move(*user);
  }

  PointerWalk all_refs(const RepoInfo& repo) const {
    return {git_, git_.environment(), folder_.repo(repo.id), {}, false};
  }

  /// What the refs of `repo` need. Nothing if its folder is missing: nobody knows then.
  std::optional<std::unordered_set<Sha256>> wanted_files(const RepoInfo& repo,
                                                         const StopToken& stop) {
    std::unordered_set<Sha256> wanted;
    try {
      if (std::filesystem::exists(folder_.repo(repo.id))) {
        walk_pointers(
            all_refs(repo), [&](const WalkedPointer& pointer) { wanted.insert(pointer.sha256); },
            stop);
        return wanted;
      }
    } catch (const Error&) {
      if (catalog_->find_repo(repo.id)) throw;
    }
    // A repository that was deleted meanwhile needs nothing.
    if (!catalog_->find_repo(repo.id)) return wanted;
    log_warning("the git repository of {} is missing: its files are all kept", repo.name.path());
    return std::nullopt;
  }

  void check_pointers(const RepoInfo& repo, HubCheckReport& report, const StopToken& stop) {
    if (!std::filesystem::exists(folder_.repo(repo.id))) return;
    try {
      walk_pointers(
          all_refs(repo),
          [&](const WalkedPointer& pointer) {
            const auto file = catalog_->find_file(repo.id, pointer.sha256);
            if (file && file->size_bytes == pointer.size_bytes) return;
            report.missing_files.push_back(
                fmt::format("{}: {} ({} in commits, {})", repo.name.path(), pointer.sha256.hex(),
                            printable(pointer.path),
                            file ? fmt::format("with {} bytes instead of {}", pointer.size_bytes,
                                               file->size_bytes)
                                 : "but the hub does not list it"));
          },
          stop);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) throw;
      report.git_faults.push_back(repo.name.path() + ": " + printable(error.message()));
    }
  }

  /// Repacking has moved chunks to other xorbs.
  void renew_grants(store::Store& store, const RepoInfo& repo) {
    std::map<xet::XorbHash, std::vector<ChunkSpan>> spans;
    std::vector<Sha256> files;
    catalog_->for_each_file(
        repo.id, [&](const RepoFile& file, std::int64_t) { files.push_back(file.sha256); });
    for (const Sha256& file : files) {
      const auto record = store.find_file(file);
      if (!record) continue;
      for (const XorbGrant& grant : grants_of(*record)) {
        auto& known = spans[grant.xorb];
        known.insert(known.end(), grant.spans.begin(), grant.spans.end());
        if (known.size() > kSpansUnmerged) known = merged(std::move(known));
      }
    }
    std::vector<XorbGrant> grants;
    for (auto at = spans.begin(); at != spans.end();) {
      grants.push_back({at->first, false, merged(std::move(at->second))});
      if (++at != spans.end() && grants.size() < kGrantsPerStep) continue;
      catalog_->add_files(repo.id, {}, grants);
      grants.clear();
    }
  }

  std::unique_ptr<store::Store> open_store() { return store::Store::open(folder_.store()); }

  ChildSpec git_in(const RepoInfo& repo, std::initializer_list<std::string> words) {
    ChildSpec spec;
    spec.arguments = git_.arguments(words);
    spec.environment = git_.environment();
    spec.folder = folder_.repo(repo.id);
    return spec;
  }

  void check_git(const RepoInfo& repo, std::vector<std::string>& faults) {
    if (!std::filesystem::exists(folder_.repo(repo.id))) {
      faults.push_back(repo.name.path() + ": the git repository is missing");
      return;
    }
    std::string said;
    auto result = run_to_end(git_in(repo, {"fsck", "--full", "--no-dangling", "--no-progress"}), {},
                             [&](std::string_view text) { said += text; });
    if (result.exit_code == 0) return;
    said += result.errors;
    std::size_t at = 0;
    while (at < said.size() && faults.size() < kFaultsKept) {
      const auto end = std::min(said.find('\n', at), said.size());
      if (end > at)
        faults.push_back(repo.name.path() + ": " + printable(said.substr(at, end - at)));
      at = end + 1;
    }
  }

  void collect_git(const RepoInfo& repo) {
    run_to_end(git_in(repo, {"-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"}), {},
               [](std::string_view) {});
  }

  DataFolder folder_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Uploads> uploads_;
  std::unique_ptr<Organisations> organisations_;
  GitSetup git_;
};

}  // namespace

std::string_view name_of(MemberRole role) {
  switch (role) {
    case MemberRole::read:
      return "read";
    case MemberRole::contributor:
      return "contributor";
    case MemberRole::write:
      return "write";
    case MemberRole::admin:
      return "admin";
  }
  return "";
}

std::optional<MemberRole> parse_member_role(std::string_view name) {
  for (const MemberRole role :
       {MemberRole::read, MemberRole::contributor, MemberRole::write, MemberRole::admin}) {
    if (name == name_of(role)) return role;
  }
  return std::nullopt;
}

std::string_view name_of(TokenScope scope) {
  switch (scope) {
    case TokenScope::read:
      return "read";
    case TokenScope::write:
      return "write";
    case TokenScope::admin:
      return "admin";
  }
  return "";
}

std::optional<TokenScope> parse_token_scope(std::string_view name) {
  for (const TokenScope scope : {TokenScope::read, TokenScope::write, TokenScope::admin}) {
    if (name == name_of(scope)) return scope;
  }
  return std::nullopt;
}

std::unique_ptr<Admin> Admin::open(const std::filesystem::path& data_folder) {
  return std::make_unique<LocalAdmin>(data_folder);
}

}  // namespace mhub::serve
