#include "context.hpp"

#include <unistd.h>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/log.hpp>

#include "interrupt.hpp"

namespace mhub::cli {
namespace {

bool shows_colour(const std::string& wish, std::FILE* file, const Environment& environment) {
  if (wish == "always") return true;
  if (wish == "never") return false;
  return isatty(fileno(file)) != 0 && !environment.find("NO_COLOR") &&
         environment.find("TERM") != "dumb";
}

}  // namespace

void Context::start() {
  for (const std::string& folder : options.folders) {
    if (chdir(folder.c_str()) != 0) {
      throw system_error(errno, fmt::format("change to folder {}", printable(folder)));
    }
  }
  output_ = std::make_unique<Output>(streams_.out,
                                     shows_colour(options.colour, streams_.out, environment_));
  colour_errors_ = shows_colour(options.colour, streams_.err, environment_);
  set_log_level(options.quiet            ? LogLevel::error
                : options.verbosity == 0 ? LogLevel::warning
                : options.verbosity == 1 ? LogLevel::info
                                         : LogLevel::debug);
}

std::filesystem::path Context::folder() const {
  return std::filesystem::current_path();
}

std::filesystem::path Context::absolute(const std::string& path) const {
  return (folder() / path).lexically_normal();
}

Progress& Context::progress() {
  if (options.quiet) return silent_progress();
  return progress_;
}

std::unique_ptr<Progress> Context::draw_progress() const {
  ProgressOptions wish;
  wish.descriptor = fileno(streams_.err);
  const bool terminal = isatty(wish.descriptor) != 0 && environment_.find("TERM") != "dumb";
  wish.style = options.no_progress ? ProgressStyle::notes
               : terminal          ? ProgressStyle::bar
                                   : ProgressStyle::lines;
  return make_progress(wish);
}

void Context::end_progress() {
  progress_.end();
}

const StopToken& Context::stop() const {
  return stop_on_signal();
}

void Context::write_error(const std::string& text) {
  end_progress();
  std::fwrite(text.data(), 1, text.size(), streams_.err);
  std::fflush(streams_.err);
}

ReportStyle Context::report_style() const {
  return {options.json, colour_errors_};
}

bool Context::can_ask() const {
  return isatty(fileno(streams_.in)) != 0 && isatty(fileno(streams_.err)) != 0;
}

std::string Context::read_input(std::uint64_t limit_bytes) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const std::size_t count = std::fread(buffer, 1, sizeof buffer, streams_.in);
    if (count == 0) break;
    text.append(buffer, count);
    if (text.size() > limit_bytes) {
      throw Error(ErrorKind::usage, "more than {} on standard input", human_bytes(limit_bytes));
    }
  }
  stop().check();
  return text;
}

}  // namespace mhub::cli
