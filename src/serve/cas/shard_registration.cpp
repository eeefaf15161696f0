// A shard is a stranger's claim: "these chunks of these xorbs, in this order, are the file with
// this hash and this SHA-256". Everything that is later relied on is recomputed here. The order
// goes from cheap to dear; the dearest, reading all content through SHA-256, is done only for what
// the store does not know yet.

#include "cas/shard_registration.hpp"

#include <algorithm>
#include <atomic>
#include <future>

#include <mhub/base/bounded_queue.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/base/synchronized.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/xet/chunker.hpp>
#include <mhub/xet/merkle.hpp>

#include "cas/xorb_lookup.hpp"
#include "content.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

std::string short_text(const auto& hash) {
  return hash.text().substr(0, 16);
}

[[noreturn]] void refuse(std::string message) {
  throw Refused(400, std::move(message));
}

/// What of each xorb the caller may use, asked once.
class Grants {
public:
  explicit Grants(const Call& call) : call_(call) {}
  const std::optional<XorbGrant>& find(const xet::XorbHash& xorb) {
    const auto known = grants_.find(xorb);
    if (known != grants_.end()) return known->second;
    auto grant = call_.hub.catalog->find_grant(call_.who.viewer(), call_.repo->id, xorb);
    // Whoever sent it may use it wherever it is: a client that remembers does not send it twice.
    // A limited token does not reach what its user sent elsewhere.
    if ((!grant || !grant->whole) && call_.who.user && !call_.who.token->is_limited &&
        call_.hub.uploads->has(call_.who.user->id, xorb))
      grant = XorbGrant{xorb, true, {}};
    return grants_.emplace(xorb, std::move(grant)).first->second;
  }

private:
  const Call& call_;
  std::unordered_map<xet::XorbHash, std::optional<XorbGrant>> grants_;
};

/// One answer for a xorb that is missing and for one that the caller may not use.
[[noreturn]] void refuse_xorb(const xet::XorbHash& xorb) {
  refuse("xorb " + xorb.text() + " has not been uploaded");
}

/// Chunks that the files of one shard may refer to, over and over counted: hashing them is what
/// checking it costs. 2 TiB of content.
constexpr std::uint64_t kChunkReferencesAtMost = std::uint64_t{1} << 25;

xet::Shard read_shard(ByteView bytes) {
  try {
    return xet::parse_shard(bytes);
  } catch (const Error& error) {
    refuse(error.message());
  }
}

/// Throws Refused 413.
void check_extent(const Call& call, const xet::Shard& shard) {
  std::uint64_t references = 0;
  for (const xet::ShardFile& file : shard.files) {
    if (file.size_bytes() > call.hub.options.limits.lfs_object_bytes)
      throw Refused(413, "file " + short_text(file.hash) + " is larger than this hub takes");
    for (const xet::Term& term : file.terms) references += term.chunk_count();
  }
  if (references > kChunkReferencesAtMost)
    throw Refused(413, "the files of the shard have too many chunks");
}

void check_file(const xet::ShardFile& file, XorbLookup& xorbs, Grants& grants) {
  if (file.range_hashes.size() != file.terms.size())
    refuse("file " + short_text(file.hash) + " comes without verification entries");
  xet::FileHasher hasher;
  std::vector<xet::ChunkHash> hashes;
  for (std::size_t i = 0; i < file.terms.size(); ++i) {
    const xet::Term& term = file.terms[i];
    const auto& grant = grants.find(term.xorb);
    const xet::XorbIndex* index = grant ? xorbs.find(term.xorb) : nullptr;
    if (index == nullptr) refuse_xorb(term.xorb);
    if (term.end_chunk <= term.first_chunk || term.end_chunk > index->chunks.size())
      refuse("a term goes beyond xorb " + term.xorb.text());
    if (!grant->covers({term.first_chunk, term.end_chunk})) refuse_xorb(term.xorb);
    std::uint64_t size = 0;
    hashes.clear();
    for (std::uint32_t chunk = term.first_chunk; chunk < term.end_chunk; ++chunk) {
      size += index->chunks[chunk].size_bytes;
      hashes.push_back(index->chunks[chunk].hash);
      hasher.add(index->chunks[chunk]);
    }
    if (size != term.size_bytes)
      refuse(fmt::format("a term of file {} has {} bytes, not {}", short_text(file.hash), size,
                         term.size_bytes));
    if (xet::hash_range(hashes) != file.range_hashes[i])
      refuse("a range hash of file " + short_text(file.hash) + " is wrong");
  }
  if (hasher.finish() != file.hash)
    refuse("file " + short_text(file.hash) + " does not have that hash");
}

