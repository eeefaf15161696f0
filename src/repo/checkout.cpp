// The plan of a checkout. For each path three things count: what the tree one comes from says
// (from), what the tree one goes to says (to), and what the index says. As in git's two-way merge,
// a path that does not differ between both trees keeps whatever the user made of it; one that
// differs must be as `from` or already as `to`, in index and work tree, or the whole checkout is
// refused. That "already" lets an interrupted checkout be run again.

#include <algorithm>
#include <map>
#include <unordered_set>

#include <mhub/repo/checkout.hpp>

#include "checkout_rooms.hpp"
#include "handle.hpp"
#include "work_compare.hpp"

namespace mhub::repo {

namespace {

/// What the plan of one path rests on.
struct Place {
  std::optional<PathEntry> from;
  std::optional<PathEntry> to;
  std::optional<IndexEntry> index;
  bool unmerged = false;
};

using Places = std::map<std::string, Place>;

/// Entries of a tree that may become files: safe paths, each once, none both a file and a folder.
std::vector<PathEntry> list_safe_tree(Repository& repository, const ObjectId& tree) {
  std::vector<PathEntry> entries;
  std::unordered_set<std::string> files;
  walk_tree(repository, tree, [&](const PathEntry& entry) {
    require_safe_tree_path(entry.path, entry.mode);
    if (!files.insert(entry.path).second)
      throw Error(ErrorKind::corrupt, "tree {} holds {} twice", tree.hex(), printable(entry.path));
    entries.push_back(entry);
  });
  for (const PathEntry& entry : entries) {
    for (std::size_t slash = entry.path.find('/'); slash != std::string::npos;
         slash = entry.path.find('/', slash + 1)) {
      if (files.contains(entry.path.substr(0, slash)))
        throw Error(ErrorKind::corrupt, "tree {} holds {} as a file and as a folder", tree.hex(),
                    printable(entry.path.substr(0, slash)));
    }
  }
  return entries;
}

bool same_entry(const std::optional<PathEntry>& a, const std::optional<PathEntry>& b) {
  if (!a || !b) return !a && !b;
  return a->mode == b->mode && a->id == b->id;
}

bool same_entry(const std::optional<IndexEntry>& a, const std::optional<PathEntry>& b) {
  if (!a || !b) return !a && !b;
  return a->mode == b->mode && a->id == b->id;
}

class Planner {
public:
  Planner(Repository& repository, const Index& index, const CheckoutOptions& options,
          const CleanLargeFile& clean, Attributes target_attributes)
      : repository_(repository),
        options_(options),
        compare_(repository, index, clean),
        target_(std::move(target_attributes)) {}

  void plan(const std::string& path, const Place& place) {
    if (place.unmerged)
      plan_unmerged(path, place);
    else if (options_.force)
      plan_forced(path, place);
    else if (same_entry(place.from, place.to))
      plan_kept(place);
    else if (place.to)
      plan_write(path, place);
    else
      plan_delete(path, place);
  }

  /// For `restore` from the index.
  void refuse_unmerged(const std::string& path) { conflict(path, CheckoutConflict::Why::unmerged); }

  CheckoutPlan take(const Index& index, const StopToken& stop) {
    find_room(repository_, index, plan_, options_.force, stop);
    return std::move(plan_);
  }

private:
  void conflict(const std::string& path, CheckoutConflict::Why why) {
    plan_.conflicts.push_back({path, why});
  }

  void judged(const std::string& path, const std::optional<FileStat>& stat) {
    if (stat) plan_.before.insert_or_assign(path, *stat);
  }

  WorkCompare::State compare(const IndexEntry& entry) {
    WorkCompare::Result result = compare_.compare(entry);
    judged(entry.path, result.stat);
    return result.state;
  }

  void write(const PathEntry& entry) {
    CheckoutFile file{entry, std::nullopt};
    if (is_file(entry.mode) && target_.is_large(entry.path))
      file.pointer = read_pointer(repository_, entry.id);
    (file.pointer ? plan_.large : plan_.small).push_back(std::move(file));
  }

  /// True if the working file already is `entry`.
  bool holds(const PathEntry& entry) {
    const auto stat = compare_.stat(entry.path);
    judged(entry.path, stat);
    if (!stat) return false;
    if (entry.mode == FileMode::submodule) return stat->is_folder();
    return compare_.holds(entry.path, *stat, entry.mode, entry.id);
  }

