// Remotes: settings under remote.<name>, their fetch rules, and the references that follow them.
// Read and written as settings rather than through libgit2's remote objects, so that several URLs
// and rules of other programs stay as they are.

#include <algorithm>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/repo/refs.hpp>

namespace mhub::repo {

namespace {

void require_remote_name(const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos || name.starts_with('-') ||
      !is_valid_ref_name("refs/remotes/" + name + "/x"))
    throw Error(ErrorKind::usage, "{} is not a valid name for a remote", printable(name));
}

/// url.<base>.<variable>: the longest value that `url` begins with is replaced by <base>.
std::optional<std::string> rewritten(const std::vector<ConfigEntry>& rules,
                                     std::string_view variable, const std::string& url) {
  const ConfigEntry* best = nullptr;
  for (const ConfigEntry& rule : rules) {
    if (!rule.key.ends_with(variable) || !url.starts_with(rule.value)) continue;
    if (best == nullptr || rule.value.size() > best->value.size()) best = &rule;
  }
  if (best == nullptr) return std::nullopt;
  constexpr std::size_t kHead = 4;  // "url."
  return best->key.substr(kHead, best->key.size() - kHead - variable.size()) +
         url.substr(best->value.size());
}

std::string usual_rule(const std::string& name) {
  return "+refs/heads/*:refs/remotes/" + name + "/*";
}

std::vector<std::string> remote_names(Config& config) {
  std::set<std::string> names;
  for (const ConfigEntry& entry : config.list("remote.")) {
    const std::size_t last = entry.key.rfind('.');
    constexpr std::size_t kHead = 7;  // "remote."
    if (last <= kHead) continue;
    const std::string variable = entry.key.substr(last + 1);
    if (variable == "url" || variable == "fetch")
      names.insert(entry.key.substr(kHead, last - kHead));
  }
  return {names.begin(), names.end()};
}

Error no_remote(const std::string& name) {
  return Error(ErrorKind::not_found, "there is no remote {}", printable(name));
}

/// The part that "*" stands for; `pattern` without one must be equal.
std::optional<std::string_view> star_part(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern == name ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  if (name.size() < head.size() + tail.size() || !name.starts_with(head) || !name.ends_with(tail))
    return std::nullopt;
  return name.substr(head.size(), name.size() - head.size() - tail.size());
}

std::string with_star(std::string_view pattern, std::string_view part) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return std::string(pattern);
  return std::string(pattern.substr(0, star)) + std::string(part) +
         std::string(pattern.substr(star + 1));
}

}  // namespace

Refspec Refspec::parse(std::string_view text) {
  Refspec rule;
  std::string_view rest = text;
  if (rest.starts_with('+')) {
    rule.force = true;
    rest.remove_prefix(1);
  }
  const std::size_t colon = rest.find(':');
  rule.source = std::string(rest.substr(0, colon));
  if (colon != std::string_view::npos) rule.destination = std::string(rest.substr(colon + 1));
  const auto stars = [](const std::string& side) {
    return std::count(side.begin(), side.end(), '*');
  };
  if (stars(rule.source) > 1 ||
      (!rule.destination.empty() && stars(rule.source) != stars(rule.destination)))
    throw Error(ErrorKind::config, "{} is not a valid refspec", printable(text));
  return rule;
}

std::string Refspec::text() const {
  return (force ? "+" : "") + source + (destination.empty() ? "" : ":" + destination);
}

std::optional<std::string> Refspec::map(std::string_view source_ref) const {
  const auto part = star_part(source, source_ref);
  if (!part || destination.empty()) return std::nullopt;
  return with_star(destination, *part);
}

std::optional<std::string> Refspec::map_back(std::string_view destination_ref) const {
  if (destination.empty()) return std::nullopt;
  const auto part = star_part(destination, destination_ref);
  if (!part) return std::nullopt;
  return with_star(source, *part);
}

std::vector<Remote> list_remotes(Repository& repository) {
  std::vector<Remote> remotes;
  for (const std::string& name : remote_names(repository.config())) {
    if (auto remote = find_remote(repository, name)) remotes.push_back(std::move(*remote));
  }
  return remotes;
}

