#pragma once
// Values of the layers below as JSON members and as words, the same in every command.

#include <string>

#include <mhub/repo/objects.hpp>
#include <mhub/store/check.hpp>
#include <mhub/sync/checkout.hpp>
#include <mhub/sync/diff.hpp>
#include <mhub/sync/exchange.hpp>

#include "output.hpp"

namespace mhub::cli {

Json to_json(const sync::TransferTotals& totals);
Json to_json(const sync::CheckoutReport& report);
Json to_json(const std::vector<sync::RefChange>& refs);
Json to_json(const sync::FileDiff& diff);
Json to_json(const store::CollectReport& report);
Json to_json(const repo::Signature& who);
Json to_json(const repo::Commit& commit);
Json to_json(const store::StoreTotals& totals);
/// Damage of a store: xorbs with their chunks, missing ones, index faults, strays.
Json to_json(const store::CheckReport& report);

/// "added", "modified" …; git's letter for it.
std::string_view name_of(sync::Change change);
char letter_of(sync::Change change);

/// "1.2 GiB in 3.4 s, 350 MiB/s".
std::string rate_words(std::uint64_t bytes, double seconds);
/// "1 file", "2 files".
std::string count_words(std::uint64_t count, std::string_view one, std::string_view many);

/// "2026-01-31T12:00:00+01:00".
std::string iso_time(std::int64_t time_s, int offset_minutes);
/// As `git log` shows it: "Sat Jan 31 12:00:00 2026 +0100".
std::string git_time(const repo::Signature& who);

/// One line of a diff: letter, path, sizes.
std::string diff_line(const sync::FileDiff& diff);
/// What was done to the work tree, as one line: "3 files written (1.2 GiB received …)"; empty if
/// nothing was.
std::string checkout_line(const sync::CheckoutReport& report);

}  // namespace mhub::cli
