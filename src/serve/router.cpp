#include "router.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>

#include <mhub/base/log.hpp>
#include <mhub/wire/hub_repos.hpp>
#include <mhub/wire/lfs.hpp>

#include "content.hpp"
#include "cors.hpp"
#include "hf/pull_requests.hpp"
#include "hub.hpp"
#include "lfs/links.hpp"

namespace mhub::serve {

namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// Takes two or three segments from `at` on as a repository's path.
std::optional<wire::RepoName> take_repo(const std::vector<std::string>& segments, std::size_t& at) {
  if (at >= segments.size()) return std::nullopt;
  const std::size_t count = segments[at] == "datasets" || segments[at] == "spaces" ? 3 : 2;
  if (at + count > segments.size()) return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = percent_decode(segments[at + i]);
    if (!part || part->find('/') != std::string::npos) return std::nullopt;
    path += (i == 0 ? "" : "/") + *part;
  }
  auto name = wire::parse_repo_path(path);
  if (!name || wire::is_reserved_namespace(name->owner)) return std::nullopt;
  at += count;
  return name;
}

std::optional<wire::RepoName> take_api_repo(const std::vector<std::string>& segments,
                                            std::size_t& at) {
  if (at + 3 > segments.size()) return std::nullopt;
  const auto type = wire::parse_api_plural(segments[at]);
  const auto owner = percent_decode(segments[at + 1]);
  const auto name = percent_decode(segments[at + 2]);
  if (!type || !owner || !name) return std::nullopt;
  auto repo = wire::parse_repo_id(*owner + "/" + *name, *type);
  if (repo) at += 3;
  return repo;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
          Match& match) {
  std::size_t at = 0;
  for (const std::string& part : pattern) {
    if (part == "{repo}") {
      if (!(match.name = take_repo(path, at))) return false;
    } else if (part == "{api_repo}") {
      if (!(match.name = take_api_repo(path, at))) return false;
    } else if (part == "*") {
      if (at >= path.size()) return false;
      for (; at < path.size(); ++at) match.rest += (match.rest.empty() ? "" : "/") + path[at];
      return true;
    } else if (at >= path.size()) {
      return false;
    } else if (part.starts_with('{')) {
      auto word = percent_decode(path[at++]);
      if (!word || word->empty()) return false;
      match.words.push_back(std::move(*word));
    } else if (part != path[at++]) {
      return false;
    }
  }
  return at == path.size();
}

/// Bodies up to this size are gathered however many there are.
constexpr std::uint64_t kFreeBodyBytes = 64 << 10;
/// What is read of a body that nobody wants, for the sake of clients that send one nevertheless.
constexpr std::size_t kDropBytes = 1 << 20;

/// Gathers a body in memory and answers by one function.
class HandlerSink : public BodySink {
public:
  HandlerSink(std::shared_ptr<Call> call, const Route& route, Spawn spawn)
      : state_(std::make_shared<State>()) {
    state_->call = std::move(call);
    state_->route = &route;
    spawn_ = std::move(spawn);
  }

  std::size_t write(ByteView bytes, const Wake&) override {
    const std::uint64_t limit = state_->route->body_limit_bytes;
    if (limit == 0) {
      dropped_ += bytes.size();
      if (dropped_ > kDropBytes) throw Refused(413, "this route takes no body");
      return bytes.size();
    }
    std::string& body = state_->call->body;
    if (bytes.size() > limit - body.size())
      throw Refused(413, "the request body is larger than " + human_bytes(limit));
    body.append(as_text(bytes));
    return bytes.size();
  }

