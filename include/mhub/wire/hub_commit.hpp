#pragma once
// A commit made over HTTP: POST /api/{type}/{repo}/commit/{rev} with one JSON object a line
// (application/x-ndjson), each `{"key": …, "value": …}`, in the shape of Hugging Face's API.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <mhub/base/bytes.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::wire {

/// Longest line that a parser accepts: a file of 10 MB as base64, and some room.
inline constexpr std::size_t kCommitLineMaxBytes = std::size_t{16} << 20;
/// Operations of one commit.
inline constexpr std::size_t kCommitMaxOperations = 10000;

/// The first line.
struct CommitHeader {
  std::string summary = {};
  std::string description = {};    ///< may be empty
  std::string parent_commit = {};  ///< empty, or 5 to 40 hexadecimal digits in lower case
};

/// A file whose bytes stand in the line.
struct CommitFile {
  std::string path = {};
  Bytes content = {};
  std::string old_path = {};  ///< renamed from there; may be empty
  bool operator==(const CommitFile&) const = default;
};

/// A file whose bytes were sent before.
struct CommitLargeFile {
  std::string path = {};
  Sha256 sha256 = {};
  std::optional<std::uint64_t> size_bytes = {};  ///< missing where a client copies a file
  std::string old_path = {};
};

struct CommitDeletion {
  enum class What { file, folder, either };
  What what = What::file;
  std::string path = {};  ///< of a folder: without a slash at its end
};

struct CommitCopy {
  std::string path = {};
  std::string source_path = {};
  std::string source_revision = {};  ///< empty: the commit that this one is made on
};

using CommitLine =
    std::variant<CommitHeader, CommitFile, CommitLargeFile, CommitDeletion, CommitCopy>;

/// `line` without its line feed; not blank. Paths are as sent. Throws Error: corrupt, also for a
/// key that is not known, since passing over an operation would make another commit of it.
CommitLine parse_commit_line(std::string_view line);

/// Lines as a client sends them, without the line feed.
std::string to_json(const CommitHeader& header);
std::string to_json(const CommitLargeFile& file);
std::string to_json(const CommitDeletion& deletion);

/// What stands before and after the bytes, as base64 with padding, in the line of a file: so that a
/// line's length is known, and the line can be sent, without it being in memory.
struct CommitFileFrame {
  std::string before = {};
  std::string after = {};
};
CommitFileFrame commit_file_frame(std::string_view path);

struct CommitAnswer {
  std::string commit_oid = {};
  std::string commit_url = {};        ///< "{hub}/owner/name/commit/{oid}"
  std::string pull_request_url = {};  ///< empty unless a pull request was made
};
std::string to_json(const CommitAnswer& answer);
/// Throws Error: corrupt.
CommitAnswer parse_commit_answer(std::string_view json);

}  // namespace mhub::wire
