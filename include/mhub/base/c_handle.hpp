#pragma once
// One owner for every handle of a C library.

#include <memory>

namespace mhub {

/// Deleter for std::unique_ptr: `using GitRepo = CHandle<git_repository, git_repository_free>;`
template <auto Free>
struct CFree {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

template <class T, auto Free>
using CHandle = std::unique_ptr<T, CFree<Free>>;

}  // namespace mhub