  std::optional<Response> finish(const Wake& wake) override {
    if (state_->route->run == Run::loop) return state_->route->handle(*state_->call);
    {
      const std::lock_guard guard(state_->mutex);
      if (state_->failure) std::rethrow_exception(state_->failure);
      if (state_->response) return std::move(state_->response);
      if (state_->started) return std::nullopt;
      if (!take_place(wake)) return std::nullopt;
      state_->started = true;
      state_->wake = wake;
    }
    spawn_([state = state_] {
      std::exception_ptr failure;
      std::optional<Response> response;
      try {
        response = state->route->handle(*state->call);
        hold_large_text(state->call->hub, *response);
      } catch (...) {
        failure = std::current_exception();
      }
      // Before the answer is sent: a slow reader holds nobody up.
      state->place = {};
      {
        const std::lock_guard guard(state->mutex);
        state->failure = failure;
        state->response = std::move(response);
      }
      state->wake();
    });
    return std::nullopt;
  }

private:
  bool take_place(const Wake& wake) {
    const Call& call = *state_->call;
    if (!state_->route->is_long || !state_->route->is_long(call)) return true;
    state_->place = call.hub.walk_gate.enter(call.holder(), wake);
    return static_cast<bool>(state_->place);
  }

  struct State {
    std::shared_ptr<Call> call;
    const Route* route = nullptr;
    Gate::Pass place;
    std::mutex mutex;
    bool started = false;
    std::exception_ptr failure;
    std::optional<Response> response;
    Wake wake;
  };
  std::shared_ptr<State> state_;
  Spawn spawn_;
  std::size_t dropped_ = 0;
};

/// Drops a body and answers what was known from the start.
class FixedAnswer : public BodySink {
public:
  explicit FixedAnswer(Response response) : response_(std::move(response)) {}
  std::size_t write(ByteView bytes, const Wake&) override {
    dropped_ += bytes.size();
    if (dropped_ > kDropBytes) throw Refused(413, "this route takes no body");
    return bytes.size();
  }
  std::optional<Response> finish(const Wake&) override { return std::move(response_); }

private:
  Response response_;
  std::size_t dropped_ = 0;
};

[[noreturn]] void refuse_anonymous() {
  throw Refused(401, "Invalid username or password.");
}

/// A repository that is missing and one that the caller may not see look the same.
[[noreturn]] void refuse_repo(const Principal& who) {
  if (who.is_anonymous())
    throw Refused(401, std::string(wire::kErrorRepoNotFound), "Invalid username or password.");
  throw Refused(404, std::string(wire::kErrorRepoNotFound), "Repository not found");
}

void require_repo(Hub& hub, Call& call) {
  if (call.name) call.repo = hub.catalog->find_repo_under(*call.name);
  if (!call.repo || !call.who.may_read(*call.repo)) refuse_repo(call.who);
}

void require_cas(Hub& hub, Call& call, bool writing) {
  const auto text = presented_token(*call.request);
  if (!text) throw Refused(401, "a CAS token is needed");
  auto grant = hub.signer.read_cas_token(*text);
  if (!grant) throw Refused(401, "this is not a CAS token of this hub");
  if (grant->expires_unix_s <= unix_now()) throw Refused(401, "the CAS token has expired");
  if (writing && grant->scope == CasScope::read)
    throw Refused(403, "the CAS token does not allow writing");
  // Rights may have changed since the token was issued.
  call.repo = hub.catalog->find_repo(grant->repo_id);
  if (grant->token_id != 0) {
    auto who = find_principal(*hub.catalog, grant->token_id);
    if (!who) throw Refused(401, "the hub token of the CAS token is gone");
    call.who = std::move(*who);
  }
  const auto may_write = [&] {
    return grant->scope == CasScope::propose ? call.who.may_discuss(*call.repo)
                                             : call.who.may_write(*call.repo);
  };
  if (!call.repo || !call.who.may_read(*call.repo) ||
      !may_have_content(hub, call.who, *call.repo) || (writing && !may_write()))
    throw Refused(403, "the CAS token's rights were withdrawn");
  call.grant = grant;
}

