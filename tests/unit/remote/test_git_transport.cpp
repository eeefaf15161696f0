#include <atomic>
#include <fstream>
#include <thread>

#include <mhub/remote/git_transport.hpp>

#include "support/git_http_bridge.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::git;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;
using mhub::test::serve_git;

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// A hub with the bare repository "m.git", and a work folder "work" beside it.
struct Hub {
  test::TemporaryFolder folder;
  std::function<std::optional<Reply>(const Received&)> gate;
  HttpTestServer server{[this](const Received& received) {
    if (gate) {
      if (auto reply = gate(received)) return *reply;
    }
    return serve_git(folder.path(), received);
  }};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), {}};
  StopToken stop;
  HubConnection connection{http, credentials, stop};

  Hub() {
    git(folder.path(), {"init", "-q", "--bare", "-b", "main", "m.git"});
    git(folder.path(), {"init", "-q", "-b", "main", "work"});
  }

  std::filesystem::path work() const { return folder / "work"; }
  std::filesystem::path bare() const { return folder / "m.git"; }
  std::string url() const { return server.url("/m.git"); }

  std::string commit(const std::string& file, const std::string& content) const {
    std::ofstream(work() / file, std::ios::binary) << content;
    git(work(), {"add", "."});
    git(work(), {"commit", "-q", "-m", "change " + file});
    return id(work(), "HEAD");
  }
  static std::string id(const std::filesystem::path& where, const std::string& revision) {
    return trimmed(git(where, {"rev-parse", "--verify", revision}));
  }
  /// The work folder's refs as the hub's.
  void mirror() const { git(work(), {"push", "-q", "--mirror", bare().string()}); }

  std::filesystem::path clone_folder(const std::string& name = "clone") const {
    git(folder.path(), {"init", "-q", "-b", "other", name});
    return folder / name;
  }
  GitFetchResult fetch(const std::filesystem::path& into, std::vector<std::string> refspecs,
                       FetchTags tags = FetchTags::following, bool prune = false) {
    GitFetch what;
    what.url = url();
    what.refspecs = std::move(refspecs);
    what.tags = tags;
    what.prune = prune;
    return fetch_refs(connection, into, what);
  }
  RefPushResult push(const RefPush& what) {
    return push_refs(connection, work(), url(), {what}).refs.at(0);
  }
};

const std::string kHeads = "+refs/heads/*:refs/remotes/origin/*";

}  // namespace

TEST_CASE("an empty repository has no refs", "[remote][git]") {
  Hub hub;
  CHECK(list_remote_refs(hub.connection, hub.url()).refs.empty());
  CHECK(list_remote_refs(hub.connection, hub.url(), true).refs.empty());
  CHECK(hub.fetch(hub.clone_folder(), {kHeads}).refs.empty());
}

TEST_CASE("refs are listed with what tags and HEAD lead to", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  git(hub.work(), {"tag", "light"});
  git(hub.work(), {"tag", "-a", "-m", "x", "heavy"});
  hub.mirror();
  const RemoteRefs refs = list_remote_refs(hub.connection, hub.url() + "/");
  REQUIRE(refs.find("refs/heads/main") != nullptr);
  CHECK(refs.find("refs/heads/main")->id == commit);
  CHECK(refs.find("HEAD")->symbolic_target == "refs/heads/main");
  CHECK(refs.default_branch() == "refs/heads/main");
  CHECK(refs.find("refs/tags/light")->peeled_id.empty());
  CHECK(refs.find("refs/tags/heavy")->id == Hub::id(hub.work(), "heavy"));
  CHECK(refs.find("refs/tags/heavy")->peeled_id == commit);
  CHECK(refs.find("refs/tags/nope") == nullptr);
}

