#include "content.hpp"

#include <algorithm>
#include <map>

#include "http/ranged.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// Enough that chunks cut by a block's edges, which are decoded twice, hardly count.
constexpr std::uint64_t kBlockBytes = 512 << 10;

/// Files whose recipes are in memory at a time.
constexpr std::size_t kRenewedAtOnce = 256;

class FileBlocks : public BlockSource {
public:
  FileBlocks(Hub& hub, store::FileRecord file, std::uint64_t offset, std::uint64_t size_bytes)
      : hub_(hub),
        file_(std::move(file)),
        shared_(hub.shared_blocks, file_.sha256),
        at_(offset),
        left_(size_bytes) {}

  Block next() override {
    if (left_ == 0) return nullptr;
    return pass(is_whole_block() ? shared_.get(at_, [this] { return make(); }) : make());
  }

  Block at_hand() override {
    if (left_ == 0 || !is_whole_block()) return nullptr;
    auto block = shared_.find(at_);
    return block ? pass(std::move(block)) : nullptr;
  }

private:
  // Blocks lie in a file alike for all who read it, whatever range they asked for.
  std::uint64_t block_bytes() const {
    return std::min(kBlockBytes - at_ % kBlockBytes, file_.size_bytes - at_);
  }
  bool is_whole_block() const { return at_ % kBlockBytes == 0 && left_ >= block_bytes(); }

  Block make() {
    const std::uint64_t count = std::min(block_bytes(), left_);
    auto block = std::make_shared<Bytes>();
    block->reserve(count);
    hub_.store->read_file(file_, at_, count, [&](ByteView bytes) { append(*block, bytes); });
    if (block->size() != count)
      throw Error(ErrorKind::corrupt, "file {} is shorter than its record", file_.sha256.hex());
    return block;
  }

  Block pass(Block block) {
    at_ += block->size();
    left_ -= block->size();
    return block;
  }

  Hub& hub_;
  store::FileRecord file_;
  SharedBlocks::Reader shared_;
  std::uint64_t at_;
  std::uint64_t left_;
};

class MemoryBlocks : public BlockSource {
public:
  MemoryBlocks(ByteView bytes, std::vector<std::shared_ptr<const void>> owners)
      : owners_(std::move(owners)), rest_(bytes) {}

  Block next() override {
    if (rest_.empty()) return nullptr;
    const ByteView part = rest_.first(std::min<std::size_t>(kBlockBytes, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return std::make_shared<const Bytes>(part.begin(), part.end());
  }

private:
  std::vector<std::shared_ptr<const void>> owners_;
  ByteView rest_;
};

}  // namespace

std::vector<XorbGrant> grants_of(const store::FileRecord& file) {
  std::map<xet::XorbHash, std::vector<ChunkSpan>> spans;
  for (const xet::Term& term : file.terms)
    spans[term.xorb].push_back({term.first_chunk, term.end_chunk});
  std::vector<XorbGrant> grants;
  for (auto& [xorb, of_xorb] : spans) grants.push_back({xorb, false, merged(std::move(of_xorb))});
  return grants;
}

bool is_whole(store::Store& store, const store::FileRecord& file) {
  const xet::XorbHash* last = nullptr;
  for (const xet::Term& term : file.terms) {
    if (last != nullptr && *last == term.xorb) continue;
    if (!store.has_local_xorb(term.xorb)) return false;
    last = &term.xorb;
  }
  return true;
}

store::FileRecord require_file(const Call& call, const Sha256& sha256) {
  const auto listed = call.hub.catalog->find_file(call.repo->id, sha256);
  if (!listed) throw Refused(404, "Object does not exist");
  return recipe_of(call, *listed);
}

store::FileRecord recipe_of(const Call& call, const RepoFile& held) {
  if (held.size_bytes == 0) return {held.sha256, 0, {}, {}};
  auto record = call.hub.store->find_file(held.sha256);
  if (!record)
    throw Error(ErrorKind::corrupt, "the store has lost the file {} of {}", held.sha256.hex(),
                call.repo->name.path());
  return std::move(*record);
}

std::vector<Sha256> list_files_for(Hub& hub, std::span<const Sha256> files, std::int64_t repo) {
  std::vector<Sha256> lost;
  // In the store first, which garbage collection looks at later than at the catalog.
  while (!files.empty()) {
    const auto some = files.first(std::min(kRenewedAtOnce, files.size()));
    files = files.subspan(some.size());
    const auto records = hub.store->renew_files(some);
    std::vector<RepoFile> listed;
    std::vector<XorbGrant> grants;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto& record = records[i];
      if (!record) {
        lost.push_back(some[i]);
        continue;
      }
      listed.push_back({record->sha256, record->size_bytes, record->xet_hash});
      const auto more = grants_of(*record);
      grants.insert(grants.end(), more.begin(), more.end());
    }
    hub.catalog->add_files(repo, listed, grants);
  }
  return lost;
}

std::unique_ptr<BodyStream> stream_file(Hub& hub, store::FileRecord file, std::uint64_t offset,
                                        std::uint64_t size_bytes) {
  return stream_blocks(hub.worker_spawn(),
                       std::make_unique<FileBlocks>(hub, std::move(file), offset, size_bytes));
}

std::unique_ptr<BodyStream> stream_memory(Hub& hub, ByteView bytes,
                                          std::vector<std::shared_ptr<const void>> owners) {
  return stream_blocks(hub.worker_spawn(),
                       std::make_unique<MemoryBlocks>(bytes, std::move(owners)));
}

void hold_large_text(Hub& hub, Response& response) {
  const auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr || text->size() <= kSmallAnswerBytes) return;
  auto held = hub.blob_budget.take(text->size());
  if (!held) throw Refused(503, "the hub sends many large answers at the moment; try again");
  auto owned = std::make_shared<const std::string>(std::move(std::get<std::string>(response.body)));
  response.stream_bytes = owned->size();
  const ByteView bytes = as_bytes(*owned);
  response.body = stream_memory(hub, bytes, {std::move(owned), std::move(held)});
}

Response file_response(Call& call, store::FileRecord file) {
  const std::string etag = "\"" + file.sha256.hex() + "\"";
  Ranged answer = begin_ranged(*call.request, etag, file.size_bytes);
  Response& response = answer.response;
  const bool is_refused = response.status == 416;
  response.with("Content-Type", is_refused ? "text/plain" : "application/octet-stream");
  if (answer.size_bytes > 0) {
    response.stream_bytes = answer.size_bytes;
    response.body = stream_file(call.hub, std::move(file), answer.offset, answer.size_bytes);
  }
  return std::move(response);
}

}  // namespace mhub::serve
