// mhub status

#include <mhub/base/error.hpp>
#include <mhub/sync/status.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

Json entries_json(const std::vector<sync::StatusEntry>& entries) {
  Json list = Json::array();
  for (const sync::StatusEntry& entry : entries) {
    Json value{{"path", entry.path}, {"change", name_of(entry.change)}, {"large", entry.large}};
    if (!entry.old_path.empty()) value["old_path"] = entry.old_path;
    list.push_back(std::move(value));
  }
  return list;
}

Json status_json(const sync::StatusReport& report) {
  return {{"branch", report.branch.empty() ? Json() : Json(report.branch)},
          {"head", report.head.empty() ? Json() : Json(report.head)},
          {"upstream", report.upstream.empty() ? Json() : Json(report.upstream)},
          {"ahead", report.ahead},
          {"behind", report.behind},
          {"merging", report.merging},
          {"clean", report.clean()},
          {"staged", entries_json(report.staged)},
          {"unstaged", entries_json(report.unstaged)},
          {"untracked", report.untracked},
          {"unmerged", report.unmerged},
          {"not_present", report.not_present}};
}

// git's two letters: index, then work tree.
void print_short(Context& context, const sync::StatusReport& report) {
  std::map<std::string, std::pair<char, char>> lines;
  for (const sync::StatusEntry& entry : report.staged) {
    lines[entry.path] = {letter_of(entry.change), ' '};
  }
  for (const sync::StatusEntry& entry : report.unstaged) {
    lines.try_emplace(entry.path, ' ', ' ').first->second.second = letter_of(entry.change);
  }
  for (const std::string& path : report.unmerged) lines[path] = {'U', 'U'};
  for (const auto& [path, letters] : lines) {
    context.out().print("{}{} {}\n", letters.first, letters.second, printable(path));
  }
  for (const std::string& path : report.untracked) context.out().print("?? {}\n", printable(path));
}

void print_entries(Context& context, std::string_view title,
                   const std::vector<sync::StatusEntry>& entries, Colour colour) {
  if (entries.empty()) return;
  Output& out = context.out();
  out.print("\n{}:\n", title);
  for (const sync::StatusEntry& entry : entries) {
    std::string path = printable(context.from_here(entry.path));
    if (!entry.old_path.empty()) {
      path = printable(context.from_here(entry.old_path)) + " -> " + path;
    }
    out.print("  {}\n", out.paint(colour, fmt::format("{:<13} {}{}",
                                                      fmt::format("{}:", name_of(entry.change)),
                                                      path, entry.large ? "  (large)" : "")));
  }
}

void print_paths(Context& context, std::string_view title, const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  Output& out = context.out();
  out.print("\n{}:\n", title);
  for (const std::string& path : paths) {
    std::string here = context.from_here(path);
    if (path.ends_with('/') && !here.ends_with('/')) here += '/';
    out.print("  {}\n", out.paint(Colour::red, printable(here)));
  }
}

void print_long(Context& context, const sync::StatusReport& report) {
  Output& out = context.out();
  if (report.branch.empty()) {
    out.print("HEAD detached at {}\n", report.head.substr(0, 10));
  } else {
    out.print("On branch {}{}\n", printable(report.branch),
              report.head.empty() ? ", no commits yet" : "");
  }
  if (!report.upstream.empty()) {
    const std::string upstream = printable(report.upstream);
    if (report.ahead == 0 && report.behind == 0) {
      out.print("Up to date with {}\n", upstream);
    } else {
      out.print("{} ahead of {}, {} behind\n", count_words(report.ahead, "commit", "commits"),
                upstream, report.behind);
    }
  }
  if (report.merging) {
    out.print("A merge is going on: `mhub commit` ends it, `mhub merge --abort` drops it\n");
  }
  print_paths(context, "Unmerged", report.unmerged);
  print_entries(context, "Staged", report.staged, Colour::green);
  print_entries(context, "Changed, not staged", report.unstaged, Colour::red);
  print_paths(context, "Untracked", report.untracked);
  if (!report.not_present.empty()) {
    out.print("\n{} not here, only as pointers (`mhub pull` brings them)\n",
              count_words(report.not_present.size(), "large file is", "large files are"));
  }
  if (report.clean()) out.print("Nothing to commit, work tree clean\n");
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto short_form = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, "status", "Show what has changed", group::kWork);
  flag(command, "-s,--short", *short_form, "Two letters and a path a line");
  examples(command, {"mhub status", "mhub status --json"});
  on_run(command, context, [short_form, &context] {
    const sync::StatusReport report = sync::status(context.workspace(), context.tools());
    context.end_progress();
    if (context.json()) {
      context.out().document(status_json(report));
    } else if (*short_form) {
      print_short(context, report);
    } else {
      print_long(context, report);
    }
    return kExitDone;
  });
}

}  // namespace mhub::cli
