#pragma once
// Bodies whose bytes are made or used by code that may block. The event loop never waits for such
// code: it runs in small tasks on a pool, and only while the client keeps up, so that a thousand
// slow clients cost a buffer each and no thread.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "http/message.hpp"

namespace mhub::serve {

/// Runs a task soon, elsewhere; never blocks.
using Spawn = std::function<void(std::function<void()>)>;

/// Makes a body block by block. Used by one task at a time; may block; destroyed where it was last
/// used.
class BlockSource {
public:
  using Block = std::shared_ptr<const Bytes>;
  virtual ~BlockSource() = default;
  /// The next bytes, some at least; null at the end. May throw, which cuts the connection, so that
  /// the client sees a short body.
  virtual Block next() = 0;
  /// What next() would give, where that takes no waiting and no work; null otherwise. Runs on the
  /// event loop, and never beside next().
  virtual Block at_hand() { return nullptr; }
};
std::unique_ptr<BodyStream> stream_blocks(Spawn spawn, std::unique_ptr<BlockSource> source);

/// Uses a body piece by piece. Used by one task at a time; may block.
class BodyConsumer {
public:
  virtual ~BodyConsumer() = default;
  /// May throw Refused (or any Error) to end the request with that answer.
  virtual void consume(ByteView bytes) = 0;
  virtual Response finish() = 0;
};
/// Gathers up to `window_bytes` ahead of the consumer. `finish_spawn` runs finish(), which may take
/// long.
std::unique_ptr<BodySink> sink_to_consumer(Spawn spawn, Spawn finish_spawn,
                                           std::unique_ptr<BodyConsumer> consumer,
                                           std::size_t window_bytes);

/// A body of text lines that another thread writes as it gets on, such as progress.
class LineStream : public BodyStream {
public:
  LineStream();
  ~LineStream() override;
  Result read(std::span<std::byte> out, const Wake& wake) override;

  /// The writing end; outlives the stream if need be. Threads may share it.
  class Writer {
  public:
    void write(std::string_view line);
    void close();
    /// False once the client is gone.
    bool is_wanted() const;

  private:
    friend class LineStream;
    mutable std::mutex mutex_;
    std::string pending_;
    bool closed_ = false;
    bool abandoned_ = false;
    Wake wake_;
  };
  std::shared_ptr<Writer> writer() { return writer_; }

private:
  std::shared_ptr<Writer> writer_;
};

}  // namespace mhub::serve
