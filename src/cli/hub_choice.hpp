#pragma once
// Which hub login, logout, whoami and repo talk to, and the connection to it.

#include <mhub/net/url.hpp>
#include <mhub/remote/hub_api.hpp>

#include "context.hpp"

namespace mhub::cli {

/// `given` (a URL without credentials), else the default hub, else Hugging Face. Throws Error:
/// usage.
net::Url chosen_hub(Context& context, const std::string& given);

/// A hub's REST routes with everything they need.
struct HubSession {
  HubSession(Context& context, const std::string& given);
  net::Url url;
  sync::Connections connections;
  remote::HubConnection connection;
  remote::HubApi api;
};

}  // namespace mhub::cli
