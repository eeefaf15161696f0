#pragma once
// Results on stdout: text for people, or JSON. Talk never goes here.

#include <cstdio>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mhub::cli {

/// JSON whose members keep the order they were written in.
using Json = nlohmann::ordered_json;

/// Thrown when the reader of stdout has gone (`mhub log | head`): ends the command without a word.
struct ReaderGone {};

enum class Colour { none, red, green, yellow, cyan };

/// Buffered; for one thread. Throws Error: io if stdout can't be written (a full disk), ReaderGone.
class Output {
public:
  Output(std::FILE* file, bool colour) : file_(file), colour_(colour) {}

  void write(std::string_view text);
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    write(fmt::format(format, std::forward<Args>(args)...));
  }
  /// A document on its own, indented for reading.
  void document(const Json& value);
  /// One record of JSON Lines, written out at once.
  void line(const Json& value);
  /// `text` in `colour` where stdout shows colours.
  std::string paint(Colour colour, std::string_view text) const;

  /// Hands everything to the system. To be called before the process ends.
  void flush();

private:
  [[noreturn]] void fail(int error_number);

  std::FILE* file_;
  bool colour_;
};

/// `text` between the escape sequences of `colour`.
std::string painted(Colour colour, std::string_view text);

/// `value` as JSON text; bytes that are not UTF-8 become U+FFFD. `indent` -1 for one line.
std::string json_text(const Json& value, int indent = -1);

}  // namespace mhub::cli