std::optional<Remote> find_remote(Repository& repository, const std::string& name) {
  Config& config = repository.config();
  const std::vector<ConfigEntry> entries = config.list("remote." + name + ".");
  if (entries.empty()) return std::nullopt;
  Remote remote;
  remote.name = name;
  bool known = false;
  for (const ConfigEntry& entry : entries) {
    const std::string variable = entry.key.substr(8 + name.size());  // after "remote.<name>."
    if (variable == "url" && remote.url.empty()) remote.url = entry.value;
    if (variable == "pushurl" && remote.push_url.empty()) remote.push_url = entry.value;
    if (variable == "fetch") remote.fetch.push_back(Refspec::parse(entry.value));
    known = known || variable == "url" || variable == "fetch";
  }
  if (!known) return std::nullopt;
  const std::vector<ConfigEntry> rules = config.list("url.");
  const std::string plain = remote.url;
  if (auto url = rewritten(rules, ".insteadof", plain)) remote.url = *url;
  if (remote.push_url.empty()) {
    const auto push_url = rewritten(rules, ".pushinsteadof", plain);
    remote.push_url = push_url ? *push_url : remote.url;
  } else if (auto push_url = rewritten(rules, ".insteadof", remote.push_url)) {
    remote.push_url = *push_url;
  }
  return remote;
}

void add_remote(Repository& repository, const std::string& name, const std::string& url) {
  require_remote_name(name);
  if (find_remote(repository, name))
    throw Error(ErrorKind::conflict, "there is a remote {} already", printable(name));
  repository.config().set("remote." + name + ".url", url);
  repository.config().set("remote." + name + ".fetch", usual_rule(name));
}

void set_remote_url(Repository& repository, const std::string& name, const std::string& url,
                    bool push) {
  if (!find_remote(repository, name)) throw no_remote(name);
  repository.config().set("remote." + name + (push ? ".pushurl" : ".url"), url);
}

void remove_remote(Repository& repository, const std::string& name) {
  const auto remote = find_remote(repository, name);
  if (!remote) throw no_remote(name);
  Config& config = repository.config();
  for (const ConfigEntry& entry : config.list("branch.")) {
    if (!entry.key.ends_with(".remote") || entry.value != name) continue;
    unset_upstream(repository, entry.key.substr(7, entry.key.size() - 14));
  }
  for (const Ref& ref : list_refs(repository)) {
    for (const Refspec& rule : remote->fetch) {
      if (!rule.map_back(ref.name) || !ref.name.starts_with("refs/remotes/")) continue;
      delete_ref(repository, ref.name, Expected::any());
      break;
    }
  }
  config.remove_section("remote", name);
}

void rename_remote(Repository& repository, const std::string& from, const std::string& to) {
  require_remote_name(to);
  if (!find_remote(repository, from)) throw no_remote(from);
  if (find_remote(repository, to))
    throw Error(ErrorKind::conflict, "there is a remote {} already", printable(to));
  Config& config = repository.config();
  for (const ConfigEntry& entry : config.list("remote." + from + ".")) {
    const std::string variable = entry.key.substr(8 + from.size());
    std::string value = entry.value;
    if (variable == "fetch") {
      const std::string old_folder = ":refs/remotes/" + from + "/";
      if (const std::size_t at = value.find(old_folder); at != std::string::npos)
        value.replace(at, old_folder.size(), ":refs/remotes/" + to + "/");
    }
    config.add("remote." + to + "." + variable, value);
  }
  for (const ConfigEntry& entry : config.list("branch.")) {
    if (entry.key.ends_with(".remote") && entry.value == from) config.set(entry.key, to);
  }
  const std::string old_prefix = "refs/remotes/" + from + "/";
  const std::string new_prefix = "refs/remotes/" + to + "/";
  for (const Ref& ref : list_refs(repository, old_prefix)) {
    const std::string name = new_prefix + ref.name.substr(old_prefix.size());
    const std::string message = "remote: renamed " + ref.name + " to " + name;
    if (!ref.symbolic_target.empty() && ref.symbolic_target.starts_with(old_prefix)) {
      set_symbolic_ref(repository, name, new_prefix + ref.symbolic_target.substr(old_prefix.size()),
                       message);
    } else {
      update_ref(repository, name, ref.target, Expected::any(), message);
    }
    delete_ref(repository, ref.name, Expected::any());
  }
  config.remove_section("remote", from);
}

}  // namespace mhub::repo
