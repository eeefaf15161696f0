#pragma once
// The hub: git smart HTTP, Git LFS, Xet CAS and the hub REST routes over one data folder.
//
// Data folder: catalog.db (users, tokens, repositories, who holds what), store/ (chunks, see
// mhub/store/store.hpp), git/<number>.git (bare repositories), hooks/, home/ (kept empty), tmp/ and
// serve.lock. Protocols: docs/protocol/.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <mhub/base/progress.hpp>

namespace mhub::serve {

/// Bounds on what clients may use. A request over one is answered 413, 431 or 503, or its
/// connection is closed.
struct ServeLimits {
  unsigned connections = 4096;
  unsigned connections_per_address = 0;  ///< 0: no limit of its own (all clients behind one proxy)
  std::chrono::seconds idle_timeout{120};  ///< of a connection on which nothing moves; 60 or more
  std::uint64_t header_bytes = 64 << 10;
  std::uint64_t json_body_bytes = 1 << 20;
  std::uint64_t lfs_object_bytes = std::uint64_t{1} << 40;
  std::uint64_t push_bytes = std::uint64_t{4} << 30;           ///< one push's pack, inflated
  std::uint64_t fetch_request_bytes = std::uint64_t{4} << 20;  ///< one fetch request, inflated
  // One user (or, of strangers, one address) gets at most half of each of these.
  unsigned git_processes = 128;  ///< git children at a time
  unsigned ingests = 16;         ///< LFS objects being cut into chunks at a time; more wait
};

struct ServeOptions {
  std::filesystem::path data_folder;  ///< made if missing
  /// "127.0.0.1:8080", "[::1]:0", "0.0.0.0:80"; port 0 takes any free one.
  std::string listen = "127.0.0.1:8080";
  /// What clients see ("https://hub.example/base"), without a slash at its end. Empty: http(s)://
  /// and the Host header of each request.
  std::string public_url;
  /// PEM files; both or none. With them the server speaks TLS only.
  std::filesystem::path tls_certificate;
  std::filesystem::path tls_key;
  /// The executable that git runs as its hooks: it calls run_hook() (mhub/serve/hook.hpp) when
  /// is_hook_call() says so of its own name. Absolute path; the mhub binary itself.
  std::filesystem::path hook_program;
  /// The git program, absolute or looked up in `search_path`.
  std::string git_program = "git";
  std::string search_path = "/usr/local/bin:/usr/bin:/bin";
  unsigned loops = 0;    ///< event loops, 0: one per core, 2 or more
  unsigned workers = 0;  ///< threads for decoding and ingest, 0: two per core, 4 or more
  /// False: webhooks are sent to public addresses alone, not to this machine or its networks.
  bool webhooks_may_reach_private = false;
  std::chrono::seconds webhook_first_retry{
      10};              ///< what fails is tried again after this, and later
  bool durable = true;  ///< false leaves fsync out (tests)
  ServeLimits limits;
};

/// A running hub. Destroying it stops it.
class Server {
public:
  /// Opens the data folder (making it on the first start), listens, and returns at once. Throws
  /// Error: config (address, certificate, git missing, newer schema), busy (another server holds
  /// the data folder, the port is taken), io, corrupt.
  static std::unique_ptr<Server> start(const ServeOptions& options);
  virtual ~Server() = default;

  /// ServeOptions::public_url, or http(s)://address:port with the port that was really taken.
  virtual const std::string& url() const = 0;
  /// The token of the user `admin`, only from the start that made that user. To be shown once.
  virtual const std::optional<std::string>& first_admin_token() const = 0;

  /// Accepts no more connections, lets running requests finish for at most `patience`, then cuts
  /// them off and closes. Calling it again does nothing.
  virtual void stop(std::chrono::milliseconds patience) = 0;
  /// Returns after `stop_token` was asked to stop and stop(patience) is done.
  virtual void run_until(const StopToken& stop_token, std::chrono::milliseconds patience) = 0;
};

}  // namespace mhub::serve
