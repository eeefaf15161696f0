// A request becomes a child process and its two pipes. The event loop moves bytes between client
// and child without ever waiting: when a pipe is full or empty the connection sleeps until the
// pipe's own watcher wakes it. So a slow clone holds a process, but no thread and one buffer.

#include "git/git_face.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/socket.h>

#include <mhub/base/log.hpp>

#include "git/child.hpp"
#include "git/inflate.hpp"
#include "hf/pull_requests.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kInflatePieceBytes = 4096;
/// Within which a fetch names the first commit that it wants.
constexpr std::size_t kWantsBytes = 4096;
/// What a push leaves loose; of more objects git makes a pack.
constexpr std::size_t kPushObjects = 50;
/// What a child may say while it still reads its input.
constexpr std::size_t kEarlyOutputBytes = 4 << 20;
constexpr std::chrono::milliseconds kEndPatience{10000};

enum class Service { upload_pack, receive_pack };

std::optional<Service> parse_service(std::string_view name) {
  if (name == "git-upload-pack") return Service::upload_pack;
  if (name == "git-receive-pack") return Service::receive_pack;
  return std::nullopt;
}

std::string_view name_of(Service service) {
  return service == Service::upload_pack ? "git-upload-pack" : "git-receive-pack";
}

void forbid_caching(Response& response) {
  response.with("Cache-Control", "no-cache, max-age=0, must-revalidate")
      .with("Pragma", "no-cache")
      .with("Expires", "Fri, 01 Jan 1980 00:00:00 GMT");
}

std::string protocol_of(const Request& request) {
  const std::string_view asked = request.header("Git-Protocol");
  for (const std::string_view known : {"version=0", "version=1", "version=2"}) {
    if (asked == known) return std::string(known);
  }
  return {};
}

ChildSpec spec_for(const Call& call, Service service, bool advertise) {
  const Hub& hub = call.hub;
  const GitSetup setup = git_setup(hub);
  ChildSpec spec;
  spec.environment = setup.environment();
  if (const std::string protocol = protocol_of(*call.request); !protocol.empty())
    spec.environment.push_back("GIT_PROTOCOL=" + protocol);
  if (service == Service::upload_pack) {
    spec.arguments = setup.arguments(
        {"-c", "uploadpack.allowFilter=true", "-c", "uploadpack.allowTipSHA1InWant=true", "-c",
         "uploadpack.allowReachableSHA1InWant=true", "upload-pack", "--stateless-rpc", "--strict"});
  } else {
    spec.arguments = setup.arguments(
        {"-c", "core.hooksPath=" + hub.folder.hooks().string(), "-c", "receive.denyDeletes=false",
         "-c", "receive.denyDeleteCurrent=refuse", "-c", "receive.fsckObjects=true", "-c",
         "receive.autogc=false", "-c", "receive.updateServerInfo=false", "-c",
         fmt::format("receive.maxInputSize={}", hub.options.limits.push_bytes), "receive-pack",
         "--stateless-rpc"});
    spec.environment.push_back("MHUB_HOOK_DATA=" + hub.folder.root.string());
    spec.environment.push_back(fmt::format("MHUB_HOOK_LOG={}", kLogDescriptor));
    spec.environment.push_back(fmt::format("MHUB_HOOK_REPO={}", call.repo->id));
    spec.environment.push_back("MHUB_HOOK_GIT=" + hub.git_program);
    spec.environment.push_back("MHUB_HOOK_URL=" + call.url());
    spec.environment.push_back(fmt::format("MHUB_HOOK_USER={}", call.who.user->id));
    spec.environment.push_back(
        fmt::format("MHUB_HOOK_WRITES={}", call.who.may_write(*call.repo) ? 1 : 0));
  }
  if (advertise) spec.arguments.push_back("--http-backend-info-refs");
  spec.folder = hub.folder.repo(call.repo->id);
  spec.arguments.push_back(spec.folder.string());
  return spec;
}

/// A running child and our ends of its pipes. Ended when nobody holds it any more; its place is
/// free when it is gone.
class Session {
public:
  Session(Hub& hub, HeldPass place, const ChildSpec& spec)
      : hub_(hub), place_(std::move(place)), child_(start_child(spec)) {}

