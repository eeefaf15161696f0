#include <array>
#include <chrono>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "progress_bar.hpp"
#include "support/catch.hpp"

using namespace mhub;
using namespace mhub::cli;
using Catch::Matchers::Contains;

namespace {

struct Pipe {
  Pipe() { REQUIRE(pipe(ends.data()) == 0); }
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  std::string read_all() const {
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
      const auto count = read(ends[0], buffer.data(), buffer.size());
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  std::array<int, 2> ends{};
};

ProgressOptions quick(ProgressStyle style, const Pipe& pipe) {
  ProgressOptions options;
  options.style = style;
  options.descriptor = pipe.ends[1];
  options.redraw_ms = 5;
  return options;
}

void work_a_little(Progress& progress) {
  progress.phase("uploading", 1000);
  progress.advance(400);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  progress.advance(600);
}

}  // namespace

TEST_CASE("a bar shows share, amounts, rate and the time left, and fits", "[cli][progress]") {
  const std::uint64_t gib = std::uint64_t{1} << 30;
  const std::string line = draw_bar("uploading", gib, 4 * gib, 10, 100);
  CHECK_THAT(line, Contains("uploading") && Contains(" 25 % ") && Contains("[######  ") &&
                       Contains("1.00 GiB of 4.00 GiB") && Contains("102 MiB/s") &&
                       Contains("0:30 left"));
  for (unsigned columns = 0; columns < 120; ++columns) {
    CHECK(draw_bar("uploading", gib, 4 * gib, 10, columns).size() <= columns);
  }
}

TEST_CASE("a bar of unknown length or one that overshoots stays sensible", "[cli][progress]") {
  CHECK_THAT(draw_bar("reading", 2048, 0, 1, 80), Contains("2.00 KiB") && !Contains("%"));
  CHECK_THAT(draw_bar("reading", 20, 10, 1, 80), Contains("100 %") && !Contains("left"));
  CHECK_THAT(draw_bar("reading", 0, 10, 0, 80), Contains("  0 %") && !Contains("/s"));
}

TEST_CASE("lines come now and then and say the same in words", "[cli][progress]") {
  const Pipe pipe;
  {
    ProgressOptions options = quick(ProgressStyle::lines, pipe);
    options.line_every_ms = 20;
    const auto progress = make_progress(options);
    work_a_little(*progress);
  }
  const std::string text = pipe.read_all();
  CHECK_THAT(text, Contains("uploading: 40 %, 400 B of 1000 B"));
  CHECK_THAT(text, !Contains("\r") && !Contains("\x1b"));
}

TEST_CASE("short work off a terminal says nothing", "[cli][progress]") {
  const Pipe pipe;
  {
    const auto progress = make_progress(quick(ProgressStyle::lines, pipe));
    work_a_little(*progress);
  }
  CHECK(pipe.read_all().empty());
}

TEST_CASE("notes are shown, also those just before the end", "[cli][progress]") {
  const Pipe pipe;
  {
    const auto progress = make_progress(quick(ProgressStyle::notes, pipe));
    work_a_little(*progress);
    progress->note("retrying in 4 s: \x1bhub.example did not answer");
  }
  const std::string text = pipe.read_all();
  CHECK_THAT(text, Contains("mhub: retrying in 4 s") && !Contains("\x1b"));
}

TEST_CASE("a bar leaves its line clean", "[cli][progress]") {
  const Pipe pipe;
  {
    const auto progress = make_progress(quick(ProgressStyle::bar, pipe));
    work_a_little(*progress);
  }
  const std::string text = pipe.read_all();
  CHECK_THAT(text, Contains("\ruploading"));
  REQUIRE(text.size() > 4);
  CHECK(text.substr(text.size() - 4) == "\r\x1b[K");
}

TEST_CASE("progress outlives what is drawn of it", "[cli][progress]") {
  const Pipe pipe;
  LastingProgress progress([&] { return make_progress(quick(ProgressStyle::notes, pipe)); });
  progress.advance(1);  // before any phase
  progress.note("one");
  progress.end();
  CHECK(pipe.read_all() == "mhub: one\n");
  progress.grow(5);
  progress.phase("uploading", 10);
  progress.note("two");
  progress.end();
  progress.end();
  CHECK(pipe.read_all() == "mhub: two\n");
}

TEST_CASE("a reader that takes nothing holds nobody up", "[cli][progress]") {
  const Pipe pipe;
  // Full: the next blocking write would wait for ever.
  fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
  const std::string junk(4096, 'x');
  while (write(pipe.ends[1], junk.data(), junk.size()) > 0) {
  }
  fcntl(pipe.ends[1], F_SETFL, 0);
  const auto progress = make_progress(quick(ProgressStyle::bar, pipe));
  for (int i = 0; i < 1000; ++i) progress->note("a note");
  work_a_little(*progress);
  SUCCEED("still here");
}
