#include "hf/write_target.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace mhub::serve {

namespace {

constexpr int kAttempts = 40;
constexpr std::chrono::milliseconds kFirstPause{2};
constexpr std::chrono::milliseconds kLongestPause{100};

constexpr std::size_t kRevisionLimitBytes = 512;

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<repo::ObjectId> commit_of_ref(repo::Repository& repository, const std::string& name) {
  if (!repo::is_valid_ref_name(name)) return std::nullopt;
  const auto ref = repo::find_ref(repository, name);
  if (!ref || ref->target.is_zero()) return std::nullopt;
  return repo::peel_to_commit(repository, ref->target);
}

std::optional<repo::ObjectId> commit_by_id(repo::Repository& repository, const std::string& text) {
  constexpr std::size_t kFewestDigits = 5;
  if (text.size() < kFewestDigits || text.size() > 40 ||
      text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    return std::nullopt;
  if (const auto id = repo::ObjectId::parse(text)) {
    return repo::find_commit(repository, *id) ? id : std::nullopt;
  }
  try {
    const auto id = repo::find_revision(repository, text);
    return id ? repo::peel_to_commit(repository, *id) : std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;  // several objects begin so
    return std::nullopt;
  }
}

}  // namespace

std::string revision_from(std::string_view rest) {
  auto once = percent_decode(rest);
  if (once && (once->find("%2F") != std::string::npos || once->find("%2f") != std::string::npos))
    once = percent_decode(*once);
  if (!once || once->empty() || once->size() > kRevisionLimitBytes) refuse_revision(rest);
  return std::move(*once);
}

void refuse_revision(std::string_view revision) {
  throw Refused(404, "RevisionNotFound",
                "Invalid rev id: " + printable(revision.substr(0, kRevisionLimitBytes)));
}

std::optional<std::string> branch_ref_of(std::string_view revision) {
  if (revision == "HEAD") return std::string(kMainRef);
  constexpr std::string_view kHeads = "refs/heads/";
  constexpr std::string_view kPulls = "refs/pr/";
  if (revision.starts_with(kPulls)) {
    if (!is_digits(revision.substr(kPulls.size()))) return std::nullopt;
    return std::string(revision);
  }
  if (revision.starts_with(kHeads)) revision.remove_prefix(kHeads.size());
  if (revision.starts_with("refs/") || !repo::is_valid_branch_name(revision)) return std::nullopt;
  return std::string(kHeads) + std::string(revision);
}

std::optional<repo::ObjectId> find_named_commit(repo::Repository& repository,
                                                const std::string& revision) {
  if (revision == "HEAD") return commit_of_ref(repository, std::string(kMainRef));
  if (revision.starts_with("refs/")) return commit_of_ref(repository, revision);
  for (const std::string prefix : {"refs/heads/", "refs/tags/"}) {
    if (auto commit = commit_of_ref(repository, prefix + revision)) return commit;
  }
  return commit_by_id(repository, revision);
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