  void plan_unmerged(const std::string& path, const Place& place) {
    if (!options_.force) {
      conflict(path, CheckoutConflict::Why::unmerged);
      return;
    }
    judged(path, compare_.stat(path));
    if (place.to)
      write(*place.to);
    else
      plan_.deletes.push_back(path);
  }

  void plan_forced(const std::string& path, const Place& place) {
    if (!place.to) {
      judged(path, compare_.stat(path));
      if (place.index || place.from) plan_.deletes.push_back(path);
      return;
    }
    if (!same_entry(place.index, place.to)) {
      judged(path, compare_.stat(path));
      write(*place.to);
      return;
    }
    const auto state = compare(*place.index);
    if (state == WorkCompare::State::missing || state == WorkCompare::State::different)
      write(*place.to);
  }

  void plan_kept(const Place& place) {
    if (!options_.recreate_missing || !place.to || !same_entry(place.index, place.to)) return;
    if (compare(*place.index) == WorkCompare::State::missing) write(*place.to);
  }

  void plan_write(const std::string& path, const Place& place) {
    const PathEntry& to = *place.to;
    if (same_entry(place.index, place.to)) {
      plan_kept({place.to, place.to, place.index, false});
    } else if (!place.index) {
      if (place.from) {
        conflict(path, CheckoutConflict::Why::staged);  // its deletion was staged
        return;
      }
      const auto stat = compare_.stat(path);
      judged(path, stat);
      // Folders are looked at later, when it is known what leaves them.
      if (!stat || stat->is_folder())
        write(to);
      else if (holds(to))
        plan_.index_only.push_back(to);
      else
        conflict(path, CheckoutConflict::Why::untracked);
    } else if (!same_entry(place.index, place.from)) {
      conflict(path, CheckoutConflict::Why::staged);
    } else if (compare(*place.index) != WorkCompare::State::different) {
      write(to);
    } else if (holds(to)) {
      plan_.index_only.push_back(to);
    } else {
      conflict(path, CheckoutConflict::Why::modified);
    }
  }

  void plan_delete(const std::string& path, const Place& place) {
    if (!place.index) return;
    if (!same_entry(place.index, place.from))
      conflict(path, CheckoutConflict::Why::staged);
    else if (compare(*place.index) == WorkCompare::State::different)
      conflict(path, CheckoutConflict::Why::modified);
    else
      plan_.deletes.push_back(path);
  }

  Repository& repository_;
  const CheckoutOptions& options_;
  WorkCompare compare_;
  Attributes target_;
  CheckoutPlan plan_;
};

Places index_places(const Index& index, const CheckoutOptions& options) {
  Places places;
  index.for_each([&](const IndexEntry& entry) {
    if (!options.paths.contains(entry.path)) return;
    Place& place = places[entry.path];
    if (entry.stage == 0)
      place.index = entry;
    else
      place.unmerged = true;
  });
  return places;
}

}  // namespace

CheckoutPlan plan_checkout(Repository& repository, const Index& index,
                           const std::optional<ObjectId>& from, const ObjectId& to,
                           const CheckoutOptions& options, const CleanLargeFile& clean,
                           const StopToken& stop) {
  Places places = index_places(index, options);
  for (PathEntry& entry : list_safe_tree(repository, to)) {
    if (options.paths.contains(entry.path)) places[entry.path].to = std::move(entry);
  }
  if (from) {
    walk_tree(repository, *from, [&](const PathEntry& entry) {
      if (options.paths.contains(entry.path)) places[entry.path].from = entry;
    });
  }
  Planner planner(repository, index, options, clean, Attributes::of_tree(repository, to));
  for (const auto& [path, place] : places) {
    stop.check();
    planner.plan(path, place);
  }
  return planner.take(index, stop);
}

CheckoutPlan plan_restore(Repository& repository, const Index& index,
                          const CheckoutOptions& options, const CleanLargeFile& clean,
                          const StopToken& stop) {
  CheckoutOptions recreating = options;
  recreating.recreate_missing = true;
  Planner planner(repository, index, recreating, clean,
                  Attributes::of_work_tree(repository, index));
  for (auto& [path, place] : index_places(index, options)) {
    stop.check();
    if (place.unmerged) {
      planner.refuse_unmerged(path);
      continue;
    }
    require_safe_tree_path(path, place.index->mode);
    place.to = PathEntry{path, place.index->mode, place.index->id};
    planner.plan(path, {place.to, place.to, place.index, false});
  }
  return planner.take(index, stop);
}

}  // namespace mhub::repo
