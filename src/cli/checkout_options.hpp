#pragma once
// What commands that change the work tree have in common: --include, --exclude, --no-data, and
// telling what was done.

#include <mhub/sync/checkout.hpp>

#include "command.hpp"

namespace mhub::cli {

void add_filter_options(CLI::App* command, sync::CheckoutOptions& options);

/// A summary line for people; with --json nothing, the report is in the command's document. Throws
/// Error: not_found if bytes of large files were nowhere to be had. To be called last.
void tell_checkout(Context& context, const sync::CheckoutReport& report);

}  // namespace mhub::cli
