#include "cas/early_digests.hpp"

#include <algorithm>
#include <numeric>

#include <mhub/base/log.hpp>

namespace mhub::serve {

namespace {

/// Below this a file is hashed quickly enough when it is registered.
constexpr std::uint64_t kWorthBytes = std::uint64_t{16} << 20;
constexpr std::size_t kJobsAtMost = 16;
/// Of all jobs together; bounds memory, 48 bytes each.
constexpr std::size_t kTermsAtMost = std::size_t{1} << 19;
/// After so much of one file others have their turn.
constexpr std::uint64_t kTurnBytes = std::uint64_t{256} << 20;

/// Ends read_file() when somebody takes the job.
struct Taken {};

}  // namespace

struct EarlyDigests::Job {
  std::int64_t repo = 0;
  AnnouncedFile announced;
  // Touched by the task that hashes, and by take() when there is none.
  PrefixDigest digest;
  std::size_t next_term = 0;
  std::atomic<bool> is_taken{false};
  // Under EarlyDigests::mutex_, as is announced.usable.
  bool is_queued = false;
  bool is_hashing = false;

  const std::vector<xet::Term>& terms() const { return announced.file.terms; }
  bool is_ready() const { return next_term < terms().size() && announced.usable[next_term]; }
};

EarlyDigests::EarlyDigests(store::Store& store, Spawn spawn, const StopToken& stopping)
    : store_(store), spawn_(std::move(spawn)), stopping_(stopping) {}

EarlyDigests::~EarlyDigests() = default;

void EarlyDigests::announce(std::int64_t repo, std::vector<AnnouncedFile> files) {
  const std::lock_guard guard(mutex_);
  for (AnnouncedFile& file : files) {
    if (file.file.size_bytes < kWorthBytes || file.file.terms.size() > kTermsAtMost) continue;
    const bool is_known = std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
      return job->repo == repo && job->terms() == file.file.terms;
    });
    if (is_known) continue;
    auto job = std::make_shared<Job>();
    job->repo = repo;
    job->announced = std::move(file);
    jobs_.push_back(job);
    make_room();
    start(job);
  }
}

void EarlyDigests::make_room() {
  std::size_t terms = 0;
  for (const auto& job : jobs_) terms += job->terms().size();
  while (jobs_.size() > kJobsAtMost || terms > kTermsAtMost) {
    terms -= jobs_.front()->terms().size();
    jobs_.front()->is_taken = true;
    jobs_.pop_front();
  }
}

void EarlyDigests::xorb_arrived(std::int64_t repo, const xet::XorbHash& xorb) {
  const std::lock_guard guard(mutex_);
  for (const auto& job : jobs_) {
    if (job->repo != repo) continue;
    for (std::size_t i = 0; i < job->terms().size(); ++i) {
      if (job->terms()[i].xorb == xorb) job->announced.usable[i] = true;
    }
    start(job);
  }
}

/// With the lock held.
void EarlyDigests::start(const std::shared_ptr<Job>& job) {
  if (job->is_queued || job->is_hashing || !job->is_ready()) return;
  job->is_queued = true;
  spawn_([this, job] { advance(job); });
}

void EarlyDigests::advance(const std::shared_ptr<Job>& job) {
  std::size_t end = 0;
  {
    const std::lock_guard guard(mutex_);
    job->is_queued = false;
    if (job->is_taken) return;
    job->is_hashing = true;
    std::uint64_t bytes = 0;
    for (end = job->next_term;
         end < job->terms().size() && job->announced.usable[end] && bytes < kTurnBytes; ++end)
      bytes += job->terms()[end].size_bytes;
  }
  bool is_good = false;
  try {
    hash_terms(*job, end);
    is_good = true;
  } catch (const Taken&) {
  } catch (const std::exception& error) {
    // Registration meets the same trouble and answers for it.
    log_debug("hashing ahead was given up: {}", error.what());
  }
  const std::lock_guard guard(mutex_);
  job->is_hashing = false;
  if (is_good)
    start(job);
  else
    jobs_.remove(job);
  parked_.notify_all();
}

void EarlyDigests::hash_terms(Job& job, std::size_t end_term) {
  const auto first = job.terms().begin() + static_cast<std::ptrdiff_t>(job.next_term);
  const auto end = job.terms().begin() + static_cast<std::ptrdiff_t>(end_term);
  const std::uint64_t length = std::accumulate(
      first, end, std::uint64_t{0},
      [](std::uint64_t sum, const xet::Term& term) { return sum + term.size_bytes; });
  store_.read_file(job.announced.file, job.digest.bytes, length, [&](ByteView bytes) {
    stopping_.check();
    if (job.is_taken) throw Taken();
    job.digest.hasher.update(bytes);
    job.digest.bytes += bytes.size();
  });
  job.next_term = end_term;
}

PrefixDigest EarlyDigests::take(std::int64_t repo, const store::FileRecord& file) {
  std::unique_lock lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) {
    return job->repo == repo && job->terms() == file.terms;
  });
  if (found == jobs_.end()) return {};
  const std::shared_ptr<Job> job = *found;
  jobs_.erase(found);
  job->is_taken = true;
  parked_.wait(lock, [&] { return !job->is_hashing; });
  return std::exchange(job->digest, {});
}

}  // namespace mhub::serve
