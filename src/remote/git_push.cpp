// Pushing. Every ref is judged alone before anything is sent, so that one that may not move holds
// up no other; then one request takes the commands, each with the value that the hub advertised,
// and one pack. libgit2 makes the pack; what goes around it is ours.

#include <algorithm>

#include <mhub/remote/git_transport.hpp>

#include "pkt_line.hpp"
#include "receive_pack.hpp"

namespace mhub::remote {
namespace {

using Outcome = RefPushResult::Outcome;

constexpr const char* kUnreported = "the hub did not say";

bool is_tag(std::string_view name) {
  return name.substr(0, 10) == "refs/tags/";
}

void check_name(const std::string& name) {
  int valid = 0;
  if (name.compare(0, 5, "refs/") != 0 || name.find('\0') != std::string::npos ||
      git_reference_name_is_valid(&valid, name.c_str()) < 0 || valid == 0) {
    throw Error(ErrorKind::usage, "{} is no full name of a ref", printable(name));
  }
}

void require_object(git_repository* repository, const std::string& hex) {
  const git_oid id = require_oid(hex);
  git_object* found = nullptr;
  const int code = git_object_lookup(&found, repository, &id, GIT_OBJECT_ANY);
  const GitObject owner(found);
  if (code == GIT_ENOTFOUND) throw Error(ErrorKind::not_found, "git object {} is not here", hex);
  if (code < 0) throw git_failure(code, "read git object " + hex);
}

bool has_object(git_repository* repository, const std::string& hex) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) < 0) return false;
  const GitOdb owner(odb);
  const git_oid id = require_oid(hex);
  return git_odb_exists(odb, &id) == 1;
}

bool is_fast_forward(git_repository* repository, const std::string& from, const std::string& to) {
  const git_oid old_id = require_oid(from);
  const git_oid new_id = require_oid(to);
  return git_graph_descendant_of(repository, &new_id, &old_id) == 1;
}

/// Why `push` may not happen; empty if it may. Sets result.forced.
std::string objection(git_repository* repository, const RefPush& push, RefPushResult& result) {
  if (push.expected_id && *push.expected_id != result.old_id) return "stale info";
  if (push.source_id.empty()) return result.old_id.empty() ? "remote ref does not exist" : "";
  if (result.old_id.empty()) return {};
  const bool may_force = push.force || push.expected_id.has_value();
  if (is_tag(push.remote_ref)) {
    result.forced = true;
    return may_force ? "" : "already exists";
  }
  const bool known = has_object(repository, result.old_id);
  if (known && is_fast_forward(repository, result.old_id, push.source_id)) return {};
  result.forced = true;
  if (may_force) return {};
  return known ? "non-fast-forward" : "fetch first";
}

std::string or_zero(const std::string& hex) {
  return hex.empty() ? std::string(GIT_OID_HEXSZ, '0') : hex;
}

std::string commands_text(const GitSession& session, const std::vector<PushCommand>& commands) {
  std::string capabilities = " report-status agent=mhub";
  if (session.hub_can("side-band-64k")) capabilities += " side-band-64k";
  std::string text;
  for (const PushCommand& command : commands) {
    std::string line = fmt::format("{} {} {}", command.old_id, command.new_id, command.ref);
    if (text.empty()) line += '\0' + capabilities;
    text += make_packet(line);
  }
  return text + "0000";
}

/// Reads exactly `size` bytes; false if the answer ends before the first.
bool read_exactly(net::HttpExchange& exchange, std::string& out, std::size_t size) {
  out.resize(size);
  std::size_t got = 0;
  while (got < size) {
    const std::size_t count =
        exchange.read(std::as_writable_bytes(std::span(out.data() + got, size - got)));
    if (count == 0 && got == 0) return false;
    if (count == 0) throw Error(ErrorKind::corrupt, "the hub's report is cut short");
    got += count;
  }
  return true;
}

