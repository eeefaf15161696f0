#pragma once
// Which addresses are the Internet's, for whoever connects to where strangers say.

struct sockaddr;

namespace mhub::net {

/// False for addresses of this machine, of private and shared networks, of a link (where cloud
/// machines learn their secrets), of groups, and for those set aside (RFC 6890), also where IPv6
/// wraps an IPv4 one; false too for anything but IPv4 and IPv6.
bool is_public_address(const sockaddr& address);

}  // namespace mhub::net
