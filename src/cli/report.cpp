#include "report.hpp"

#include <new>
#include <system_error>

#include "output.hpp"

namespace mhub::cli {

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return kExitUsage;
    case ErrorKind::conflict:
      return kExitConflict;
    case ErrorKind::denied:
      return kExitDenied;
    case ErrorKind::network:
      return kExitNetwork;
    case ErrorKind::corrupt:
      return kExitCorrupt;
    case ErrorKind::busy:
      return kExitBusy;
    case ErrorKind::interrupted:
      return kExitInterrupted;
    case ErrorKind::config:
    case ErrorKind::not_found:
    case ErrorKind::io:
    case ErrorKind::internal:
      return kExitFailed;
  }
  return kExitFailed;
}

namespace {

// The layers below don't know which program they run in; what command helps is known here.
std::string hint_for(const Error& error, std::string_view command) {
  if (!error.hint().empty()) return error.hint();
  switch (error.kind()) {
    case ErrorKind::usage:
      return command.empty() ? "run `mhub --help` for the list of commands"
                             : fmt::format("run `mhub {} --help`", command);
    case ErrorKind::conflict:
      if (command == "push")
        return "run `mhub pull` to take in the other side's commits, then push";
      if (command == "merge" || command == "pull" || command == "switch") {
        return "run `mhub status` to see what is in the way";
      }
      return "";
    case ErrorKind::denied:
      return "run `mhub whoami URL` to see who you are there, `mhub login URL` to give a token";
    case ErrorKind::busy:
      return "another process holds the lock; try again when it has ended";
    case ErrorKind::network:
      return "run the same command again; what has arrived is kept";
    case ErrorKind::corrupt:
      if (command == "fsck") return "run `mhub fsck --repair` to fetch damaged data again";
      return "run `mhub fsck` to find what is damaged, `mhub fsck --repair` to mend it";
    case ErrorKind::interrupted:
      return "run the same command again; it goes on where it stopped";
    case ErrorKind::internal:
      return "this is a bug in mhub; run again with -vv and report it";
    case ErrorKind::config:
    case ErrorKind::not_found:
    case ErrorKind::io:
      return "";
  }
  return "";
}

}  // namespace

std::string format_report(const Error& error, std::string_view command, const ReportStyle& style) {
  const std::string hint = hint_for(error, command);
  if (style.json) {
    Json report;
    report["error"] = name_of(error.kind());
    report["message"] = error.message();
    report["context"] = error.context();
    if (!hint.empty()) report["hint"] = hint;
    report["exit_code"] = exit_code_of(error.kind());
    return json_text(report) + "\n";
  }
  const auto paint = [&](Colour colour, std::string_view text) {
    return style.colour ? painted(colour, text) : std::string(text);
  };
  std::string text = fmt::format("{} {}\n", paint(Colour::red, "mhub: error:"), error.message());
  for (const std::string& doing : error.context()) text += fmt::format("  while {}\n", doing);
  if (!hint.empty()) text += fmt::format("{} {}\n", paint(Colour::cyan, "hint:"), hint);
  return text;
}

Error as_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::io, "out of memory");
  } catch (const std::system_error& error) {
    return Error(ErrorKind::io, "{}", printable(error.what()));
  } catch (const std::exception& error) {
    return Error(ErrorKind::internal, "unexpected failure: {}", printable(error.what()));
  } catch (...) {
    return Error(ErrorKind::internal, "unexpected failure");
  }
}

}  // namespace mhub::cli