void authorise(Hub& hub, const Route& route, Call& call) {
  switch (route.access) {
    case Access::open:
    case Access::signed_url:
      return;
    case Access::anyone:
      call.who = authenticate(*hub.catalog, *call.request);
      return;
    case Access::user:
    case Access::writer:
      call.who = authenticate(*hub.catalog, *call.request);
      if (call.who.is_anonymous()) refuse_anonymous();
      if (route.access == Access::writer && call.who.token->scope < TokenScope::write)
        throw Refused(403, "this token may only read");
      return;
    case Access::repo_read:
    case Access::repo_content:
    case Access::repo_write:
      call.who = authenticate(*hub.catalog, *call.request);
      require_repo(hub, call);
      if (route.access == Access::repo_content) require_content(call);
      if (route.access == Access::repo_write) require_write(call);
      return;
    case Access::repo_discuss:
    case Access::repo_commit:
    case Access::repo_push:
      call.who = authenticate(*hub.catalog, *call.request);
      require_repo(hub, call);
      if (route.access == Access::repo_discuss) require_discuss(call);
      if (route.access == Access::repo_commit) require_may_commit(call);
      if (route.access == Access::repo_push) require_may_push(call);
      return;
    case Access::lfs_read:
    case Access::lfs_write:
      if (has_link_signature(*call.request)) {
        check_link(hub, call);
        return;
      }
      call.who = authenticate(*hub.catalog, *call.request);
      require_repo(hub, call);
      if (route.access == Access::lfs_read) require_content(call);
      if (route.access == Access::lfs_write) require_write(call);
      return;
    case Access::cas_read:
      require_cas(hub, call, false);
      return;
    case Access::cas_write:
      require_cas(hub, call, true);
      return;
  }
}

/// What clients ask for of a repository without a namespace. Hugging Face has some, this hub none.
bool is_of_lone_name(std::string_view path) {
  auto words = split(path);
  const bool is_api = words[0] == "api";
  if (is_api) words.erase(words.begin());
  const bool has_type = !words.empty() && wire::parse_api_plural(words[0]).has_value();
  if (has_type) words.erase(words.begin());
  if (is_api && !has_type) return false;
  if (words.size() < 2) return is_api && words.size() == 1;
  const std::string& what = words[1];
  return is_api ? what == "revision" || what == "tree" : what == "resolve" || what == "raw";
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 500)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

std::string Call::holder() const {
  if (who.user) return "user " + std::to_string(who.user->id);
  if (is_signed && repo) return "repo " + std::to_string(repo->id);
  return "peer " + request->peer;
}

void require_write(const Call& call) {
  if (call.who.may_write(*call.repo)) return;
  if (call.who.is_anonymous()) refuse_anonymous();
  throw Refused(403, "You don't have the rights to write to " + call.repo->name.path());
}

void require_discuss(const Call& call) {
  if (call.who.may_discuss(*call.repo)) return;
  if (call.who.is_anonymous()) refuse_anonymous();
  throw Refused(403, "this token may not write to " + call.repo->name.path());
}

bool may_have_content(Hub& hub, const Principal& who, const RepoInfo& repo) {
  if (repo.gating == wire::Gating::none || who.is_let_in(repo)) return true;
  if (who.is_anonymous() || !who.is_inside(repo)) return false;
  const auto request = hub.access_requests->find(repo.id, who.user->id);
  return request && request->status == AccessStatus::accepted;
}

void require_content(const Call& call) {
  if (may_have_content(call.hub, call.who, *call.repo)) return;
  const std::string what = "Access to " + std::string(wire::name_of(call.repo->name.type)) + " " +
                           call.repo->name.id() + " is restricted. ";
  if (call.who.is_anonymous())
    throw Refused(401, std::string(wire::kErrorGatedRepo),
                  what + "You must have access to it and be authenticated to access it.");
  throw Refused(403, std::string(wire::kErrorGatedRepo),
                what + "You are not in the authorized list. Ask for access at " + call.url() + "/" +
                    call.repo->name.path());
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) compiled_.push_back({split(route.pattern)});
}

