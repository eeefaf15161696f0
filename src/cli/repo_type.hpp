#pragma once
#include <string>

#include <mhub/wire/repo_name.hpp>

namespace mhub::cli {

/// The value of --type, "model" if it was left out. Throws Error: usage.
wire::RepoType repo_type(const std::string& text);

}  // namespace mhub::cli
