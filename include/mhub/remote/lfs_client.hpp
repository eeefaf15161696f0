#pragma once
// The client side of Git LFS: batch, and the `basic` transfer.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <mhub/remote/hub_connection.hpp>
#include <mhub/wire/lfs.hpp>
#include <mhub/wire/xet_token.hpp>

namespace mhub::remote {

/// Which hub a batch request is for.
enum class LfsDialect {
  mhub,          ///< answers chunk transfers both ways; also any hub that may not know them
  hugging_face,  ///< takes uploads by chunks; where the chunks of a file are, its REST routes say
  whole_files,   ///< whatever it can, it is asked for the basic transfer alone
};

/// Transfers offered in batch requests, best first. Plain Xet hubs can't be asked for "xet" on
/// downloads: they would answer actions that mean nothing.
std::vector<std::string> transfers_offered(wire::LfsOperation operation,
                                           LfsDialect dialect = LfsDialect::mhub);

/// Threads may share it.
class LfsClient {
public:
  /// `endpoint` as lfs_endpoint() gives it; credentials in it are taken out and kept for its
  /// origin. `ref` as set_ref() takes it.
  LfsClient(HubConnection& hub, std::string_view endpoint, std::string ref = {},
            LfsDialect dialect = LfsDialect::mhub);

  /// The full name on the hub of the ref that is fetched or pushed; empty if there are several, or
  /// none is known. Hubs may judge rights by it. Not while other threads use this.
  void set_ref(std::string ref) { ref_ = std::move(ref); }

  /// Asks for at most wire::kLfsBatchObjects objects, no two the same. The answer holds each of
  /// them once, in the order asked. Throws Error: denied, not_found (no such repository, or no LFS
  /// there), network, corrupt (objects that were not asked for, other sizes, a transfer that was
  /// not offered, an address without TLS from a hub with TLS, a token route on another host).
  wire::LfsBatchAnswer batch(wire::LfsOperation operation,
                             std::span<const wire::LfsObject> objects);
  /// As above with chosen transfers; basic alone makes the hub answer for whole files.
  wire::LfsBatchAnswer batch(wire::LfsOperation operation, std::span<const wire::LfsObject> objects,
                             std::vector<std::string> transfers);

  /// PUTs an object that the answer has an upload action for, then verifies it if the answer asks
  /// for that. An expired action is asked for once more. Without an upload action only the verify
  /// is done. Stored credentials go to actions at the endpoint's own origin alone. Throws Error:
  /// denied, conflict, network, usage (refused as wrong), io.
  void upload(const wire::LfsObjectAnswer& answer, const net::Body& body);

  /// GETs bytes [from, size) of an object. `on_start` is called before the first byte with the
  /// offset where the data begins: `from`, or 0 if the server sends the whole. Exactly the
  /// object's size is delivered, or an Error thrown: corrupt (too many bytes), network (too few).
  /// SHA-256 is the caller's to check.
  void download(const wire::LfsObjectAnswer& answer, std::uint64_t from,
                const std::function<void(std::uint64_t offset)>& on_start,
                const net::HttpClient::OnData& on_data);

  const std::string& endpoint() const { return endpoint_; }

private:
  net::Response send_action(const wire::LfsObjectAnswer& answer, const wire::LfsAction& action,
                            net::Request request);
  /// A fresh answer for one object, by the basic transfer.
  wire::LfsObjectAnswer renewed(wire::LfsOperation operation, const wire::LfsObject& object);
  /// An action's address is the hub's choice, and only its own origin is known to us: others get
  /// what the action's headers say and nothing of ours.
  bool may_carry_credentials(const wire::LfsObjectAnswer& answer,
                             const wire::LfsAction& action) const;
  /// Returns the answer that was used in the end, which is another if `answer` had expired.
  wire::LfsObjectAnswer put(const wire::LfsObjectAnswer& answer, const net::Body& body);
  void verify(const wire::LfsObjectAnswer& answer);

  HubConnection& hub_;
  std::string endpoint_;
  std::string ref_;
  LfsDialect dialect_;
};

/// Refuses what a hub must not be able to bring about by the addresses in a batch answer: bytes
/// that went by TLS going without it, and, since the href of a chunk transfer gets the credentials
/// of the host it names, chunks going to another hub in this user's name. Such an href must be at
/// the endpoint's origin, or at the same host by TLS. Pure. Throws Error: corrupt.
void check_addresses(const net::Url& endpoint, const wire::LfsBatchAnswer& answer);

/// The Error for an object that a batch answer refuses: 404 and 410 not_found, 401 and 403 denied,
/// 409 and 422 corrupt, others network.
[[nodiscard]] Error object_error(const wire::LfsObjectAnswer& answer);

}  // namespace mhub::remote
