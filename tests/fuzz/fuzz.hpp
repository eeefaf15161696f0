#pragma once
// What every fuzz target does: hand arbitrary bytes to a parser, let it refuse them, and hold it to
// what it promises about those it takes.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>

namespace mhub::fuzz {

inline ByteView view(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}
inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// A broken promise: the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Runs `parse`; refusing the input as corrupt is fine, everything else but success is a finding.
template <class Parse>
void may_refuse(Parse parse) {
  try {
    parse();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) std::fprintf(stderr, "%s\n", error.what());
    require(error.kind() == ErrorKind::corrupt, "malformed input is an error of kind corrupt");
  }
}

}  // namespace mhub::fuzz
