#include "hf/likes.hpp"

#include <nlohmann/json.hpp>

#include "hf/parameters.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

using nlohmann::json;

constexpr std::size_t kPage = 1000;

/// Whoever may read a repository may like it, with a token that may write at all.
void require_liker(const Call& call) {
  if (call.who.is_anonymous()) throw Refused(401, "Invalid username or password.");
  if (!call.who.token_may_write(*call.repo)) throw Refused(403, "this token may only read here");
}

Response like(Call& call) {
  require_liker(call);
  call.hub.likes->add(call.who.user->id, call.repo->id);
  return json_response(200, "{}");
}

Response unlike(Call& call) {
  require_liker(call);
  call.hub.likes->remove(call.who.user->id, call.repo->id);
  return json_response(200, "{}");
}

/// One page of `list` (which has one more if another follows), each shown by `show`.
template <class List, class Show, class Cursor>
Response page_of(const Call& call, List list, const Show& show, const Cursor& cursor) {
  const bool has_more = list.size() > kPage;
  if (has_more) list.resize(kPage);
  json items = json::array();
  for (const auto& item : list) items.push_back(show(item));
  Response response = json_response(200, items.dump());
  if (has_more) response.with("Link", next_link(call, std::to_string(cursor(list.back()))));
  return response;
}

Response likers(Call& call) {
  return page_of(
      call, call.hub.likes->likers(call.repo->id, cursor_number(*call.request), kPage + 1),
      [](const Liker& liker) {
        return json{{"user", liker.user_name},
                    {"fullname", liker.user_name},
                    {"avatarUrl", ""},
                    {"type", "user"}};
      },
      [](const Liker& liker) { return liker.user_id; });
}

Response likes_of_user(Call& call) {
  const auto user = call.hub.catalog->find_user(call.words[0]);
  if (!user) throw Refused(404, "This user does not exist");
  return page_of(
      call,
      call.hub.likes->likes_of(call.who.viewer(), user->id, cursor_number(*call.request),
                               kPage + 1),
      [](const LikedRepo& liked) {
        return json{{"createdAt", timestamp(liked.liked_unix_s)},
                    {"repo",
                     {{"name", liked.repo.name.id()},
                      {"type", std::string(wire::name_of(liked.repo.name.type))}}}};
      },
      [](const LikedRepo& liked) { return liked.repo.id; });
}

}  // namespace

std::vector<Route> like_routes() {
  std::vector<Route> routes;
  const auto add = [&](Method method, const char* pattern, Access access,
                       Response (*handle)(Call&)) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = access;
    route.run = Run::worker;
    route.handle = handle;
    routes.push_back(std::move(route));
  };
  add(Method::post, "/api/{api_repo}/like", Access::repo_read, like);
  add(Method::del, "/api/{api_repo}/like", Access::repo_read, unlike);
  add(Method::get, "/api/{api_repo}/likers", Access::repo_read, likers);
  add(Method::get, "/api/users/{user}/likes", Access::anyone, likes_of_user);
  return routes;
}

}  // namespace mhub::serve