TEST_CASE("a fetch brings objects, then moves refs; the next one only what is new",
          "[remote][git]") {
  Hub hub;
  const std::string first = hub.commit("a", std::string(300'000, 'a') + "1");
  git(hub.work(), {"branch", "side"});
  git(hub.work(), {"tag", "-a", "-m", "x", "v1"});
  hub.mirror();
  const auto clone = hub.clone_folder();
  GitFetchResult result = hub.fetch(clone, {kHeads});
  CHECK(result.remote.default_branch() == "refs/heads/main");
  CHECK(result.objects >= 3);
  CHECK(result.received_bytes > 0);
  REQUIRE(result.refs.size() == 3);
  for (const FetchedRef& ref : result.refs) CHECK(ref.outcome == FetchedRef::Outcome::created);
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == first);
  CHECK(Hub::id(clone, "refs/remotes/origin/side") == first);
  CHECK(Hub::id(clone, "refs/tags/v1") == Hub::id(hub.work(), "v1"));
  git(clone, {"fsck", "--full", "--strict"});

  result = hub.fetch(clone, {kHeads});
  CHECK(result.objects == 0);
  for (const FetchedRef& ref : result.refs) CHECK(ref.outcome == FetchedRef::Outcome::unchanged);

  const std::string second = hub.commit("b", "2");
  hub.mirror();
  result = hub.fetch(clone, {kHeads});
  CHECK(result.objects == 3);
  CHECK(result.refs.at(0).outcome == FetchedRef::Outcome::fast_forward);
  CHECK(result.refs.at(0).old_id == first);
  CHECK(result.refs.at(0).new_id == second);
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == second);
}

TEST_CASE("a fetch that is given the refs does not ask for them again", "[remote][git]") {
  Hub hub;
  const std::string first = hub.commit("a", "one");
  hub.mirror();
  int asked = 0;
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    asked += received.path.ends_with("/info/refs") ? 1 : 0;
    return std::nullopt;
  };
  GitFetch what;
  what.url = hub.url();
  what.refspecs = {kHeads};
  what.advertised = list_remote_refs(hub.connection, hub.url()).advertisement;
  const auto clone = hub.clone_folder();
  const GitFetchResult result = fetch_refs(hub.connection, clone, what);
  CHECK(asked == 1);
  CHECK(result.remote.default_branch() == "refs/heads/main");
  CHECK(Hub::id(clone, "origin/main") == first);
}

TEST_CASE("rewritten history moves a ref only with a plus", "[remote][git]") {
  Hub hub;
  hub.commit("a", "1");
  const std::string old = hub.commit("a", "2");
  hub.mirror();
  const auto clone = hub.clone_folder();
  hub.fetch(clone, {kHeads});
  git(hub.work(), {"reset", "-q", "--hard", "HEAD~1"});
  const std::string rewritten = hub.commit("a", "3");
  hub.mirror();
  GitFetchResult result = hub.fetch(clone, {"refs/heads/*:refs/remotes/origin/*"});
  REQUIRE(result.refs.size() == 1);
  CHECK(result.refs[0].outcome == FetchedRef::Outcome::rejected);
  CHECK(result.refs[0].reason == "non-fast-forward");
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == old);
  result = hub.fetch(clone, {kHeads});
  CHECK(result.refs.at(0).outcome == FetchedRef::Outcome::forced);
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == rewritten);
}

