#include "http/listen.hpp"

#include <cerrno>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <mhub/base/error.hpp>

namespace mhub::serve {

Address parse_address(const std::string& listen) {
  const auto bad = [&] {
    return Error(ErrorKind::config, "listen address {} is not ADDRESS:PORT", printable(listen))
        .hint("write it like 127.0.0.1:8080, 0.0.0.0:80 or [::1]:0");
  };
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) throw bad();
  std::string host = listen.substr(0, colon);
  const std::string port_text = listen.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (port_text.empty() || error != std::errc() || end != port_text.data() + port_text.size())
    throw bad();
  if (host == "localhost") host = "127.0.0.1";
  if (host.empty() || host == "*") host = "0.0.0.0";

  Address address;
  address.text = host;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof *v4;
  } else if (host.size() > 2 && host.front() == '[' && host.back() == ']' &&
             ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
  } else {
    throw bad();
  }
  return address;
}

UniqueFd listen_on(const Address& address, const std::string& name) {
  UniqueFd socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw system_error(errno, "make a socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) !=
      0) {
    if (errno == EADDRINUSE)
      throw Error(ErrorKind::busy, "address {} is in use", printable(name))
          .hint("stop the other server or listen on another port");
    if (errno == EADDRNOTAVAIL)
      throw Error(ErrorKind::config, "address {} is not one of this machine's", printable(name));
    throw system_error(errno, "listen on " + printable(name));
  }
  if (::listen(socket.get(), 1024) != 0) throw system_error(errno, "listen on " + printable(name));
  return socket;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    throw system_error(errno, "ask for the port");
  return ntohs(storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

}  // namespace mhub::serve
