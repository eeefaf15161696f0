// What a user writes for a remote, and netrc.

#include <mhub/remote/address.hpp>
#include <mhub/remote/credentials.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  remote::find_in_netrc(text, "hub.example", "");
  remote::find_in_netrc(text, "hub.example", "ann");
  try {
    const remote::RemoteAddress address = remote::parse_remote(text);
    fuzz::require(address.is_local() || !address.url.empty(), "an address is a folder or a URL");
    if (!address.is_local()) {
      const remote::RemoteAddress again = remote::parse_remote(address.url);
      fuzz::require(again.url == address.url, "an address without credentials is its own");
      fuzz::require(again.user.empty() && again.password.empty(), "no credentials stay in the URL");
      remote::lfs_endpoint(address.url, {}, true);
    }
    const std::string folder = remote::folder_name(address);
    fuzz::require(folder.find('/') == std::string::npos && folder != "..",
                  "a clone's folder is one name");
  } catch (const Error& error) {
    fuzz::require(error.kind() == ErrorKind::usage, "what cannot be a remote is a usage error");
  }
  return 0;
}