TEST_CASE("single refs are fetched by short name, with or without a destination", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  git(hub.work(), {"branch", "side"});
  git(hub.work(), {"update-ref", "refs/pr/1", commit});
  hub.mirror();
  const auto clone = hub.clone_folder();
  GitFetchResult result = hub.fetch(clone, {"main", "refs/pr/1:pr/1"});
  REQUIRE(result.refs.size() == 2);
  CHECK(result.refs[0].outcome == FetchedRef::Outcome::objects_only);
  CHECK(result.refs[0].remote_ref == "refs/heads/main");
  CHECK(result.refs[1].local_ref == "refs/heads/pr/1");
  CHECK(Hub::id(clone, "refs/heads/pr/1") == commit);
  CHECK_THROWS_MATCHES(hub.fetch(clone, {"nope"}), Error, HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(hub.fetch(clone, {"a b:c"}), Error, HasKind(ErrorKind::usage));
}

TEST_CASE("the branch that is checked out is not moved under the user's feet", "[remote][git]") {
  Hub hub;
  hub.commit("a", "1");
  hub.mirror();
  const auto clone = hub.clone_folder();
  const GitFetchResult result = hub.fetch(clone, {"main:refs/heads/other"});
  CHECK(result.refs.at(0).outcome == FetchedRef::Outcome::rejected);
}

TEST_CASE("tags: none, following, all", "[remote][git]") {
  Hub hub;
  hub.commit("a", "1");
  git(hub.work(), {"branch", "side"});
  git(hub.work(), {"tag", "-a", "-m", "x", "v1"});
  git(hub.work(), {"checkout", "-q", "-b", "later"});
  hub.commit("b", "1");
  git(hub.work(), {"tag", "-a", "-m", "x", "v2"});
  hub.mirror();
  const auto clone = hub.clone_folder();
  const auto tags = [&] { return trimmed(git(clone, {"tag"})); };
  hub.fetch(clone, {"+side:refs/remotes/origin/side"}, FetchTags::none);
  CHECK(tags().empty());
  hub.fetch(clone, {"+side:refs/remotes/origin/side"}, FetchTags::following);
  CHECK(tags() == "v1");
  hub.fetch(clone, {"+side:refs/remotes/origin/side"}, FetchTags::all);
  CHECK(tags() == "v1\nv2");

  git(hub.work(), {"tag", "-f", "v1", "later"});
  hub.mirror();
  const std::string before = Hub::id(clone, "refs/tags/v1");
  hub.fetch(clone, {kHeads});
  CHECK(Hub::id(clone, "refs/tags/v1") == before);
  const GitFetchResult all = hub.fetch(clone, {}, FetchTags::all);
  REQUIRE(!all.refs.empty());
  CHECK(all.refs[0].reason == "would clobber existing tag");
  hub.fetch(clone, {"+refs/tags/*:refs/tags/*"});
  CHECK(Hub::id(clone, "refs/tags/v1") != before);
}

TEST_CASE("prune deletes what is gone and nothing else", "[remote][git]") {
  Hub hub;
  hub.commit("a", "1");
  git(hub.work(), {"branch", "gone"});
  hub.mirror();
  const auto clone = hub.clone_folder();
  hub.fetch(clone, {kHeads});
  git(clone, {"update-ref", "refs/remotes/else/x", "refs/remotes/origin/main"});
  git(clone, {"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"});
  git(hub.work(), {"branch", "-D", "gone"});
  hub.mirror();
  CHECK(hub.fetch(clone, {kHeads}).refs.size() == 1);
  const GitFetchResult result = hub.fetch(clone, {kHeads}, FetchTags::following, true);
  REQUIRE(result.refs.size() == 2);
  CHECK(result.refs[1].outcome == FetchedRef::Outcome::pruned);
  CHECK(result.refs[1].local_ref == "refs/remotes/origin/gone");
  CHECK(result.refs[1].remote_ref == "refs/heads/gone");
  CHECK(trimmed(git(clone, {"for-each-ref", "--format=%(refname)"})) ==
        "refs/remotes/else/x\nrefs/remotes/origin/HEAD\nrefs/remotes/origin/main");
}

TEST_CASE("pushes create, move and delete, several at once, each judged alone", "[remote][git]") {
  Hub hub;
  const std::string first = hub.commit("a", std::string(2'000'000, 'x'));
  git(hub.work(), {"tag", "-a", "-m", "x", "v1"});
  const std::string tag = Hub::id(hub.work(), "v1");
  GitPushResult result =
      push_refs(hub.connection, hub.work(), hub.url(),
                {{first, "refs/heads/main"}, {first, "refs/heads/old"}, {tag, "refs/tags/v1"}});
  REQUIRE(result.refs.size() == 3);
  for (const RefPushResult& ref : result.refs) {
    INFO(ref.remote_ref << " " << ref.reason);
    CHECK(ref.outcome == RefPushResult::Outcome::accepted);
    CHECK(ref.old_id.empty());
    CHECK_FALSE(ref.forced);
  }
  CHECK(result.sent_bytes > 0);
  CHECK(Hub::id(hub.bare(), "refs/heads/main") == first);
  CHECK(Hub::id(hub.bare(), "refs/tags/v1") == tag);
  git(hub.bare(), {"fsck", "--full", "--strict"});

  const std::string second = hub.commit("b", "2");
  git(hub.work(), {"tag", "-f", "-a", "-m", "y", "v1"});
  const std::string new_tag = Hub::id(hub.work(), "v1");
  result = push_refs(hub.connection, hub.work(), hub.url(),
                     {{second, "refs/heads/main"},
                      {"", "refs/heads/old"},
                      {new_tag, "refs/tags/v1"},
                      {"", "refs/heads/never"},
                      {first, "refs/heads/old2"}});
  REQUIRE(result.refs.size() == 5);
  CHECK(result.refs[0].outcome == RefPushResult::Outcome::accepted);
  CHECK(result.refs[0].old_id == first);
  CHECK(result.refs[1].outcome == RefPushResult::Outcome::accepted);
  CHECK(result.refs[2].reason == "already exists");
  CHECK(result.refs[3].reason == "remote ref does not exist");
  CHECK(result.refs[4].outcome == RefPushResult::Outcome::accepted);
  CHECK(Hub::id(hub.bare(), "refs/tags/v1") == tag);
  CHECK(trimmed(git(hub.bare(), {"for-each-ref", "--format=%(refname)", "refs/heads"})) ==
        "refs/heads/main\nrefs/heads/old2");
  CHECK(hub.push({second, "refs/heads/main"}).outcome == RefPushResult::Outcome::up_to_date);
}

TEST_CASE("force and leases decide about rewritten history", "[remote][git]") {
  Hub hub;
  const std::string base = hub.commit("a", "1");
  const std::string old = hub.commit("a", "2");
  hub.mirror();
  git(hub.work(), {"reset", "-q", "--hard", base});
  const std::string rewritten = hub.commit("a", "3");
  CHECK(hub.push({rewritten, "refs/heads/main"}).reason == "non-fast-forward");
  RefPush lease{rewritten, "refs/heads/main"};
  lease.expected_id = base;
  CHECK(hub.push(lease).reason == "stale info");
  lease.expected_id = "";
  CHECK(hub.push(lease).reason == "stale info");
  CHECK(Hub::id(hub.bare(), "main") == old);
  lease.expected_id = old;
  const RefPushResult leased = hub.push(lease);
  CHECK(leased.outcome == RefPushResult::Outcome::accepted);
  CHECK(leased.forced);
  CHECK(Hub::id(hub.bare(), "main") == rewritten);

  // Somebody else pushes what we have never seen.
  const auto other = hub.clone_folder("other");
  git(other, {"commit", "-q", "--allow-empty", "-m", "theirs"});
  git(other, {"push", "-q", "-f", hub.bare().string(), "HEAD:main"});
  CHECK(hub.push({rewritten, "refs/heads/main"}).reason == "fetch first");
  const RefPushResult forced = hub.push({rewritten, "refs/heads/main", true});
  CHECK(forced.outcome == RefPushResult::Outcome::accepted);
  CHECK(forced.forced);
  CHECK(Hub::id(hub.bare(), "main") == rewritten);
}

TEST_CASE("the hub's own refusal is a result with its reason", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  hub.mirror();
  git(hub.bare(), {"config", "receive.denyDeletes", "true"});
  git(hub.work(), {"branch", "x"});
  const RefPushResult result = hub.push({"", "refs/heads/main"});
  CHECK(result.outcome == RefPushResult::Outcome::rejected);
  CHECK(result.reason.find("deletion prohibited") != std::string::npos);
  CHECK(Hub::id(hub.bare(), "main") == commit);
}

TEST_CASE("a hook's words reach the user as notes", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  {
    std::ofstream(hub.bare() / "hooks/pre-receive") << "#!/bin/sh\necho 'too heavy' >&2\nexit 1\n";
  }
  std::filesystem::permissions(hub.bare() / "hooks/pre-receive", std::filesystem::perms::owner_all);
  struct Notes : Progress {
    std::string all;
    void phase(std::string_view, std::uint64_t) override {}
    void grow(std::uint64_t) override {}
    void advance(std::uint64_t) override {}
    void note(std::string_view line) override { all += std::string(line) + "\n"; }
  } notes;
  HubConnection connection(hub.http, hub.credentials, hub.stop, notes);
  const GitPushResult result =
      push_refs(connection, hub.work(), hub.url(), {{commit, "refs/heads/main"}});
  CHECK(result.refs.at(0).reason.find("pre-receive hook declined") != std::string::npos);
  CHECK(notes.all.find("hub: too heavy") != std::string::npos);
}

TEST_CASE("bad names and missing objects are refused before anything is sent", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  for (const char* name : {"main", "refs/heads/a..b", "refs/heads/", "refs/heads/a b", "HEAD"}) {
    CHECK_THROWS_MATCHES(hub.push({commit, name}), Error, HasKind(ErrorKind::usage));
  }
  CHECK_THROWS_MATCHES(hub.push({std::string(40, '1'), "refs/heads/x"}), Error,
                       HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(hub.push({"xyz", "refs/heads/x"}), Error, HasKind(ErrorKind::usage));
  CHECK(hub.server.request_count() == 0);
}

TEST_CASE("a missing repository is not found, in the hub's words", "[remote][git]") {
  Hub hub;
  try {
    list_remote_refs(hub.connection, hub.server.url("/nope.git"));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK(error.message().find("Repository not found") != std::string::npos);
  }
}

TEST_CASE("a page that is not git's is told apart", "[remote][git]") {
  Hub hub;
  hub.gate = [](const Received&) {
    Reply reply;
    reply.headers = {{"Content-Type", "text/html"}};
    reply.body = "<html>";
    return reply;
  };
  CHECK_THROWS_MATCHES(list_remote_refs(hub.connection, hub.url()), Error,
                       HasKind(ErrorKind::corrupt));
}

TEST_CASE("credentials go along with every request once the hub asks", "[remote][git]") {
  Hub hub;
  std::atomic<int> refused{0};
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.header("authorization") == "Basic bWU6dG9r") return std::nullopt;
    ++refused;
    Reply reply;
    reply.status = 401;
    reply.headers = {{"WWW-Authenticate", "Basic realm=\"x\""}, {"Content-Type", "text/plain"}};
    reply.body = "log in first";
    return reply;
  };
  const std::string commit = hub.commit("a", "1");
  try {
    hub.push({commit, "refs/heads/main"});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    CHECK(error.message().find("log in first") != std::string::npos);
  }
  hub.credentials.add_from_url(net::require_url(hub.url()), "me", "tok");
  refused = 0;
  CHECK(hub.push({commit, "refs/heads/main"}).outcome == RefPushResult::Outcome::accepted);
  const auto clone = hub.clone_folder();
  hub.fetch(clone, {kHeads});
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == commit);
  CHECK(refused == 0);
}

