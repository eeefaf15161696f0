#pragma once
// The client side of a Xet CAS: tokens, deduplication queries, uploads, reconstruction, chunks.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <mhub/base/synchronized.hpp>
#include <mhub/remote/hub_connection.hpp>
#include <mhub/wire/cas_answers.hpp>
#include <mhub/wire/reconstruction.hpp>
#include <mhub/wire/xet_token.hpp>
#include <mhub/xet/shard.hpp>
#include <mhub/xet/xorb.hpp>

namespace mhub::remote {

/// A CAS token that is renewed at the hub before it ends. Threads may share it; one at a time asks
/// the hub, the others wait for what it gets.
class CasToken {
public:
  /// `refresh_url` is the hub's xet-read-token or xet-write-token route. `first` may spare the
  /// first request.
  CasToken(HubConnection& hub, std::string refresh_url,
           std::optional<wire::XetToken> first = std::nullopt);

  /// A token with at least 30 s to live. Throws Error: denied, not_found, network, corrupt (also
  /// for a CAS without TLS named by a hub with TLS).
  wire::XetToken get();
  /// The CAS answered 401 to `refused`: forgets it, unless somebody renewed it meanwhile.
  void refuse(const wire::XetToken& refused);

private:
  wire::XetToken fetch();
  void check_address(const wire::XetToken& token) const;

  HubConnection& hub_;
  std::string refresh_url_;
  Synchronized<std::optional<wire::XetToken>> token_;
};

/// What came of fetching chunk records.
enum class FetchOutcome {
  complete,
  expired,  ///< 403: the URL is no longer valid; ask for the reconstruction again
};

/// Threads may share it.
class CasClient {
public:
  CasClient(HubConnection& hub, std::string refresh_url,
            std::optional<wire::XetToken> first = std::nullopt);

  /// Asks whether the CAS knows `chunk`, which must be one that may be asked for (the first of a
  /// file, or is_dedup_eligible). The shard's chunk hashes are keyed with its footer's key; entries
  /// are only as good as they are checked. Nothing on a miss, and on any trouble short of denied or
  /// interrupted: deduplication is a help, never a need.
  std::optional<xet::Shard> find_dedup(const xet::ChunkHash& chunk);

  /// Uploads a serialised xorb; false if the CAS had it. May be sent more than once. Throws Error:
  /// denied, network, usage (refused as wrong), corrupt, and what `body` throws.
  bool upload_xorb(const xet::XorbHash& xorb, const net::Body& body);

  /// Tells the CAS which files are to be registered when their xorbs are there, so that it can
  /// check them as they come; `shard` is in upload form. Only for a CAS that takes announcements.
  /// Trouble short of a refused token (denied) or interrupted is passed over: this is a help, never
  /// a need.
  void announce_shard(ByteView shard);

  /// Registers the files of a shard in upload form, whose xorbs are all uploaded. Returns when the
  /// CAS has made it durable. Throws Error: denied, network, usage (refused as wrong), corrupt.
  void upload_shard(ByteView shard);

  /// How bytes `range` of the file (all of it without) are put together; with a range the last term
  /// may reach further. Nothing if the range begins at or after the file's end. Throws Error:
  /// not_found (unknown file), denied, network, corrupt.
  std::optional<wire::Reconstruction> reconstruct(
      const xet::FileHash& file, std::optional<wire::ByteRange> range = std::nullopt);

  /// `chunk` is an index in the xorb; `bytes` are the raw bytes, valid during the call, and `hash`
  /// is computed from them, not claimed by anybody.
  using OnChunk =
      std::function<void(std::uint32_t chunk, const xet::ChunkHash& hash, ByteView bytes)>;

  /// Fetches the records of `range` with the range exactly as listed and hands out its chunks, each
  /// once and in order, on the calling thread. After a broken connection it begins anew and skips
  /// what it handed out. Memory stays at one record. The request carries no credentials. Throws
  /// Error: network, corrupt (a 200, a wrong length, records that don't decode or are not as many
  /// as listed), interrupted, and what `on_chunk` throws.
  FetchOutcome fetch_chunks(const std::string& url, const wire::FetchRange& range,
                            const OnChunk& on_chunk);

  /// Bytes of request and answer bodies so far.
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  std::uint64_t received_bytes() const { return received_bytes_; }

private:
  /// Sends with the CAS token; once more with a fresh one after a 401. `path` begins with "/v1/" or
  /// "/v2/".
  net::Response send(net::Request request, std::string_view path);
  net::Response with_token(net::Request request, std::string_view path,
                           const std::function<net::Response(const net::Request&)>& send);
  void upload_shard_v1(ByteView shard);
  enum class ShardOutcome { done, not_offered, try_again };
  ShardOutcome upload_shard_v2(ByteView shard);
  std::optional<net::Response> request_reconstruction(std::string_view version,
                                                      const xet::FileHash& file,
                                                      const std::optional<wire::ByteRange>& range);

  HubConnection& hub_;
  CasToken token_;
  std::string session_id_;
  std::atomic<bool> reconstruct_v1_{false};
  std::atomic<bool> shards_v1_{false};
  std::atomic<std::uint64_t> sent_bytes_{0};
  std::atomic<std::uint64_t> received_bytes_{0};
};

}  // namespace mhub::remote
