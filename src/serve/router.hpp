#pragma once
// Which code answers which path, who may call it, and where it runs.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/wire/repo_name.hpp>

#include "auth.hpp"
#include "http/message.hpp"
#include "http/streams.hpp"

namespace mhub::serve {

struct Hub;

/// Who may call a route. Checked before the route's code runs, in one place (router.cpp).
enum class Access {
  open,          ///< anybody; credentials are not even looked at
  anyone,        ///< anybody, but wrong credentials are refused
  user,          ///< any valid hub token
  writer,        ///< a hub token with write scope; the route checks the namespace itself
  repo_read,     ///< may see the repository in the path: description, names of files, history
  repo_content,  ///< may have what is in its files
  repo_write,    ///< may write it
  repo_discuss,  ///< may discuss it
  repo_commit,   ///< may commit to the revision that the rest of the path names: who may write it,
                 ///< and of those who may discuss it and have its content the author of that pull
                 ///< request, and with create_pr=1 all
  repo_push,     ///< may write it, or has an open pull request and may have its content
  lfs_read,      ///< a signed URL for this object, or as repo_content
  lfs_write,     ///< a signed URL for this object, or as repo_write
  cas_read,      ///< a CAS token of any scope
  cas_write,     ///< a CAS token of scope write or propose
  signed_url,    ///< the URL's own signature, checked by the route
};

/// How refusals look.
enum class Face { hub, git, lfs, cas };

/// Where a route's code runs: on the event loop (short and never waiting for long), or in a pool.
enum class Run {
  loop,
  worker,
  slow,  ///< may take minutes
};

/// One request on its way through a route.
struct Call {
  Call(Hub& h, std::shared_ptr<const Request> r) : hub(h), request(std::move(r)) {}

  Hub& hub;
  std::shared_ptr<const Request> request;
  Principal who;
  std::optional<RepoInfo> repo;        ///< repo_*, lfs_* and cas_* routes
  std::optional<CasGrant> grant;       ///< cas_* routes
  bool is_signed = false;              ///< lfs_* routes: the URL's signature was good
  std::optional<wire::RepoName> name;  ///< of `{repo}` or `{api_repo}` in the pattern
  std::vector<std::string> words;      ///< what `{…}` stood for, decoded once
  std::string rest;                    ///< what `*` stood for, not decoded
  std::string body;                    ///< for routes with a body in memory
  std::shared_ptr<void> held;          ///< let go of when the last task of the request is done

  const std::string& url() const { return request->base_url; }
  /// Who takes up places in gates: the user, a signed link's repository, or the client's address
  /// (behind a proxy all strangers are one).
  std::string holder() const;
};

struct Route {
  Method method = Method::get;
  /// Segments between slashes: literal text, `{word}` (any one segment), `{repo}` ("ns/name",
  /// "datasets/ns/name", with or without ".git"), `{api_repo}` ("models/ns/name" …), `*` at the end
  /// (the rest, at least one segment).
  std::string pattern;
  Access access = Access::open;
  Face face = Face::hub;
  Run run = Run::loop;
  /// A body up to this size is gathered in Call::body; 0: a body is read and dropped.
  std::uint64_t body_limit_bytes = 0;
  std::function<Response(Call&)> handle;
  /// True for requests that may walk a whole tree or history, whose body is in the call: these wait
  /// for a place in Hub::walk_gate before `handle` runs. Runs on the event loop. None: none do.
  std::function<bool(const Call&)> is_long;
  /// Instead of `handle`: takes the body as it comes.
  std::function<std::unique_ptr<BodySink>(std::shared_ptr<Call>)> receive;
};

/// For Route::is_long.
inline bool always_long(const Call&) {
  return true;
}

struct Match {
  const Route* route = nullptr;
  std::optional<wire::RepoName> name;
  std::vector<std::string> words;
  std::string rest;
  bool path_known = false;  ///< some route has this path, with another method
};

/// A fixed set of routes; tried in order, the first that fits is taken.
class Router {
public:
  explicit Router(std::vector<Route> routes);
  Match match(Method method, std::string_view path) const;

private:
  struct Compiled {
    std::vector<std::string> segments;
  };
  std::vector<Route> routes_;
  std::vector<Compiled> compiled_;
};

/// Finds the route, checks the caller, and returns what takes the body and answers. Throws Refused.
std::unique_ptr<BodySink> dispatch(Hub& hub, const Router& router,
                                   const std::shared_ptr<const Request>& request);

/// For routes that find out only later that they write. Throws Refused 401 or 403.
void require_write(const Call& call);
/// The same for taking part in discussions.
void require_discuss(const Call& call);
/// The same for the content of the call's repository.
void require_content(const Call& call);
/// Whether `who` may have the content of a repository that it may read.
bool may_have_content(Hub& hub, const Principal& who, const RepoInfo& repo);

/// The answer to an error, in the face's form.
Response refusal(Face face, int status, std::string_view code, std::string_view message,
                 const Request& request);

/// Which face a path belongs to, where no route has been found.
Face face_of(std::string_view path);

Response json_response(int status, std::string body);
Response text_response(int status, std::string body);

}  // namespace mhub::serve
