#include "staging.hpp"

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>

#include "describe.hpp"

namespace mhub::cli {

Json to_json(const sync::StageReport& report) {
  Json files = Json::array();
  for (const sync::StagedFile& file : report.files) {
    Json value{{"path", file.path}, {"size", file.size_bytes}, {"large", file.large}};
    value["removed"] = file.removed;
    if (file.sha256) value["sha256"] = file.sha256->hex();
    files.push_back(std::move(value));
  }
  return {{"files", std::move(files)},
          {"newly_tracked", report.newly_tracked},
          {"read_bytes", report.ingest.read_bytes},
          {"new_raw_bytes", report.ingest.new_raw_bytes},
          {"new_stored_bytes", report.ingest.new_stored_bytes},
          {"new_chunks", report.ingest.new_chunks},
          {"known_chunks", report.ingest.known_chunks}};
}

Json to_json(const sync::CommitReport& report) {
  return {{"id", report.id.empty() ? Json() : Json(report.id)},
          {"branch", report.branch.empty() ? Json() : Json(report.branch)},
          {"summary", report.summary},
          {"changed_files", report.changed_files}};
}

void tell(Context& context, const sync::StageReport& report) {
  for (const std::string& pattern : report.newly_tracked) {
    context.say("tracking {} as large (.gitattributes)", printable(pattern));
  }
  if (report.files.empty()) return;
  std::uint64_t large = 0;
  for (const sync::StagedFile& file : report.files) large += file.large && !file.removed ? 1 : 0;
  std::string line = count_words(report.files.size(), "file", "files") + " staged";
  if (large > 0) {
    line += fmt::format(
        ", {} large: {} read, {} new, {} stored", large, human_bytes(report.ingest.read_bytes),
        human_bytes(report.ingest.new_raw_bytes), human_bytes(report.ingest.new_stored_bytes));
  }
  context.summary("{}", line);
}

void tell(Context& context, const sync::CommitReport& report) {
  context.summary("[{}{} {}] {}",
                  report.branch.empty() ? std::string("detached HEAD") : printable(report.branch),
                  report.is_root ? " (root-commit)" : "", report.id.substr(0, 10),
                  printable(report.summary));
  context.summary(" {} changed", count_words(report.changed_files, "file", "files"));
}

sync::CommitOptions commit_options(Context& context, const std::string& message) {
  sync::CommitOptions options;
  options.message = message;
  options.author = context.author();
  options.committer = context.committer();
  return options;
}

}  // namespace mhub::cli