/// The report's packets, with what else the side bands carry taken out.
std::string read_report(GitSession& session, net::HttpExchange& exchange) {
  constexpr std::size_t kReportMaxBytes = 16u << 20;
  constexpr std::uint64_t kAnswerMaxBytes = 64u << 20;
  const bool banded = session.hub_can("side-band-64k");
  std::string report;
  std::string packet;
  std::uint64_t answer_bytes = 0;
  while (read_exactly(exchange, packet, 4)) {
    const std::size_t length = packet_length(packet);
    // Ends the bands as it ends a bare report; after either nothing more is of interest.
    if (length == 0) break;
    answer_bytes += length;
    if (!banded) report += packet;
    if (report.size() > kReportMaxBytes || answer_bytes > kAnswerMaxBytes) {
      throw Error(ErrorKind::corrupt, "the hub's report is longer than {} bytes",
                  report.size() > kReportMaxBytes ? kReportMaxBytes : kAnswerMaxBytes);
    }
    if (length == 4 && banded) {
      throw Error(ErrorKind::corrupt, "the hub sent a git packet without its band");
    }
    if (length == 4) continue;
    if (!read_exactly(exchange, packet, length - 4)) {
      throw Error(ErrorKind::corrupt, "the hub's report is cut short");
    }
    const std::string_view payload = std::string_view(packet).substr(banded ? 1 : 0);
    if (banded && packet[0] == 3) {
      throw Error(ErrorKind::network, "the hub broke off the push: {}", printable(payload));
    }
    if (banded && packet[0] == 2) {
      session.take_message(payload);
      continue;
    }
    report += payload;
  }
  session.take_message("\n");
  return report;
}

void apply_report(const PushReport& report, RefPushResult& result) {
  const auto refused = report.refused.find(result.remote_ref);
  if (refused != report.refused.end()) {
    result.reason = refused->second;
  } else if (report.unpack != "ok") {
    result.reason = "the hub could not unpack: " + printable(report.unpack);
  } else if (std::find(report.accepted.begin(), report.accepted.end(), result.remote_ref) !=
             report.accepted.end()) {
    result.outcome = Outcome::accepted;
    result.reason.clear();
  }
}

}  // namespace

GitPushResult push_refs(HubConnection& hub, const std::filesystem::path& git_folder,
                        const std::string& url, const std::vector<RefPush>& what) {
  const GitRepository repository = open_repository(git_folder);
  for (const RefPush& push : what) {
    check_name(push.remote_ref);
    if (push.expected_id && !push.expected_id->empty()) (void)require_oid(*push.expected_id);
    if (!push.source_id.empty()) require_object(repository.get(), push.source_id);
  }

  GitSession session(hub, url, nullptr);
  const RemoteRefs remote = session.connect(GIT_DIRECTION_PUSH);
  GitPushResult out;
  std::vector<PushCommand> commands;
  std::vector<std::string> wanted;
  for (const RefPush& push : what) {
    RefPushResult result;
    result.remote_ref = push.remote_ref;
    result.new_id = push.source_id;
    if (const RemoteRef* ref = remote.find(push.remote_ref)) result.old_id = ref->id;
    if (!result.new_id.empty() && result.old_id == result.new_id) {
      result.outcome = Outcome::up_to_date;
    } else if (result.reason = objection(repository.get(), push, result); result.reason.empty()) {
      result.reason = kUnreported;
      commands.push_back({or_zero(result.old_id), or_zero(result.new_id), result.remote_ref});
      if (!push.source_id.empty()) wanted.push_back(push.source_id);
    }
    out.refs.push_back(std::move(result));
  }
  if (commands.empty()) return out;

  hub.progress().phase("pushing commits", 0);
  std::vector<std::string> had;
  for (const RemoteRef& ref : remote.refs) had.push_back(ref.id);
  net::HttpExchange exchange = session.push([&](net::HttpExchange& request) {
    out.sent_bytes = 0;
    request.write(as_bytes(commands_text(session, commands)));
    if (wanted.empty()) return;
    write_pack(repository.get(), wanted, had, hub.stop(), [&](ByteView piece) {
      request.write(piece);
      out.sent_bytes += piece.size();
      hub.progress().advance(piece.size());
    });
  });
  const PushReport report = parse_push_report(read_report(session, exchange));
  for (RefPushResult& result : out.refs) {
    if (result.reason == kUnreported) apply_report(report, result);
  }
  return out;
}

}  // namespace mhub::remote
