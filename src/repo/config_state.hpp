#pragma once
// What a Config holds; private to src/repo.

#include <mhub/repo/config.hpp>

#include "git2.hpp"

namespace mhub::repo {

struct Config::State {
  GitConfig git;
  bool single_file = false;

  /// The one file of `level`, for writing.
  GitConfig writable(ConfigLevel level) const;
};

}  // namespace mhub::repo
