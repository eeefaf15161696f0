#include "git_session.hpp"

#include <algorithm>
#include <cstring>

#include <mhub/base/log.hpp>

#include "pack_head.hpp"

namespace mhub::remote {
namespace {

/// What git itself says about every transfer; other lines (a hook's) are meant for the person.
bool counts_objects(std::string_view line) {
  for (const std::string_view start :
       {"Enumerating objects", "Counting objects", "Compressing objects", "Delta compression",
        "Total ", "Resolving deltas", "Unpacking objects", "Receiving objects",
        "Writing objects"}) {
    if (line.starts_with(start)) return true;
  }
  return false;
}

constexpr std::uint64_t kAdvertisementMaxBytes = 256ull << 20;
/// The hub's words about a push that it refuses as a whole.
constexpr std::size_t kRefusalMaxBytes = 64u << 10;
/// Wants and haves of one round; libgit2 sends a few hundred haves at most.
constexpr std::size_t kNegotiationMaxBytes = 64u << 20;
/// A hub may think long over a large history; its side band usually says something meanwhile.
constexpr std::uint32_t kGitStallLimitMs = 120'000;
/// Some forges serve git only to clients that say they are git.
constexpr const char* kUserAgent = "git/2.0 (mhub)";
constexpr std::string_view kUploadPack = "git-upload-pack";
constexpr std::string_view kReceivePack = "git-receive-pack";

void start_libgit2() {
  static const int count = [] {
    const int started = git_libgit2_init();
    // Packs and refs reach the disk before whatever refers to them.
    if (started > 0) git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    return started;
  }();
  if (count < 0) throw Error(ErrorKind::internal, "libgit2 does not start");
}

std::string content_type_of(std::string_view service, std::string_view what) {
  return fmt::format("application/x-{}-{}", service, what);
}

}  // namespace

GitRepository open_repository(const std::filesystem::path& folder) {
  start_libgit2();
  git_repository* repository = nullptr;
  const int code = git_repository_open(&repository, folder.c_str());
  if (code < 0) {
    throw git_failure(code, fmt::format("open the repository {}", printable(folder.string())));
  }
  return GitRepository(repository);
}

std::string hex_of(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1] = {};
  git_oid_tostr(text, sizeof text, &id);
  return text;
}

git_oid require_oid(const std::string& hex) {
  git_oid id{};
  if (hex.size() != GIT_OID_HEXSZ || git_oid_fromstr(&id, hex.c_str()) < 0) {
    throw Error(ErrorKind::usage, "{} is no git object name", printable(hex));
  }
  return id;
}

Error git_failure(int code, std::string_view doing) {
  const git_error* error = git_error_last();
  const std::string text =
      error && error->message ? printable(error->message) : fmt::format("libgit2 error {}", code);
  ErrorKind kind = ErrorKind::internal;
  switch (error ? error->klass : GIT_ERROR_NONE) {
    case GIT_ERROR_OS:
    case GIT_ERROR_FILESYSTEM:
      kind = ErrorKind::io;
      break;
    case GIT_ERROR_NET:
    case GIT_ERROR_HTTP:
      // What breaks on the way is reported by our own client; this is what the hub said.
      kind = ErrorKind::network;
      break;
    case GIT_ERROR_ODB:
    case GIT_ERROR_INDEXER:
    case GIT_ERROR_OBJECT:
    case GIT_ERROR_ZLIB:
    case GIT_ERROR_SHA:
      kind = ErrorKind::corrupt;
      break;
    default:
      break;
  }
  if (code == GIT_ENOTFOUND) kind = ErrorKind::not_found;
  if (code == GIT_ELOCKED) kind = ErrorKind::busy;
  return Error(kind, "cannot {}: {}", doing, text);
}

StringArray::StringArray(std::vector<std::string>& texts) {
  for (std::string& text : texts) pointers_.push_back(text.data());
  array_ = {pointers_.data(), pointers_.size()};
}

/// What libgit2 calls. Nothing is thrown through it.
struct SessionCallbacks {
  struct Subtransport {
    git_smart_subtransport base;
    GitSession* session;
  };

