#pragma once
// The short answers of a CAS to uploads: xorb, shard v1, and the progress lines of shard v2.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mhub::wire {

/// Largest body of a short answer, and of one progress line.
inline constexpr std::size_t kCasAnswerMaxBytes = std::size_t{1} << 20;

/// `{"was_inserted": …}`: false if the CAS had the xorb. Throws Error: corrupt.
bool parse_xorb_upload_answer(std::string_view json);
std::string xorb_upload_answer_json(bool was_inserted);

/// `{"result": 0 | 1}` of POST /v1/shards: true if the shard was new. Throws Error: corrupt.
bool parse_shard_upload_answer(std::string_view json);
std::string shard_upload_answer_json(bool was_new);

/// One line of the answer to POST /v2/shards (application/x-ndjson).
struct ShardProgress {
  enum class Kind {
    validating,  ///< `verified` of `total`
    committing,  ///< `stage`
    result,      ///< success, the last line
    error,       ///< failure, the last line: `message`, `retryable`
    unknown,     ///< a type from the future, to be ignored
  };
  Kind kind = Kind::unknown;
  std::uint64_t verified = 0;
  std::uint64_t total = 0;
  std::string stage = {};  ///< "uploading" or "syncing"
  std::optional<std::int64_t> result = {};
  std::string message = {};
  bool retryable = false;

  /// No line may follow.
  bool is_final() const { return kind == Kind::result || kind == Kind::error; }
  bool operator==(const ShardProgress&) const = default;
};

/// `line` without its line feed; not empty. Throws Error: corrupt.
ShardProgress parse_shard_progress(std::string_view line);
/// With the line feed at its end.
std::string to_line(const ShardProgress& progress);

}  // namespace mhub::wire
