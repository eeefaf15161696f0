#include <algorithm>
#include <vector>

#include <mhub/base/error.hpp>
#include <mhub/remote/address.hpp>

namespace mhub::remote {
namespace {

constexpr std::size_t kMaxTextBytes = 8192;

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// What may be shown of a remote that was not understood: nothing that could be a password.
std::string shown(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return printable(at == text.npos ? text : text.substr(at + 1));
}

std::string_view trim_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// The hub's path and the repository that a URL's path ends with.
struct SplitPath {
  std::string_view base;
  wire::RepoName repo;
};

std::optional<SplitPath> split_path(std::string_view path) {
  // The last two segments are owner and name; a type's prefix may stand before them.
  const std::size_t name_at = path.rfind('/');
  if (name_at == path.npos || name_at == 0) return std::nullopt;
  const std::size_t owner_at = path.rfind('/', name_at - 1);
  if (owner_at == path.npos) return std::nullopt;
  if (owner_at > 0) {
    std::size_t prefix_at = path.rfind('/', owner_at - 1);
    prefix_at = prefix_at == path.npos ? 0 : prefix_at;
    const auto typed = wire::parse_repo_path(path.substr(prefix_at + 1));
    if (typed) return SplitPath{path.substr(0, prefix_at), *typed};
  }
  const auto repo = wire::parse_repo_path(path.substr(owner_at + 1));
  if (!repo) return std::nullopt;
  return SplitPath{path.substr(0, owner_at), *repo};
}

/// A hub's address as it begins those of its repositories. Nothing for what is no URL.
std::optional<std::string> base_of_hub(const std::optional<net::Url>& url) {
  if (!url) return std::nullopt;
  return url->origin() + std::string(trim_slashes(url->path));
}

RemoteAddress from_url(std::string_view text) {
  net::Url url = net::require_url(text);
  RemoteAddress address;
  address.user = std::move(url.user);
  address.password = std::move(url.password);
  const std::string path(trim_slashes(url.path));
  if (path.empty()) {
    throw Error(ErrorKind::usage, "{} names no repository", net::display_url(text))
        .hint("give the address of a repository, such as https://hub.example/owner/name");
  }
  address.url = url.origin() + path;
  if (const auto split = split_path(path)) {
    address.hub_url = url.origin() + std::string(split->base);
    address.repo = split->repo;
  }
  return address;
}

RemoteAddress on_hub(std::string_view hub, const wire::RepoName& repo) {
  if (hub.empty()) hub = kHuggingFaceUrl;
  auto base = net::parse_url(hub);
  if (!base) {
    throw Error(ErrorKind::config, "the hub's address {} is not an http or https URL",
                net::display_url(hub));
  }
  RemoteAddress address;
  address.user = std::move(base->user);
  address.password = std::move(base->password);
  address.hub_url = *base_of_hub(base);
  address.url = address.hub_url + "/" + repo.path();
  address.repo = repo;
  return address;
}

RemoteAddress from_file_url(std::string_view text) {
  std::string_view path = text.substr(std::string_view("file://").size());
  if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
  const auto decoded = net::unescape(path);
  if (!decoded || !decoded->starts_with('/')) {
    throw Error(ErrorKind::usage, "{} is not a file:// URL of this machine", shown(text));
  }
  RemoteAddress address;
  address.local_path = *decoded;
  return address;
}

bool looks_local(std::string_view text) {
  return text == "." || text == ".." || text.starts_with('/') || text.starts_with("./") ||
         text.starts_with("../");
}

std::string checked_setting(const std::string& url, std::string_view key) {
  if (!net::parse_url(url)) {
    throw Error(ErrorKind::config, "{} is not an http or https URL: {}", key,
                net::display_url(url));
  }
  return std::string(trim_slashes(url));
}

/// Whoever can commit to the project wrote this one.
std::string checked_shared_setting(const std::string& text, std::string_view key,
                                   std::string_view remote_url) {
  auto url = net::parse_url(text);
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorKind::config, ".lfsconfig sets {} to {}, {}", key,
                 url ? net::display_url(text) : shown(text), why)
        .hint("to use another server for large files: mhub config lfs.url URL");
  };
  if (!url || has_control_characters(text)) throw refuse("which is not an http or https URL");
  if (remote_url.starts_with("https://") && url->scheme != "https")
    throw refuse("without the encryption that the remote has");
  url->user.clear();
  url->password.clear();
  return std::string(trim_slashes(url->str()));
}

