#include "http/streams.hpp"

#include <algorithm>
#include <cstring>

#include <mhub/base/log.hpp>

namespace mhub::serve {

namespace {

/// Blocks made ahead of the one being sent.
constexpr std::size_t kBlocksAhead = 2;

class BlockStream : public BodyStream {
public:
  BlockStream(Spawn spawn, std::unique_ptr<BlockSource> source)
      : state_(std::make_shared<State>(std::move(spawn), std::move(source))) {}

  ~BlockStream() override {
    const std::lock_guard guard(state_->mutex);
    state_->abandoned = true;
    state_->ready.clear();
  }

  Result read(std::span<std::byte> out, const Wake& wake) override {
    bool spawn = false;
    Result result{Status::wait, 0};
    {
      const std::lock_guard guard(state_->mutex);
      fill_at_hand(*state_);
      if (!state_->ready.empty()) {
        const Bytes& block = *state_->ready.front();
        const std::size_t count = std::min(out.size(), block.size() - used_);
        std::memcpy(out.data(), block.data() + used_, count);
        used_ += count;
        if (used_ == block.size()) {
          state_->ready.pop_front();
          used_ = 0;
        }
        result = {Status::data, count};
      } else if (state_->failed) {
        result.status = Status::failed;
      } else if (state_->ended) {
        result.status = Status::end;
      } else {
        state_->wake = wake;
      }
      spawn = claim(*state_);
    }
    if (spawn) start_claimed(state_);
    return result;
  }

private:
  struct State {
    State(Spawn s, std::unique_ptr<BlockSource> b) : spawn(std::move(s)), source(std::move(b)) {}
    std::mutex mutex;
    Spawn spawn;
    std::unique_ptr<BlockSource> source;
    std::deque<BlockSource::Block> ready;
    bool running = false;
    bool ended = false;
    bool failed = false;
    bool abandoned = false;
    Wake wake;
  };

  /// Under the lock.
  static bool wants_more(const State& state) {
    return !state.running && !state.ended && !state.failed && !state.abandoned &&
           state.ready.size() < kBlocksAhead;
  }

  /// Under the lock: takes what needs no task.
  static void fill_at_hand(State& state) {
    while (wants_more(state)) {
      auto block = state.source->at_hand();
      if (!block) return;
      state.ready.push_back(std::move(block));
    }
  }

  /// Under the lock: true if a task has to be started, which is then taken to be running.
  static bool claim(State& state) {
    if (!wants_more(state)) return false;
    state.running = true;
    return true;
  }

  static void start_claimed(const std::shared_ptr<State>& state) {
    state->spawn([state] { run(state); });
  }

  static void run(const std::shared_ptr<State>& state) {
    BlockSource::Block block;
    bool failed = false;
    try {
      block = state->source->next();
    } catch (const std::exception& error) {
      log_warning("a download broke off: {}", error.what());
      failed = true;
    }
    Wake wake;
    bool again = false;
    {
      const std::lock_guard guard(state->mutex);
      state->running = false;
      if (failed)
        state->failed = true;
      else if (!block)
        state->ended = true;
      else if (!state->abandoned)
        state->ready.push_back(std::move(block));
      std::swap(wake, state->wake);
      again = claim(*state);
    }
    if (wake) wake();
    if (again) start_claimed(state);
  }

  std::shared_ptr<State> state_;
  std::size_t used_ = 0;  ///< of the first ready block
};

class ConsumerSink : public BodySink {
public:
  ConsumerSink(Spawn spawn, Spawn finish_spawn, std::unique_ptr<BodyConsumer> consumer,
               std::size_t window_bytes)
      : state_(std::make_shared<State>()) {
    state_->spawn = std::move(spawn);
    state_->finish_spawn = std::move(finish_spawn);
    state_->consumer = std::move(consumer);
    state_->window_bytes = window_bytes;
  }

  ~ConsumerSink() override {
    std::shared_ptr<BodyConsumer> unused;
    {
      const std::lock_guard guard(state_->mutex);
      state_->abandoned = true;
      if (!state_->running) unused = std::move(state_->consumer);
    }
    // Discarding half an upload may take a while: not on the event loop.
    if (unused) state_->spawn([unused]() mutable { unused.reset(); });
  }

  std::size_t write(ByteView bytes, const Wake& wake) override {
    bool spawn = false;
    std::size_t taken = 0;
    {
      const std::lock_guard guard(state_->mutex);
      if (state_->failure) std::rethrow_exception(state_->failure);
      const std::size_t room =
          state_->window_bytes - std::min(state_->window_bytes, state_->pending.size());
      taken = std::min(room, bytes.size());
      append(state_->pending, bytes.first(taken));
      if (taken < bytes.size()) state_->wake = wake;
      // A full task's worth at a time, so that small reads do not become small tasks.
      if (state_->pending.size() >= state_->window_bytes / 4) spawn = claim(*state_);
    }
    if (spawn) start(state_);
    return taken;
  }

