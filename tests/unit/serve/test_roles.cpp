// Every route of every face, asked by every kind of caller about repositories in every state. What
// to expect follows from the row's Need and from two questions about the caller, which are answered
// here anew: what may this role do to a repository in this state, and how is it refused?

#include <nlohmann/json.hpp>

#include "auth.hpp"
#include "catalog/catalog.hpp"
#include "prepared_file.hpp"
#include "role_rows.hpp"
#include "routes.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using serve::MemberRole;
using serve::TokenScope;
using test::Need;
using test::RoleRow;
using test::TestHub;

enum class State { open, secret, gated, vault, gone };  // vault: private and gated
constexpr std::pair<State, const char*> kStates[] = {{State::open, "open"},
                                                     {State::secret, "secret"},
                                                     {State::gated, "gated"},
                                                     {State::vault, "vault"},
                                                     {State::gone, "gone"}};
bool is_private(State state) {
  return state == State::secret || state == State::vault;
}
bool is_gated(State state) {
  return state == State::gated || state == State::vault;
}

/// How far into a repository somebody gets, each including what stands before it.
enum class Level { unknown, seen, content, write };

struct Role {
  std::string name;
  std::string token = {};
  std::int64_t token_id = 0;
  std::string me = "ann";
  bool is_member = false;    ///< sees private repositories of the organisation
  bool is_let_in = false;    ///< and the content of its gated ones
  bool is_accepted = false;  ///< let into the public gated one by its owner
  bool may_write = false;    ///< changes repositories of the organisation
  bool writes_own = false;   ///< makes repositories in `me`
  bool makes_there = false;  ///< makes repositories in the organisation
  bool is_bad = false;       ///< the token is not good for anything
  bool is_limited = false;
  std::string only = {};  ///< the repository that the token is limited to
  bool is_anonymous() const { return token.empty(); }
};

Level level_of(const Role& role, State state, const std::string& id) {
  if (role.is_bad || state == State::gone) return Level::unknown;
  const bool is_inside = role.only.empty() || role.only == id;
  if (is_private(state) && !(role.is_member && is_inside)) return Level::unknown;
  const bool is_in = is_inside && (role.is_let_in || (role.is_accepted && state == State::gated));
  if (is_gated(state) && !is_in) return Level::seen;
  return role.may_write && is_inside ? Level::write : Level::content;
}

/// An answer's class: let in, or how it was refused.
enum class Kind { let_in, unauthenticated, hidden, gated, forbidden };

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::let_in:
      return "let in";
    case Kind::unauthenticated:
      return "401";
    case Kind::hidden:
      return "RepoNotFound";
    case Kind::gated:
      return "GatedRepo";
    case Kind::forbidden:
      return "403";
  }
  return "";
}

bool is_for_cas(const RoleRow& row) {
  return row.need == Need::cas_read || row.need == Need::cas_write || row.need == Need::cas_propose;
}

