// Listing and fetching. libgit2 brings the objects; which refs move, and whether they may, is
// decided here, because its own update of refs overwrites without asking for a fast-forward.

#include <algorithm>
#include <set>

#include <mhub/remote/git_transport.hpp>

#include "git_session.hpp"

namespace mhub::remote {
namespace {

constexpr int kDownloadAttempts = 3;

struct Rule {
  std::string source;  ///< full, or a pattern
  bool has_destination = false;
  GitRefspec spec;
};

/// One advertised ref and where a rule puts it.
struct Wanted {
  const RemoteRef* remote = nullptr;
  std::string local_ref;  ///< empty: objects only
  bool force = false;
};

bool is_pattern(std::string_view source) {
  return source.find('*') != std::string_view::npos;
}

bool is_tag(std::string_view name) {
  return name.substr(0, 10) == "refs/tags/";
}

/// The advertised ref that `name` means, by git's order of preference; nullptr if there is none.
const RemoteRef* find_by_short_name(const RemoteRefs& remote, const std::string& name) {
  for (const char* prefix : {"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}) {
    if (const RemoteRef* found = remote.find(prefix + name)) return found;
  }
  return nullptr;
}

GitRefspec parse_refspec(const std::string& text) {
  git_refspec* spec = nullptr;
  if (git_refspec_parse(&spec, text.c_str(), 1) < 0) {
    throw Error(ErrorKind::usage, "{} is no refspec", printable(text));
  }
  return GitRefspec(spec);
}

/// Puts full names in place of short ones and checks that plain sources exist.
Rule make_rule(const std::string& text, const RemoteRefs& remote, const std::string& shown_url) {
  if (is_pattern(text) && text.find(':') == std::string::npos) {
    const std::string source = text.substr(text.front() == '+' ? 1 : 0);
    return {source, false, parse_refspec(source + ":" + source)};
  }
  GitRefspec spec = parse_refspec(text);
  const std::string source = git_refspec_src(spec.get());
  std::string destination = git_refspec_dst(spec.get()) ? git_refspec_dst(spec.get()) : "";
  if (is_pattern(source)) return {source, !destination.empty(), std::move(spec)};

  const RemoteRef* found = find_by_short_name(remote, source.empty() ? "HEAD" : source);
  if (!found) {
    throw Error(ErrorKind::not_found, "{} has no ref {}", shown_url, printable(source));
  }
  if (!destination.empty() && destination.compare(0, 5, "refs/") != 0) {
    destination = (is_tag(found->name) ? "refs/tags/" : "refs/heads/") + destination;
  }
  const char* plus = git_refspec_force(spec.get()) ? "+" : "";
  const std::string full =
      destination.empty() ? found->name : fmt::format("{}{}:{}", plus, found->name, destination);
  return {found->name, !destination.empty(), parse_refspec(full)};
}

std::string transform(const git_refspec* spec, const std::string& name, bool back) {
  git_buf buffer{};
  const int code = back ? git_refspec_rtransform(&buffer, spec, name.c_str())
                        : git_refspec_transform(&buffer, spec, name.c_str());
  std::string out = code < 0 ? std::string() : std::string(buffer.ptr, buffer.size);
  git_buf_dispose(&buffer);
  return out;
}

class Fetch {
public:
  Fetch(HubConnection& hub, const std::filesystem::path& git_folder, const GitFetch& what)
      : hub_(hub), what_(what), repository_(open_repository(git_folder)) {
    git_odb* odb = nullptr;
    check(git_repository_odb(&odb, repository_.get()), "open the object database");
    odb_.reset(odb);
  }

  GitFetchResult run() {
    {
      GitSession session(hub_, what_.url, repository_.get());
      result_.remote = session.connect(GIT_DIRECTION_FETCH, what_.advertised);
      plan();
      if (lacks_anything()) {
        hub_.progress().phase("fetching commits", 0);
        download(session, sources_);
      }
    }
    if (follows_tags()) bring_left_out_tags();
    for (const Wanted& wanted : wanted_) result_.refs.push_back(move(wanted));
    if (follows_tags()) follow_tags();
    if (what_.prune) prune();
    return std::move(result_);
  }

private:
  static void check(int code, std::string_view doing) {
    if (code < 0) throw git_failure(code, doing);
  }

  /// A pack cannot be gone on with, so one that breaks off is asked for again as a whole.
  void download(GitSession& connected, const std::vector<std::string>& sources) {
    std::unique_ptr<GitSession> again;
    for (int attempt = 1;; ++attempt) {
      GitSession& session = again ? *again : connected;
      try {
        if (again) session.connect(GIT_DIRECTION_FETCH);
        session.download(sources);
        result_.received_bytes += session.received_bytes();
        result_.objects += session.received_objects();
        check(git_odb_refresh(odb_.get()), "read the fetched pack");
        return;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::network || attempt == kDownloadAttempts) throw;
        hub_.progress().note(error.message() + "; fetching again");
      }
      again = std::make_unique<GitSession>(hub_, what_.url, repository_.get());
    }
  }

  void plan() {
    for (const std::string& text : what_.refspecs) {
      rules_.push_back(make_rule(text, result_.remote, net::display_url(what_.url)));
    }
    if (what_.tags == FetchTags::all) {
      rules_.push_back(
          make_rule("refs/tags/*:refs/tags/*", result_.remote, net::display_url(what_.url)));
    }
    std::set<std::string> taken;
    for (const Rule& rule : rules_) {
      // libgit2 wants both sides of a pattern; it moves no ref here.
      sources_.push_back(is_pattern(rule.source) ? rule.source + ":" + rule.source : rule.source);
      for (const RemoteRef& ref : result_.remote.refs) {
        if (!git_refspec_src_matches(rule.spec.get(), ref.name.c_str())) continue;
        Wanted wanted{&ref, {}, git_refspec_force(rule.spec.get()) != 0};
        if (rule.has_destination) {
          wanted.local_ref = transform(rule.spec.get(), ref.name, false);
          // Where two rules meet in one local ref the first one holds.
          if (!taken.insert(wanted.local_ref).second) continue;
        }
        wanted_.push_back(std::move(wanted));
      }
    }
    // New tags on commits that are here already come with the same pack.
    if (!follows_tags()) return;
    for (const RemoteRef& ref : result_.remote.refs) {
      if (is_new_tag(ref) && has(ref.peeled_id) && !has(ref.id)) {
        sources_.push_back(ref.name);
        wanted_.push_back({&ref, ref.name, false});
      }
    }
  }

  bool follows_tags() const {
    return what_.tags == FetchTags::following &&
           std::any_of(rules_.begin(), rules_.end(),
                       [](const Rule& rule) { return rule.has_destination; });
  }

  bool has(const std::string& hex) const {
    git_oid id{};
    return hex.size() == GIT_OID_HEXSZ && git_oid_fromstr(&id, hex.c_str()) == 0 &&
           git_odb_exists(odb_.get(), &id) == 1;
  }

  bool lacks_anything() const {
    return std::any_of(wanted_.begin(), wanted_.end(),
                       [&](const Wanted& wanted) { return !has(wanted.remote->id); });
  }

  GitReference find_local(const std::string& name) const {
    git_reference* found = nullptr;
    const int code = git_reference_lookup(&found, repository_.get(), name.c_str());
    if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC) return nullptr;
    check(code, fmt::format("read the ref {}", printable(name)));
    return GitReference(found);
  }