  struct Stream {
    git_smart_subtransport_stream base;
    GitSession* session;
    git_smart_service_t service;
    std::string text;  ///< of a request being collected
    std::size_t taken_bytes = 0;
    bool answered = false;
    std::optional<net::HttpExchange> exchange;
    PackHead pack_head;
  };

  static Stream& stream_of(git_smart_subtransport_stream* base) {
    return *reinterpret_cast<Stream*>(base);
  }

  static int make_transport(git_transport** out, git_remote* owner, void* session) noexcept {
    git_smart_subtransport_definition definition{make_subtransport, 1, session};
    return git_transport_smart(out, owner, &definition);
  }

  static int make_subtransport(git_smart_subtransport** out, git_transport*,
                               void* session) noexcept {
    auto* made = new (std::nothrow) Subtransport{};
    if (!made) return -1;
    made->base.action = open_stream;
    made->base.close = [](git_smart_subtransport*) { return 0; };
    made->base.free = [](git_smart_subtransport* base) {
      delete reinterpret_cast<Subtransport*>(base);
    };
    made->session = static_cast<GitSession*>(session);
    *out = &made->base;
    return 0;
  }

  static int open_stream(git_smart_subtransport_stream** out, git_smart_subtransport* base,
                         const char*, git_smart_service_t service) noexcept {
    auto* made = new (std::nothrow) Stream{};
    if (!made) return -1;
    made->base.subtransport = base;
    made->base.read = read;
    made->base.write = write;
    made->base.free = [](git_smart_subtransport_stream* stream) { delete &stream_of(stream); };
    made->session = reinterpret_cast<Subtransport*>(base)->session;
    made->service = service;
    *out = &made->base;
    return 0;
  }

  static int read(git_smart_subtransport_stream* base, char* room, std::size_t size,
                  std::size_t* count) noexcept {
    Stream& stream = stream_of(base);
    try {
      *count = read_some(stream, std::as_writable_bytes(std::span(room, size)));
      return 0;
    } catch (...) {
      return fail(*stream.session);
    }
  }

  static std::size_t read_some(Stream& stream, std::span<std::byte> room) {
    GitSession& session = *stream.session;
    const bool advertises =
        stream.service == GIT_SERVICE_UPLOADPACK_LS || stream.service == GIT_SERVICE_RECEIVEPACK_LS;
    if (!advertises) {
      if (!stream.answered) begin_answer(stream);
      const std::size_t count = stream.exchange->read(room);
      stream.pack_head.look_at(room.first(count));
      return count;
    }
    const std::string& text =
        session.read_advertisement(stream.service == GIT_SERVICE_RECEIVEPACK_LS);
    const std::size_t count = std::min(room.size(), text.size() - stream.taken_bytes);
    std::memcpy(room.data(), text.data() + stream.taken_bytes, count);
    stream.taken_bytes += count;
    return count;
  }

  static void begin_answer(Stream& stream) {
    GitSession& session = *stream.session;
    stream.answered = true;
    stream.exchange = session.negotiate(net::Body::of(std::move(stream.text)));
  }

  static int write(git_smart_subtransport_stream* base, const char* data,
                   std::size_t size) noexcept {
    Stream& stream = stream_of(base);
    try {
      if (size > kNegotiationMaxBytes - std::min(kNegotiationMaxBytes, stream.text.size())) {
        throw Error(ErrorKind::internal, "a git negotiation grows beyond {} bytes",
                    kNegotiationMaxBytes);
      }
      stream.text.append(data, size);
      return 0;
    } catch (...) {
      return fail(*stream.session);
    }
  }

  static int fail(GitSession& session) noexcept {
    session.park();
    git_error_set_str(GIT_ERROR_NET, "see the parked exception");
    return GIT_EUSER;
  }

  /// Runs `work`, which may throw; a stop ends the operation.
  template <class Work>
  static int guarded(void* user, Work work) noexcept {
    auto& session = *static_cast<GitSession*>(user);
    try {
      session.hub_.stop().check();
      work(session);
      return 0;
    } catch (...) {
      return fail(session);
    }
  }

  static int on_message(const char* text, int size, void* user) noexcept {
    return guarded(user, [&](GitSession& session) {
      session.take_message({text, static_cast<std::size_t>(std::max(size, 0))});
    });
  }

