#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/status.hpp>
#include <mhub/repo/work_tree.hpp>
#include <mhub/sync/stage.hpp>

#include "clean.hpp"

namespace mhub::sync {

namespace {

constexpr std::size_t kBinarySampleBytes = 8000;  // git looks for NUL in as many

/// One path that may change in the index.
struct Candidate {
  std::string path;
  FileStat stat;
  repo::FileMode old_mode = repo::FileMode::none;  ///< in the index; none for a new file
};

struct Candidates {
  std::vector<Candidate> present;
  std::vector<std::string> deleted;
};

bool looks_binary(const std::filesystem::path& path) {
  Bytes sample(kBinarySampleBytes);
  sample.resize(real_file_system().open_read(path)->read_at(sample, 0));
  return std::find(sample.begin(), sample.end(), std::byte{0}) != sample.end();
}

class Stager {
public:
  Stager(Workspace& workspace, const StageOptions& options, const Tools& tools)
      : workspace_(workspace),
        repository_(workspace.repository()),
        root_(workspace.root()),
        options_(options),
        tools_(tools),
        index_(options.dry_run ? repo::Index::read(repository_) : repo::Index::lock(repository_)),
        attributes_(repo::Attributes::of_work_tree(repository_)) {}

  StageReport run() {
    Candidates candidates = find_candidates();
    track_big_files(candidates);
    for (const std::string& path : candidates.deleted) {
      if (index_.remove(path)) report_.files.push_back({.path = path, .removed = true});
    }
    stage_large(candidates.present);
    for (const Candidate& candidate : candidates.present) stage_small(candidate);
    if (!options_.dry_run) index_.write();
    std::sort(report_.files.begin(), report_.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(report_);
  }

private:
  Candidates find_candidates() {
    repo::StatusOptions wanted;
    std::vector<std::string> names;
    for (const auto& path : options_.paths) names.push_back(relative(path));
    // The root itself means everything.
    if (std::find(names.begin(), names.end(), "") != names.end()) names.clear();
    wanted.paths = names;
    wanted.staged = false;
    wanted.untracked = options_.update ? repo::UntrackedMode::none : repo::UntrackedMode::all;
    const repo::Status status = repo::read_status(repository_, wanted, {}, tools_.stop);

    Candidates found;
    for (const repo::WorkChange& change : status.unstaged) {
      if (change.kind == repo::ChangeKind::deleted)
        found.deleted.push_back(change.path);
      else
        add_present(found, change.path, change.index_mode);
    }
    for (const repo::IndexConflict& conflict : status.conflicts) {
      if (!add_present(found, conflict.path, repo::FileMode::none))
        found.deleted.push_back(conflict.path);
    }
    for (const std::string& path : status.untracked) add_untracked(found, path);
    add_ignored_by_name(found, names);
    require_matches(names, found);
    return found;
  }

  std::string relative(const std::filesystem::path& path) {
    return repository_.relative_path(path, root_);
  }

  bool add_present(Candidates& found, const std::string& path, repo::FileMode old_mode) {
    const auto stat = real_file_system().stat(root_ / path);
    if (!stat || stat->is_folder()) return false;
    found.present.push_back({path, *stat, old_mode});
    return true;
  }

  void add_untracked(Candidates& found, const std::string& path) {
    if (path.ends_with('/')) {
      tools_.progress.note(
          fmt::format("{} is another repository; it is left out", printable(path)));
      return;
    }
    add_present(found, path, repo::FileMode::none);
  }

  /// Ignored files are added only when forced; naming one without force is an error, as in git.
  void add_ignored_by_name(Candidates& found, const std::vector<std::string>& paths) {
    if (options_.update) return;
    if (options_.force) {
      repo::WalkOptions walk;
      walk.paths = paths;
      walk.include_ignored = true;
      std::set<std::string> known;
      for (const Candidate& candidate : found.present) known.insert(candidate.path);
      for (const std::string& path : repo::find_untracked(repository_, index_, walk, tools_.stop)) {
        if (!known.contains(path)) add_untracked(found, path);
      }
      return;
    }
    for (const std::string& path : paths) {
      const auto stat = real_file_system().stat(root_ / path);
      if (!stat || index_.find(path) || index_.has_folder(path)) continue;
      if (repo::is_ignored(repository_, path, stat->is_folder())) {
        throw Error(ErrorKind::usage, "{} is ignored by .gitignore", printable(path))
            .hint("use --force to add it all the same");
      }
    }
  }

  void require_matches(const std::vector<std::string>& paths, const Candidates& found) {
    const std::unordered_set<std::string_view> deleted(found.deleted.begin(), found.deleted.end());
    for (const std::string& path : paths) {
      if (real_file_system().stat(root_ / path) || index_.find(path) || index_.has_folder(path))
        continue;
      if (deleted.contains(path)) continue;
      throw Error(ErrorKind::not_found, "{} matches no file", printable(path));
    }
  }

  /// New big files become tracked by pattern, so that they do not end up in git itself.
  void track_big_files(Candidates& candidates) {
    std::vector<std::string> patterns;
    std::vector<std::string> literals;
    for (const Candidate& candidate : candidates.present) {
      if (candidate.old_mode != repo::FileMode::none || !candidate.stat.is_regular() ||
          candidate.stat.size_bytes <= kAutoTrackBinaryBytes ||
          attributes_.is_large(candidate.path))
        continue;
      const bool binary = looks_binary(root_ / candidate.path);
      if (!binary && candidate.stat.size_bytes <= kAutoTrackBytes) continue;
      const std::string pattern = tracking_pattern(candidate.path);
      if (binary && pattern != candidate.path && !small_file_matches(pattern))
        patterns.push_back(pattern);
      else
        literals.push_back("/" + candidate.path);
    }
    for (auto* list : {&patterns, &literals}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    report_.newly_tracked = patterns;
    report_.newly_tracked.insert(report_.newly_tracked.end(), literals.begin(), literals.end());
    if (report_.newly_tracked.empty() || options_.dry_run) return;
    if (!patterns.empty()) repo::track(repository_, patterns);
    if (!literals.empty()) repo::track(repository_, literals, {}, true);
    attributes_ = repo::Attributes::of_work_tree(repository_);
    std::erase_if(candidates.present,
                  [](const Candidate& candidate) { return candidate.path == ".gitattributes"; });
    const auto entry = index_.find(".gitattributes");
    add_present(candidates, ".gitattributes", entry ? entry->mode : repo::FileMode::none);
  }

  /// True if a file that git holds itself would fall under `pattern`, and so turn up as changed.
  bool small_file_matches(const std::string& pattern) {
    const auto [known, is_new] = small_matches_.try_emplace(pattern, false);
    if (!is_new) return known->second;
    bool& found = known->second;
    index_.for_each([&](const repo::IndexEntry& entry) {
      found = found || (glob_matches(pattern, entry.path) && !attributes_.is_large(entry.path));
    });
    return found;
  }

  /// In a dry run .gitattributes stays as it is.
  bool would_be_tracked(const std::string& path) const {
    if (!options_.dry_run) return false;
    return std::any_of(report_.newly_tracked.begin(), report_.newly_tracked.end(),
                       [&](const std::string& pattern) {
                         return pattern == "/" + path || glob_matches(pattern, path);
                       });
  }

  bool is_large(const Candidate& candidate) {
    return candidate.stat.is_regular() && candidate.stat.size_bytes > 0 &&
           (attributes_.is_large(candidate.path) || would_be_tracked(candidate.path));
  }

  void stage_large(const std::vector<Candidate>& candidates) {
    std::uint64_t total_bytes = 0;
    for (const Candidate& candidate : candidates) {
      if (is_large(candidate)) total_bytes += candidate.stat.size_bytes;
    }
    if (total_bytes == 0) return;
    tools_.progress.phase("adding", total_bytes);
    std::unique_ptr<store::Ingest> ingest;
    std::vector<store::WorkingFile> seen;
    const SeenClock clock;
    for (const Candidate& candidate : candidates) {
      if (!is_large(candidate)) continue;
      tools_.stop.check();
      const auto path = root_ / candidate.path;
      auto pointer = pointer_in_work_tree(path, candidate.stat);
      if (!pointer && !options_.dry_run) {
        if (!ingest) ingest = workspace_.store().start_ingest();
        const store::IngestedFile file =
            with_context([&] { return "adding " + printable(candidate.path); },
                         [&] { return ingest->add_file(path, tools_.progress, tools_.stop); });
        pointer = wire::LfsPointer{file.sha256, file.size_bytes};
        if (clock.settles(candidate.stat)) seen.push_back({path, file.sha256, candidate.stat});
      }
      if (pointer)
        set(candidate, repo::write_pointer(repository_, *pointer), pointer);
      else
        report_.files.push_back(
            {.path = candidate.path, .size_bytes = candidate.stat.size_bytes, .large = true});
    }
    if (ingest) {
      ingest->commit();
      report_.ingest = ingest->totals();
      workspace_.store().note_working_files(seen);
    }
  }

  void stage_small(const Candidate& candidate) {
    if (is_large(candidate)) return;
    if (repo::mode_of(repository_, candidate.stat, candidate.old_mode) == repo::FileMode::none) {
      tools_.progress.note(fmt::format("{} is no file that git can hold; it is left out",
                                       printable(candidate.path)));
      return;
    }
    set(candidate,
        repo::hash_working_file(repository_, candidate.path, candidate.stat, !options_.dry_run),
        {});
  }

  void set(const Candidate& candidate, const repo::ObjectId& id,
           const std::optional<wire::LfsPointer>& pointer) {
    const repo::FileMode mode = repo::mode_of(repository_, candidate.stat, candidate.old_mode);
    const auto before = index_.find(candidate.path);
    const bool changed = !before || before->id != id || before->mode != mode;
    if (!options_.dry_run) {
      if (pointer)
        index_.set_large_file(candidate.path, mode, id, candidate.stat);
      else
        index_.set_file(candidate.path, mode, id, candidate.stat);
    }
    if (!changed) return;
    StagedFile file{.path = candidate.path, .size_bytes = candidate.stat.size_bytes};
    if (pointer) {
      file.large = true;
      file.size_bytes = pointer->size_bytes;
      file.sha256 = pointer->sha256;
    }
    report_.files.push_back(std::move(file));
  }

  Workspace& workspace_;
  repo::Repository& repository_;
  const std::filesystem::path root_;
  const StageOptions& options_;
  const Tools& tools_;
  repo::Index index_;
  repo::Attributes attributes_;
  std::map<std::string, bool> small_matches_;  ///< answers of small_file_matches
  StageReport report_;
};

}  // namespace

StageReport stage(Workspace& workspace, const StageOptions& options, const Tools& tools) {
  return Stager(workspace, options, tools).run();
}

std::string tracking_pattern(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size()) return std::string(path);
  // The path itself can be escaped as a whole; a pattern with such an extension would match others.
  if (name.find_first_of("*?[]\\", dot) != std::string_view::npos) return std::string(path);
  return fmt::format("*{}", name.substr(dot));
}

}  // namespace mhub::sync
