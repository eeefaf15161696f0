#include "checkout_options.hpp"

#include <mhub/base/error.hpp>

#include "describe.hpp"

namespace mhub::cli {
namespace {

// More names than this help nobody.
constexpr std::size_t kNamedMax = 20;

}  // namespace

void add_filter_options(CLI::App* command, sync::CheckoutOptions& options) {
  values(command, "-I,--include", options.filter.include, "GLOB",
         "Bring only large files that match; may be given several times");
  values(command, "-X,--exclude", options.filter.exclude, "GLOB",
         "Leave out large files that match; may be given several times");
  flag(command, "--no-data", options.no_data, "Leave pointers in place of large files");
}

void tell_checkout(Context& context, const sync::CheckoutReport& report) {
  if (const std::string line = checkout_line(report); !line.empty()) context.summary("{}", line);
  if (report.bytes_missing.empty()) return;
  Error error(ErrorKind::not_found, "no remote has the data of {}",
              count_words(report.bytes_missing.size(), "large file", "large files"));
  for (std::size_t i = 0; i < report.bytes_missing.size(); ++i) {
    if (i == kNamedMax) {
      error.add_context(fmt::format("writing {} more", report.bytes_missing.size() - i));
      break;
    }
    error.add_context("writing " + printable(report.bytes_missing[i]));
  }
  throw std::move(error).hint(
      "they stand as pointers in the work tree: push their data from where it is, then `mhub "
      "pull`");
}

}  // namespace mhub::cli