Kind expected(const RoleRow& row, const Role& role, State state, const std::string& id) {
  const Level level = level_of(role, state, id);
  const auto refuse_write = role.is_anonymous() ? Kind::unauthenticated : Kind::forbidden;
  const auto need_level = [&](Level needed) {
    if (level >= needed) return Kind::let_in;
    if (level == Level::unknown) return Kind::hidden;
    return needed == Level::content ? Kind::gated : refuse_write;
  };
  if (row.need == Need::nothing) return Kind::let_in;
  if (row.need == Need::signed_url)
    return state == State::gone && !row.path.starts_with("<xorb") ? Kind::forbidden : Kind::let_in;
  if (role.is_bad) return Kind::unauthenticated;
  const bool acts = (role.writes_own || role.may_write) && (role.only.empty() || role.only == id);
  switch (row.need) {
    case Need::anybody:
      return Kind::let_in;
    case Need::user:
      return role.is_anonymous() ? Kind::unauthenticated : Kind::let_in;
    case Need::member:
      return role.is_member ? Kind::let_in : refuse_write;
    case Need::see:
      return need_level(Level::seen);
    case Need::see_named:
      if (level == Level::seen && !role.only.empty() && role.is_let_in) return Kind::forbidden;
      return level == Level::unknown ? Kind::hidden
             : role.is_anonymous()   ? Kind::unauthenticated
                                     : Kind::let_in;
    case Need::content:
      return need_level(Level::content);
    case Need::write:
      return need_level(Level::write);
    case Need::write_named:
      if (role.is_anonymous()) return Kind::unauthenticated;
      if (!role.may_write && !role.writes_own) return Kind::forbidden;
      return need_level(Level::write);
    case Need::create:
      return role.makes_there ? Kind::let_in : refuse_write;
    case Need::act:
      if (level == Level::unknown) return Kind::hidden;
      return acts ? Kind::let_in : refuse_write;
    case Need::propose:
      if (level == Level::unknown) return Kind::hidden;
      return acts ? need_level(Level::content) : refuse_write;
    case Need::push:
      if (level == Level::unknown) return Kind::hidden;
      return acts && level >= Level::content ? Kind::let_in : refuse_write;
    case Need::account:
      return role.is_anonymous() || role.is_limited ? refuse_write : Kind::let_in;
    case Need::account_write:
      return role.is_limited || !role.writes_own ? refuse_write : Kind::let_in;
    case Need::copy:
      if (level < Level::content) return need_level(Level::content);
      return role.writes_own ? Kind::let_in : refuse_write;
    case Need::content_write:
      return need_level(level < Level::content ? Level::content : Level::write);
    case Need::cas_read:
      return level >= Level::content ? Kind::let_in : Kind::forbidden;
    case Need::cas_write:
      return level >= Level::write ? Kind::let_in : Kind::forbidden;
    case Need::cas_propose:
      return acts && level >= Level::content ? Kind::let_in : Kind::forbidden;
    case Need::nothing:
    case Need::signed_url:
      break;
  }
  return Kind::let_in;
}

/// Nothing if the answer is none that the table knows.
std::optional<Kind> seen(const RoleRow& row, const test::HttpAnswer& answer) {
  const std::string code = answer.header("x-error-code");
  if (code == "RepoNotFound") return Kind::hidden;
  if (code == "GatedRepo") return Kind::gated;
  if (std::find(row.good.begin(), row.good.end(), answer.status) != row.good.end())
    return Kind::let_in;
  if (answer.status == 401) return Kind::unauthenticated;
  if (answer.status == 403) return Kind::forbidden;
  return std::nullopt;
}

const char* method_name(serve::Method method) {
  switch (method) {
    case serve::Method::get:
      return "GET";
    case serve::Method::put:
      return "PUT";
    case serve::Method::post:
      return "POST";
    case serve::Method::del:
      return "DELETE";
    case serve::Method::other:
      break;
  }
  return "PATCH";
}

using Words = std::vector<std::pair<std::string, std::string>>;
/// Values are not looked through for words again: some are random bytes.
std::string filled(const std::string& text, const Words& words) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& pair) {
      return text.compare(at, pair.first.size(), pair.first) == 0;
    });
    if (found == words.end()) {
      out += text[at++];
    } else {
      out += found->second;
      at += found->first.size();
    }
  }
  return out;
}

/// A hub with an organisation, its repositories in every state, and everybody who may ask.
class World {
public:
  World() : signer_(secret()) {
    serve::Admin& admin = hub.admin();
    admin.create_organisation("acme");
    admin.create_organisation("rival");
    for (const char* name :
         {"ann", "mia", "max", "con", "cora", "other", "rita", "ada", "rob", "guest"})
      admin.create_user(name, false);
    admin.add_member("acme", "ann", MemberRole::admin);
    admin.add_member("acme", "max", MemberRole::write);
    admin.add_member("acme", "mia", MemberRole::read);
    admin.add_member("acme", "con", MemberRole::contributor);
    admin.add_member("acme", "cora", MemberRole::contributor);
    admin.add_member("rival", "rita", MemberRole::admin);
    creator_ = admin.create_token("cora", "creator", TokenScope::write, std::nullopt);
    hub.make_repo("acme/elsewhere");
    for (const auto& [state, name] : kStates) {
      make_repo(state, name);
      make_roles(state, std::string("acme/") + name);
    }
    admin.delete_repo(*wire::parse_repo_id("acme/gone", wire::RepoType::model));
  }