  bool is_new_tag(const RemoteRef& ref) const { return is_tag(ref.name) && !find_local(ref.name); }

  /// A hub need not send tag objects along with the commits that they name.
  void bring_left_out_tags() {
    std::vector<std::string> missing;
    for (const RemoteRef& ref : result_.remote.refs) {
      if (!ref.peeled_id.empty() && is_new_tag(ref) && has(ref.peeled_id) && !has(ref.id)) {
        missing.push_back(ref.name);
      }
    }
    if (missing.empty()) return;
    GitSession session(hub_, what_.url, repository_.get());
    session.connect(GIT_DIRECTION_FETCH);
    download(session, missing);
  }

  void follow_tags() {
    std::set<std::string> done;
    for (const Wanted& wanted : wanted_) done.insert(wanted.local_ref);
    for (const RemoteRef& ref : result_.remote.refs) {
      if (done.count(ref.name) == 0 && is_new_tag(ref) && has(ref.id)) {
        result_.refs.push_back(move({&ref, ref.name, false}));
      }
    }
  }

  bool is_fast_forward(const git_oid& from, const git_oid& to) const {
    return git_graph_descendant_of(repository_.get(), &to, &from) == 1;
  }

  bool is_checked_out(const std::string& name) const {
    if (git_repository_is_bare(repository_.get()) != 0) return false;
    const GitReference head = find_local("HEAD");
    return head && git_reference_type(head.get()) == GIT_REFERENCE_SYMBOLIC &&
           name == git_reference_symbolic_target(head.get());
  }

