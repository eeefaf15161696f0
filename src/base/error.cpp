#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>

namespace mhub {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::config:
      return "config";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::network:
      return "network";
    case ErrorKind::io:
      return "io";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

Error system_error(int error_number, std::string_view doing) {
  const ErrorKind kind = error_number == ENOENT ? ErrorKind::not_found : ErrorKind::io;
  Error error(kind, "cannot {}: {}", doing, std::generic_category().message(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return std::move(error).hint("free some space on that disk and run the command again");
    case EACCES:
    case EPERM:
    case EROFS:
      return std::move(error).hint("check who owns that path and whether it may be written");
    case EMFILE:
      return std::move(error).hint("raise the limit on open files (ulimit -n)");
    default:
      return error;
  }
}

std::string printable(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) {
    std::size_t length = utf8_length(name);
    if (length > name.size()) length = 0;
    const auto lead = static_cast<unsigned char>(name[0]);
    const bool c1_control =
        length == 2 && lead == 0xc2 && static_cast<unsigned char>(name[1]) < 0xa0;
    if (length == 0 || lead < 0x20 || lead == 0x7f || c1_control) {
      for (std::size_t i = 0; i < (length == 0 ? 1 : length); ++i) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(name[i]));
      }
    } else {
      out.append(name.substr(0, length));
    }
    name.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "mhub: bug: %s does not hold at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace mhub
