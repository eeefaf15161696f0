#include "hf/write_target.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "hf/pull_requests.hpp"

namespace mhub::serve {

namespace {

constexpr int kAttempts = 40;
constexpr std::chrono::milliseconds kFirstPause{2};
constexpr std::chrono::milliseconds kLongestPause{100};

}  // namespace

std::optional<std::string> branch_ref_of(std::string_view revision) {
  if (revision == "HEAD") return std::string(kMainRef);
  constexpr std::string_view kHeads = "refs/heads/";
  if (pull_request_number(revision)) return std::string(revision);
  if (revision.starts_with(kHeads)) revision.remove_prefix(kHeads.size());
  if (revision.starts_with("refs/") || !repo::is_valid_branch_name(revision)) return std::nullopt;
  return std::string(kHeads) + std::string(revision);
}

std::optional<Tip> find_tip(repo::Repository& repository, std::string_view revision) {
  const auto ref = branch_ref_of(revision);
  if (!ref) return std::nullopt;
  auto commit = commit_of_ref(repository, *ref);
  if (!commit && *ref != kMainRef) return std::nullopt;
  return Tip{*ref, commit};
}

repo::Signature signature_of(const Principal& who) {
  const std::string name = who.user ? who.user->name : "unknown";
  repo::Signature signature;
  signature.name = name;
  signature.email = name + "@users.noreply.invalid";
  signature.time_s = unix_now();
  return signature;
}

void retry_while_moved(const std::function<bool()>& attempt) {
  std::chrono::milliseconds pause = kFirstPause;
  for (int i = 0; i < kAttempts; ++i) {
    try {
      if (attempt()) return;
    } catch (const Error& error) {
      // Another process holds the reference's lock.
      if (error.kind() != ErrorKind::busy) throw;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  throw Refused(503, "the branch keeps being updated by others; try again in a few seconds");
}

}  // namespace mhub::serve
