#pragma once
// A file whose bytes stand in JSON, as commits and new repositories have it.

#include <mhub/wire/hub_commit.hpp>

#include "json_reader.hpp"

namespace mhub::wire {

/// `{"path", "content", "encoding", "oldPath"}`. Throws Error: corrupt.
CommitFile read_commit_file(const JsonField& value);

}  // namespace mhub::wire
