#pragma once
// The commands below `mhub repo` that have files of their own.

#include <CLI/CLI.hpp>

#include "context.hpp"

namespace mhub::cli {

void add_repo_info(CLI::App* repo, Context& context);
void add_repo_move(CLI::App* repo, Context& context);
void add_repo_settings(CLI::App* repo, Context& context);
void add_repo_duplicate(CLI::App* repo, Context& context);

}  // namespace mhub::cli
