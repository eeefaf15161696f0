#pragma once
// Large files by chunks from a hub of Hugging Face's kind, whose LFS batches offer whole files
// alone.

#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "hub_link.hpp"
#include "materialise.hpp"

namespace mhub::sync {

/// Where a file's chunks are to be asked for.
struct ChunkedFile {
  std::string refresh_url;              ///< the route for tokens
  std::optional<wire::XetToken> token;  ///< one that came along
  xet::FileHash file;
};

/// Those of `targets` that the hub's listings describe as kept in chunks; none for a hub that is
/// asked by LFS batches. Listings are of commits that the hub has, as far as this repository knows:
/// the newest ones that hold the files. Throws Error: network, denied, corrupt.
std::unordered_map<Sha256, ChunkedFile> find_chunked_files(
    repo::Repository& repository, HubLink& link, std::span<const LargeTarget* const> targets,
    const Tools& tools);

}  // namespace mhub::sync
