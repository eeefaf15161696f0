#pragma once
// Upload bodies that are read from files while they are sent.

#include <filesystem>
#include <memory>

#include <mhub/base/file_system.hpp>
#include <mhub/net/http_message.hpp>

namespace mhub::remote {

/// `size_bytes` bytes of `file` from `offset` on; positioned reads, so bodies may share a file. The
/// request fails with Error: io if the file is shorter.
net::Body file_body(std::shared_ptr<File> file, std::uint64_t offset, std::uint64_t size_bytes);

/// The whole of the file at `path`, opened anew for each attempt; it must have `size_bytes`.
net::Body file_body(FileSystem& fs, std::filesystem::path path, std::uint64_t size_bytes);

}  // namespace mhub::remote
