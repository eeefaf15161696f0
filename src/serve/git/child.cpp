#include "git/child.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <mhub/base/error.hpp>

namespace mhub::serve {

namespace {

/// So that a child can say much before anybody listens.
constexpr int kPipeBytes = 1 << 20;
constexpr std::size_t kErrorsShownBytes = 2000;

struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void set_nonblocking(int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

}  // namespace

Child start_child(const ChildSpec& spec) {
  int in[2];
  int out[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
    throw system_error(errno, "make a socket pair");
  UniqueFd our_in(in[0]);
  UniqueFd its_in(in[1]);
  if (::pipe2(out, O_CLOEXEC) != 0) throw system_error(errno, "make a pipe");
  UniqueFd our_out(out[0]);
  UniqueFd its_out(out[1]);
  ::fcntl(our_out.get(), F_SETPIPE_SZ, kPipeBytes);
  UniqueFd errors(::memfd_create("mhub-git-errors", MFD_CLOEXEC));
  if (!errors) throw system_error(errno, "make a file in memory");
  set_nonblocking(our_in.get());
  set_nonblocking(our_out.get());

  SpawnSettings settings;
  ::posix_spawn_file_actions_adddup2(&settings.actions, its_in.get(), 0);
  ::posix_spawn_file_actions_adddup2(&settings.actions, its_out.get(), 1);
  ::posix_spawn_file_actions_adddup2(&settings.actions, errors.get(), 2);
  // Last: any of those before may have had this number.
  ::posix_spawn_file_actions_adddup2(&settings.actions, 2, kLogDescriptor);
  if (!spec.folder.empty())
    ::posix_spawn_file_actions_addchdir_np(&settings.actions, spec.folder.c_str());
  // Threads of the HTTP server block signals that git relies on.
  sigset_t none;
  sigset_t defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&defaults, number);
  ::posix_spawnattr_setsigmask(&settings.attributes, &none);
  ::posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
  ::posix_spawnattr_setpgroup(&settings.attributes, 0);
  ::posix_spawnattr_setflags(
      &settings.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  auto words = spec.arguments;
  auto variables = spec.environment;
  Child child;
  const int failed =
      ::posix_spawn(&child.id, words[0].c_str(), &settings.actions, &settings.attributes,
                    pointers_to(words).data(), pointers_to(variables).data());
  if (failed != 0) throw system_error(failed, "run " + printable(spec.arguments[0]));
  child.input = std::move(our_in);
  child.output = std::move(our_out);
  child.errors = std::move(errors);
  return child;
}

std::string errors_of(const Child& child) {
  std::string text(kErrorsShownBytes, '\0');
  const ssize_t got = ::pread(child.errors.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string find_program(const std::string& program, const std::string& search_path) {
  if (program.find('/') != std::string::npos) {
    if (::access(program.c_str(), X_OK) == 0) return program;
  } else {
    std::string_view rest = search_path;
    while (!rest.empty()) {
      const auto folder = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
      std::string candidate = std::string(folder) + "/" + program;
      if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
  }
  throw Error(ErrorKind::config, "the hub needs the program {}, which is not to be found",
              printable(program))
      .hint("install git on the hub's machine");
}

std::vector<std::string> GitSetup::environment() const {
  return {"PATH=" + search_path,
          "HOME=" + home.string(),
          "XDG_CONFIG_HOME=" + home.string(),
          "GIT_CONFIG_NOSYSTEM=1",
          "GIT_CONFIG_GLOBAL=/dev/null",
          "GIT_TERMINAL_PROMPT=0",
          "GIT_OPTIONAL_LOCKS=0",
          "LC_ALL=C"};
}

std::vector<std::string> GitSetup::arguments(std::initializer_list<std::string> words) const {
  std::vector<std::string> all{program, "-c", "safe.directory=*", "-c", "core.fsync=all"};
  all.insert(all.end(), words);
  return all;
}

RunResult run_to_end(const ChildSpec& spec, std::string_view input,
                     const std::function<void(std::string_view)>& on_output) {
  Child child = start_child(spec);
  const auto collect = [&] {
    int status = 0;
    while (::waitpid(child.id, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  };
  try {
    std::string buffer(1 << 16, '\0');
    while (true) {
      if (input.empty()) child.input.reset();
      pollfd waits[2] = {{child.output.get(), POLLIN, 0}, {child.input.get(), POLLOUT, 0}};
      if (::poll(waits, child.input ? 2 : 1, -1) < 0 && errno != EINTR)
        throw system_error(errno, "wait for git");
      if (child.input && waits[1].revents != 0) {
        const ssize_t sent = ::send(child.input.get(), input.data(), input.size(), MSG_NOSIGNAL);
        if (sent >= 0)
          input.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno != EAGAIN && errno != EINTR)
          input = {};
      }
      if (waits[0].revents == 0) continue;
      const ssize_t got = ::read(child.output.get(), buffer.data(), buffer.size());
      if (got > 0)
        on_output(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
      else if (got == 0)
        break;
      else if (errno != EAGAIN && errno != EINTR)
        throw system_error(errno, "read from git");
    }
  } catch (...) {
    ::kill(-child.id, SIGKILL);
    collect();
    throw;
  }
  child.input.reset();
  RunResult result;
  result.exit_code = collect();
  result.errors = errors_of(child);
  return result;
}

}  // namespace mhub::serve
