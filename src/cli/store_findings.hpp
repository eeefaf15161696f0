#pragma once
// What a check of a store found, for `fsck` and `admin fsck`.

#include <mhub/store/check.hpp>

#include "context.hpp"

namespace mhub::cli {

/// A summary line, then one line for each finding.
void print_findings(Context& context, const store::CheckReport& report);

}  // namespace mhub::cli
