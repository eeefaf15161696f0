#pragma once
// Hashing files while their xorbs still arrive. Before the hub registers a file it must read all of
// it through SHA-256, one core's work that would begin only when the last xorb is here. A client
// may announce recipes beforehand; the hub then hashes each file up to the first xorb that is
// missing, and goes on when that one comes. An announcement is a hint and promises nothing: what
// registration relies on is checked there, and a recipe that differs from the announced one starts
// from nothing.

#include <atomic>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include <mhub/store/store.hpp>

#include "http/streams.hpp"

namespace mhub::serve {

/// SHA-256 over the first `bytes` bytes of a file.
struct PrefixDigest {
  Sha256Hasher hasher;
  std::uint64_t bytes = 0;
};

/// A file that somebody means to register. `file.sha256` is not looked at.
struct AnnouncedFile {
  store::FileRecord file;
  std::vector<bool> usable;  ///< for each term: its chunks are here, and the announcer may use them
};

/// Threads may share it. Keeps the newest files of those that were announced, within bounds.
class EarlyDigests {
public:
  /// Tasks run by `spawn` end before this does.
  EarlyDigests(store::Store& store, Spawn spawn, const StopToken& stopping);
  ~EarlyDigests();

  void announce(std::int64_t repo, std::vector<AnnouncedFile> files);
  /// The xorb is in the store, and `repo` holds it.
  void xorb_arrived(std::int64_t repo, const xet::XorbHash& xorb);
  /// What was hashed of a file with these very terms; nothing (0 bytes) if it was not announced for
  /// `repo`. Ends work on it, for which it may wait as long as a block takes.
  PrefixDigest take(std::int64_t repo, const store::FileRecord& file);

private:
  struct Job;
  void start(const std::shared_ptr<Job>& job);
  void advance(const std::shared_ptr<Job>& job);
  void hash_terms(Job& job, std::size_t end_term);
  void make_room();

  store::Store& store_;
  Spawn spawn_;
  const StopToken& stopping_;
  std::mutex mutex_;
  std::condition_variable parked_;
  std::list<std::shared_ptr<Job>> jobs_;  ///< oldest first
};

}  // namespace mhub::serve