TEST_CASE("a hub that asks for credentials only at the POST gets them", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", std::string(3'000'000, 'q'));
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.method == "GET") return std::nullopt;
    if (received.header("authorization") == "Basic bWU6dG9r") return std::nullopt;
    Reply reply;
    reply.status = 401;
    return reply;
  };
  const std::filesystem::path helper = hub.folder / "helper";
  std::ofstream(helper) << "#!/bin/sh\necho \"$1\" >> " << (hub.folder / "asked").string()
                        << "\n[ \"$1\" = get ] && echo username=me && echo password=tok\n";
  std::filesystem::permissions(helper, std::filesystem::perms::owner_all);
  CredentialStore credentials(real_file_system(), {}, [&](const std::string&) {
    return HelperSettings{.helpers = {helper.string()}, .username = "", .use_http_path = false};
  });
  HubConnection connection(hub.http, credentials);
  SECTION("a push") {
    const auto result = push_refs(connection, hub.work(), hub.url(), {{commit, "refs/heads/main"}});
    CHECK(result.refs.at(0).outcome == RefPushResult::Outcome::accepted);
    CHECK(Hub::id(hub.bare(), "main") == commit);
  }
  SECTION("a fetch") {
    hub.mirror();
    GitFetch what;
    what.url = hub.url();
    what.refspecs = {kHeads};
    const auto clone = hub.clone_folder();
    fetch_refs(connection, clone, what);
    CHECK(Hub::id(clone, "refs/remotes/origin/main") == commit);
  }
  const Bytes asked = read_file(real_file_system(), hub.folder / "asked", 100);
  CHECK(as_text(asked) == "get\nstore\n");
}

