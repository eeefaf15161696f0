#pragma once
// repo's words for changes in sync's.

#include <mhub/repo/objects.hpp>
#include <mhub/sync/status.hpp>

namespace mhub::sync {

inline Change to_change(repo::ChangeKind kind) {
  switch (kind) {
    case repo::ChangeKind::added:
      return Change::added;
    case repo::ChangeKind::deleted:
      return Change::deleted;
    case repo::ChangeKind::modified:
      return Change::modified;
    case repo::ChangeKind::type_changed:
      return Change::type_changed;
    case repo::ChangeKind::renamed:
      return Change::renamed;
  }
  return Change::modified;
}

}  // namespace mhub::sync