  ~Session() {
    end_input();
    hub_.watch.forget(child_.output.get());
    child_.output.reset();
    // Gone before its end means that the client is: git removes its own temporary files on SIGTERM.
    if (!output_ended_) ::kill(-child_.id, SIGTERM);
    auto errors = std::make_shared<Child>(std::move(child_));
    hub_.watch.reap(errors->id, kEndPatience,
                    [errors, place = std::move(place_), quiet = !output_ended_](int status) {
                      const std::string said = errors_of(*errors);
                      if (status != 0 && !quiet)
                        log_info("git ended with status {}: {}", status, said);
                      else if (status == 0 && !said.empty())
                        log_warning("git: {}", said);
                    });
  }

  /// Gives bytes to the child; those it cannot take now are waited for. A child that reads no more
  /// swallows everything.
  std::size_t feed(ByteView bytes) {
    std::size_t fed = 0;
    while (fed < bytes.size() && child_.input) {
      const ByteView rest = bytes.subspan(fed);
      const ssize_t sent = ::send(child_.input.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        fed += static_cast<std::size_t>(sent);
      } else if (errno == EAGAIN) {
        return fed;
      } else if (errno != EINTR) {
        end_input();
      }
    }
    return bytes.size();
  }
  void end_input() {
    if (!child_.input) return;
    hub_.watch.forget(child_.input.get());
    child_.input.reset();
  }
  void wait_for_input(const Wake& wake) {
    hub_.watch.once(child_.input.get(), FdWatch::Until::writable, wake);
  }
  void wait_for_output(const Wake& wake) {
    hub_.watch.once(child_.output.get(), FdWatch::Until::readable, wake);
  }
  bool takes_input() const { return static_cast<bool>(child_.input); }

  /// Reads what the child has said; nothing if it has said nothing; 0 at its end.
  std::optional<std::size_t> take(std::span<std::byte> out) {
    while (true) {
      const ssize_t got = ::read(child_.output.get(), out.data(), out.size());
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) {
        output_ended_ = true;
        return 0;
      }
      if (errno == EAGAIN) return std::nullopt;
      if (errno != EINTR) throw system_error(errno, "read from git");
    }
  }

private:
  Hub& hub_;
  HeldPass place_;
  Child child_;
  bool output_ended_ = false;
};

/// The child's stdout as a body, after `prefix`. What the child has not been given yet of a request
/// that lies in memory is fed to it meanwhile, since it may answer before it has read everything.
class SessionStream : public BodyStream {
public:
  SessionStream(std::unique_ptr<Session> session, Bytes prefix, Bytes input)
      : session_(std::move(session)), prefix_(std::move(prefix)), input_(std::move(input)) {}

  Result read(std::span<std::byte> out, const Wake& wake) override {
    if (used_ < prefix_.size()) {
      const std::size_t count = std::min(out.size(), prefix_.size() - used_);
      std::memcpy(out.data(), prefix_.data() + used_, count);
      used_ += count;
      return {Status::data, count};
    }
    feed();
    const auto got = session_->take(out);
    if (got) return *got > 0 ? Result{Status::data, *got} : Result{Status::end, 0};
    session_->wait_for_output(wake);
    if (session_->takes_input()) session_->wait_for_input(wake);
    return {Status::wait, 0};
  }

private:
  void feed() {
    if (!session_->takes_input()) return;
    fed_ += session_->feed(ByteView(input_).subspan(fed_));
    if (fed_ < input_.size()) return;
    session_->end_input();
    input_ = {};
    fed_ = 0;
  }

  std::unique_ptr<Session> session_;
  Bytes prefix_;
  std::size_t used_ = 0;
  Bytes input_;
  std::size_t fed_ = 0;
};

Response result_response(Service service, const Call& call, std::unique_ptr<BodyStream> stream) {
  Response response;
  response.body = std::move(stream);
  response.with("Content-Type", fmt::format("application/x-{}-result", name_of(service)));
  forbid_caching(response);
  if (call.request->is_head) response.body = std::string();
  return response;
}

