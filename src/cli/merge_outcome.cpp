#include "merge_outcome.hpp"

#include <mhub/base/error.hpp>

#include "checkout_options.hpp"
#include "describe.hpp"
#include "ref_changes.hpp"

namespace mhub::cli {
namespace {

std::string_view name_of(sync::PullReport::Outcome outcome) {
  using enum sync::PullReport::Outcome;
  switch (outcome) {
    case up_to_date:
      return "up_to_date";
    case fast_forward:
      return "fast_forward";
    case merged:
      return "merged";
    case conflicts:
      return "conflicts";
  }
  return "";
}

std::string words_of(const sync::PullReport& report) {
  const std::string head = report.head.substr(0, 10);
  using enum sync::PullReport::Outcome;
  switch (report.outcome) {
    case up_to_date:
      return "already up to date";
    case fast_forward:
      return "forward to " + head;
    case merged:
      return "merged as " + head;
    case conflicts:
      return "merged with conflicts";
  }
  return "";
}

}  // namespace

int tell_outcome(Context& context, const sync::PullReport& report) {
  const bool conflicts = report.outcome == sync::PullReport::Outcome::conflicts;
  if (context.json()) {
    Json value{{"outcome", name_of(report.outcome)}, {"head", report.head}};
    if (!report.fetch.remote.empty()) value["fetch"] = to_json(report.fetch);
    value["conflicts"] = report.conflicts;
    value["checkout"] = to_json(report.checkout);
    context.out().document(value);
  } else {
    tell(context, report.fetch);
    context.summary("{}", words_of(report));
  }
  if (!conflicts) {
    tell_checkout(context, report.checkout);
    return kExitDone;
  }
  Error error(ErrorKind::conflict, "{} changed on both sides",
              count_words(report.conflicts.size(), "file was", "files were"));
  for (const std::string& path : report.conflicts) error.add_context("merging " + printable(path));
  throw std::move(error).hint(
      "put the right content into each, `mhub add` it, then `mhub commit`; or `mhub merge "
      "--abort`");
}

}  // namespace mhub::cli