  static int on_received(const git_indexer_progress* state, void* user) noexcept {
    return guarded(user, [&](GitSession& session) {
      if (state->received_bytes > session.received_bytes_) {
        session.hub_.progress().advance(state->received_bytes - session.received_bytes_);
      }
      session.received_bytes_ = state->received_bytes;
      session.received_objects_ = state->received_objects;
    });
  }
};

GitSession::GitSession(HubConnection& hub, const std::string& url, git_repository* repository)
    : hub_(hub), shown_url_(net::display_url(url)) {
  start_libgit2();
  net::Url parsed = net::require_url(url);
  if (!parsed.user.empty() || !parsed.password.empty()) {
    hub_.credentials().add_from_url(parsed, parsed.user, parsed.password);
  }
  parsed.query.clear();
  parsed.fragment.clear();
  base_url_ = parsed.str();
  while (base_url_.back() == '/') base_url_.pop_back();

  git_remote_create_options options = GIT_REMOTE_CREATE_OPTIONS_INIT;
  options.repository = repository;
  options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  git_remote* remote = nullptr;
  check(git_remote_create_with_opts(&remote, base_url_.c_str(), &options),
        "prepare a git remote for");
  remote_.reset(remote);
}

git_remote_callbacks GitSession::callbacks() {
  git_remote_callbacks calls = GIT_REMOTE_CALLBACKS_INIT;
  calls.payload = this;
  calls.transport = SessionCallbacks::make_transport;
  calls.sideband_progress = SessionCallbacks::on_message;
  calls.transfer_progress = SessionCallbacks::on_received;
  return calls;
}

RemoteRefs GitSession::connect(git_direction direction,
                               std::shared_ptr<const GitAdvertisement> advertised) {
  advertised_ = std::move(advertised);
  git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  options.callbacks = callbacks();
  check(git_remote_connect_ext(remote_.get(), direction, &options), "read the refs of");

  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  check(git_remote_ls(&heads, &count, remote_.get()), "read the refs of");
  RemoteRefs refs;
  refs.advertisement = advertised_;
  for (const git_remote_head* head : std::span(heads, count)) {
    const std::string_view name = head->name;
    constexpr std::string_view kPeeled = "^{}";
    if (name.size() > kPeeled.size() && name.substr(name.size() - kPeeled.size()) == kPeeled) {
      if (!refs.refs.empty() &&
          refs.refs.back().name == name.substr(0, name.size() - kPeeled.size())) {
        refs.refs.back().peeled_id = hex_of(head->oid);
      }
      continue;
    }
    int valid = 0;
    if (git_reference_name_is_valid(&valid, head->name) < 0 || valid == 0) continue;
    if (name != "HEAD" && name.substr(0, 5) != "refs/") continue;
    refs.refs.push_back(
        {std::string(name), hex_of(head->oid), {}, head->symref_target ? head->symref_target : ""});
  }
  return refs;
}

void GitSession::download(std::vector<std::string> refspecs) {
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks = callbacks();
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  const StringArray list(refspecs);
  check(git_remote_download(remote_.get(), list.get(), &options), "fetch from");
}

bool GitSession::hub_can(std::string_view capability) const {
  return capabilities_.find(fmt::format(" {} ", capability)) != std::string::npos;
}

net::HttpExchange GitSession::push(const std::function<void(net::HttpExchange&)>& write_body) {
  net::Request request = make_post(kReceivePack);
  request.retry = net::Retry::never;
  net::HttpExchange exchange = hub_.push(std::move(request), AuthStyle::basic, write_body);
  net::Response response = exchange.head();
  if (!response.ok()) {
    std::byte words[4096];
    while (const std::size_t count = exchange.read(words)) {
      response.body += as_text({words, count});
      if (response.body.size() >= kRefusalMaxBytes) break;
    }
  }
  check_answer(response, kReceivePack, "push to");
  return exchange;
}

net::Request GitSession::make_request(std::string method, std::string url) const {
  net::Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"User-Agent", kUserAgent}};
  request.stall_limit_ms = kGitStallLimitMs;
  request.stop = &hub_.stop();
  request.progress = &hub_.progress();
  return request;
}