  FetchedRef move(const Wanted& wanted) {
    using Outcome = FetchedRef::Outcome;
    FetchedRef out;
    out.remote_ref = wanted.remote->name;
    out.local_ref = wanted.local_ref;
    out.new_id = wanted.remote->id;
    out.outcome = Outcome::objects_only;
    if (wanted.local_ref.empty()) return out;
    const auto reject = [&](std::string reason) {
      out.outcome = Outcome::rejected;
      out.reason = std::move(reason);
      return out;
    };

    const git_oid new_id = require_oid(out.new_id);
    const GitReference old = find_local(out.local_ref);
    git_oid old_id{};
    if (old) {
      if (git_reference_type(old.get()) != GIT_REFERENCE_DIRECT) return reject("symbolic here");
      old_id = *git_reference_target(old.get());
      out.old_id = hex_of(old_id);
      out.outcome = Outcome::unchanged;
      if (git_oid_equal(&old_id, &new_id) != 0) return out;
      if (is_tag(out.local_ref)) {
        if (!wanted.force) return reject("would clobber existing tag");
        out.outcome = Outcome::forced;
      } else if (is_fast_forward(old_id, new_id)) {
        out.outcome = Outcome::fast_forward;
      } else if (wanted.force) {
        out.outcome = Outcome::forced;
      } else {
        return reject("non-fast-forward");
      }
    } else {
      out.outcome = Outcome::created;
    }
    if (is_checked_out(out.local_ref)) return reject("checked out here");

    git_reference* made = nullptr;
    const std::string message =
        fmt::format("{}: {}", what_.reflog_message,
                    out.outcome == Outcome::created        ? "storing head"
                    : out.outcome == Outcome::fast_forward ? "fast-forward"
                                                           : "forced-update");
    const int code =
        old ? git_reference_create_matching(&made, repository_.get(), out.local_ref.c_str(),
                                            &new_id, 1, &old_id, message.c_str())
            : git_reference_create(&made, repository_.get(), out.local_ref.c_str(), &new_id, 0,
                                   message.c_str());
    const GitReference owner(made);
    if (code == GIT_EMODIFIED) return reject("changed meanwhile");
    if (code == GIT_EEXISTS) return reject("another ref is in the way");
    if (code == GIT_EINVALIDSPEC) return reject("not a name for a ref");
    check(code, fmt::format("write the ref {}", printable(out.local_ref)));
    return out;
  }

  void prune() {
    std::set<std::string> kept;
    for (const Wanted& wanted : wanted_) kept.insert(wanted.local_ref);
    std::vector<std::string> gone;
    for (const Rule& rule : rules_) {
      if (!is_pattern(rule.source) || !rule.has_destination) continue;
      const std::string glob = git_refspec_dst(rule.spec.get());
      git_reference_iterator* made = nullptr;
      check(git_reference_iterator_glob_new(&made, repository_.get(), glob.c_str()), "list refs");
      const CHandle<git_reference_iterator, git_reference_iterator_free> iterator(made);
      const char* name = nullptr;
      while (git_reference_next_name(&name, iterator.get()) == 0) {
        if (git_refspec_dst_matches(rule.spec.get(), name) != 0 && kept.count(name) == 0) {
          gone.push_back(name);
        }
      }
    }
    for (const std::string& name : gone) {
      const GitReference old = find_local(name);
      // refs/remotes/origin/HEAD is ours, not the hub's.
      if (!old || git_reference_type(old.get()) != GIT_REFERENCE_DIRECT) continue;
      FetchedRef out;
      out.local_ref = name;
      out.old_id = hex_of(*git_reference_target(old.get()));
      out.outcome = FetchedRef::Outcome::pruned;
      for (const Rule& rule : rules_) {
        if (out.remote_ref.empty()) out.remote_ref = transform(rule.spec.get(), name, true);
      }
      const int code = git_reference_delete(old.get());
      if (code == GIT_EMODIFIED) continue;
      check(code, fmt::format("delete the ref {}", printable(name)));
      result_.refs.push_back(std::move(out));
    }
  }

  HubConnection& hub_;
  const GitFetch& what_;
  GitRepository repository_;
  GitOdb odb_;
  std::vector<Rule> rules_;
  std::vector<std::string> sources_;
  std::vector<Wanted> wanted_;
  GitFetchResult result_;
};

}  // namespace

const RemoteRef* RemoteRefs::find(std::string_view name) const {
  const auto found = std::find_if(refs.begin(), refs.end(),
                                  [&](const RemoteRef& ref) { return ref.name == name; });
  return found == refs.end() ? nullptr : &*found;
}

std::string RemoteRefs::default_branch() const {
  const RemoteRef* head = find("HEAD");
  if (!head) return {};
  if (!head->symbolic_target.empty()) return head->symbolic_target;
  for (const char* usual : {"refs/heads/main", "refs/heads/master"}) {
    if (const RemoteRef* ref = find(usual); ref && ref->id == head->id) return usual;
  }
  for (const RemoteRef& ref : refs) {
    if (ref.name.compare(0, 11, "refs/heads/") == 0 && ref.id == head->id) return ref.name;
  }
  return {};
}

RemoteRefs list_remote_refs(HubConnection& hub, const std::string& url, bool for_push) {
  GitSession session(hub, url, nullptr);
  return session.connect(for_push ? GIT_DIRECTION_PUSH : GIT_DIRECTION_FETCH);
}

GitFetchResult fetch_refs(HubConnection& hub, const std::filesystem::path& git_folder,
                          const GitFetch& what) {
  return Fetch(hub, git_folder, what).run();
}

}  // namespace mhub::remote
