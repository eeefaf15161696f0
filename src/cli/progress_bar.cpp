#include "progress_bar.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>

namespace mhub::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Notes wait for the drawing thread; more than this many at once are of no use to anybody.
constexpr std::size_t kNotesMax = 100;
// A pipe that poll() calls writable takes this much without blocking (PIPE_BUF on Linux).
constexpr std::size_t kWriteMaxBytes = 4096;
constexpr unsigned kColumnsWithoutTerminal = 80;
constexpr unsigned kBarCells = 24;

std::string rate_text(std::uint64_t done_bytes, double seconds) {
  if (seconds <= 0) return "";
  return human_bytes(static_cast<std::uint64_t>(static_cast<double>(done_bytes) / seconds)) + "/s";
}

unsigned percent_of(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return 0;
  return static_cast<unsigned>(
      std::min(100.0, 100.0 * static_cast<double>(done) / static_cast<double>(total)));
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 359'999.0));
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

unsigned columns_of(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsWithoutTerminal;
  return size.ws_col;
}

class DrawnProgress final : public Progress {
public:
  explicit DrawnProgress(const ProgressOptions& options)
      : options_(options), thread_([this] { run(); }) {}

  ~DrawnProgress() override {
    {
      const std::lock_guard guard(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void phase(std::string_view name, std::uint64_t total_bytes) override {
    const std::lock_guard guard(mutex_);
    end_phase();
    phase_ = printable(name);
    started_ = last_line_ = Clock::now();
    done_bytes_.store(0, std::memory_order_relaxed);
    total_bytes_.store(total_bytes, std::memory_order_relaxed);
  }

  void grow(std::uint64_t more_bytes) override {
    total_bytes_.fetch_add(more_bytes, std::memory_order_relaxed);
  }

  void advance(std::uint64_t done_bytes) override {
    done_bytes_.fetch_add(done_bytes, std::memory_order_relaxed);
  }

  void note(std::string_view line) override {
    const std::lock_guard guard(mutex_);
    add_line(fmt::format("mhub: {}", printable(line)));
    wake_.notify_all();
  }

private:
  void add_line(std::string line) {
    if (lines_.size() < kNotesMax) lines_.push_back(std::move(line) + "\n");
  }

  double phase_seconds() const {
    return std::chrono::duration<double>(Clock::now() - started_).count();
  }

  // Says how a phase ended that took long enough for somebody to have waited for it. The lock is
  // held.
  void end_phase() {
    if (phase_.empty()) return;
    const double seconds = phase_seconds();
    const std::uint64_t done = done_bytes_.load(std::memory_order_relaxed);
    const double worth_saying_s =
        options_.style == ProgressStyle::bar ? 2.0 : options_.line_every_ms / 1000.0;
    if (options_.style != ProgressStyle::notes && done > 0 && seconds >= worth_saying_s) {
      add_line(fmt::format("{}: {} in {}, {}", phase_, human_bytes(done), clock_text(seconds),
                           rate_text(done, seconds)));
    }
    phase_.clear();
  }

  bool writable() const {
    pollfd entry{options_.descriptor, POLLOUT, 0};
    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLOUT) != 0;
  }

  // False if the other side takes nothing now.
  bool write_now(std::string_view text) const {
    if (text.empty()) return true;
    if (!writable()) return false;
    text = text.substr(0, kWriteMaxBytes);
    return ::write(options_.descriptor, text.data(), text.size()) >= 0;
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!ending_) {
        // notify comes with notes; phases and counts are seen at the next redraw.
        wake_.wait_for(lock, std::chrono::milliseconds(options_.redraw_ms),
                       [&] { return ending_ || !lines_.empty(); });
      }
      const bool last = ending_;
      if (last) end_phase();
      const std::string text = compose(last);
      lock.unlock();
      write_now(text);
      lock.lock();
      if (last) return;
    }
  }

  // Everything to be written now. The lock is held.
  std::string compose(bool last) {
    std::string text;
    const bool bar = options_.style == ProgressStyle::bar;
    const bool work = !phase_.empty();
    if (bar && bar_shown_ && (!lines_.empty() || !work || last)) {
      text += "\r\x1b[K";
      bar_shown_ = false;
    }
    while (!lines_.empty() && text.size() + lines_.front().size() < kWriteMaxBytes / 2) {
      text += lines_.front();
      lines_.pop_front();
    }
    if (!lines_.empty() && text.empty()) lines_.pop_front();  // one longer than may be written
    if (!work || last) return text;

    const std::uint64_t done = done_bytes_.load(std::memory_order_relaxed);
    const std::uint64_t total = total_bytes_.load(std::memory_order_relaxed);
    if (bar) {
      text += "\r" +
              draw_bar(phase_, done, total, phase_seconds(), columns_of(options_.descriptor) - 1) +
              "\x1b[K";
      bar_shown_ = true;
    } else if (options_.style == ProgressStyle::lines) {
      const auto now = Clock::now();
      if (now - last_line_ >= std::chrono::milliseconds(options_.line_every_ms)) {
        last_line_ = now;
        text += progress_line(phase_, done, total, phase_seconds()) + "\n";
      }
    }
    return text;
  }

  const ProgressOptions options_;
  std::atomic<std::uint64_t> done_bytes_{0};
  std::atomic<std::uint64_t> total_bytes_{0};
  std::mutex mutex_;  // of all below
  std::condition_variable wake_;
  std::string phase_;  // empty: none
  Clock::time_point started_{};
  Clock::time_point last_line_{};
  std::deque<std::string> lines_;
  bool bar_shown_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: starts when everything above is there
};

}  // namespace

