#pragma once
// What prune and the hub's gc have in common on the command line.

#include <chrono>
#include <cstdint>

#include <mhub/store/check.hpp>

#include "command.hpp"

namespace mhub::cli {

struct CollectionCommand {
  bool dry_run = false;
  std::uint64_t grace_days = 14;

  std::chrono::hours grace() const {
    return std::chrono::hours{24 * static_cast<std::int64_t>(grace_days)};
  }
};

/// --dry-run and --grace-days.
void add_collection_options(CLI::App* command, CollectionCommand& options);
void tell(Context& context, const store::CollectReport& report, bool dry_run);

}  // namespace mhub::cli
