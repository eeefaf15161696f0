#include "support/git_http_bridge.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mhub/base/atomic_file.hpp>

namespace mhub::test {
namespace {

/// A file that goes with the object.
struct Scratch {
  std::filesystem::path path = std::filesystem::temp_directory_path() / unique_name("mhub-git");
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

std::string packet(const std::string& line) {
  char head[5];
  std::snprintf(head, sizeof head, "%04zx", line.size() + 4);
  return head + line;
}

}  // namespace

std::string git(const std::filesystem::path& folder, std::vector<std::string> arguments,
                const std::string& input, const std::string& protocol) {
  const Scratch in;
  const Scratch out;
  std::ofstream(in.path, std::ios::binary) << input;
  arguments.insert(arguments.begin(), {"git", "-C", folder.string()});
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                          "HOME=/nonexistent",
                                          "GIT_CONFIG_NOSYSTEM=1",
                                          "GIT_AUTHOR_NAME=a",
                                          "GIT_AUTHOR_EMAIL=a@x",
                                          "GIT_COMMITTER_NAME=c",
                                          "GIT_COMMITTER_EMAIL=c@x",
                                          "GIT_PROTOCOL=" + protocol,
                                          "LC_ALL=C"};
  std::vector<char*> envp;
  for (std::string& variable : environment) envp.push_back(variable.data());
  envp.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in.path.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.path.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "git", &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error("git failed: " + arguments.at(3));
  }
  std::ostringstream text;
  text << std::ifstream(out.path, std::ios::binary).rdbuf();
  return text.str();
}

Reply serve_git(const std::filesystem::path& root, const Received& received) {
  const auto slash = received.path.find('/', 1);
  const std::string name = received.path.substr(1, slash - 1);
  const std::string route = received.path.substr(slash + 1);
  Reply reply;
  if (!std::filesystem::exists(root / name / "HEAD")) {
    reply.status = 404;
    reply.headers = {{"Content-Type", "application/json"}};
    reply.body = R"({"error":"Repository not found"})";
    return reply;
  }
  std::string service = route;
  std::vector<std::string> options = {"--stateless-rpc"};
  std::string type = "result";
  if (route == "info/refs") {
    service = received.query.substr(received.query.find('=') + 1);
    options.emplace_back("--advertise-refs");
    type = "advertisement";
    reply.body = packet("# service=" + service + "\n") + "0000";
  }
  std::vector<std::string> arguments = {service.substr(4)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back((root / name).string());
  reply.body += git(root, arguments, received.body, received.header("git-protocol"));
  reply.headers = {{"Content-Type", "application/x-" + service + "-" + type},
                   {"Cache-Control", "no-cache"}};
  return reply;
}

}  // namespace mhub::test
