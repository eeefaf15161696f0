#include "checkout_rooms.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace mhub::repo {

namespace {

class Rooms {
public:
  Rooms(Repository& repository, const Index& index, CheckoutPlan& plan, bool force,
        const StopToken& stop)
      : repository_(repository),
        index_(index),
        plan_(plan),
        force_(force),
        stop_(stop),
        leaving_(plan.deletes.begin(), plan.deletes.end()) {
    for (const CheckoutConflict& known : plan.conflicts) reported_.insert(known.path);
  }

  void check(const PathEntry& entry) {
    const std::string& path = entry.path;
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      if (!check_parent(path.substr(0, slash))) return;
    }
    if (entry.mode == FileMode::submodule) return;
    const auto stat = existing_stat(path);
    if (stat && stat->is_folder() && !folder_empties(path)) conflict(path);
  }

private:
  std::optional<FileStat> existing_stat(const std::string& path) {
    const auto file = existing_path(repository_, path);
    return file ? real_file_system().stat(*file) : std::nullopt;
  }

  void conflict(const std::string& path) {
    if (reported_.insert(path).second)
      plan_.conflicts.push_back({path, CheckoutConflict::Why::folder});
  }

  /// False if `folder` is something else that stays, or does not exist.
  bool check_parent(const std::string& folder) {
    const auto known = parents_.find(folder);
    if (known != parents_.end()) return known->second;
    const auto stat = existing_stat(folder);
    const bool real = stat && stat->is_folder();
    // A file that both trees agree to drop is leaving already; any other one, new and staged above
    // all, is somebody's work.
    if (((stat && !real) || index_.find(folder)) && !leaving_.contains(folder)) {
      if (force_) {
        plan_.deletes.push_back(folder);
        plan_.before.insert_or_assign(folder, *stat);
        leaving_.insert(folder);
      } else {
        conflict(folder);
      }
    }
    parents_.emplace(folder, real);
    return real;
  }

  /// True if all that lies in `folder` is about to be deleted.
  bool folder_empties(const std::string& folder) {
    if (!find_untracked(repository_, index_, {{folder}, UntrackedMode::all, true}, stop_).empty())
      return false;
    bool empties = true;
    const std::string prefix = folder + "/";
    index_.for_each([&](const IndexEntry& entry) {
      if (entry.path.starts_with(prefix) && !leaving_.contains(entry.path)) empties = false;
    });
    return empties;
  }

  Repository& repository_;
  const Index& index_;
  CheckoutPlan& plan_;
  bool force_;
  const StopToken& stop_;
  std::unordered_set<std::string> leaving_;
  std::unordered_map<std::string, bool> parents_;
  std::set<std::string> reported_;
};

}  // namespace

void find_room(Repository& repository, const Index& index, CheckoutPlan& plan, bool force,
               const StopToken& stop) {
  Rooms rooms(repository, index, plan, force, stop);
  for (const CheckoutFile& file : plan.small) rooms.check(file.entry);
  for (const CheckoutFile& file : plan.large) rooms.check(file.entry);
}

}  // namespace mhub::repo