TEST_CASE("a hub that never ends its report is not listened to for ever", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  const std::string packet =
      GENERATE(std::string("0004"), "2000\x02" + std::string(0x2000 - 5, 'x'),
               "2000\x01" + std::string(0x2000 - 5, 'x'));
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path != "/m.git/git-receive-pack") return std::nullopt;
    Reply reply;
    reply.headers = {{"Content-Type", "application/x-git-receive-pack-result"}};
    reply.producer = [packet](std::uint64_t, std::span<char> room) -> ssize_t {
      const std::size_t count = room.size() / packet.size();
      for (std::size_t i = 0; i < count; ++i) packet.copy(&room[i * packet.size()], packet.size());
      return static_cast<ssize_t>(count * packet.size());
    };
    return reply;
  };
  CHECK_THROWS_MATCHES(hub.push({commit, "refs/heads/main"}), Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("a right to read but not to write is a denial", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", std::string(3'000'000, 'q'));
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path != "/m.git/git-receive-pack") return std::nullopt;
    Reply reply;
    reply.status = 403;
    reply.headers = {{"Content-Type", "application/json"}};
    reply.body = R"({"error":"read only"})";
    return reply;
  };
  try {
    hub.push({commit, "refs/heads/main"});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::denied);
    CHECK(error.message().find("read only") != std::string::npos);
  }
}