bool is_gzip(const Request& request) {
  const std::string_view encoding = request.header("Content-Encoding");
  if (encoding.empty() || equal_ignoring_case(encoding, "identity")) return false;
  if (equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip")) return true;
  throw Refused(415, "this content encoding is not understood");
}

void require_media_type(const Request& request, Service service) {
  const std::string_view type = request.header("Content-Type");
  if (type.substr(0, type.find(';')) != fmt::format("application/x-{}-request", name_of(service)))
    throw Refused(415, "this is not a git request");
}

/// A fetch: the request is short and lies in memory before the child starts. It has its place from
/// the beginning, which bounds how many lie there.
class FetchSink : public BodySink {
public:
  FetchSink(std::shared_ptr<Call> call, std::uint64_t limit_bytes)
      : call_(std::move(call)), limit_bytes_(limit_bytes), place_(take_git_place(*call_)) {
    if (is_gzip(*call_->request)) inflater_ = std::make_unique<Inflater>(limit_bytes);
  }

  std::size_t write(ByteView bytes, const Wake&) override {
    if (inflater_) {
      for (std::size_t at = 0; at < bytes.size(); at += kInflatePieceBytes)
        inflater_->inflate(bytes.subspan(at, std::min(kInflatePieceBytes, bytes.size() - at)),
                           body_);
    } else {
      if (bytes.size() > limit_bytes_ - body_.size())
        throw Refused(413, "the fetch request is too large");
      append(body_, bytes);
    }
    return bytes.size();
  }

  std::optional<Response> finish(const Wake&) override {
    if (inflater_) inflater_->finish();
    // Questions about references are no downloads.
    if (as_text(ByteView(body_).first(std::min(body_.size(), kWantsBytes))).find("want ") !=
        std::string_view::npos)
      call_->hub.downloads.note(call_->repo->id, call_->holder());
    auto session = std::make_unique<Session>(call_->hub, std::move(place_),
                                             spec_for(*call_, Service::upload_pack, false));
    return result_response(
        Service::upload_pack, *call_,
        std::make_unique<SessionStream>(std::move(session), Bytes(), std::move(body_)));
  }

private:
  std::shared_ptr<Call> call_;
  std::uint64_t limit_bytes_;
  HeldPass place_;
  std::unique_ptr<Inflater> inflater_;
  Bytes body_;
};

/// A push: the pack goes through to the child as it comes.
class PushSink : public BodySink {
public:
  PushSink(std::shared_ptr<Call> call, std::uint64_t limit_bytes)
      : call_(std::move(call)),
        left_bytes_(limit_bytes),
        session_(std::make_unique<Session>(call_->hub, take_git_place(*call_),
                                           spec_for(*call_, Service::receive_pack, false))) {
    if (is_gzip(*call_->request)) inflater_ = std::make_unique<Inflater>(limit_bytes);
  }

  std::size_t write(ByteView bytes, const Wake& wake) override {
    std::size_t taken = 0;
    while (true) {
      if (!flush(wake)) return taken;
      if (taken == bytes.size()) return taken;
      if (inflater_) {
        const ByteView piece =
            bytes.subspan(taken, std::min(kInflatePieceBytes, bytes.size() - taken));
        inflater_->inflate(piece, pending_);
        taken += piece.size();
      } else {
        const std::size_t fed = session_->feed(bytes.subspan(taken));
        if (fed > left_bytes_) throw Refused(413, "the push is too large");
        left_bytes_ -= fed;
        taken += fed;
        if (taken < bytes.size()) {
          sleep(wake);
          return taken;
        }
      }
    }
  }

  std::optional<Response> finish(const Wake& wake) override {
    if (!flush(wake)) return std::nullopt;
    if (inflater_) inflater_->finish();
    session_->end_input();
    call_->hub.repacker.note(call_->repo->id, kPushObjects);
    return result_response(
        Service::receive_pack, *call_,
        std::make_unique<SessionStream>(std::move(session_), std::move(early_output_), Bytes()));
  }

private:
  /// True if nothing is pending.
  bool flush(const Wake& wake) {
    fed_ += session_->feed(ByteView(pending_).subspan(fed_));
    if (fed_ < pending_.size()) {
      sleep(wake);
      return false;
    }
    pending_.clear();
    fed_ = 0;
    return true;
  }

  /// The child may be waiting for us to listen before it reads on.
  void sleep(const Wake& wake) {
    Bytes piece(65536);
    while (const auto got = session_->take(piece)) {
      if (*got == 0) break;
      append(early_output_, ByteView(piece).first(*got));
      if (early_output_.size() > kEarlyOutputBytes) throw Refused(500, "git says too much");
    }
    session_->wait_for_input(wake);
    session_->wait_for_output(wake);
  }

  std::shared_ptr<Call> call_;
  std::uint64_t left_bytes_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Inflater> inflater_;
  Bytes pending_;
  std::size_t fed_ = 0;
  Bytes early_output_;
};

Bytes service_line(Service service) {
  const std::string line = fmt::format("# service={}\n", name_of(service));
  Bytes out;
  append(out, as_bytes(fmt::format("{:04x}{}0000", line.size() + 4, line)));
  return out;
}

Response info_refs(Call& call) {
  const auto service = parse_service(call.request->parameter("service").value_or(""));
  if (!service) throw Refused(403, "this hub speaks git's smart protocol only");
  if (*service == Service::receive_pack)
    require_may_push(call);
  else
    require_content(call);
  Response response;
  if (call.request->is_head) {
    response.body = std::string();
  } else {
    // git itself writes the service line only before versions 0 and 1.
    const bool is_bare =
        *service == Service::upload_pack && protocol_of(*call.request) == "version=2";
    auto session =
        std::make_unique<Session>(call.hub, take_git_place(call), spec_for(call, *service, true));
    session->end_input();
    response.body = std::make_unique<SessionStream>(
        std::move(session), is_bare ? Bytes() : service_line(*service), Bytes());
  }
  response.with("Content-Type", fmt::format("application/x-{}-advertisement", name_of(*service)));
  forbid_caching(response);
  return response;
}

}  // namespace

