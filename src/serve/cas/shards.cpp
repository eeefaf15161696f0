#include <mhub/base/log.hpp>
#include <mhub/wire/cas_answers.hpp>
#include <mhub/xet/shard.hpp>

#include "cas/cas_face.hpp"
#include "cas/shard_registration.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// Clients split at 64 MiB; a footer and lookup tables may follow.
constexpr std::uint64_t kShardBodyAtMost = xet::kShardMaxBytes + (std::uint64_t{1} << 20);
/// Shards lie in memory as a whole: above this one takes a place among all large bodies, and above
/// that one of few places.
constexpr std::uint64_t kSmallShardBytes = 256 << 10;
constexpr std::uint64_t kLargeShardBytes = 4 << 20;
/// Progress lines are repeated at least this often, so that no proxy takes the answer for dead.
constexpr std::chrono::seconds kRepeatProgress{15};

/// Gathers a shard, then passes it on.
class ShardConsumer : public BodyConsumer {
public:
  using Use = std::function<Response(const std::shared_ptr<Call>&)>;
  ShardConsumer(std::shared_ptr<Call> call, Use use)
      : call_(std::move(call)), use_(std::move(use)) {}

  void consume(ByteView bytes) override {
    if (bytes.size() > kShardBodyAtMost - call_->body.size())
      throw Refused(413, "the shard is too large");
    call_->body.append(as_text(bytes));
  }
  Response finish() override { return use_(call_); }

private:
  std::shared_ptr<Call> call_;
  Use use_;
};

/// `use` runs where `use_spawn` says.
std::unique_ptr<BodySink> receive_shard(std::shared_ptr<Call> call, Spawn use_spawn,
                                        ShardConsumer::Use use) {
  const auto length = call->request->content_length();
  if (length && *length > kShardBodyAtMost) throw Refused(413, "the shard is too large");
  Hub& hub = call->hub;
  const auto make = [call, use_spawn = std::move(use_spawn), use = std::move(use),
                     &hub](HeldPass pass) {
    call->held = std::move(pass);
    return sink_to_consumer(hub.worker_spawn(), use_spawn,
                            std::make_unique<ShardConsumer>(call, use), 256 << 10);
  };
  if (length && *length <= kSmallShardBytes) return make(nullptr);
  return gated(length && *length <= kLargeShardBytes ? hub.body_gate : hub.large_shard_gate,
               call->holder(), make);
}

/// Checks the shard, and keeps of it what registration needs: others may be received meanwhile.
xet::Shard take_shard(const std::shared_ptr<Call>& call) {
  xet::Shard shard = check_shard(*call, as_bytes(call->body));
  call->body = {};
  shard.xorbs = {};
  for (xet::ShardFile& file : shard.files) file.range_hashes = {};
  call->held = nullptr;
  return shard;
}

Response answer_v1(const std::shared_ptr<Call>& call) {
  const xet::Shard shard = take_shard(call);
  const bool is_new = register_shard(*call, shard, [](std::uint64_t, std::uint64_t) {});
  return json_response(200, wire::shard_upload_answer_json(is_new));
}

/// Repeats the last line while registration is silent or waits for its turn.
void keep_alive(Hub& hub, std::shared_ptr<LineStream::Writer> writer,
                std::shared_ptr<Synchronized<std::string>> last) {
  hub.watch.later(kRepeatProgress, [&hub, writer = std::move(writer), last = std::move(last)] {
    const std::string line = last->with([](const std::string& text) { return text; });
    if (line.empty() || !writer->is_wanted()) return;
    writer->write(line);
    keep_alive(hub, writer, last);
  });
}

void register_with_progress(const std::shared_ptr<Call>& call, const xet::Shard& shard,
                            LineStream::Writer& writer, Synchronized<std::string>& last) {
  using Kind = wire::ShardProgress::Kind;
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kTellEvery{500};
  const auto say = [&](const wire::ShardProgress& progress) {
    const std::string line = wire::to_line(progress);
    last.with([&](std::string& text) { text = progress.is_final() ? "" : line; });
    writer.write(line);
  };
  wire::ShardProgress end;
  end.kind = Kind::result;
  try {
    Clock::time_point told{};
    register_shard(*call, shard, [&](std::uint64_t verified, std::uint64_t total) {
      if (!writer.is_wanted()) throw Error(ErrorKind::interrupted, "the client is gone");
      const auto now = Clock::now();
      if (now - told < kTellEvery) return;
      told = now;
      wire::ShardProgress progress;
      progress.kind = Kind::validating;
      progress.verified = verified;
      progress.total = total;
      say(progress);
    });
    wire::ShardProgress stage;
    stage.kind = Kind::committing;
    stage.stage = "syncing";
    say(stage);
  } catch (const Error& error) {
    const int status = status_for(error);
    end.kind = Kind::error;
    end.message = status < 500 ? error.message() : "internal error";
    end.retryable = status >= 500;
    if (status >= 500) log_warning("a shard was not registered: {}", error.what());
  } catch (const std::exception& error) {
    end.kind = Kind::error;
    end.message = "internal error";
    end.retryable = true;
    log_warning("a shard was not registered: {}", error.what());
  }
  say(end);
  writer.close();
}

Response answer_v2(const std::shared_ptr<Call>& call) {
  auto shard = std::make_shared<xet::Shard>(take_shard(call));
  auto stream = std::make_unique<LineStream>();
  auto writer = stream->writer();
  wire::ShardProgress start;
  start.kind = wire::ShardProgress::Kind::validating;
  auto last = std::make_shared<Synchronized<std::string>>(wire::to_line(start));
  writer->write(wire::to_line(start));
  keep_alive(call->hub, writer, last);
  call->hub.verifier_spawn()(
      [call, shard, writer, last] { register_with_progress(call, *shard, *writer, *last); });
  Response response;
  response.body = std::move(stream);
  response.with("Content-Type", "application/x-ndjson").with("Cache-Control", "no-cache");
  return response;
}

Response answer_announcement(const std::shared_ptr<Call>& call) {
  announce_shard(*call, as_bytes(call->body));
  return json_response(202, "{}");
}

}  // namespace

std::vector<Route> shard_routes() {
  Route v1;
  v1.method = Method::post;
  v1.pattern = "/v1/shards";
  v1.access = Access::cas_write;
  v1.receive = [](std::shared_ptr<Call> call) {
    Spawn spawn = call->hub.verifier_spawn();
    return receive_shard(std::move(call), std::move(spawn), answer_v1);
  };
  Route v2 = v1;
  v2.pattern = "/v2/shards";
  // Not behind the registrations of others: the client waits for the first line.
  v2.receive = [](std::shared_ptr<Call> call) {
    Spawn spawn = call->hub.slow_spawn();
    return receive_shard(std::move(call), std::move(spawn), answer_v2);
  };
  Route announcement = v1;
  announcement.pattern = "/v1/shards/announcement";
  announcement.receive = [](std::shared_ptr<Call> call) {
    Spawn spawn = call->hub.slow_spawn();
    return receive_shard(std::move(call), std::move(spawn), answer_announcement);
  };
  return {v1, v2, announcement};
}

}  // namespace mhub::serve
