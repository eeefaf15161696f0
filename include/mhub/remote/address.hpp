#pragma once
// What a user may write for a remote, and the addresses that follow from it. Pure.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/net/url.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::remote {

inline constexpr std::string_view kHuggingFaceUrl = "https://huggingface.co";

/// Hubs that short names mean. Empty fields stand for Hugging Face.
struct HubDefaults {
  std::string default_hub = {};  ///< for "ns/name": mhub.hub, MHUB_ENDPOINT or HF_ENDPOINT
  std::string hf_endpoint = {};  ///< for "hf:ns/name": HF_ENDPOINT
};

/// A remote, taken apart.
struct RemoteAddress {
  /// http(s) URL of the repository as it is written to git's configuration: without credentials,
  /// query and fragment, without a slash at its end. Empty for a local path.
  std::string url = {};
  /// Credentials that stood in the URL; they never appear in `url`.
  std::string user = {};
  std::string password = {};
  /// Base address of the hub ("https://hub.example/base"), if the path's end names a repository.
  std::string hub_url = {};
  std::optional<wire::RepoName> repo = {};
  /// The hub is the one that "hf:" means, and is spoken to in Hugging Face's way: large files come
  /// by chunks through its REST routes, and its rules for pushes are kept.
  bool is_hugging_face = false;
  /// A folder on this machine; empty for a hub.
  std::filesystem::path local_path = {};

  bool is_local() const { return !local_path.empty(); }
};

/// The hub at `hub_url` is the one that "hf:" means.
bool is_hugging_face(std::string_view hub_url, const HubDefaults& hubs);

/// Understands: an http or https URL (with or without ".git"), "hf:ns/name",
/// "hf:datasets/ns/name", there also a name alone (wire::parse_canonical_path), "ns/name" and
/// "datasets/ns/name" on the default hub, "file://" URLs, and local paths beginning with "/", "./"
/// or "../" (or being "." or ".."). A relative local folder without "./" is not a local path.
/// Throws Error: usage, with a hint, for ssh and everything else; messages show no credentials.
RemoteAddress parse_remote(std::string_view text, const HubDefaults& hubs = {});

/// The name that a clone's folder gets: the last part of the path without ".git".
std::string folder_name(const RemoteAddress& address);

/// What settings say about the LFS endpoint.
struct LfsSettings {
  std::string lfs_url = {};              ///< lfs.url
  std::string lfs_push_url = {};         ///< lfs.pushurl
  std::string remote_lfs_url = {};       ///< remote.<name>.lfsurl
  std::string remote_lfs_push_url = {};  ///< remote.<name>.lfspushurl
};

/// The LFS endpoint without a slash at its end: a setting if there is one (for uploads a push
/// setting first), else `remote_url` with ".git" if it is missing and "/info/lfs". Credentials in a
/// setting are kept. `shared` is what the project's .lfsconfig says, each setting of which counts
/// where the user has none; credentials in it are dropped. Throws Error: config if the setting that
/// counts is not an http or https URL, or is a shared one that gives up the TLS of `remote_url`.
std::string lfs_endpoint(std::string_view remote_url, const LfsSettings& settings, bool upload,
                         const LfsSettings& shared = {});

}  // namespace mhub::remote
