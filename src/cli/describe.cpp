#include "describe.hpp"

#include <ctime>

#include <fmt/chrono.h>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>

namespace mhub::cli {
namespace {

template <class Hash, class Text>
Json hashes(const std::vector<Hash>& all, const Text& text) {
  Json list = Json::array();
  for (const Hash& hash : all) list.push_back(text(hash));
  return list;
}

std::tm local_to(std::int64_t time_s, int offset_minutes) {
  const std::time_t shifted = static_cast<std::time_t>(time_s + offset_minutes * 60);
  std::tm parts{};
  gmtime_r(&shifted, &parts);
  return parts;
}

Json size_or_null(const std::optional<std::uint64_t>& size) {
  return size ? Json(*size) : Json();
}

}  // namespace

Json to_json(const sync::TransferTotals& totals) {
  return {{"sent_bytes", totals.sent_bytes},
          {"received_bytes", totals.received_bytes},
          {"files", totals.files},
          {"logical_bytes", totals.logical_bytes},
          {"seconds", totals.seconds}};
}

Json to_json(const sync::CheckoutReport& report) {
  return {{"files_written", report.files_written}, {"files_removed", report.files_removed},
          {"transfer", to_json(report.transfer)},  {"reused_bytes", report.reused_bytes},
          {"pointers_left", report.pointers_left}, {"bytes_missing", report.bytes_missing}};
}

Json to_json(const std::vector<sync::RefChange>& refs) {
  Json list = Json::array();
  for (const sync::RefChange& ref : refs) {
    list.push_back({{"name", ref.name},
                    {"old", ref.old_id.empty() ? Json() : Json(ref.old_id)},
                    {"new", ref.new_id.empty() ? Json() : Json(ref.new_id)},
                    {"forced", ref.forced}});
  }
  return list;
}

Json to_json(const sync::FileDiff& diff) {
  Json value{{"path", diff.path}, {"change", name_of(diff.change)}};
  if (!diff.old_path.empty()) value["old_path"] = diff.old_path;
  value["large"] = diff.large;
  value["old_size"] = size_or_null(diff.old_size_bytes);
  value["new_size"] = size_or_null(diff.new_size_bytes);
  if (diff.old_sha256) value["old_sha256"] = diff.old_sha256->hex();
  if (diff.new_sha256) value["new_sha256"] = diff.new_sha256->hex();
  return value;
}

Json to_json(const store::CollectReport& report) {
  return {{"files_dropped", report.files_dropped},
          {"xorbs_dropped", report.xorbs_dropped},
          {"xorbs_repacked", report.xorbs_repacked},
          {"freed_bytes", report.freed_bytes}};
}

Json to_json(const repo::Signature& who) {
  return {
      {"name", who.name}, {"email", who.email}, {"time", iso_time(who.time_s, who.offset_minutes)}};
}

Json to_json(const repo::Commit& commit) {
  Json parents = Json::array();
  for (const repo::ObjectId& parent : commit.parents) parents.push_back(parent.hex());
  return {{"id", commit.id.hex()},
          {"tree", commit.tree.hex()},
          {"parents", std::move(parents)},
          {"author", to_json(commit.author)},
          {"committer", to_json(commit.committer)},
          {"message", commit.message}};
}

Json to_json(const store::StoreTotals& totals) {
  return {{"files", totals.files},
          {"logical_bytes", totals.logical_bytes},
          {"xorbs_local", totals.xorbs_local},
          {"xorbs_known", totals.xorbs_known},
          {"chunks", totals.chunks},
          {"disk_bytes", totals.disk_bytes}};
}

Json to_json(const store::CheckReport& report) {
  Json damaged = Json::array();
  for (const store::DamagedXorb& xorb : report.damaged) {
    damaged.push_back(
        {{"xorb", xorb.xorb.text()}, {"chunks", xorb.chunks}, {"reason", xorb.reason}});
  }
  return {{"xorbs_checked", report.xorbs_checked},
          {"chunks_checked", report.chunks_checked},
          {"bytes_checked", report.bytes_checked},
          {"damaged_xorbs", std::move(damaged)},
          {"missing_xorbs", hashes(report.missing, [](const auto& hash) { return hash.text(); })},
          {"files_affected",
           hashes(report.files_affected, [](const auto& hash) { return hash.hex(); })},
          {"index_faults", report.index_faults},
          {"strays", report.strays}};
}

std::string_view name_of(sync::Change change) {
  switch (change) {
    case sync::Change::added:
      return "added";
    case sync::Change::modified:
      return "modified";
    case sync::Change::deleted:
      return "deleted";
    case sync::Change::renamed:
      return "renamed";
    case sync::Change::type_changed:
      return "type_changed";
    case sync::Change::unmerged:
      return "unmerged";
  }
  return "";
}

char letter_of(sync::Change change) {
  switch (change) {
    case sync::Change::added:
      return 'A';
    case sync::Change::modified:
      return 'M';
    case sync::Change::deleted:
      return 'D';
    case sync::Change::renamed:
      return 'R';
    case sync::Change::type_changed:
      return 'T';
    case sync::Change::unmerged:
      return 'U';
  }
  return '?';
}

std::string rate_words(std::uint64_t bytes, double seconds) {
  std::string words = human_bytes(bytes);
  // Over shorter times a rate says nothing.
  if (seconds >= 0.05 && bytes > 0) {
    words +=
        fmt::format(" in {:.1f} s, {}/s", seconds,
                    human_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)));
  }
  return words;
}

