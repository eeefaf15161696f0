#pragma once
// What each route of the hub asks of its caller, in words of its own: the table that test_roles.cpp
// walks. A route without a row here fails that test, so whoever adds one says here who may call it.

#include <string>
#include <vector>

#include "router.hpp"

namespace mhub::test {

/// Who gets past the door of a route.
enum class Need {
  nothing,        ///< everybody, whatever token comes along
  anybody,        ///< everybody, but no bad token
  user,           ///< any good token
  member,         ///< a good token of who belongs to the organisation
  see,            ///< who may know of the repository
  see_named,      ///< the same, with a good token
  content,        ///< who may have its files' content
  write,          ///< who may change it
  write_named,    ///< the same for a repository that the body names: a token for reading is refused
                  ///< before that is looked at
  create,         ///< who may make repositories in its namespace
  act,            ///< who may see it, with a token that may write there
  propose,        ///< who may have its content, with a token that may write there
  push,           ///< the same who have proposed something; others are told that they may not write
  account,        ///< a good token that is not limited
  account_write,  ///< the same, of scope write
  copy,           ///< who may have its content, and may make repositories in the own namespace
  content_write,  ///< who may have its content and change it, asked in that order
  cas_read,       ///< a CAS token of who may have its content
  cas_write,      ///< a CAS token for writing of who may change it
  cas_propose,    ///< a CAS token for proposals of who may propose changes to it
  signed_url      ///< a signed address, as long as the repository is there
};

struct RoleRow {
  serve::Method method;
  std::string pattern;  ///< as the route has it
  Need need;
  /// Statuses for who gets in, whatever the repository's state.
  std::vector<long> good;
  /// What is asked for. Words in angle brackets are filled in by test_roles.cpp: <id> and its parts
  /// <owner> and <name>; <me>, the caller's own namespace (ann's for anonymous ones); <n>, a
  /// number of its own for each request; <oid>, <size>, <content>, <file>, <xorb>, <chunk>,
  /// <xorb-bytes> and <shard> of weights.bin; signed addresses <download>, <upload>, <verify>,
  /// <xorb-data>.
  std::string path;
  std::string body = {};
  std::vector<std::string> headers = {};
  bool on_copy = false;  ///< asked of an empty repository in the same state, made for it
  bool is_head = false;
};

inline std::vector<RoleRow> role_rows() {
  using serve::Method;
  constexpr auto get = Method::get;
  constexpr auto post = Method::post;
  constexpr auto put = Method::put;
  constexpr auto del = Method::del;
  const std::string api = "/api/models/<id>";
  const std::string lfs = "/<id>.git/info/lfs";
  const std::string object = R"({"oid":"<oid>","size":<size>})";
  const std::string ndjson = "Content-Type: application/x-ndjson";
  const std::string commit =
      R"({"key":"header","value":{"summary":"s"}})"
      "\n"
      R"({"key":"file","value":{"path":"f<n>","content":"aGk=","encoding":"base64"}})"
      "\n";
  return {
      // clang-format off
      // --- the hub itself
      {get, "/health", Need::nothing, {200}, "/health"},
      {get, "/api/agent-harnesses", Need::nothing, {200}, "/api/agent-harnesses"},
      {get, "/api/telemetry", Need::nothing, {200}, "/api/telemetry"},
      {get, "/api/telemetry/*", Need::nothing, {200}, "/api/telemetry/a/b"},
      {post, "/api/telemetry", Need::nothing, {200}, "/api/telemetry", "{}"},
      {post, "/api/telemetry/*", Need::nothing, {200}, "/api/telemetry/a/b", "{}"},
      {post, "/api/validate-yaml", Need::nothing, {200}, "/api/validate-yaml", R"({"content":"---\nlicense: mit\n---\n","repoType":"model"})"},
      {get, "/api/whoami-v2", Need::user, {200}, "/api/whoami-v2"},
      {get, "/api/{plural}", Need::anybody, {200}, "/api/models?author=<owner>"},

      {get, "/api/models-tags-by-type", Need::anybody, {200}, "/api/models-tags-by-type"},
      {get, "/api/datasets-tags-by-type", Need::anybody, {200}, "/api/datasets-tags-by-type"},

      // --- people
      {get, "/api/users/{name}/overview", Need::user, {200}, "/api/users/ann/overview"},
      {get, "/api/users/{name}/followers", Need::user, {200}, "/api/users/ann/followers"},
      {get, "/api/users/{name}/following", Need::user, {200}, "/api/users/ann/following"},
      {get, "/api/organizations/{name}/overview", Need::user, {200}, "/api/organizations/acme/overview"},
      {get, "/api/organizations/{name}/members", Need::user, {200}, "/api/organizations/acme/members"},
      {get, "/api/organizations/{name}/followers", Need::user, {200}, "/api/organizations/acme/followers"},
      {get, "/api/organizations/{name}/settings/repositories", Need::member, {200}, "/api/organizations/acme/settings/repositories"},
      {get, "/api/settings/repositories", Need::user, {200}, "/api/settings/repositories"},

      // --- repositories as a whole
      {post, "/api/repos/create", Need::create, {200}, "/api/repos/create", R"({"name":"made-<n>","organization":"<owner>"})"},
      {del, "/api/repos/delete", Need::write_named, {200}, "/api/repos/delete", R"({"name":"<name>","organization":"<owner>"})", {}, true},
      {post, "/api/repos/move", Need::write_named, {200}, "/api/repos/move", R"({"fromRepo":"<id>","toRepo":"<owner>/moved-<n>","type":"model"})", {}, true},
      {put, "/api/{api_repo}/settings", Need::write, {200}, api + "/settings", "{}"},
      {post, "/api/{api_repo}/duplicate", Need::copy, {200}, api + "/duplicate", R"({"repository":"<me>/copy-<n>"})"},

      // --- likes, webhooks
      {post, "/api/{api_repo}/like", Need::act, {200}, api + "/like"},
      {del, "/api/{api_repo}/like", Need::act, {200}, api + "/like"},
      {get, "/api/{api_repo}/likers", Need::see, {200}, api + "/likers"},
      {get, "/api/users/{user}/likes", Need::anybody, {200}, "/api/users/ann/likes"},
      {get, "/api/settings/webhooks", Need::account, {200}, "/api/settings/webhooks"},
      {post, "/api/settings/webhooks", Need::account_write, {400}, "/api/settings/webhooks", "{}"},
      {get, "/api/settings/webhooks/{id}", Need::account, {404}, "/api/settings/webhooks/1"},
      {post, "/api/settings/webhooks/{id}", Need::account_write, {404}, "/api/settings/webhooks/1", "{}"},
      {del, "/api/settings/webhooks/{id}", Need::account_write, {404}, "/api/settings/webhooks/1"},
      {post, "/api/settings/webhooks/{id}/enable", Need::account_write, {404}, "/api/settings/webhooks/1/enable"},
      {post, "/api/settings/webhooks/{id}/disable", Need::account_write, {404}, "/api/settings/webhooks/1/disable"},

      // --- what a repository is
      {get, "/api/{api_repo}", Need::see, {200}, api},
      {get, "/api/{api_repo}/revision/*", Need::see, {200}, api + "/revision/main"},
      {get, "/api/{api_repo}/auth-check", Need::content, {200}, api + "/auth-check"},
      {get, "/api/{api_repo}/auth-check/write", Need::write, {200}, api + "/auth-check/write"},
      {get, "/api/{api_repo}/tree/*", Need::see, {200}, api + "/tree/main"},
      {post, "/api/{api_repo}/paths-info/*", Need::see, {200}, api + "/paths-info/main", R"({"paths":["config.json"]})", {"Content-Type: application/json"}},
      {get, "/api/{api_repo}/refs", Need::see, {200}, api + "/refs"},
      {get, "/api/{api_repo}/commits/*", Need::see, {200}, api + "/commits/main"},

      {get, "/api/{api_repo}/treesize/*", Need::see, {200}, api + "/treesize/main/config.json"},

      // --- content
      {get, "/api/{api_repo}/compare/*", Need::content, {200}, api + "/compare/main..main"},
      {get, "/{repo}/resolve/*", Need::content, {200}, "/<id>/resolve/main/weights.bin"},
      {get, "/{repo}/resolve/*", Need::content, {200}, "/<id>/resolve/main/config.json"},
      {get, "/{repo}/resolve/*", Need::content, {200}, "/<id>/resolve/main/weights.bin", "", {}, false, true},
      {get, "/{repo}/raw/*", Need::content, {200}, "/<id>/raw/main/config.json"},
      {get, "/api/{api_repo}/xet-read-token/*", Need::content, {200}, api + "/xet-read-token/main"},

      // --- writing
      {get, "/api/{api_repo}/lfs-files", Need::write, {200}, api + "/lfs-files"},
      {post, "/api/{api_repo}/lfs-files/duplicate", Need::content_write, {200}, api + "/lfs-files/duplicate", R"({"target":{"type":"model","name":"<id>"},"files":[]})"},
      {post, "/api/{api_repo}/lfs-files/batch", Need::write, {200, 400}, api + "/lfs-files/batch", R"({"deletions":{"sha":[]}})"},
      {get, "/api/{api_repo}/xet-write-token/*", Need::write, {200}, api + "/xet-write-token/main"},
      {post, "/api/{api_repo}/preupload/*", Need::write, {200}, api + "/preupload/main", R"({"files":[{"path":"a","size":1,"sample":"YQ=="}]})"},
      {post, "/api/{api_repo}/commit/*", Need::write, {200}, api + "/commit/main", commit, {ndjson}},
      {post, "/api/{api_repo}/branch/*", Need::write, {200}, api + "/branch/b<n>", "{}"},
      {del, "/api/{api_repo}/branch/*", Need::write, {404}, api + "/branch/none"},
      {post, "/api/{api_repo}/tag/*", Need::write, {200}, api + "/tag/main", R"({"tag":"t<n>"})"},
      {del, "/api/{api_repo}/tag/*", Need::write, {404}, api + "/tag/none"},
      {post, "/api/{api_repo}/super-squash/*", Need::write, {200}, api + "/super-squash/main", "{}"},

      // --- access to gated repositories; 400 where nothing is gated
      {post, "/{repo}/ask-access", Need::see_named, {303, 400}, "/<id>/ask-access", "{}"},
      {get, "/api/{api_repo}/user-access-request/{status}", Need::write, {200, 400}, api + "/user-access-request/pending"},
      {post, "/api/{api_repo}/user-access-request/handle", Need::write, {200, 400, 404}, api + "/user-access-request/handle", R"({"user":"guest","status":"rejected"})"},
      {post, "/api/{api_repo}/user-access-request/batch", Need::write, {200, 400}, api + "/user-access-request/batch", R"({"status":"rejected","requests":[{"user":"guest"}]})"},
      {get, "/{repo}/user-access-report", Need::write, {200, 400}, "/<id>/user-access-report"},
      {post, "/api/{api_repo}/user-access-request/grant", Need::write, {200, 400}, api + "/user-access-request/grant", R"({"user":"guest"})"},
      {post, "/api/{api_repo}/user-access-request/cancel", Need::see_named, {200, 400, 404}, api + "/user-access-request/cancel", "{}", {}, true},

      // --- git
      {get, "/{repo}/info/refs", Need::content, {200}, "/<id>.git/info/refs?service=git-upload-pack"},
      {get, "/{repo}/info/refs", Need::write, {200}, "/<id>.git/info/refs?service=git-receive-pack"},
      {post, "/{repo}/git-upload-pack", Need::content, {200}, "/<id>/git-upload-pack", "0000", {"Content-Type: application/x-git-upload-pack-request"}},
      {post, "/{repo}/git-receive-pack", Need::write, {200}, "/<id>/git-receive-pack", "0000", {"Content-Type: application/x-git-receive-pack-request"}},

      // --- discussions and pull requests
      {get, "/api/{api_repo}/discussions", Need::see, {200}, api + "/discussions"},
      {post, "/api/{api_repo}/discussions", Need::act, {200}, api + "/discussions", R"({"title":"t"})"},
      {post, "/api/{api_repo}/discussions", Need::propose, {200}, api + "/discussions", R"({"title":"t","pullRequest":true})"},
      {get, "/api/{api_repo}/discussions/{number}", Need::see, {200}, api + "/discussions/1"},
      {post, "/api/{api_repo}/discussions/{number}/comment", Need::act, {200}, api + "/discussions/1/comment", R"({"comment":"c"})"},
      // Whose they are is in test_discussions.cpp.
      {post, "/api/{api_repo}/discussions/{number}/comment/{id}/edit", Need::act, {404}, api + "/discussions/1/comment/ffffff/edit", R"({"content":"c"})"},
      {post, "/api/{api_repo}/discussions/{number}/comment/{id}/hide", Need::act, {404}, api + "/discussions/1/comment/ffffff/hide"},
      {post, "/api/{api_repo}/discussions/{number}/title", Need::act, {404}, api + "/discussions/999999/title", R"({"title":"t"})"},
      {post, "/api/{api_repo}/discussions/{number}/status", Need::act, {404}, api + "/discussions/999999/status", R"({"status":"closed"})"},
      {post, "/api/{api_repo}/discussions/{number}/merge", Need::write, {400}, api + "/discussions/1/merge"},
      {post, "/api/{api_repo}/commit/*", Need::propose, {200}, api + "/commit/main?create_pr=1", commit, {ndjson}},
      {post, "/api/{api_repo}/preupload/*", Need::propose, {200}, api + "/preupload/main?create_pr=1", R"({"files":[{"path":"a","size":1,"sample":"YQ=="}]})"},
      {get, "/api/{api_repo}/xet-write-token/*", Need::propose, {200}, api + "/xet-write-token/main?create_pr=1"},
      // Who may propose has an open pull request by now, and may push to it.
      {get, "/{repo}/info/refs", Need::push, {200}, "/<id>.git/info/refs?service=git-receive-pack"},
      {post, "/{repo}/git-receive-pack", Need::push, {200}, "/<id>/git-receive-pack", "0000", {"Content-Type: application/x-git-receive-pack-request"}},

      // --- LFS
      {post, "/{repo}/info/lfs/objects/batch", Need::content, {200}, lfs + "/objects/batch", R"({"operation":"download","objects":[)" + object + "]}"},
      {post, "/{repo}/info/lfs/objects/batch", Need::propose, {200}, lfs + "/objects/batch", R"({"operation":"upload","objects":[)" + object + "]}"},
      {post, "/{repo}/info/lfs/objects/verify", Need::see, {200}, lfs + "/objects/verify", object},
      {post, "/{repo}/info/lfs/objects/{oid}/verify", Need::content, {200}, lfs + "/objects/<oid>/verify", object},
      {post, "/{repo}/info/lfs/objects/{oid}/verify", Need::signed_url, {200}, "<verify>", object},
      {get, "/{repo}/info/lfs/objects/{oid}", Need::content, {200}, lfs + "/objects/<oid>"},
      {get, "/{repo}/info/lfs/objects/{oid}", Need::signed_url, {200}, "<download>"},
      {put, "/{repo}/info/lfs/objects/{oid}", Need::write, {200}, lfs + "/objects/<oid>", "<content>"},
      {put, "/{repo}/info/lfs/objects/{oid}", Need::signed_url, {200}, "<upload>", "<content>"},
      {get, "/{repo}/info/lfs/locks", Need::see, {404}, lfs + "/locks"},
      {get, "/{repo}/info/lfs/locks/*", Need::see, {404}, lfs + "/locks/1"},
      {post, "/{repo}/info/lfs/locks", Need::see, {404}, lfs + "/locks", "{}"},
      {post, "/{repo}/info/lfs/locks/*", Need::see, {404}, lfs + "/locks/verify", "{}"},

      // --- CAS
      {get, "/v2/reconstructions/{hash}", Need::cas_read, {200}, "/v2/reconstructions/<file>"},
      {get, "/v1/reconstructions/{hash}", Need::cas_read, {200}, "/v1/reconstructions/<file>"},
      {get, "/v1/reconstructions", Need::cas_read, {200}, "/v1/reconstructions?file_id=<file>"},
      {post, "/v1/reconstructions", Need::cas_read, {200}, "/v1/reconstructions", R"([{"hash":"<file>"}])"},
      {get, "/v1/files/{hash}", Need::cas_read, {200}, "/v1/files/<file>", "", {}, false, true},
      {get, "/v1/xorbs/{prefix}/{hash}", Need::cas_read, {200}, "/v1/xorbs/default/<xorb>", "", {}, false, true},
      {get, "/v1/chunks/{prefix}/{hash}", Need::cas_read, {200}, "/v1/chunks/default/<chunk>"},
      {post, "/v1/xorbs/{prefix}/{hash}", Need::cas_write, {200}, "/v1/xorbs/default/<xorb>", "<xorb-bytes>"},
      {post, "/v1/shards", Need::cas_write, {200}, "/v1/shards", "<shard>"},
      {post, "/v1/shards/announcement", Need::cas_write, {202}, "/v1/shards/announcement", "<shard>"},
      {post, "/v2/shards", Need::cas_write, {200}, "/v2/shards", "<shard>"},
      {post, "/v1/xorbs/{prefix}/{hash}", Need::cas_propose, {200}, "/v1/xorbs/default/<xorb>", "<xorb-bytes>"},
      {post, "/v1/shards", Need::cas_propose, {200}, "/v1/shards", "<shard>"},
      {post, "/v1/shards/announcement", Need::cas_propose, {202}, "/v1/shards/announcement", "<shard>"},
      {post, "/v2/shards", Need::cas_propose, {200}, "/v2/shards", "<shard>"},
      {get, "/v1/xorb-data/{hash}", Need::signed_url, {206}, "<xorb-data>"},
      // clang-format on
  };
}

}  // namespace mhub::test