TEST_CASE("a repository that moved is followed for all that comes after", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  hub.mirror();
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path.compare(0, 5, "/old/") != 0) return std::nullopt;
    CHECK(received.method == "GET");
    Reply reply;
    reply.status = 307;
    reply.headers = {{"Location", "/m.git/info/refs?" + received.query}};
    return reply;
  };
  const auto clone = hub.clone_folder();
  GitFetch what;
  what.url = hub.server.url("/old");
  what.refspecs = {kHeads};
  fetch_refs(hub.connection, clone, what);
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == commit);
}

TEST_CASE("a pack that is damaged or cut is refused and moves no ref", "[remote][git]") {
  Hub hub;
  hub.commit("a", std::string(100'000, 'z') + "1");
  hub.mirror();
  std::string damage = GENERATE("flip", "cut", "garbage");
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path != "/m.git/git-upload-pack") return std::nullopt;
    Reply reply = serve_git(hub.folder.path(), received);
    if (damage == "flip") reply.body.at(reply.body.find("PACK") + 60) ^= 1;
    if (damage == "cut") reply.body.resize(reply.body.size() / 2);
    if (damage == "garbage") reply.body = "hello hello hello";
    return reply;
  };
  const auto clone = hub.clone_folder();
  INFO(damage);
  CHECK_THROWS_AS(hub.fetch(clone, {kHeads}), Error);
  CHECK(trimmed(git(clone, {"for-each-ref"})).empty());
}

TEST_CASE("a pack whose connection breaks is fetched again", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  hub.mirror();
  std::atomic<int> calls{0};
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path != "/m.git/git-upload-pack" || calls++ > 0) return std::nullopt;
    Reply reply = serve_git(hub.folder.path(), received);
    reply.producer = [body = reply.body](std::uint64_t at, std::span<char> room) -> ssize_t {
      const std::size_t half = body.size() / 2;
      if (at >= half) return Reply::kCut;
      return static_cast<ssize_t>(body.copy(room.data(), std::min(room.size(), half - at), at));
    };
    return reply;
  };
  const auto clone = hub.clone_folder();
  hub.fetch(clone, {kHeads});
  CHECK(calls == 2);
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == commit);
}