RemoteAddress parse_any_remote(std::string_view text, const HubDefaults& hubs) {
  if (text.empty() || text.size() > kMaxTextBytes || has_control_characters(text)) {
    throw Error(ErrorKind::usage, "not the address of a remote: {}", shown(text.substr(0, 200)));
  }
  if (text.starts_with("http://") || text.starts_with("https://")) return from_url(text);
  if (text.starts_with("file://")) return from_file_url(text);
  if (text.starts_with("hf:") && !text.starts_with("hf://")) {
    auto repo = wire::parse_repo_path(text.substr(3));
    if (!repo) repo = wire::parse_canonical_path(text.substr(3));
    if (repo) return on_hub(hubs.hf_endpoint, *repo);
    throw Error(ErrorKind::usage, "{} names no repository", shown(text))
        .hint("write hf:owner/name or hf:datasets/owner/name");
  }
  if (looks_local(text)) {
    RemoteAddress address;
    address.local_path = text;
    return address;
  }
  if (const auto repo = wire::parse_repo_path(text)) return on_hub(hubs.default_hub, *repo);
  if (text.find(':') != text.npos) {
    throw Error(ErrorKind::usage, "cannot talk to {}: only http and https are spoken", shown(text))
        .hint("use the repository's https:// address");
  }
  throw Error(ErrorKind::usage, "not the address of a remote: {}", shown(text))
      .hint("write a URL, owner/name, hf:owner/name, or ./folder for a local repository");
}

/// The base address of the hub that "hf:" means; nothing if its setting is no URL.
std::optional<std::string> hugging_face_base(const HubDefaults& hubs) {
  return base_of_hub(net::parse_url(hubs.hf_endpoint.empty() ? kHuggingFaceUrl : hubs.hf_endpoint));
}

/// That hub knows repositories with a name alone; elsewhere such a URL says nothing of a hub.
void find_canonical(RemoteAddress& address, const HubDefaults& hubs) {
  const auto base = hugging_face_base(hubs);
  if (!base || !address.url.starts_with(*base + "/")) return;
  address.repo = wire::parse_canonical_path(std::string_view(address.url).substr(base->size() + 1));
  if (address.repo) address.hub_url = *base;
}

}  // namespace

bool is_hugging_face(std::string_view hub_url, const HubDefaults& hubs) {
  const auto base = hugging_face_base(hubs);
  return base && base == base_of_hub(net::parse_url(hub_url));
}

RemoteAddress parse_remote(std::string_view text, const HubDefaults& hubs) {
  RemoteAddress address = parse_any_remote(text, hubs);
  if (!address.repo && !address.is_local()) find_canonical(address, hubs);
  address.is_hugging_face = address.repo.has_value() && is_hugging_face(address.hub_url, hubs);
  return address;
}

std::string folder_name(const RemoteAddress& address) {
  std::string name;
  if (address.is_local()) {
    const auto path = address.local_path.lexically_normal();
    name = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
    if (name == ".git") name = path.parent_path().filename().string();
  } else {
    const std::string last = address.url.substr(address.url.rfind('/') + 1);
    name = net::unescape(last).value_or(last);
  }
  if (name.ends_with(".git") && name.size() > 4) name.resize(name.size() - 4);
  if (name.empty() || name == "." || name == ".." || name == ".git" ||
      name.find('/') != name.npos || has_control_characters(name)) {
    throw Error(ErrorKind::usage, "cannot tell a folder's name from the remote's address")
        .hint("name the folder as second argument");
  }
  return name;
}

std::string lfs_endpoint(std::string_view remote_url, const LfsSettings& settings, bool upload,
                         const LfsSettings& shared) {
  struct Place {
    std::string LfsSettings::*value;
    std::string_view key;
    bool for_upload;
  };
  for (const Place& place :
       {Place{&LfsSettings::lfs_push_url, "lfs.pushurl", true},
        Place{&LfsSettings::lfs_url, "lfs.url", false},
        Place{&LfsSettings::remote_lfs_push_url, "the remote's lfspushurl", true},
        Place{&LfsSettings::remote_lfs_url, "the remote's lfsurl", false}}) {
    if (place.for_upload && !upload) continue;
    const std::string& own = settings.*place.value;
    if (!own.empty()) return checked_setting(own, place.key);
    const std::string& given = shared.*place.value;
    if (!given.empty()) return checked_shared_setting(given, place.key, remote_url);
  }
  std::string endpoint(trim_slashes(remote_url));
  if (!endpoint.ends_with(".git")) endpoint += ".git";
  return endpoint + "/info/lfs";
}

}  // namespace mhub::remote
