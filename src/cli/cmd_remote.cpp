// mhub remote

#include <mhub/base/error.hpp>
#include <mhub/net/url.hpp>
#include <mhub/remote/address.hpp>
#include <mhub/repo/refs.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

// What a person sees; credentials that stand in a URL stay out.
std::string shown(const std::string& url) {
  return net::parse_url(url) ? net::display_url(url) : printable(url);
}

int tell_remote(Context& context, const std::string& name) {
  if (!context.json()) return kExitDone;
  Json value{{"name", name}};
  if (const auto remote = repo::find_remote(context.repository(), name)) {
    value["url"] = shown(remote->url);
    value["push_url"] = shown(remote->push_url);
  }
  context.out().document(value);
  return kExitDone;
}

// What goes into git's settings: short names become URLs.
std::string full_url(Context& context, const std::string& text) {
  const remote::RemoteAddress address = remote::parse_remote(text, context.hubs());
  if (!address.password.empty()) {
    context.say("the password in that URL is not kept: run `mhub login` for it");
  }
  return address.is_local() ? context.absolute(address.local_path.string()).string() : address.url;
}

int list(Context& context, bool verbose) {
  const auto remotes = repo::list_remotes(context.repository());
  if (context.json()) {
    Json all = Json::array();
    for (const repo::Remote& remote : remotes) {
      all.push_back({{"name", remote.name},
                     {"url", shown(remote.url)},
                     {"push_url", shown(remote.push_url)}});
    }
    context.out().document(all);
    return kExitDone;
  }
  for (const repo::Remote& remote : remotes) {
    if (verbose) {
      context.out().print("{}\t{} (fetch)\n", printable(remote.name), shown(remote.url));
      context.out().print("{}\t{} (push)\n", printable(remote.name), shown(remote.push_url));
    } else {
      context.out().print("{}\n", printable(remote.name));
    }
  }
  return kExitDone;
}

struct RemoteCommand {
  bool verbose = false;
  bool push = false;
  std::string name;
  std::string value;
};

}  // namespace

void add_remote(CLI::App& app, Context& context) {
  auto options = std::make_shared<RemoteCommand>();
  CLI::App* command = add_command(app, "remote", "List, add and change remotes", group::kSync);
  command->require_subcommand(0, 1);
  flag(command, "-v,--verbose", options->verbose, "Show URLs");
  examples(command, {"mhub remote -v", "mhub remote add origin team/model",
                     "mhub remote set-url origin https://hub.example.org/team/model"});
  on_run(command, context, [options, &context] { return list(context, options->verbose); });

  CLI::App* add = command->add_subcommand("add", "Add a remote");
  argument(add, "NAME", options->name, "What to call it here")->required();
  argument(add, "URL", options->value, "URL, hf:ns/name, ns/name on the default hub, or a folder")
      ->required();
  on_run(add, context, [options, &context] {
    repo::add_remote(context.repository(), options->name, full_url(context, options->value));
    return tell_remote(context, options->name);
  });

  CLI::App* remove = command->add_subcommand("remove", "Remove a remote and its branches here");
  remove->alias("rm");
  argument(remove, "NAME", options->name, "Which")->required();
  on_run(remove, context, [options, &context] {
    repo::remove_remote(context.repository(), options->name);
    if (context.json()) context.out().document({{"removed", options->name}});
    return kExitDone;
  });

  CLI::App* rename = command->add_subcommand("rename", "Rename a remote");
  argument(rename, "OLD", options->name, "Its name")->required();
  argument(rename, "NEW", options->value, "Its new name")->required();
  on_run(rename, context, [options, &context] {
    repo::rename_remote(context.repository(), options->name, options->value);
    return tell_remote(context, options->value);
  });

  CLI::App* set_url = command->add_subcommand("set-url", "Change a remote's URL");
  argument(set_url, "NAME", options->name, "Which")->required();
  argument(set_url, "URL", options->value, "As for `add`")->required();
  flag(set_url, "--push", options->push, "Only where pushes go");
  on_run(set_url, context, [options, &context] {
    repo::set_remote_url(context.repository(), options->name, full_url(context, options->value),
                         options->push);
    return tell_remote(context, options->name);
  });

  CLI::App* get_url = command->add_subcommand("get-url", "Print a remote's URL");
  argument(get_url, "NAME", options->name, "Which")->required();
  flag(get_url, "--push", options->push, "Where pushes go");
  on_run(get_url, context, [options, &context] {
    const auto found = repo::find_remote(context.repository(), options->name);
    if (!found) throw Error(ErrorKind::not_found, "no remote {}", printable(options->name));
    const std::string url = shown(options->push ? found->push_url : found->url);
    if (context.json()) {
      context.out().document({{"name", found->name}, {"url", url}});
    } else {
      context.out().print("{}\n", url);
    }
    return kExitDone;
  });
}

}  // namespace mhub::cli