  TestHub hub;

  const std::vector<Role>& roles(State state) const { return roles_.at(state); }
  /// "<oid>" and others of a repository's file.
  std::string word(State state, const std::string& word) const {
    return filled(word, words_.at(state));
  }

  test::HttpAnswer ask(const RoleRow& row, const Role& role, State state, const char* name) {
    const std::string number = std::to_string(++number_);
    const std::string id = std::string("acme/") + (row.on_copy ? "victim" + number : name);
    if (row.on_copy) make_empty(state, id);
    Words words = words_.at(state);
    words.insert(words.end(), {{"<id>", id},
                               {"<owner>", "acme"},
                               {"<name>", id.substr(5)},
                               {"<me>", role.me},
                               {"<n>", number}});
    const bool is_cas = is_for_cas(row);
    const bool is_signed = row.path.starts_with("<");
    const auto answer =
        hub.ask(row.is_head ? "HEAD" : method_name(row.method), filled(row.path, words),
                is_cas ? cas_token(row, role, state) : role.token, filled(row.body, words),
                is_signed && row.path == "<xorb-data>"
                    ? std::vector<std::string>{filled("Range: bytes=<xorb-range>", words)}
                    : row.headers);
    clean(id, role, number, row.on_copy);
    return answer;
  }

private:
  Sha256 secret() {
    return serve::open_sqlite_catalog_read_only(hub.options().data_folder / "catalog.db")
        ->master_secret();
  }

  /// As if issued when its holder still had every right.
  std::string cas_token(const RoleRow& row, const Role& role, State state) {
    serve::CasGrant grant;
    grant.scope = row.need == Need::cas_write     ? serve::CasScope::write
                  : row.need == Need::cas_propose ? serve::CasScope::propose
                                                  : serve::CasScope::read;
    grant.repo_id = repo_ids_.at(state);
    grant.token_id = role.token_id;
    grant.expires_unix_s = serve::unix_now() + 600;
    return signer_.cas_token(grant);
  }

  void set_state(State state, const std::string& id) {
    if (!is_gated(state)) return;
    REQUIRE(hub.ask("PUT", "/api/models/" + id + "/settings", hub.admin_token(),
                    R"({"gated":"manual"})")
                .status == 200);
  }

  /// By cora, who contributes to the organisation.
  void create(State state, const std::string& id) {
    const json wanted = {{"name", id.substr(5)},
                         {"organization", "acme"},
                         {"visibility", is_private(state) ? "private" : "public"}};
    REQUIRE(hub.ask("POST", "/api/repos/create", creator_, wanted.dump()).status == 200);
  }

  std::int64_t id_of(const std::string& id) const {
    return serve::open_sqlite_catalog_read_only(hub.options().data_folder / "catalog.db")
        ->find_repo(*wire::parse_repo_id(id, wire::RepoType::model))
        ->id;
  }

  void make_empty(State state, const std::string& id) {
    if (state == State::gone) return;
    create(state, id);
    set_state(state, id);
  }

  void remove(const std::string& id) {
    try {
      hub.admin().delete_repo(*wire::parse_repo_id(id, wire::RepoType::model));
    } catch (const Error&) {
      // It was not made, or it is what the request was about.
    }
  }

  void clean(const std::string& id, const Role& role, const std::string& number, bool on_copy) {
    if (on_copy) {
      remove(id);
      remove("acme/moved-" + number);
    }
    remove("acme/made-" + number);
    remove(role.me + "/copy-" + number);
  }

