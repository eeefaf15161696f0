// mhub serve

#include <mhub/base/error.hpp>
#include <mhub/serve/server.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

struct ServeCommand {
  serve::ServeOptions options;
  std::string data;
  std::string certificate;
  std::string key;
  std::uint64_t idle_s = 120;
  std::uint64_t patience_s = 30;
  std::uint64_t connections = 0;
  std::uint64_t connections_per_address = 0;
};

// git runs this very program as the hub's hook.
std::filesystem::path own_path() {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw Error(ErrorKind::io, "cannot tell where this program lies");
  return path;
}

int serve_hub(Context& context, ServeCommand& command) {
  serve::ServeOptions& options = command.options;
  options.data_folder = context.absolute(command.data);
  if (!command.certificate.empty()) options.tls_certificate = context.absolute(command.certificate);
  if (!command.key.empty()) options.tls_key = context.absolute(command.key);
  options.hook_program = own_path();
  if (const auto path = context.environment().find("PATH")) options.search_path = *path;
  options.limits.idle_timeout = std::chrono::seconds(command.idle_s);
  if (command.connections > 0) {
    options.limits.connections = static_cast<unsigned>(command.connections);
  }
  options.limits.connections_per_address = static_cast<unsigned>(command.connections_per_address);
  options.workers = context.options.jobs;

  const std::unique_ptr<serve::Server> server = serve::Server::start(options);
  const auto& token = server->first_admin_token();
  if (context.json()) {
    Json ready{{"event", "ready"}, {"url", server->url()}};
    if (token) ready["admin_token"] = *token;
    context.out().line(ready);
  } else {
    context.out().print("{}\n", server->url());
    if (token) {
      context.out().print("admin token, shown this once: {}\n", *token);
    }
    context.out().flush();
  }
  server->run_until(context.stop(), std::chrono::seconds(command.patience_s));
  try {
    if (context.json()) context.out().line({{"event", "stopped"}});
  } catch (const ReaderGone&) {
    // Whoever read the first line need not stay for the last.
  }
  return kExitDone;
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  auto options = std::make_shared<ServeCommand>();
  serve::ServeOptions& serve_options = options->options;
  CLI::App* command = add_command(app, "serve", "Be a hub", group::kServer);
  value(command, "--data", options->data, "DIR", "Where the hub keeps everything; made if missing")
      ->required();
  value(command, "--listen", serve_options.listen, "ADDRESS:PORT",
        "Where to listen; port 0 takes a free one; 127.0.0.1:8080 if left out");
  value(command, "--public-url", serve_options.public_url, "URL",
        "What clients see, behind a proxy");
  value(command, "--tls-cert", options->certificate, "FILE",
        "Speak TLS with this certificate (PEM)");
  value(command, "--tls-key", options->key, "FILE", "Its key (PEM)");
  flag(command, "--webhooks-to-private-addresses", serve_options.webhooks_may_reach_private,
       "Let webhooks reach this machine and private networks");
  value(command, "--git", serve_options.git_program, "FILE", "The git program to run");
  const auto between = [](std::uint64_t least, std::uint64_t most) {
    return CLI::Range(least, most).description("");
  };
  number(command, "--max-connections", options->connections, "N",
         "Connections at a time; 4096 if left out")
      ->check(between(1, 1'000'000));
  number(command, "--max-connections-per-address", options->connections_per_address, "N",
         "Of one client; no such limit if left out")
      ->check(between(1, 1'000'000));
  number(command, "--idle-timeout", options->idle_s, "SECONDS",
         "Close connections on which nothing moves; 60 or more, 120 if left out")
      ->check(between(60, 86'400));
  number(command, "--max-object-bytes", serve_options.limits.lfs_object_bytes, "BYTES",
         "Largest file that is taken");
  number(command, "--max-push-bytes", serve_options.limits.push_bytes, "BYTES",
         "Largest push of git objects, without large files");
  number(command, "--stop-patience", options->patience_s, "SECONDS",
         "How long running requests may take to finish on SIGTERM; 30 if left out");
  examples(command, {"mhub serve --data ~/hub", "mhub serve --data /srv/mhub --listen 0.0.0.0:8080",
                     "mhub serve --data /srv/mhub --listen 127.0.0.1:0 --json"});
  on_run(command, context, [options, &context] { return serve_hub(context, *options); });
}

}  // namespace mhub::cli