LastingProgress::LastingProgress(std::function<std::unique_ptr<Progress>()> make)
    : make_(std::move(make)) {}

void LastingProgress::phase(std::string_view name, std::uint64_t total_bytes) {
  const std::lock_guard guard(mutex_);
  if (!drawn_) drawn_ = make_();
  drawn_->phase(name, total_bytes);
}

void LastingProgress::grow(std::uint64_t more_bytes) {
  const std::lock_guard guard(mutex_);
  if (drawn_) drawn_->grow(more_bytes);
}

void LastingProgress::advance(std::uint64_t done_bytes) {
  const std::lock_guard guard(mutex_);
  if (drawn_) drawn_->advance(done_bytes);
}

void LastingProgress::note(std::string_view line) {
  const std::lock_guard guard(mutex_);
  if (!drawn_) drawn_ = make_();
  drawn_->note(line);
}

void LastingProgress::end() {
  const std::lock_guard guard(mutex_);
  drawn_.reset();
}

std::string draw_bar(std::string_view phase, std::uint64_t done_bytes, std::uint64_t total_bytes,
                     double seconds, unsigned columns) {
  std::string head = fmt::format("{:<12}", phase);
  std::string tail;
  if (total_bytes > 0) {
    head += fmt::format(" {:>3} % ", percent_of(done_bytes, total_bytes));
    tail = fmt::format("{} of {}", human_bytes(done_bytes), human_bytes(total_bytes));
  } else {
    tail = done_bytes > 0 ? human_bytes(done_bytes) : "";
  }
  // Rates and times of the first moments mislead.
  if (seconds >= 0.5 && done_bytes > 0) {
    tail += ", " + rate_text(done_bytes, seconds);
    if (total_bytes > done_bytes) {
      const double left =
          static_cast<double>(total_bytes - done_bytes) * seconds / static_cast<double>(done_bytes);
      tail += fmt::format(", {} left", clock_text(left));
    }
  }
  std::string bar;
  if (total_bytes > 0 && head.size() + tail.size() + kBarCells + 3 <= columns) {
    const unsigned filled = percent_of(done_bytes, total_bytes) * kBarCells / 100;
    bar = fmt::format("[{}{}] ", std::string(filled, '#'), std::string(kBarCells - filled, ' '));
  }
  std::string line = head + bar + tail;
  if (line.size() > columns) line.resize(columns);
  return line;
}

std::string progress_line(std::string_view phase, std::uint64_t done_bytes,
                          std::uint64_t total_bytes, double seconds) {
  std::string line(phase);
  if (total_bytes > 0) {
    line += fmt::format(": {} %, {} of {}", percent_of(done_bytes, total_bytes),
                        human_bytes(done_bytes), human_bytes(total_bytes));
  } else if (done_bytes > 0) {
    line += fmt::format(": {}", human_bytes(done_bytes));
  } else {
    return fmt::format("{}: {} so far", line, clock_text(seconds));
  }
  if (done_bytes > 0) line += fmt::format(", {}", rate_text(done_bytes, seconds));
  return line;
}

std::unique_ptr<Progress> make_progress(const ProgressOptions& options) {
  return std::make_unique<DrawnProgress>(options);
}

}  // namespace mhub::cli
