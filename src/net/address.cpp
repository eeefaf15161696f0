#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include <mhub/net/address.hpp>

namespace mhub::net {

namespace {

struct Range4 {
  std::uint32_t network;
  unsigned bits;
};
constexpr std::uint32_t ip4(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return a << 24 | b << 16 | c << 8;
}
constexpr Range4 kNotPublic4[] = {
    {ip4(0, 0, 0), 8},      {ip4(10, 0, 0), 8},     {ip4(100, 64, 0), 10}, {ip4(127, 0, 0), 8},
    {ip4(169, 254, 0), 16}, {ip4(172, 16, 0), 12},  {ip4(192, 0, 0), 24},  {ip4(192, 0, 2), 24},
    {ip4(192, 88, 99), 24}, {ip4(192, 168, 0), 16}, {ip4(198, 18, 0), 15}, {ip4(198, 51, 100), 24},
    {ip4(203, 0, 113), 24}, {ip4(224, 0, 0), 4},    {ip4(240, 0, 0), 4}};

bool is_public4(std::uint32_t address) {
  return std::none_of(std::begin(kNotPublic4), std::end(kNotPublic4), [&](const Range4& range) {
    return (address ^ range.network) >> (32 - range.bits) == 0;
  });
}

using Bytes16 = std::array<std::uint8_t, 16>;

std::uint32_t ip4_at(const Bytes16& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

bool starts_with(const Bytes16& bytes, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool is_public6(const Bytes16& bytes) {
  // Wrapped IPv4: mapped, translated, 6to4.
  if (starts_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}) ||
      starts_with(bytes, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
    return is_public4(ip4_at(bytes, 12));
  if (starts_with(bytes, {0x20, 0x02})) return is_public4(ip4_at(bytes, 2));
  // Teredo and other protocols' blocks (2001::/23), examples in documents.
  if (starts_with(bytes, {0x20, 0x01}) && bytes[2] < 2) return false;
  if (starts_with(bytes, {0x20, 0x01, 0x0d, 0xb8})) return false;
  if (starts_with(bytes, {0x3f, 0xff}) && bytes[2] < 0x10) return false;
  // Nothing else than 2000::/3 is given out.
  return bytes[0] >> 5 == 1;
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in inet{};
    std::memcpy(&inet, &address, sizeof inet);
    return is_public4(ntohl(inet.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 inet{};
    std::memcpy(&inet, &address, sizeof inet);
    Bytes16 bytes;
    std::memcpy(bytes.data(), &inet.sin6_addr, bytes.size());
    return is_public6(bytes);
  }
  return false;
}

}  // namespace mhub::net
