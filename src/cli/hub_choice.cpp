#include "hub_choice.hpp"

#include <mhub/base/error.hpp>

namespace mhub::cli {

net::Url chosen_hub(Context& context, const std::string& given) {
  context.find_repository();  // for its settings
  std::string text = given.empty() ? context.hubs().default_hub : given;
  if (text.empty()) text = remote::kHuggingFaceUrl;
  net::Url url = net::require_url(text);
  if (!given.empty() && (!url.user.empty() || !url.password.empty())) {
    throw Error(ErrorKind::usage, "give the hub's URL without credentials");
  }
  return url;
}

HubSession::HubSession(Context& context, const std::string& given)
    : url(chosen_hub(context, given)),
      connections(context.connections(url.str())),
      connection(connections.http, connections.credentials, context.stop(), context.progress()),
      api(connection, url.str()) {
  connections.credentials.add_from_url(url, url.user, url.password);
}

}  // namespace mhub::cli
