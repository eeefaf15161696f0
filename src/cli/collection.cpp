#include "collection.hpp"

#include <mhub/base/bytes.hpp>

#include "describe.hpp"

namespace mhub::cli {

void add_collection_options(CLI::App* command, CollectionCommand& options) {
  flag(command, "-n,--dry-run", options.dry_run, "Only say what would be freed");
  number(command, "--grace-days", options.grace_days, "DAYS",
         fmt::format("Keep unneeded data this long; {} if left out", options.grace_days).c_str())
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{36500}).description(""));
}

void tell(Context& context, const store::CollectReport& report, bool dry_run) {
  if (context.json()) {
    Json value = to_json(report);
    value["dry_run"] = dry_run;
    context.out().document(value);
    return;
  }
  context.out().print("{}{} freed: {} and {} dropped, {} repacked\n", dry_run ? "would be " : "",
                      human_bytes(report.freed_bytes),
                      count_words(report.files_dropped, "file", "files"),
                      count_words(report.xorbs_dropped, "xorb", "xorbs"), report.xorbs_repacked);
}

}  // namespace mhub::cli