std::string count_words(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string iso_time(std::int64_t time_s, int offset_minutes) {
  const int off = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}{:02}:{:02}", local_to(time_s, offset_minutes),
                     offset_minutes < 0 ? '-' : '+', off / 60, off % 60);
}

std::string git_time(const repo::Signature& who) {
  const int off = who.offset_minutes < 0 ? -who.offset_minutes : who.offset_minutes;
  const std::tm parts = local_to(who.time_s, who.offset_minutes);
  return fmt::format("{:%a %b} {} {:%H:%M:%S %Y} {}{:02}{:02}", parts, parts.tm_mday, parts,
                     who.offset_minutes < 0 ? '-' : '+', off / 60, off % 60);
}

std::string diff_line(const sync::FileDiff& diff) {
  std::string sizes;
  if (diff.old_size_bytes && diff.new_size_bytes) {
    sizes = *diff.old_size_bytes == *diff.new_size_bytes
                ? human_bytes(*diff.new_size_bytes)
                : fmt::format("{} -> {}", human_bytes(*diff.old_size_bytes),
                              human_bytes(*diff.new_size_bytes));
  } else if (diff.new_size_bytes) {
    sizes = human_bytes(*diff.new_size_bytes);
  } else if (diff.old_size_bytes) {
    sizes = human_bytes(*diff.old_size_bytes);
  }
  const std::string path = diff.old_path.empty()
                               ? printable(diff.path)
                               : printable(diff.old_path) + " -> " + printable(diff.path);
  return fmt::format("{}  {}  ({}{})", letter_of(diff.change), path, sizes,
                     diff.large ? ", large" : "");
}

std::string checkout_line(const sync::CheckoutReport& report) {
  std::string line;
  const auto add = [&](std::string part) { line += (line.empty() ? "" : ", ") + std::move(part); };
  if (report.files_written > 0)
    add(count_words(report.files_written, "file", "files") + " written");
  if (report.files_removed > 0)
    add(count_words(report.files_removed, "file", "files") + " removed");
  if (report.transfer.received_bytes > 0) {
    add("received " + rate_words(report.transfer.received_bytes, report.transfer.seconds));
  }
  if (report.reused_bytes > 0) add(human_bytes(report.reused_bytes) + " taken from disk");
  if (!report.pointers_left.empty()) {
    add(count_words(report.pointers_left.size(), "large file", "large files") +
        " left as pointers");
  }
  return line;
}

}  // namespace mhub::cli