HeldPass take_git_place(const Call& call) {
  Gate::Pass pass = call.hub.git_gate.enter(call.holder());
  if (!pass) throw Refused(503, "too many git requests at once; try again in a few seconds");
  return std::make_shared<Gate::Pass>(std::move(pass));
}

GitSetup git_setup(const Hub& hub) {
  return {hub.git_program, hub.options.search_path, hub.folder.home()};
}

void make_git_repo(const GitSetup& setup, const std::filesystem::path& folder) {
  ChildSpec spec;
  spec.arguments = setup.arguments(
      {"init", "--quiet", "--bare", "--template=", "--initial-branch=main", folder.string()});
  spec.environment = setup.environment();
  spec.folder = folder.parent_path();
  const RunResult result = run_to_end(spec, {}, [](std::string_view) {});
  if (result.exit_code != 0)
    throw Error(ErrorKind::io, "git cannot make a repository: {}", result.errors);
}

std::vector<Route> git_routes(const ServeLimits& limits) {
  std::vector<Route> routes;
  Route refs;
  refs.pattern = "/{repo}/info/refs";
  refs.access = Access::repo_read;
  refs.face = Face::git;
  refs.handle = info_refs;
  routes.push_back(refs);

  Route fetch;
  fetch.method = Method::post;
  fetch.pattern = "/{repo}/git-upload-pack";
  fetch.access = Access::repo_content;
  fetch.face = Face::git;
  fetch.receive = [limit = limits.fetch_request_bytes](std::shared_ptr<Call> call) {
    require_media_type(*call->request, Service::upload_pack);
    return std::make_unique<FetchSink>(std::move(call), limit);
  };
  routes.push_back(fetch);

  Route push;
  push.method = Method::post;
  push.pattern = "/{repo}/git-receive-pack";
  push.access = Access::repo_push;
  push.face = Face::git;
  push.receive = [limit = limits.push_bytes](std::shared_ptr<Call> call) {
    require_media_type(*call->request, Service::receive_pack);
    return std::make_unique<PushSink>(std::move(call), limit);
  };
  routes.push_back(push);
  return routes;
}

}  // namespace mhub::serve