Match Router::match(Method method, std::string_view path) const {
  const auto segments = split(path);
  bool path_known = false;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    Match match;
    if (!fits(compiled_[i].segments, segments, match)) continue;
    path_known = true;
    if (routes_[i].method != method) continue;
    match.route = &routes_[i];
    return match;
  }
  Match none;
  none.path_known = path_known;
  return none;
}

Face face_of(std::string_view path) {
  if (path.find("/info/lfs") != std::string_view::npos) return Face::lfs;
  if (path.starts_with("/v1/") || path.starts_with("/v2/")) return Face::cas;
  if (path.ends_with("/info/refs") || path.ends_with("/git-upload-pack") ||
      path.ends_with("/git-receive-pack"))
    return Face::git;
  return Face::hub;
}

std::unique_ptr<BodySink> dispatch(Hub& hub, const Router& router,
                                   const std::shared_ptr<const Request>& request) {
  if (is_preflight(*request)) return std::make_unique<FixedAnswer>(preflight_answer());
  Match match = router.match(request->method, request->path);
  if (match.route == nullptr) {
    if (match.path_known) throw Refused(405, "method not allowed");
    if (is_of_lone_name(request->path))
      throw Refused(404, std::string(wire::kErrorRepoNotFound), "Repository not found");
    if (request->path.starts_with("/api/"))
      throw Refused(501, "NotImplemented", "this hub does not offer this route");
    throw Refused(404, "EntryNotFound", "not found");
  }
  const Route& route = *match.route;
  auto call = std::make_shared<Call>(hub, request);
  call->name = std::move(match.name);
  call->words = std::move(match.words);
  call->rest = std::move(match.rest);
  authorise(hub, route, *call);
  if (route.receive) return route.receive(std::move(call));
  if (const auto length = request->content_length();
      route.body_limit_bytes > 0 && length && *length > route.body_limit_bytes)
    throw Refused(413, "the request body is larger than " + human_bytes(route.body_limit_bytes));
  const auto make = [call, &route, &hub](HeldPass pass) -> std::unique_ptr<BodySink> {
    call->held = std::move(pass);
    return std::make_unique<HandlerSink>(
        call, route, route.run == Run::slow ? hub.slow_spawn() : hub.worker_spawn());
  };
  const std::uint64_t body_at_most =
      std::min(route.body_limit_bytes, request->content_length().value_or(UINT64_MAX));
  if (body_at_most <= kFreeBodyBytes) return make(nullptr);
  return gated(call->who.is_anonymous() ? hub.stranger_gate : hub.body_gate, call->holder(), make);
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.with("Content-Type", "application/json; charset=utf-8");
  return response;
}

Response text_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.with("Content-Type", "text/plain; charset=utf-8");
  return response;
}

Response refusal(Face face, int status, std::string_view code, std::string_view message,
                 const Request& request) {
  Response response;
  switch (face) {
    case Face::hub:
      response = json_response(status, wire::hub_error_json(message));
      break;
    case Face::lfs:
      response.status = status;
      response.body = wire::to_json(wire::LfsError{std::string(message), request.request_id, ""});
      response.with("Content-Type", std::string(wire::kLfsMediaType));
      break;
    case Face::git:
    case Face::cas:
      response = text_response(status, std::string(message) + "\n");
      break;
  }
  if (!code.empty()) response.with(std::string(wire::kErrorCodeHeader), std::string(code));
  if (face == Face::hub || !code.empty())
    response.with(std::string(wire::kErrorMessageHeader), one_line(message));
  if (status == 401) {
    const bool is_basic = face == Face::git || face == Face::lfs;
    response.with("WWW-Authenticate", is_basic ? "Basic realm=\"mhub\"" : "Bearer realm=\"mhub\"");
    if (face == Face::lfs) response.with("LFS-Authenticate", "Basic realm=\"mhub\"");
  }
  if (status == 503) response.with("Retry-After", "5");
  return response;
}

}  // namespace mhub::serve