  /// With weights.bin in chunks, of bytes that no other repository has, and config.json in git.
  void make_repo(State state, const char* name) {
    const std::string id = std::string("acme/") + name;
    const std::string api = "/api/models/" + id;
    create(state, id);
    repo_ids_[state] = id_of(id);
    const test::Prepared file(test::noise_bytes(200000));
    const std::string admin = hub.admin_token();
    const auto token = hub.ask("GET", api + "/xet-write-token/main", admin);
    const std::string writing = token.header("x-xet-access-token");
    REQUIRE(hub.ask("POST", file.xorb_path(), writing, std::string(as_text(file.xorb))).status ==
            200);
    REQUIRE(hub.ask("POST", "/v1/shards", writing, file.shard()).status == 200);
    const std::string oid = file.file.sha256->hex();
    const std::string size = std::to_string(file.content.size());
    const std::string commit =
        R"({"key":"header","value":{"summary":"s"}})"
        "\n"
        R"({"key":"file","value":{"path":"config.json","content":"e30=","encoding":"base64"}})"
        "\n"
        R"({"key":"lfsFile","value":{"path":"weights.bin","algo":"sha256","oid":")" +
        oid + R"(","size":)" + size + "}}\n";
    REQUIRE(
        hub.ask("POST", api + "/commit/main", admin, commit, {"Content-Type: application/x-ndjson"})
            .status == 200);
    REQUIRE(hub.ask("POST", api + "/discussions", admin, R"({"title":"first"})").status == 200);
    set_state(state, id);

    Words& words = words_[state];
    words = {{"<oid>", oid},
             {"<size>", size},
             {"<content>", std::string(as_text(file.content))},
             {"<file>", file.file.hash.text()},
             {"<xorb>", file.xorb_hash.text()},
             {"<chunk>", file.chunks.front().hash.text()},
             {"<xorb-bytes>", std::string(as_text(file.xorb))},
             {"<shard>", file.shard()}};
    const auto batch = [&](const char* operation, const std::string& object) {
      const auto answer = hub.ask(
          "POST", "/" + id + ".git/info/lfs/objects/batch", admin,
          std::string(R"({"operation":")") + operation + R"(","objects":[)" + object + "]}");
      REQUIRE(answer.status == 200);
      return json::parse(answer.body).at("objects").at(0).at("actions");
    };
    const auto here = fmt::format(R"({{"oid":"{}","size":{}}})", oid, size);
    words.emplace_back("<download>", batch("download", here).at("download").at("href"));
    // What is there already gets no address to be sent to.
    words.emplace_back("<upload>", link(id, "lfs-upload", oid, size, ""));
    words.emplace_back("<verify>", link(id, "lfs-verify", oid, size, "/verify"));
    const auto plan = hub.ask("GET", "/v1/reconstructions/" + file.file.hash.text(), writing);
    REQUIRE(plan.status == 200);
    const json fetch = json::parse(plan.body).at("fetch_info").begin().value().at(0);
    words.emplace_back("<xorb-data>", fetch.at("url"));
    words.emplace_back("<xorb-range>",
                       fmt::format("{}-{}", fetch.at("url_range").at("start").get<std::uint64_t>(),
                                   fetch.at("url_range").at("end").get<std::uint64_t>()));
  }

  std::string link(const std::string& id, const char* purpose, const std::string& oid,
                   const std::string& size, const char* ending) {
    const std::string expires = std::to_string(serve::unix_now() + 600);
    return "/" + id + ".git/info/lfs/objects/" + oid + ending + "?size=" + size +
           "&expires=" + expires +
           "&signature=" + signer_.sign(purpose, {std::to_string(id_of(id)), oid, size, expires});
  }

  Role role_of(const std::string& name, const std::string& user, TokenScope scope,
               std::optional<std::chrono::seconds> lifetime = std::nullopt) {
    Role role{.name = name};
    role.token = hub.admin().create_token(user, name, scope, lifetime);
    role.token_id = hub.admin().list_tokens(user).back().id;
    role.me = user;
    role.writes_own = scope >= TokenScope::write;
    return role;
  }

  Role limited(const std::string& name, const std::string& place, bool may_write,
               const std::string& only) {
    Role role{.name = name};
    role.token = hub.admin().create_limited_token("ann", name, {{place, may_write}}, std::nullopt);
    role.token_id = hub.admin().list_tokens("ann").back().id;
    role.is_member = role.is_let_in = true;
    role.may_write = may_write;
    role.makes_there = may_write && only.empty();
    role.only = only;
    role.is_limited = true;
    return role;
  }

  void make_roles(State state, const std::string& id) {
    std::vector<Role>& roles = roles_[state];
    const std::chrono::seconds past(-1);
    roles.push_back({.name = "nobody"});
    roles.push_back(role_of("owner, read token", "ann", TokenScope::read));
    roles.back().is_member = roles.back().is_let_in = true;
    roles.push_back(role_of("owner", "ann", TokenScope::write));
    roles.back().is_member = roles.back().is_let_in = true;
    roles.back().may_write = roles.back().makes_there = true;
    roles.push_back(role_of("member who reads", "mia", TokenScope::write));
    roles.back().is_member = true;
    roles.push_back(role_of("member who writes", "max", TokenScope::write));
    roles.back().is_member = roles.back().is_let_in = true;
    roles.back().may_write = roles.back().makes_there = true;
    roles.push_back(role_of("contributor", "con", TokenScope::write));
    roles.back().is_member = roles.back().makes_there = true;
    roles.push_back(role_of("contributor who made it", "cora", TokenScope::write));
    roles.back().is_member = roles.back().is_let_in = true;
    roles.back().may_write = roles.back().makes_there = true;
    roles.push_back(role_of("administrator", "admin", TokenScope::admin));
    roles.back().is_member = roles.back().is_let_in = true;
    roles.back().may_write = roles.back().makes_there = true;
    roles.push_back(role_of("administrator, write token", "admin", TokenScope::write));
    roles.back().is_member = roles.back().is_let_in = true;
    roles.push_back(role_of("another user", "other", TokenScope::write));
    roles.push_back(role_of("member of another organisation", "rita", TokenScope::write));
    roles.push_back(role_of("accepted user", "ada", TokenScope::write));
    roles.push_back(role_of("rejected user", "rob", TokenScope::write));
    if (is_gated(state)) {
      for (const char* user : {"ada", "rob"})
        CHECK(hub.ask("POST", "/api/models/" + id + "/user-access-request/grant", hub.admin_token(),
                      fmt::format(R"({{"user":"{}"}})", user))
                  .status == 200);
      CHECK(hub.ask("POST", "/api/models/" + id + "/user-access-request/handle", hub.admin_token(),
                    R"({"user":"rob","status":"rejected"})")
                .status == 200);
      roles[roles.size() - 2].is_accepted = true;
    }
    roles.push_back(role_of("expired token", "ann", TokenScope::write, past));
    roles.back().is_bad = true;
    roles.push_back({.name = "forged token", .token = "hf_" + std::string(40, 'x')});
    roles.back().is_bad = true;
    roles.back().token_id = 1 << 20;
    roles.push_back(
        limited("token for another repository", "acme/elsewhere", true, "acme/elsewhere"));
    roles.push_back(limited("token to read this repository", id, false, id));
    roles.push_back(limited("token to write this repository", id, true, id));
    roles.push_back(limited("token to write the organisation's", "acme", true, ""));
  }

  serve::Signer signer_;
  std::string creator_;
  std::map<State, std::int64_t> repo_ids_;
  std::map<State, Words> words_;
  std::map<State, std::vector<Role>> roles_;
  int number_ = 0;
};

