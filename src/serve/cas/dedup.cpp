// Global deduplication: where a chunk lies, for who may read it there. Chunk hashes go out keyed,
// so that an answer tells a client only of chunks that it holds itself.

#include <mhub/xet/shard.hpp>

#include "cas/cas_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kXorbsPerAnswer = 3;
/// How long a client may use an answer; garbage collection keeps xorbs longer than that.
constexpr std::int64_t kAnswerLifetimeS = 7 * 24 * 3600;
constexpr std::int64_t kKeyLifetimeS = 24 * 3600;

xet::HmacKey current_key(Hub& hub, std::int64_t now) {
  return hub.dedup_key.with([&](DedupKey& key) {
    if (key.key.is_zero() || now - key.made_unix_s >= kKeyLifetimeS) {
      fill_random(key.key.bytes);
      key.made_unix_s = now;
    }
    return key.key;
  });
}

Response find_chunk(Call& call) {
  require_prefix(call.words[0]);
  const auto chunk = require_hash<xet::ChunkHash>(call.words[1]);
  Hub& hub = call.hub;
  const std::int64_t now = unix_now();
  xet::Shard shard;
  shard.footer = xet::ShardFooter{current_key(hub, now), static_cast<std::uint64_t>(now),
                                  static_cast<std::uint64_t>(now + kAnswerLifetimeS)};
  for (const store::ChunkPlace& place : hub.store->find_chunk(chunk)) {
    if (shard.xorbs.size() == kXorbsPerAnswer) break;
    if (!place.local) continue;
    const bool is_twice =
        std::any_of(shard.xorbs.begin(), shard.xorbs.end(),
                    [&](const xet::ShardXorb& xorb) { return xorb.hash == place.xorb; });
    if (is_twice) continue;
    const auto grant = hub.catalog->find_grant(call.who.viewer(), call.repo->id, place.xorb);
    // An answer lists all chunks of a xorb; who may use some of them only gets none.
    if (!grant) continue;
    const auto record = hub.store->find_xorb(place.xorb);
    if (!record || !record->local) continue;
    if (!grant->covers({0, static_cast<std::uint32_t>(record->index.chunks.size())})) continue;
    xet::ShardXorb xorb;
    xorb.hash = place.xorb;
    xorb.body_bytes = record->index.body_bytes();
    for (const xet::ChunkRef& ref : record->index.chunks)
      xorb.chunks.push_back(
          {xet::keyed_chunk_hash(shard.footer->hmac_key, ref.hash), ref.size_bytes});
    shard.xorbs.push_back(std::move(xorb));
  }
  if (shard.xorbs.empty()) throw Refused(404, "not found");
  std::vector<xet::XorbHash> promised;
  for (const xet::ShardXorb& xorb : shard.xorbs) promised.push_back(xorb.hash);
  hub.store->touch_xorbs(promised);
  Response response;
  response.body = std::string(as_text(xet::make_stored_shard(shard)));
  response.with("Content-Type", "application/octet-stream");
  return response;
}

}  // namespace

std::vector<Route> dedup_routes() {
  Route route;
  route.pattern = "/v1/chunks/{prefix}/{hash}";
  route.access = Access::cas_read;
  route.run = Run::worker;
  route.handle = find_chunk;
  return {route};
}

}  // namespace mhub::serve
