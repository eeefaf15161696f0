#include "caller_side.hpp"

#include <algorithm>
#include <charconv>

#include <mhub/net/url.hpp>

namespace mhub::net {
namespace {

constexpr auto kStopPoll = std::chrono::milliseconds(100);
constexpr std::size_t kFeedBytes = 256 * 1024;

bool parse_number(std::string_view text, std::uint64_t& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

/// "bytes 5-9/10", "bytes 5-9/*" (RFC 9110, section 14.4). Leaves `response` alone on anything
/// else.
void read_content_range(Response& response) {
  const std::string* text = response.header("Content-Range");
  if (!text || text->substr(0, 6) != "bytes ") return;
  const std::string_view rest = std::string_view(*text).substr(6);
  const auto dash = rest.find('-');
  const auto slash = rest.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (!parse_number(rest.substr(0, dash), first) ||
      !parse_number(rest.substr(dash + 1, slash - dash - 1), last) || last < first) {
    return;
  }
  response.range_first = first;
  std::uint64_t length = 0;
  if (parse_number(rest.substr(slash + 1), length)) response.complete_length = length;
}

}  // namespace

CallerSide::CallerSide(TransferLoop& loop, TransferPlan plan, const StopToken* stop,
                       std::unique_ptr<BodySource> source)
    : loop_(loop),
      transfer_(std::make_shared<Transfer>(std::move(plan))),
      stop_(stop ? *stop : never_stopped()),
      source_(std::move(source)) {
  stop_.check();
  // A small body is complete before the loop sees it.
  while (source_ && has_room()) feed();
  loop_.submit(transfer_);
}

CallerSide::~CallerSide() {
  bool done = false;
  {
    const std::lock_guard guard(transfer_->mutex);
    done = transfer_->done;
  }
  if (done) return;
  try {
    loop_.cancel(transfer_);
  } catch (...) {
    // Out of memory; the loop ends it by its stall limit.
  }
}

bool CallerSide::has_room() const {
  return transfer_->outgoing.size() - transfer_->outgoing_taken_bytes <=
         kTransferBufferBytes - kFeedBytes;
}

template <class Ready>
void CallerSide::wait(Ready ready, std::optional<std::chrono::steady_clock::time_point> deadline) {
  for (;;) {
    stop_.check();
    {
      std::unique_lock lock(transfer_->mutex);
      if (transfer_->done || ready()) return;
      if (deadline && std::chrono::steady_clock::now() >= *deadline) return;
      if (!source_ || !has_room()) {
        transfer_->caller_waits = true;
        transfer_->changed.wait_for(lock, kStopPoll);
        transfer_->caller_waits = false;
        continue;
      }
    }
    feed();
  }
}

void CallerSide::feed() {
  scratch_.resize(kFeedBytes);
  std::span<std::byte> room(scratch_);
  const auto size_bytes = transfer_->plan.body_size_bytes;
  if (size_bytes) {
    room = room.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), *size_bytes - fed_bytes_)));
  }
  const std::size_t count = room.empty() ? 0 : source_->read(room);
  fed_bytes_ += count;
  const bool finished = count == 0 || (size_bytes && fed_bytes_ == *size_bytes);
  if (finished && size_bytes && fed_bytes_ != *size_bytes) {
    throw Error(ErrorKind::io, "an upload ended after {} of {} bytes", fed_bytes_, *size_bytes);
  }
  if (finished) source_.reset();
  hand_over(room.first(count), finished);
}

void CallerSide::hand_over(ByteView bytes, bool finished) {
  bool resume = false;
  {
    const std::lock_guard guard(transfer_->mutex);
    Transfer& transfer = *transfer_;
    if (transfer.outgoing_taken_bytes > 0) {
      transfer.outgoing.erase(
          transfer.outgoing.begin(),
          transfer.outgoing.begin() + static_cast<std::ptrdiff_t>(transfer.outgoing_taken_bytes));
      transfer.outgoing_taken_bytes = 0;
    }
    append(transfer.outgoing, bytes);
    transfer.outgoing_finished = finished;
    resume = transfer.send_paused && !transfer.done;
    transfer.send_paused = false;
  }
  if (resume) loop_.resume(transfer_);
}

bool CallerSide::wait_head() {
  wait([this] { return transfer_->head_complete; });
  const std::lock_guard guard(transfer_->mutex);
  // A head whose transfer failed afterwards still counts; next() will tell.
  return transfer_->head_complete;
}

Response CallerSide::head() {
  Response response;
  response.url = transfer_->plan.url;
  {
    const std::lock_guard guard(transfer_->mutex);
    response.status = transfer_->status;
    response.headers = transfer_->headers;
  }
  read_content_range(response);
  return response;
}

bool CallerSide::next(Bytes& out, std::optional<std::chrono::steady_clock::time_point> deadline) {
  out.clear();
  wait([this] { return !transfer_->incoming.empty(); }, deadline);
  bool resume = false;
  {
    const std::lock_guard guard(transfer_->mutex);
    std::swap(out, transfer_->incoming);
    resume = transfer_->receive_paused && !transfer_->done;
    transfer_->receive_paused = false;
  }
  if (resume) loop_.resume(transfer_);
  return !out.empty();
}

bool CallerSide::push(ByteView bytes) {
  while (!bytes.empty()) {
    wait([this] { return has_room(); });
    {
      const std::lock_guard guard(transfer_->mutex);
      if (transfer_->done) return false;
    }
    const ByteView part = bytes.first(std::min(bytes.size(), kFeedBytes));
    hand_over(part, false);
    bytes = bytes.subspan(part.size());
  }
  return true;
}

void CallerSide::finish_push() {
  hand_over({}, true);
}

Ending CallerSide::ending() {
  const std::lock_guard guard(transfer_->mutex);
  return transfer_->ending;
}

Failure CallerSide::failure() {
  const std::lock_guard guard(transfer_->mutex);
  return {transfer_->ending, transfer_->request_sent, transfer_->connection_reused,
          transfer_->peer_spoke};
}

Error CallerSide::transport_error() {
  const auto url = parse_url(transfer_->plan.url);
  const std::string host = printable(url ? url->host_and_port() : "the host");
  const std::lock_guard guard(transfer_->mutex);
  const std::string detail = printable(transfer_->detail);
  switch (transfer_->ending) {
    case Ending::no_host:
      return Error(ErrorKind::network, "cannot find the host {}: {}", host, detail);
    case Ending::no_connect:
      return Error(ErrorKind::network, "cannot connect to {}: {}", host, detail);
    case Ending::not_trusted:
      return Error(ErrorKind::network, "no trusted connection to {}: {}", host, detail)
          .hint("http.sslCAInfo names a file with the certificates to trust");
    case Ending::stalled:
      return Error(ErrorKind::network, "{} neither sent nor took a byte for {} s", host,
                   transfer_->plan.stall_limit_ms / 1000.0);
    case Ending::nonsense:
      return Error(ErrorKind::corrupt, "the answer of {} is not sound HTTP: {}", host, detail);
    case Ending::bad_setting:
      return Error(ErrorKind::config, "cannot make a request to {}: {}", host, detail);
    case Ending::cancelled:
      return Error(ErrorKind::interrupted, "the request to {} was given up", host);
    case Ending::complete:
    case Ending::broken:
      break;
  }
  return Error(ErrorKind::network, "the connection to {} broke: {}", host, detail);
}

}  // namespace mhub::net
