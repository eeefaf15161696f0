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
/// Above this a shard waits for one of few places, since all of it lies in memory.
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

std::unique_ptr<BodySink> receive_shard(std::shared_ptr<Call> call, ShardConsumer::Use use) {
  const auto length = call->request->content_length();
  if (length && *length > kShardBodyAtMost) throw Refused(413, "the shard is too large");
  const bool is_small = length && *length <= kLargeShardBytes;
  Hub& hub = call->hub;
  const auto make = [call, use = std::move(use), &hub](HeldPass pass) {
    call->held = std::move(pass);
    return sink_to_consumer(hub.worker_spawn(), hub.verifier_spawn(),
                            std::make_unique<ShardConsumer>(call, use), 1 << 20);
  };
  return is_small ? make(nullptr) : gated(hub.large_shard_gate, call->holder(), make);
}

Response answer_v1(const std::shared_ptr<Call>& call) {
  const xet::Shard shard = check_shard(*call, as_bytes(call->body));
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
  auto shard = std::make_shared<xet::Shard>(check_shard(*call, as_bytes(call->body)));
  call->body = {};
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

}  // namespace

std::vector<Route> shard_routes() {
  Route v1;
  v1.method = Method::post;
  v1.pattern = "/v1/shards";
  v1.access = Access::cas_write;
  v1.receive = [](std::shared_ptr<Call> call) { return receive_shard(std::move(call), answer_v1); };
  Route v2 = v1;
  v2.pattern = "/v2/shards";
  v2.receive = [](std::shared_ptr<Call> call) { return receive_shard(std::move(call), answer_v2); };
  return {v1, v2};
}

}  // namespace mhub::serve
