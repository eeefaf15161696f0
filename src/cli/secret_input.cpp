#include "secret_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <mhub/base/error.hpp>

namespace mhub::cli {
namespace {

constexpr std::size_t kLineMaxBytes = 16 << 10;

// Turns echo off for as long as it lives.
class HiddenTyping {
public:
  explicit HiddenTyping(int descriptor) : descriptor_(descriptor) {
    if (tcgetattr(descriptor_, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    active_ = tcsetattr(descriptor_, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenTyping() {
    if (active_) tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

private:
  int descriptor_;
  termios before_{};
  bool active_ = false;
};

std::string read_line(Context& context) {
  std::string line;
  for (int c = std::fgetc(context.streams().in); c != EOF && c != '\n';
       c = std::fgetc(context.streams().in)) {
    if (line.size() >= kLineMaxBytes) throw Error(ErrorKind::usage, "that line is too long");
    line += static_cast<char>(c);
  }
  context.stop().check();
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::string read_secret(Context& context) {
  std::string secret = read_line(context);
  if (secret.empty()) {
    throw Error(ErrorKind::usage, "no token was given").hint("write it to standard input");
  }
  return secret;
}

std::string ask_secret(Context& context, const std::string& prompt) {
  if (!context.can_ask()) return read_secret(context);
  context.write_error(prompt);
  std::string secret;
  {
    const HiddenTyping hidden(fileno(context.streams().in));
    secret = read_line(context);
  }
  context.write_error("\n");
  if (secret.empty()) throw Error(ErrorKind::usage, "no token was given");
  return secret;
}

bool confirmed(Context& context, const std::string& question) {
  if (!context.can_ask()) return false;
  context.write_error(question + " [y/N] ");
  const std::string answer = read_line(context);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace mhub::cli