void check_xorb(const xet::ShardXorb& xorb, XorbLookup& xorbs, Grants& grants) {
  const auto& grant = grants.find(xorb.hash);
  const xet::XorbIndex* index = grant ? xorbs.find(xorb.hash) : nullptr;
  if (index == nullptr || !grant->covers({0, static_cast<std::uint32_t>(index->chunks.size())}))
    refuse_xorb(xorb.hash);
  if (index->chunks != xorb.chunks)
    refuse("the chunk list of xorb " + xorb.hash.text() + " is not that of its content");
}

/// A file of the shard on its way to a record.
struct Incoming {
  store::FileRecord record;
  std::optional<Sha256> claimed;
  bool is_known = false;  ///< the store has this content, whole
};

std::vector<Incoming> incoming_files(Hub& hub, const xet::Shard& shard) {
  std::vector<Incoming> files;
  std::unordered_set<xet::FileHash> seen;
  for (const xet::ShardFile& file : shard.files) {
    if (!seen.insert(file.hash).second) continue;  // the first one counts
    Incoming one;
    one.record.xet_hash = file.hash;
    one.record.size_bytes = file.size_bytes();
    one.record.terms = file.terms;
    one.claimed = file.sha256;
    // The file hash stands for the content, and the store verified that content's digest before.
    if (const auto known = hub.store->find_file(file.hash);
        known && known->size_bytes == one.record.size_bytes) {
      // Registration may take hours; garbage collection must not come between.
      const auto renewed = hub.store->renew_files(std::span(&known->sha256, 1));
      if (renewed.front()) {
        one.record = *renewed.front();
        one.is_known = true;
      }
    }
    files.push_back(std::move(one));
  }
  return files;
}

/// What a hasher that stands before byte `from` of `file` makes of the rest, hashed on a second
/// thread while the next chunks are decoded and verified.
Sha256 finish_beside(Hub& hub, const store::FileRecord& file, Sha256Hasher& hasher,
                     std::uint64_t from, const std::function<void(std::uint64_t)>& advance) {
  constexpr std::size_t kBlockBytes = 1 << 20;
  constexpr std::size_t kBlocks = 6;
  struct Closing {
    BoundedQueue<Bytes>& queue;
    ~Closing() { queue.close(); }
  };
  BoundedQueue<Bytes> full(kBlocks);
  BoundedQueue<Bytes> spent(kBlocks);
  for (std::size_t i = 1; i < kBlocks; ++i) spent.push({});
  auto digest = std::async(std::launch::async, [&] {
    const Closing closing{spent};
    while (auto block = full.pop()) {
      hasher.update(*block);
      block->clear();
      spent.push(*std::move(block));
    }
    return hasher.finish();
  });
  {
    const Closing closing{full};
    Bytes block;
    const auto flush = [&] {
      hub.stopping.check();
      advance(block.size());
      full.push(std::move(block));
      block = spent.pop().value_or(Bytes());
    };
    hub.store->read_file(file, from, file.size_bytes - from, [&](ByteView bytes) {
      block.reserve(kBlockBytes + xet::kChunkMaxBytes);
      append(block, bytes);
      if (block.size() >= kBlockBytes) flush();
    });
    flush();
  }
  return digest.get();
}

/// SHA-256 of the content; begins where the work that an announcement started has come to.
Sha256 digest_of(Hub& hub, std::int64_t repo, const store::FileRecord& file,
                 const std::function<void(std::uint64_t)>& advance) {
  /// Less is hashed here and now: many small files are many threads and buffers.
  constexpr std::uint64_t kWorthThreadBytes = std::uint64_t{16} << 20;
  auto [hasher, from] = hub.early_digests.take(repo, file);
  advance(from);
  const std::uint64_t left = file.size_bytes - from;
  if (left >= kWorthThreadBytes) return finish_beside(hub, file, hasher, from, advance);
  hub.store->read_file(file, from, left,
                       [&hasher = hasher](ByteView bytes) { hasher.update(bytes); });
  advance(left);
  return hasher.finish();
}

