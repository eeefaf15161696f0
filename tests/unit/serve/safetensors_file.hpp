#pragma once

#include <string>
#include <string_view>

#include <mhub/base/bytes.hpp>

namespace mhub::test {

/// A safetensors file with that header and some bytes for data.
inline std::string safetensors_file(std::string_view header) {
  Bytes length;
  append_le(length, std::uint64_t{header.size()});
  return std::string(as_text(length)) + std::string(header) + "data";
}

/// The header of a file with `tensors` of two by three floats each.
inline std::string safetensors_header(std::size_t tensors) {
  std::string header = R"({"__metadata__":{"format":"pt"})";
  for (std::size_t i = 0; i < tensors; ++i)
    header += ",\"layers." + std::to_string(i) + R"(":{"dtype":"F32","shape":[2,3]})";
  return header + "}";
}

}  // namespace mhub::test