  std::optional<Response> finish(const Wake& wake) override {
    bool spawn = false;
    {
      const std::lock_guard guard(state_->mutex);
      if (state_->failure) std::rethrow_exception(state_->failure);
      if (state_->response) return std::move(state_->response);
      state_->at_end = true;
      state_->wake = wake;
      spawn = claim(*state_);
    }
    if (spawn) start(state_);
    return std::nullopt;
  }

private:
  struct State {
    std::mutex mutex;
    Spawn spawn;
    Spawn finish_spawn;
    std::unique_ptr<BodyConsumer> consumer;
    std::size_t window_bytes = 0;
    Bytes pending;
    bool running = false;
    bool at_end = false;
    bool abandoned = false;
    bool finished = false;
    std::exception_ptr failure;
    std::optional<Response> response;
    Wake wake;
  };

  static bool claim(State& state) {
    if (state.running || state.finished || state.failure || state.abandoned) return false;
    if (state.pending.empty() && !state.at_end) return false;
    state.running = true;
    return true;
  }

  static void start(const std::shared_ptr<State>& state) {
    bool last = false;
    {
      const std::lock_guard guard(state->mutex);
      last = state->at_end && state->pending.empty();
    }
    if (last)
      state->finish_spawn([state] { run(state); });
    else
      state->spawn([state] { run(state); });
  }

  static void run(const std::shared_ptr<State>& state) {
    Bytes bytes;
    bool last = false;
    {
      const std::lock_guard guard(state->mutex);
      bytes.swap(state->pending);
      last = state->at_end && bytes.empty();
    }
    std::exception_ptr failure;
    std::optional<Response> response;
    Wake room;
    try {
      if (last) {
        response = state->consumer->finish();
      } else {
        state->consumer->consume(bytes);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    bool again = false;
    std::unique_ptr<BodyConsumer> unused;
    {
      const std::lock_guard guard(state->mutex);
      state->running = false;
      state->failure = failure;
      if (response) {
        state->finished = true;
        state->response = std::move(response);
      }
      if (state->abandoned || failure || state->finished) unused = std::move(state->consumer);
      const bool answered = failure || state->finished;
      if (answered || !state->at_end) std::swap(room, state->wake);
      again = claim(*state);
    }
    unused.reset();
    if (room) room();
    if (again) start(state);
  }

  std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<BodyStream> stream_blocks(Spawn spawn, std::unique_ptr<BlockSource> source) {
  return std::make_unique<BlockStream>(std::move(spawn), std::move(source));
}

std::unique_ptr<BodySink> sink_to_consumer(Spawn spawn, Spawn finish_spawn,
                                           std::unique_ptr<BodyConsumer> consumer,
                                           std::size_t window_bytes) {
  return std::make_unique<ConsumerSink>(std::move(spawn), std::move(finish_spawn),
                                        std::move(consumer), window_bytes);
}

LineStream::LineStream() : writer_(std::make_shared<Writer>()) {}

LineStream::~LineStream() {
  const std::lock_guard guard(writer_->mutex_);
  writer_->abandoned_ = true;
  writer_->wake_ = nullptr;
}

BodyStream::Result LineStream::read(std::span<std::byte> out, const Wake& wake) {
  const std::lock_guard guard(writer_->mutex_);
  if (!writer_->pending_.empty()) {
    const std::size_t count = std::min(out.size(), writer_->pending_.size());
    std::memcpy(out.data(), writer_->pending_.data(), count);
    writer_->pending_.erase(0, count);
    return {Status::data, count};
  }
  if (writer_->closed_) return {Status::end, 0};
  writer_->wake_ = wake;
  return {Status::wait, 0};
}

void LineStream::Writer::write(std::string_view line) {
  Wake wake;
  {
    const std::lock_guard guard(mutex_);
    if (abandoned_) return;
    pending_ += line;
    std::swap(wake, wake_);
  }
  if (wake) wake();
}

void LineStream::Writer::close() {
  Wake wake;
  {
    const std::lock_guard guard(mutex_);
    closed_ = true;
    std::swap(wake, wake_);
  }
  if (wake) wake();
}

bool LineStream::Writer::is_wanted() const {
  const std::lock_guard guard(mutex_);
  return !abandoned_;
}

}  // namespace mhub::serve