TEST_CASE("hostile names in an advertisement touch nothing", "[remote][git]") {
  Hub hub;
  const std::string commit = hub.commit("a", "1");
  hub.mirror();
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path != "/m.git/info/refs") return std::nullopt;
    const auto packet = [](const std::string& line) {
      return fmt::format("{:04x}{}", line.size() + 4, line);
    };
    Reply reply;
    reply.headers = {{"Content-Type", "application/x-git-upload-pack-advertisement"}};
    reply.body = packet("# service=git-upload-pack\n") + "0000" +
                 packet(commit + " refs/heads/../../../evil" + std::string(1, '\0') +
                        "side-band-64k ofs-delta\n") +
                 packet(commit + " refs/heads/x/.git/config\n") +
                 packet(commit + " refs/heads/a\x01z\n") + packet(commit + " refs/heads/main\n") +
                 "0000";
    return reply;
  };
  const auto clone = hub.clone_folder();
  const GitFetchResult result = hub.fetch(clone, {"+refs/*:refs/remotes/origin/*"});
  for (const RemoteRef& ref : result.remote.refs) INFO(ref.name);
  CHECK(trimmed(git(clone, {"for-each-ref", "--format=%(refname)"})) ==
        "refs/remotes/origin/heads/main");
  CHECK_FALSE(std::filesystem::exists(hub.folder / "evil"));
}

TEST_CASE("a stop ends a fetch from a silent hub", "[remote][git]") {
  Hub hub;
  hub.commit("a", "1");
  hub.mirror();
  hub.gate = [&](const Received& received) -> std::optional<Reply> {
    if (received.path == "/m.git/git-upload-pack") hub.server.stall();
    return std::nullopt;
  };
  const auto clone = hub.clone_folder();
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    hub.stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  CHECK_THROWS_MATCHES(hub.fetch(clone, {kHeads}), Error, HasKind(ErrorKind::interrupted));
  // Far below the patience with a silent hub, far above what a busy machine needs.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  stopper.join();
}

TEST_CASE("a tag of a tag, of a blob, and what they lead to are pushed", "[remote][git]") {
  Hub hub;
  hub.commit("a", "1");
  git(hub.work(), {"tag", "-a", "-m", "x", "inner"});
  git(hub.work(), {"tag", "-a", "-m", "x", "outer", "inner"});
  git(hub.work(), {"tag", "-a", "-m", "x", "blob", "HEAD:a"});
  const GitPushResult result =
      push_refs(hub.connection, hub.work(), hub.url(),
                {{Hub::id(hub.work(), "refs/tags/outer"), "refs/tags/outer"},
                 {Hub::id(hub.work(), "refs/tags/blob"), "refs/tags/blob"}});
  for (const RefPushResult& ref : result.refs) {
    CHECK(ref.outcome == RefPushResult::Outcome::accepted);
  }
  CHECK(trimmed(git(hub.bare(), {"cat-file", "blob", "refs/tags/blob^{}"})) == "1");
  git(hub.bare(), {"fsck", "--full", "--strict"});
}

TEST_CASE("a push sends only what the hub lacks", "[remote][git]") {
  Hub hub;
  std::string noise(400'000, 0);
  fill_random(std::as_writable_bytes(std::span(noise)));
  hub.commit("big", noise);
  hub.mirror();
  const std::string next = hub.commit("small", "1");
  const GitPushResult result =
      push_refs(hub.connection, hub.work(), hub.url(), {{next, "refs/heads/main"}});
  CHECK(result.refs.at(0).outcome == RefPushResult::Outcome::accepted);
  CHECK(result.sent_bytes < 2000);
}

TEST_CASE("negotiation over a long common history sends only what is new", "[remote][git]") {
  Hub hub;
  for (int i = 0; i < 60; ++i) hub.commit("f" + std::to_string(i), std::string(1000, 'a'));
  hub.mirror();
  const auto clone = hub.clone_folder();
  hub.fetch(clone, {kHeads});
  git(clone, {"checkout", "-q", "-b", "mine", "refs/remotes/origin/main"});
  for (int i = 0; i < 40; ++i) git(clone, {"commit", "-q", "--allow-empty", "-m", "mine"});
  const std::string latest = hub.commit("new", "new");
  hub.mirror();
  const GitFetchResult result = hub.fetch(clone, {kHeads});
  CHECK(result.objects <= 4);
  CHECK(Hub::id(clone, "refs/remotes/origin/main") == latest);
}