const std::string& GitSession::read_advertisement(bool for_push) {
  const bool is_new = capabilities_.empty();
  if (!advertised_) advertised_ = get_advertisement(for_push);
  if (is_new) {
    base_url_ = advertised_->base_url;
    const std::string& text = advertised_->text;
    capabilities_ = " ";
    // They stand behind the NUL of the first ref's line.
    if (const auto nul = text.find('\0'); nul != std::string::npos) {
      const auto end = text.find('\n', nul);
      capabilities_ += text.substr(nul + 1, end - nul - 1) + " ";
    }
  }
  return advertised_->text;
}

std::shared_ptr<const GitAdvertisement> GitSession::get_advertisement(bool for_push) {
  const std::string_view service = for_push ? kReceivePack : kUploadPack;
  const std::string tail = fmt::format("/info/refs?service={}", service);
  net::Request request = make_request("GET", base_url_ + tail);
  request.headers.push_back({"Accept", content_type_of(service, "advertisement")});
  request.max_body_bytes = kAdvertisementMaxBytes;
  net::Response response = hub_.send(std::move(request), AuthStyle::basic);
  require_ok(response, "read the refs of " + shown_url_);
  if (response.content_type() != content_type_of(service, "advertisement")) {
    throw Error(ErrorKind::corrupt, "{} is not a git repository: the answer is of type {}",
                shown_url_, printable(response.content_type()));
  }
  // A repository that moved: what follows goes to the new place at once.
  std::string base_url = base_url_;
  if (response.url.ends_with(tail))
    base_url = response.url.substr(0, response.url.size() - tail.size());
  return std::make_shared<GitAdvertisement>(
      GitAdvertisement{std::move(response.body), std::move(base_url)});
}

net::Request GitSession::make_post(std::string_view service) const {
  net::Request request = make_request("POST", fmt::format("{}/{}", base_url_, service));
  request.headers.push_back({"Content-Type", content_type_of(service, "request")});
  request.headers.push_back({"Accept", content_type_of(service, "result")});
  return request;
}

net::HttpExchange GitSession::negotiate(net::Body body) {
  net::Request request = make_post(kUploadPack);
  request.body = std::move(body);
  // A round of negotiation changes nothing on the hub.
  request.retry = net::Retry::always;
  net::HttpExchange exchange = hub_.open(std::move(request), AuthStyle::basic);
  check_answer(exchange.head(), kUploadPack, "fetch from");
  return exchange;
}

void GitSession::check_answer(const net::Response& response, std::string_view service,
                              std::string_view doing) const {
  require_ok(response, fmt::format("{} {}", doing, shown_url_));
  if (response.content_type() == content_type_of(service, "result")) return;
  throw Error(ErrorKind::corrupt, "cannot {} {}: the answer is of type {}", doing, shown_url_,
              printable(response.content_type()));
}

void GitSession::take_message(std::string_view text) {
  constexpr std::size_t kLineMaxBytes = 1000;
  for (const char c : text) {
    if (c != '\n' && c != '\r') {
      if (message_line_.size() < kLineMaxBytes) message_line_ += c;
      continue;
    }
    if (message_line_.empty()) continue;
    last_message_ = printable(message_line_);
    // A line that ends in CR is a counter on its way.
    if (c == '\n') {
      if (counts_objects(last_message_)) {
        log_info("hub: {}", last_message_);
      } else {
        hub_.progress().note("hub: " + last_message_);
      }
    }
    message_line_.clear();
  }
}

void GitSession::check(int code, std::string_view doing) {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (code >= 0) return;
  hub_.stop().check();
  const git_error* last = git_error_last();
  if (last != nullptr && last->klass == GIT_ERROR_NOMEMORY) {
    throw Error(ErrorKind::corrupt, "cannot {} {}: its answer asks for more memory than there is",
                doing, shown_url_);
  }
  Error error = git_failure(code, fmt::format("{} {}", doing, shown_url_));
  if (!last_message_.empty()) error.add_context("the hub said: " + last_message_);
  throw error;
}

}  // namespace mhub::remote
