#pragma once
// Objects on their way to disk; private to src/repo.

#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include <git2/sys/odb_backend.h>

#include <mhub/base/bytes.hpp>

#include "git2.hpp"

namespace mhub::repo {

/// Holds new objects in memory until flush(). An object database that it is added to reads through
/// it. One thread.
class ObjectBuffer {
public:
  /// Adds a buffer to `odb`, which owns it from then on.
  static ObjectBuffer& add_to(git_odb* odb, const std::filesystem::path& objects_folder);

  /// Writes what is held: a few objects as loose ones, more as one pack; on the medium when it
  /// returns. Throws Error: io, and still holds them then.
  void flush();
  /// Forgets what is held.
  void drop();
  /// True once so much is held that somebody should flush.
  bool is_full() const;

  struct Object {
    git_object_t type = GIT_OBJECT_INVALID;
    Bytes content;
  };

private:
  struct Backend;
  using LooseBackend = CHandle<git_odb_backend, [](git_odb_backend* b) { b->free(b); }>;

  ObjectBuffer(git_odb* odb, std::filesystem::path objects_folder)
      : odb_(odb), objects_folder_(std::move(objects_folder)) {}
  void write_loose();
  void write_pack();

  git_odb* odb_;
  std::filesystem::path objects_folder_;
  std::unordered_map<ObjectId, Object> objects_;
  std::vector<ObjectId> order_;
  std::size_t held_bytes_ = 0;
};

}  // namespace mhub::repo