TEST_CASE("every route has a row that says who may call it", "[serve][roles]") {
  const auto rows = test::role_rows();
  const auto routes = serve::all_routes({});
  for (const serve::Route& route : routes) {
    INFO("a row in tests/unit/serve/role_rows.hpp is missing for " << method_name(route.method)
                                                                   << " " << route.pattern);
    CHECK(std::any_of(rows.begin(), rows.end(), [&](const RoleRow& row) {
      return row.method == route.method && row.pattern == route.pattern;
    }));
  }
  for (const RoleRow& row : rows) {
    INFO("there is no route for the row " << method_name(row.method) << " " << row.pattern);
    CHECK(std::any_of(routes.begin(), routes.end(), [&](const serve::Route& route) {
      return row.method == route.method && row.pattern == route.pattern;
    }));
  }
}

/// The path of a row that asks for no signed address, without a world around it.
std::string plain_path(const RoleRow& row, const std::string& id) {
  const std::string hash(64, 'a');
  return filled(row.path, {{"<id>", id},
                           {"<owner>", id.substr(0, id.find('/'))},
                           {"<oid>", hash},
                           {"<file>", hash},
                           {"<xorb>", hash},
                           {"<chunk>", hash},
                           {"<n>", "1"}});
}

TEST_CASE("each row reaches the route that it is about", "[serve][roles]") {
  const serve::Router router(serve::all_routes({}));
  for (const RoleRow& row : test::role_rows()) {
    if (row.path.starts_with("<")) continue;
    const std::string path = plain_path(row, "acme/open");
    const auto match = router.match(row.method, path.substr(0, path.find('?')));
    INFO(method_name(row.method) << " " << path);
    REQUIRE(match.route != nullptr);
    CHECK(match.route->pattern == row.pattern);
  }
}