/// Reads the file's content; throws Refused unless it has the digest that the shard claims.
void verify_content(const Call& call, Incoming& file,
                    const std::function<void(std::uint64_t)>& advance) {
  call.hub.stopping.check();
  if (!file.is_known) file.record.sha256 = digest_of(call.hub, call.repo->id, file.record, advance);
  if (file.claimed && *file.claimed != file.record.sha256)
    refuse("the SHA-256 of file " + short_text(file.record.xet_hash) + " is " +
           file.record.sha256.hex() + ", not " + file.claimed->hex());
}

/// verify_content() of all, several at a time.
void verify_contents(const Call& call, std::vector<Incoming>& files, const Verified& verified) {
  constexpr std::size_t kAtOnce = 4;
  std::uint64_t total = 0;
  for (const Incoming& file : files) total += file.is_known ? 0 : file.record.size_bytes;
  verified(0, total);
  Synchronized<std::uint64_t> done{0U};
  const auto advance = [&](std::uint64_t more) {
    done.with([&](std::uint64_t& bytes) { verified(bytes += more, total); });
  };
  std::atomic<std::size_t> next{0};
  std::atomic<bool> has_failed{false};
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < files.size() && !has_failed; i = next++)
        verify_content(call, files[i], advance);
    } catch (...) {
      has_failed = true;
      throw;
    }
  };
  std::vector<std::future<void>> running;
  const std::size_t threads = std::min({kAtOnce, files.size(), std::size_t{default_jobs()}});
  while (running.size() < threads) running.push_back(std::async(std::launch::async, work));
  wait_all(running);
}

/// Throws Error: busy if its xorbs were collected since they were checked, which sending them again
/// mends.
void put_file(Hub& hub, const store::FileRecord& file) {
  try {
    hub.store->put_file(file);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    throw Error(ErrorKind::busy, "{}", error.message());
  }
}

}  // namespace

xet::Shard check_shard(const Call& call, ByteView bytes) {
  xet::Shard shard = read_shard(bytes);
  XorbLookup xorbs(*call.hub.store);
  Grants grants(call);
  check_extent(call, shard);
  std::unordered_set<xet::XorbHash> used;
  for (const xet::ShardFile& file : shard.files) {
    call.hub.stopping.check();
    check_file(file, xorbs, grants);
    for (const xet::Term& term : file.terms) used.insert(term.xorb);
  }
  for (const xet::ShardXorb& xorb : shard.xorbs) {
    call.hub.stopping.check();
    check_xorb(xorb, xorbs, grants);
    used.insert(xorb.hash);
  }
  // Garbage collection must not take them before the files are registered.
  call.hub.store->touch_xorbs(std::vector<xet::XorbHash>(used.begin(), used.end()));
  fault_point("serve.shard_validated");
  return shard;
}

void announce_shard(const Call& call, ByteView bytes) {
  const xet::Shard shard = read_shard(bytes);
  check_extent(call, shard);
  Grants grants(call);
  std::vector<AnnouncedFile> announced;
  for (const xet::ShardFile& file : shard.files) {
    if (call.hub.store->find_file(file.hash)) continue;
    AnnouncedFile one{{{}, file.size_bytes(), file.hash, file.terms}, {}};
    for (const xet::Term& term : file.terms) {
      const auto& grant = grants.find(term.xorb);
      one.usable.push_back(grant && grant->covers({term.first_chunk, term.end_chunk}) &&
                           call.hub.store->has_local_xorb(term.xorb));
    }
    announced.push_back(std::move(one));
  }
  call.hub.early_digests.announce(call.repo->id, std::move(announced));
}

bool register_shard(const Call& call, const xet::Shard& shard, const Verified& verified) {
  Hub& hub = call.hub;
  auto files = incoming_files(hub, shard);
  verify_contents(call, files, verified);

  fault_point("serve.before_register");
  bool is_new = false;
  std::vector<RepoFile> listed;
  std::vector<XorbGrant> grants;
  for (const Incoming& file : files) {
    const store::FileRecord* record = &file.record;
    // The same content may be known under the hash that an older chunker gave it; that recipe,
    // which others rely on, stays.
    const auto known = hub.store->renew_files(std::span(&file.record.sha256, 1));
    if (known.front())
      record = &*known.front();
    else
      put_file(hub, file.record);
    is_new = is_new || !hub.catalog->find_file(call.repo->id, record->sha256);
    listed.push_back({record->sha256, record->size_bytes, record->xet_hash});
    const auto more = grants_of(*record);
    grants.insert(grants.end(), more.begin(), more.end());
  }
  hub.catalog->add_files(call.repo->id, listed, grants);
  return is_new;
}

}  // namespace mhub::serve
