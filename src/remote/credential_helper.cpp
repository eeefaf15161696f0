#include "credential_helper.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mhub/base/error.hpp>
#include <mhub/base/log.hpp>

namespace mhub::remote {
namespace {

constexpr std::size_t kMaxOutputBytes = 65536;
constexpr std::chrono::seconds kHelperLimit{120};
constexpr int kPollMs = 100;
constexpr std::array<std::string_view, 2> kGitCoreFolders{"/usr/lib/git-core",
                                                          "/usr/libexec/git-core"};

std::string_view name_of(HelperAction action) {
  switch (action) {
    case HelperAction::get:
      return "get";
    case HelperAction::store:
      return "store";
    case HelperAction::erase:
      return "erase";
  }
  MHUB_ASSERT(false);
}

class Descriptor {
public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  void reset(int number = -1) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }

private:
  int number_;
};

struct SpawnActions {
  posix_spawn_file_actions_t value;
  SpawnActions() { posix_spawn_file_actions_init(&value); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&value); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
};

/// Splits as a shell would split plain words with quotes; no expansion of any kind.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < text.size()) {
        word += text[++i];
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

std::string find_program(const std::string& name, std::string_view path) {
  const auto try_folder = [&](std::string_view folder) -> std::string {
    if (!folder.starts_with('/')) return {};
    std::string file = std::string(folder) + "/" + name;
    return ::access(file.c_str(), X_OK) == 0 ? file : std::string();
  };
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    if (std::string file = try_folder(path.substr(0, end)); !file.empty()) return file;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  for (const std::string_view folder : kGitCoreFolders) {
    if (std::string file = try_folder(folder); !file.empty()) return file;
  }
  return {};
}

/// The environment of this process, with git told not to ask on the terminal.
std::vector<std::string> child_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("GIT_TERMINAL_PROMPT=")) entries.emplace_back(*entry);
  }
  entries.emplace_back("GIT_TERMINAL_PROMPT=0");
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// A child that is waited for in any case, killed first if need be.
class Child {
public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The exit status if it has ended; nothing while it runs.
  std::optional<int> poll() {
    int status = 0;
    const pid_t done = ::waitpid(pid_, &status, WNOHANG);
    if (done == 0 || (done < 0 && errno == EINTR)) return std::nullopt;
    pid_ = -1;
    return done > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
  }

private:
  pid_t pid_;
};

/// Sends all of `input`; false if the other side does not take it. A socket rather than a pipe, so
/// that a helper that exits early raises no signal here.
bool send_all(int socket, std::string_view input) {
  while (!input.empty()) {
    const ssize_t sent = ::send(socket, input.data(), input.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    input.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

std::vector<std::string> helper_command(std::string_view helper, HelperAction action,
                                        std::string_view path) {
  if (helper.empty()) return {};
  if (helper.front() == '!') {
    const std::string snippet(helper.substr(1));
    return {"/bin/sh", "-c", snippet + " \"$@\"", snippet, std::string(name_of(action))};
  }
  std::vector<std::string> words = split_words(helper);
  if (words.empty()) return {};
  if (!words.front().starts_with('/')) {
    std::string program = find_program("git-credential-" + words.front(), path);
    if (program.empty()) return {};
    words.front() = std::move(program);
  }
  words.emplace_back(name_of(action));
  return words;
}

std::string helper_input(const net::Url& url, const HelperSettings& settings, std::string_view user,
                         std::string_view password) {
  std::string input = "protocol=" + url.scheme + "\nhost=" + url.host_and_port() + "\n";
  if (settings.use_http_path && url.path.size() > 1) input += "path=" + url.path.substr(1) + "\n";
  if (!user.empty()) input += fmt::format("username={}\n", user);
  if (!password.empty()) input += fmt::format("password={}\n", password);
  return input + "\n";
}

std::optional<Credential> parse_helper_output(std::string_view output, std::string_view user) {
  Credential credential{
      .user = std::string(user), .secret = {}, .source = Credential::Source::helper};
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("username=")) credential.user = line.substr(9);
    if (line.starts_with("password=")) credential.secret = line.substr(9);
  }
  if (credential.user.empty() || credential.secret.empty()) return std::nullopt;
  return credential;
}

std::optional<std::string> run_helper(const std::vector<std::string>& command,
                                      const std::string& input, HelperAction action,
                                      const StopToken& stop) {
  stop.check();
  int sockets[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return std::nullopt;
  Descriptor to_child(sockets[0]);
  Descriptor child_input(sockets[1]);
  // What `store` and `erase` print is nobody's; a daemon that they leave behind may keep it open.
  Descriptor from_child;
  Descriptor child_output;
  if (action == HelperAction::get) {
    int pipe[2] = {-1, -1};
    if (::pipe2(pipe, O_CLOEXEC) != 0) return std::nullopt;
    from_child.reset(pipe[0]);
    child_output.reset(pipe[1]);
  } else {
    child_output.reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  }

  SpawnActions actions;
  posix_spawn_file_actions_adddup2(&actions.value, child_input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, child_output.get(), STDOUT_FILENO);
  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = child_environment();
  pid_t pid = -1;
  if (::posix_spawn(&pid, arguments.front().c_str(), &actions.value, nullptr,
                    pointers(arguments).data(), pointers(environment).data()) != 0) {
    log_warning("cannot run the credential helper {}", arguments.front());
    return std::nullopt;
  }
  Child child(pid);
  child_input.reset();
  child_output.reset();
  send_all(to_child.get(), input);
  to_child.reset();

  const auto deadline = std::chrono::steady_clock::now() + kHelperLimit;
  std::string output;
  bool open = from_child.get() >= 0;
  while (true) {
    stop.check();
    if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
    if (!open) {
      if (const auto status = child.poll()) {
        return *status == 0 ? std::optional(output) : std::nullopt;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs / 10));
      continue;
    }
    pollfd waiting{.fd = from_child.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    std::array<char, 4096> block{};
    const ssize_t count = ::read(from_child.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      open = false;
      continue;
    }
    output.append(block.data(), static_cast<std::size_t>(count));
    if (output.size() > kMaxOutputBytes) return std::nullopt;
  }
}

}  // namespace mhub::remote
