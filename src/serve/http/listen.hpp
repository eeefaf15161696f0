#pragma once
// The address that a server listens on, and the socket there.

#include <cstdint>
#include <string>

#include <sys/socket.h>

#include "http/unique_fd.hpp"

namespace mhub::serve {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text;  ///< "127.0.0.1" or "[::1]"
};

/// From "ADDRESS:PORT". Throws Error: config.
Address parse_address(const std::string& listen);
/// `name` is the address as messages show it. Throws Error: busy, config, io.
UniqueFd listen_on(const Address& address, const std::string& name);
std::uint16_t port_of(int socket);

}  // namespace mhub::serve
