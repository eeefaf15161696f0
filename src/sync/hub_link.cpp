#include "hub_link.hpp"

#include <algorithm>

#include <mhub/base/log.hpp>
#include <mhub/net/url.hpp>
#include <mhub/repo/lfs_config.hpp>
#include <mhub/repo/refs.hpp>

namespace mhub::sync {

namespace {

remote::RemoteAddress resolve(repo::Repository& repository, const Connections& connections,
                              std::string_view name_or_url, bool for_push, std::string& name) {
  const remote::HubDefaults hubs{connections.default_hub, connections.hf_endpoint};
  if (const auto configured = repo::find_remote(repository, std::string(name_or_url))) {
    name = configured->name;
    return remote::parse_remote(for_push ? configured->push_url : configured->url, hubs);
  }
  const bool looks_like_a_name = name_or_url.find_first_of("/:.") == std::string_view::npos;
  if (looks_like_a_name) {
    throw Error(ErrorKind::not_found, "there is no remote {}", printable(name_or_url))
        .hint("see `mhub remote`, or add one: mhub remote add NAME URL");
  }
  return remote::parse_remote(name_or_url, hubs);
}

remote::LfsSettings lfs_settings(repo::Repository& repository, const std::string& name) {
  repo::Config& config = repository.config();
  remote::LfsSettings settings;
  settings.lfs_url = config.get("lfs.url").value_or("");
  settings.lfs_push_url = config.get("lfs.pushurl").value_or("");
  if (!name.empty()) {
    settings.remote_lfs_url = config.get("remote." + name + ".lfsurl").value_or("");
    settings.remote_lfs_push_url = config.get("remote." + name + ".lfspushurl").value_or("");
  }
  return settings;
}

remote::LfsSettings shared_lfs_settings(repo::Repository& repository, const std::string& name) {
  const auto shared = repo::read_lfs_config(repository);
  const auto value = [&](const std::string& key) {
    const auto found = shared.find(key);
    return found == shared.end() ? std::string() : found->second;
  };
  remote::LfsSettings settings;
  settings.lfs_url = value("lfs.url");
  settings.lfs_push_url = value("lfs.pushurl");
  if (!name.empty()) settings.remote_lfs_url = value("remote." + name + ".lfsurl");
  return settings;
}

void forget_if_lost(store::Store& store, HubLink& link, const std::unordered_set<Sha256>& files,
                    const Tools& tools) {
  std::vector<wire::LfsObject> claimed;
  for (const Sha256& sha256 : files) {
    if (!store.remote_has_file(link.key(), sha256)) continue;
    if (const auto record = store.find_file(sha256))
      claimed.push_back({sha256, record->size_bytes});
  }
  for (std::size_t at = 0; at < claimed.size(); at += wire::kLfsBatchObjects) {
    const auto part =
        std::span(claimed).subspan(at, std::min(wire::kLfsBatchObjects, claimed.size() - at));
    const wire::LfsBatchAnswer answer = link.lfs().batch(wire::LfsOperation::download, part);
    const bool lost = std::any_of(answer.objects.begin(), answer.objects.end(),
                                  [](const auto& object) { return object.error.has_value(); });
    if (!lost) continue;
    tools.progress.note(fmt::format("{} no longer has all that was pushed to it", link.key()));
    store.forget_remote(link.key());
    return;
  }
}

}  // namespace

std::string remote_key(std::string_view url) {
  const auto parsed = net::parse_url(url);
  std::string key = parsed ? parsed->str() : std::string(url);
  while (key.ends_with('/')) key.pop_back();
  if (key.ends_with(".git")) key.resize(key.size() - 4);
  return key;
}

std::vector<std::string> remote_keys(repo::Repository& repository, const Connections& connections) {
  const remote::HubDefaults hubs{connections.default_hub, connections.hf_endpoint};
  std::vector<std::string> keys;
  for (const repo::Remote& configured : repo::list_remotes(repository)) {
    for (const std::string& url : {configured.url, configured.push_url}) {
      try {
        keys.push_back(remote_key(remote::parse_remote(url, hubs).url));
      } catch (const Error& error) {
        // ssh and the like: nothing was ever noted of it.
        log_debug("remote {}: {}", configured.name, error.message());
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

HubLink::HubLink(repo::Repository& repository, const Connections& connections,
                 std::string_view name_or_url, bool for_push, const Tools& tools)
    : address_(resolve(repository, connections, name_or_url, for_push, name_)),
      hub_(connections.http, connections.credentials, tools.stop, tools.progress) {
  if (address_.is_local()) {
    throw Error(ErrorKind::usage, "{} is a folder of this machine, not a hub",
                printable(address_.local_path.string()))
        .hint("serve it with `mhub serve`, or use git for remotes on the same machine");
  }
  key_ = remote_key(address_.url);
  if (!address_.user.empty() || !address_.password.empty()) {
    connections.credentials.add_from_url(net::require_url(address_.url), address_.user,
                                         address_.password);
  }
  const remote::LfsSettings settings = lfs_settings(repository, name_);
  const std::string lfs_url = remote::lfs_endpoint(address_.url, settings, for_push,
                                                   shared_lfs_settings(repository, name_));
  // Large files that the configuration puts elsewhere are not the hub's to describe.
  const bool keeps_files = lfs_url == remote::lfs_endpoint(address_.url, {}, for_push);
  const bool is_hugging_face = address_.is_hugging_face && keeps_files;
  if (is_hugging_face) api_ = std::make_unique<remote::HubApi>(hub_, address_.hub_url);
  lfs_ = std::make_unique<remote::LfsClient>(
      hub_, lfs_url, std::string(),
      is_hugging_face ? remote::LfsDialect::hugging_face : remote::LfsDialect::mhub);
  const repo::HeadState head = repository.head();
  if (for_push || head.branch.empty()) return;
  const auto upstream = repo::upstream_of(repository, head.branch);
  if (upstream && upstream->remote == name_) lfs_->set_ref(upstream->merge);
}

HubLink::HubLink(const std::string& hub_url, const wire::RepoName& repo,
                 const Connections& connections, const Tools& tools, bool by_chunks)
    : hub_(connections.http, connections.credentials, tools.stop, tools.progress) {
  address_.url = hub_url + "/" + repo.path();
  address_.hub_url = hub_url;
  address_.repo = repo;
  key_ = remote_key(address_.url);
  lfs_ = std::make_unique<remote::LfsClient>(
      hub_, remote::lfs_endpoint(address_.url, {}, true), std::string(),
      by_chunks ? remote::LfsDialect::mhub : remote::LfsDialect::whole_files);
}

remote::CasClient& HubLink::cas(const std::string& refresh_url,
                                const std::optional<wire::XetToken>& first) {
  const std::lock_guard guard(mutex_);
  auto& client = cas_[refresh_url];
  if (!client) client = std::make_unique<remote::CasClient>(hub_, refresh_url, first);
  return *client;
}

std::uint64_t HubLink::cas_sent_bytes() {
  const std::lock_guard guard(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [url, client] : cas_) sum += client->sent_bytes();
  return sum;
}

std::uint64_t HubLink::cas_received_bytes() {
  const std::lock_guard guard(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [url, client] : cas_) sum += client->received_bytes();
  return sum;
}

std::vector<std::string> data_remotes(repo::Repository& repository, std::string_view first) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (name.empty() || name == ".") return;
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  };
  add(std::string(first));
  const repo::HeadState head = repository.head();
  if (!head.branch.empty()) {
    if (const auto upstream = repo::upstream_of(repository, head.branch)) add(upstream->remote);
  }
  if (repo::find_remote(repository, "origin")) add("origin");
  for (const repo::Remote& remote : repo::list_remotes(repository)) add(remote.name);
  return names;
}

std::unique_ptr<HubLink> open_data_link(repo::Repository& repository,
                                        const Connections& connections, const std::string& name,
                                        const Tools& tools, bool for_push) {
  try {
    return std::make_unique<HubLink>(repository, connections, name, for_push, tools);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    tools.progress.note(fmt::format("remote {} is left out: {}", printable(name), error.message()));
    return nullptr;
  }
}

void forget_what_remotes_lost(Workspace& workspace, const Connections& connections,
                              const std::unordered_set<Sha256>& files, const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  std::unordered_set<std::string> asked;
  for (const std::string& name : data_remotes(repository, {})) {
    for (const bool for_push : {false, true}) {
      const auto link = open_data_link(repository, connections, name, tools, for_push);
      if (link && asked.insert(link->key()).second)
        forget_if_lost(workspace.store(), *link, files, tools);
    }
  }
}

}  // namespace mhub::sync
