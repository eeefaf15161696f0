#pragma once
// Git LFS batch API messages, as client and hub both speak them.
// Source: the Git LFS API documents (docs/api/batch.md and basic-transfers.md of git-lfs).
//
// Parsers bound every size, ignore unknown fields and throw Error: corrupt naming the field that is
// wrong ("lfs batch answer: objects[3].oid is not 64 hexadecimal digits").

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/error.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::wire {

/// Content type of every LFS JSON body, both ways.
inline constexpr std::string_view kLfsMediaType = "application/vnd.git-lfs+json";
/// Objects that clients put into one batch request (git-lfs' own figure).
inline constexpr std::size_t kLfsBatchObjects = 100;
/// Objects that a parser accepts in one batch; above it the hub answers 413.
inline constexpr std::size_t kLfsBatchMaxObjects = 2000;
/// Largest LFS JSON body that a parser accepts; answers carry a token per object.
inline constexpr std::size_t kLfsMaxBodyBytes = std::size_t{16} << 20;

/// Transfer adapters. `mhub-xet` is our own for downloads: see wire/xet_token.hpp.
inline constexpr std::string_view kTransferBasic = "basic";
inline constexpr std::string_view kTransferXet = "xet";
inline constexpr std::string_view kTransferMhubXet = "mhub-xet";

enum class LfsOperation { download, upload };

/// "download" or "upload".
std::string_view name_of(LfsOperation operation);

struct LfsObject {
  Sha256 oid = {};
  std::uint64_t size_bytes = 0;
  bool operator==(const LfsObject&) const = default;
};

struct LfsBatchRequest {
  LfsOperation operation = LfsOperation::download;
  std::vector<std::string> transfers = {};  ///< in order of preference; empty means basic alone
  std::string ref = {};                     ///< "refs/heads/main" or "main"; empty if not given
  std::string hash_algo = "sha256";         ///< some clients write "sha_256"; see is_sha256()
  std::vector<LfsObject> objects = {};

  /// True if the client can use `transfer`; basic always.
  bool offers(std::string_view transfer) const;
  bool is_sha256() const { return hash_algo == "sha256" || hash_algo == "sha_256"; }
  bool operator==(const LfsBatchRequest&) const = default;
};

/// Where to send or fetch one object, and the request headers to send along.
struct LfsAction {
  std::string href = {};
  std::map<std::string, std::string> header = {};
  std::optional<std::int64_t> expires_in_s = {};  ///< seconds from the answer on
  std::string expires_at = {};                    ///< RFC 3339, or empty
  bool operator==(const LfsAction&) const = default;
};

struct LfsObjectError {
  int code = 0;  ///< HTTP status: 404 missing, 410 removed, 422 bad oid or size
  std::string message = {};
  bool operator==(const LfsObjectError&) const = default;
};

/// One object of a batch answer. No action and no error on upload: the hub has it already.
struct LfsObjectAnswer {
  LfsObject object = {};
  bool authenticated = false;  ///< true: hrefs carry their own authority, send no credentials
  std::optional<LfsAction> download = {};
  std::optional<LfsAction> upload = {};
  std::optional<LfsAction> verify = {};
  std::optional<LfsObjectError> error = {};
  bool operator==(const LfsObjectAnswer&) const = default;
};

struct LfsBatchAnswer {
  std::string transfer = "basic";
  std::vector<LfsObjectAnswer> objects = {};
  bool operator==(const LfsBatchAnswer&) const = default;
};

/// A batch request with more than kLfsBatchMaxObjects objects; an Error of kind corrupt.
class LfsBatchTooLarge : public Error {
public:
  using Error::Error;
};

/// Throws Error: corrupt; LfsBatchTooLarge is the one that asks for smaller batches.
LfsBatchRequest parse_lfs_batch_request(std::string_view json);
/// Leaves `transfers` out when it is empty, and `ref` when it is empty.
std::string to_json(const LfsBatchRequest& request);

/// Throws Error: corrupt, also for a hash algorithm other than sha256, a header name or value that
/// could break out of its line, and an href that is not http or https.
LfsBatchAnswer parse_lfs_batch_answer(std::string_view json);
std::string to_json(const LfsBatchAnswer& answer);

/// Body of a verify request: `{"oid": …, "size": …}`. Throws Error: corrupt.
LfsObject parse_lfs_verify(std::string_view json);
std::string to_json(const LfsObject& object);

/// Body of an LFS request that failed as a whole.
struct LfsError {
  std::string message = {};
  std::string request_id = {};         ///< empty if not given
  std::string documentation_url = {};  ///< empty if not given
};
std::string to_json(const LfsError& error);

}  // namespace mhub::wire