TEST_CASE("hub tokens open no route of the CAS, and CAS tokens no other", "[serve][roles]") {
  TestHub hub;
  hub.make_repo("owner/open");
  const std::string owner = hub.make_user("owner");
  const std::string cas = hub.ask("GET", "/api/models/owner/open/xet-write-token/main", owner)
                              .header("x-xet-access-token");
  REQUIRE_FALSE(cas.empty());
  for (const RoleRow& row : test::role_rows()) {
    if (row.need == Need::nothing || row.need == Need::signed_url) continue;
    const std::string path = plain_path(row, "owner/open");
    INFO(method_name(row.method) << " " << path);
    CHECK(
        hub.ask(row.is_head ? "HEAD" : method_name(row.method), path, is_for_cas(row) ? owner : cas)
            .status == 401);
  }
}

TEST_CASE("each route answers each role about each repository as it should", "[serve][roles]") {
  World world;
  for (const RoleRow& row : test::role_rows()) {
    for (const auto& [state, name] : kStates) {
      for (const Role& role : world.roles(state)) {
        const std::string id = row.on_copy ? "the copy" : std::string("acme/") + name;
        const Level level = level_of(role, state, id);
        const Kind wanted = expected(row, role, state, id);
        const auto answer = world.ask(row, role, state, name);
        const auto got = seen(row, answer);
        INFO(method_name(row.method) << " " << row.path << " as " << role.name << " on " << name
                                     << ": " << answer.status << " " << answer.body.substr(0, 200));
        REQUIRE(got);
        CHECK(name_of(*got) == name_of(wanted));
        const bool is_refused = *got != Kind::let_in;
        const bool by_token = !is_for_cas(row) && row.need != Need::signed_url;
        if (is_refused && by_token)
          CHECK((answer.status == 401) == (role.is_anonymous() || role.is_bad));
        if (answer.status == 401) CHECK_FALSE(answer.header("www-authenticate").empty());
        if (row.pattern == "/api/{plural}" && !is_refused) {
          const bool is_listed =
              answer.body.find("\"acme/" + std::string(name) + "\"") != std::string::npos;
          CHECK(is_listed == (level != Level::unknown));
        }
      }
    }
  }
}

TEST_CASE("lists and deduplication go by the rules that routes go by", "[serve][roles]") {
  World world;
  const auto catalog =
      serve::open_sqlite_catalog_read_only(world.hub.options().data_folder / "catalog.db");
  for (const auto& [state, name] : kStates) {
    const auto sha256 = *Sha256::parse(world.word(state, "<oid>"));
    const auto xorb = *xet::XorbHash::parse(world.word(state, "<xorb>"));
    for (const Role& role : world.roles(state)) {
      if (role.is_bad) continue;
      INFO(role.name << " on " << name);
      const std::string id = std::string("acme/") + name;
      const Level level = level_of(role, state, id);
      serve::Viewer viewer;
      if (!role.is_anonymous()) viewer = serve::find_principal(*catalog, role.token_id)->viewer();
      CHECK(catalog->may_read_file(viewer, sha256) == (level >= Level::content));
      CHECK(catalog->find_grant(viewer, 0, xorb).has_value() == (level >= Level::content));
      const auto repos = catalog->list_repos(viewer, {});
      const bool is_listed = std::any_of(repos.begin(), repos.end(),
                                         [&](const auto& repo) { return repo.name.id() == id; });
      CHECK(is_listed == (level != Level::unknown));
    }
  }
}

}  // namespace
}  // namespace mhub
