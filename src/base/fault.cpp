#include <mhub/base/fault.hpp>

#ifdef MHUB_FAULT_POINTS

#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <mhub/base/error.hpp>
#include <mhub/base/synchronized.hpp>

namespace mhub {

namespace {

struct Fault {
  unsigned long countdown = 1;
  std::string action;
};

std::map<std::string, Fault, std::less<>> parse_faults(const char* text) {
  std::map<std::string, Fault, std::less<>> faults;
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const std::size_t equals = entry.find('=');
    const std::size_t colon = entry.find(':');
    MHUB_ASSERT(equals != std::string_view::npos);
    Fault fault;
    if (colon != std::string_view::npos && colon < equals)
      fault.countdown = std::strtoul(std::string(entry.substr(colon + 1)).c_str(), nullptr, 10);
    fault.action = entry.substr(equals + 1);
    faults.emplace(entry.substr(0, std::min(colon, equals)), fault);
  }
  return faults;
}

}  // namespace

namespace {

/// One line, one write, so that the threads of several processes may share the file.
void log_reached(const char* path, std::string line) {
  line += '\n';
  const int fd = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
  ::close(fd);
}

}  // namespace

void fault_point(const char* name) {
  static const char* const log = std::getenv("MHUB_FAULT_LOG");
  if (log != nullptr) log_reached(log, name);
  static Synchronized<std::map<std::string, Fault, std::less<>>> faults(
      parse_faults(std::getenv("MHUB_FAULT")));
  std::string action;
  faults.with([&](auto& table) {
    const auto found = table.find(std::string_view(name));
    if (found == table.end() || --found->second.countdown != 0) return;
    action = found->second.action;
  });
  if (action == "kill") std::raise(SIGKILL);
  if (action == "stop") std::raise(SIGINT);
  if (action == "fail") throw Error(ErrorKind::io, "fault point {} was told to fail", name);
}

}  // namespace mhub

#endif
