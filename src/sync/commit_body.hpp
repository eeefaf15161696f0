#pragma once
// The body of a commit over REST, made line by line while it is sent.

#include <filesystem>
#include <string>
#include <vector>

#include <mhub/net/http_message.hpp>
#include <mhub/wire/hub_commit.hpp>

#include "content_id.hpp"

namespace mhub::sync {

/// A file whose bytes stand in the commit.
struct InlineFile {
  std::string name;  ///< in the repository
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  ContentId id;
};

/// One commit's operations, in the order they are sent.
struct CommitParts {
  wire::CommitHeader header;
  std::vector<wire::CommitDeletion> deletions;
  std::vector<wire::CommitLargeFile> large;
  std::vector<InlineFile> files;
};

/// At most one file is in memory at a time. The request fails with Error: conflict if a file is no
/// longer what its id says. `parts` must outlive the body.
net::Body commit_body(const CommitParts& parts);

}  // namespace mhub::sync
