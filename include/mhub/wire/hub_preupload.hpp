#pragma once
// What a client asks before it uploads files: POST /api/{type}/{repo}/preupload/{rev}, in the shape
// of Hugging Face's API. The answer says of each file how it is to be sent.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/bytes.hpp>

namespace mhub::wire {

/// Files of one request. Clients send 256 and fewer.
inline constexpr std::size_t kPreuploadMaxFiles = 5000;
/// Bytes of a file's beginning that are looked at.
inline constexpr std::size_t kPreuploadSampleBytes = 512;

struct PreuploadFile {
  std::string path = {};  ///< as sent
  std::uint64_t size_bytes = 0;
  Bytes sample = {};  ///< the file's beginning, kPreuploadSampleBytes at most
};

struct PreuploadRequest {
  std::vector<PreuploadFile> files = {};
  /// Contents of such a file in the root folder that is part of the same upload.
  std::optional<std::string> git_ignore = {};
  std::optional<std::string> git_attributes = {};
};
std::string to_json(const PreuploadRequest& request);
/// Throws Error: corrupt.
PreuploadRequest parse_preupload_request(std::string_view json);

struct PreuploadAnswer {
  struct File {
    std::string path = {};  ///< exactly as asked
    bool is_large = false;  ///< JSON uploadMode: "lfs" or "regular"
    bool should_ignore = false;
    std::string oid = {};  ///< of what is there now: SHA-256 if large, else the blob id; or empty
  };
  std::vector<File> files = {};
  std::string commit_oid = {};  ///< that was looked at; empty in a repository without commits
};
std::string to_json(const PreuploadAnswer& answer);
/// Throws Error: corrupt, also for a way of sending that is not known.
PreuploadAnswer parse_preupload_answer(std::string_view json);

}  // namespace mhub::wire
