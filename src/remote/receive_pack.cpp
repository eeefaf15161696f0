#include "receive_pack.hpp"

#include "pkt_line.hpp"

namespace mhub::remote {
namespace {

using GitPackbuilder = CHandle<git_packbuilder, git_packbuilder_free>;
using GitWalk = CHandle<git_revwalk, git_revwalk_free>;

void check(int code, std::string_view doing) {
  if (code < 0) throw git_failure(code, doing);
}

std::string_view next_word(std::string_view& line) {
  const auto space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return word;
}

/// What a packbuilder's callback needs; an exception waits here until libgit2 has returned.
struct PackSink {
  const StopToken& stop;
  const std::function<void(ByteView)>& sink;
  std::exception_ptr failure;
};

int on_piece(void* data, std::size_t size, void* user) noexcept {
  auto& pack = *static_cast<PackSink*>(user);
  try {
    pack.stop.check();
    pack.sink(ByteView(static_cast<const std::byte*>(data), size));
    return 0;
  } catch (...) {
    pack.failure = std::current_exception();
    return GIT_EUSER;
  }
}

int on_packing(int, std::uint32_t, std::uint32_t, void* user) noexcept {
  return static_cast<PackSink*>(user)->stop.stop_requested() ? GIT_EUSER : 0;
}

}  // namespace

PushReport parse_push_report(std::string_view packets) {
  PushReport report;
  while (auto line = take_packet(packets)) {
    std::string_view rest = *line;
    if (rest.empty()) break;  // flush
    if (rest.back() == '\n') rest.remove_suffix(1);
    const std::string_view verb = next_word(rest);
    if (verb == "unpack") {
      report.unpack = rest;
    } else if (verb == "ok") {
      report.accepted.emplace_back(rest);
    } else if (verb == "ng") {
      const std::string ref(next_word(rest));
      report.refused[ref] = rest.empty() ? "refused" : printable(rest);
    }
    // "option …" lines of report-status-v2 and whatever comes later are of no interest.
  }
  return report;
}

void write_pack(git_repository* repository, const std::vector<std::string>& wanted,
                const std::vector<std::string>& had, const StopToken& stop,
                const std::function<void(ByteView)>& sink) {
  git_packbuilder* builder = nullptr;
  check(git_packbuilder_new(&builder, repository), "start a pack");
  const GitPackbuilder pack(builder);
  git_packbuilder_set_threads(builder, 0);
  PackSink state{stop, sink, nullptr};
  git_packbuilder_set_callbacks(builder, on_packing, &state);
  git_revwalk* walk = nullptr;
  check(git_revwalk_new(&walk, repository), "start a walk");
  const GitWalk walk_owner(walk);
  git_revwalk_sorting(walk, GIT_SORT_TIME);

  bool any_commit = false;
  for (const std::string& hex : wanted) {
    git_oid id = require_oid(hex);
    for (;;) {
      git_object* made = nullptr;
      check(git_object_lookup(&made, repository, &id, GIT_OBJECT_ANY), "read git object " + hex);
      const GitObject object(made);
      const git_object_t type = git_object_type(made);
      if (type == GIT_OBJECT_COMMIT) {
        check(git_revwalk_push(walk, &id), "walk from " + hex);
        any_commit = true;
        break;
      }
      if (type != GIT_OBJECT_TAG) {
        check(git_packbuilder_insert_recur(builder, &id, nullptr), "pack git object " + hex);
        break;
      }
      check(git_packbuilder_insert(builder, &id, nullptr), "pack git object " + hex);
      id = *git_tag_target_id(reinterpret_cast<git_tag*>(made));
    }
  }
  for (const std::string& hex : had) {
    const git_oid id = require_oid(hex);
    git_object* made = nullptr;
    if (git_object_lookup(&made, repository, &id, GIT_OBJECT_ANY) < 0) continue;
    const GitObject object(made);
    git_object* peeled = nullptr;
    if (git_object_peel(&peeled, made, GIT_OBJECT_COMMIT) < 0) continue;
    const GitObject commit(peeled);
    check(git_revwalk_hide(walk, git_object_id(peeled)), "walk to " + hex);
  }
  const auto run = [&](int code, std::string_view doing) {
    if (state.failure) std::rethrow_exception(state.failure);
    if (code < 0) stop.check();
    check(code, doing);
  };
  if (any_commit) run(git_packbuilder_insert_walk(builder, walk), "collect the commits to send");
  run(git_packbuilder_foreach(builder, on_piece, &state), "pack the commits to send");
}

}  // namespace mhub::remote
