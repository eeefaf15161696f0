#include "output.hpp"

#include <cerrno>

#include <mhub/base/error.hpp>

namespace mhub::cli {

std::string json_text(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string painted(Colour colour, std::string_view text) {
  const char* code = "";
  switch (colour) {
    case Colour::none:
      return std::string(text);
    case Colour::red:
      code = "31";
      break;
    case Colour::green:
      code = "32";
      break;
    case Colour::yellow:
      code = "33";
      break;
    case Colour::cyan:
      code = "36";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[m", code, text);
}

std::string Output::paint(Colour colour, std::string_view text) const {
  return colour_ ? painted(colour, text) : std::string(text);
}

void Output::write(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(errno);
}

void Output::document(const Json& value) {
  write(json_text(value, 2) + "\n");
}

void Output::line(const Json& value) {
  write(json_text(value) + "\n");
  flush();
}

void Output::flush() {
  errno = 0;
  if (std::fflush(file_) != 0 || std::ferror(file_) != 0) fail(errno);
}

void Output::fail(int error_number) {
  if (error_number == EPIPE) throw ReaderGone{};
  throw system_error(error_number, "write to standard output");
}

}  // namespace mhub::cli
