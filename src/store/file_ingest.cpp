#include "file_ingest.hpp"

#include <mhub/base/error.hpp>

namespace mhub::store {

namespace {

/// Blocks that wait for SHA-256.
constexpr std::size_t kHashingQueue = 4;
/// Chunks of a file that share one choice of compression.
constexpr std::size_t kSchemeRun = 16;

}  // namespace

/// One block's chunks.
struct FilePipeline::Work {
  std::uint64_t number = 0;
  BlockPool::Admitted block;
  std::vector<std::size_t> ends;  ///< of the chunks, in the block
  std::vector<XorbStream::Item> items;
  std::vector<Bytes> compressed;
};

struct FilePipeline::Shared {
  struct Fresh {
    BlockPool::Admitted block;
    std::size_t begin;
    std::size_t end;
  };
  BoundedQueue<Fresh> to_hash{kHashingQueue};
  Sha256Hasher sha256;  ///< of the hashing thread, while there is one

  std::mutex lock;
  std::condition_variable idle;
  std::size_t under_way = 0;
  std::exception_ptr failure;
  std::map<std::uint64_t, std::unique_ptr<Work>> prepared;
  std::uint64_t next_placed = 0;
  bool placing = false;
  // Touched by whoever places.
  xet::FileHasher file_hash;
  std::vector<SessionTerm> terms;

  void fail(std::exception_ptr error) {
    const std::lock_guard guard(lock);
    if (!failure) failure = std::move(error);
  }
  bool failed() {
    const std::lock_guard guard(lock);
    return failure != nullptr;
  }
};

FilePipeline::FilePipeline(IngestStages& stages)
    : stages_(stages), shared_(std::make_shared<Shared>()) {}

FilePipeline::~FilePipeline() {
  stages_.store.blocks().give_back(std::move(block_));
  shared_->to_hash.close();
  if (hashing_.joinable()) hashing_.join();
  std::unique_lock lock(shared_->lock);
  shared_->idle.wait(lock, [&] { return shared_->under_way == 0; });
}

std::span<std::byte> FilePipeline::room() {
  if (!block_) {
    block_ = stages_.store.blocks().take();
    std::copy(carry_.begin(), carry_.end(), block_.get());
    carried_ = block_size_ = carry_.size();
  }
  return {block_.get() + block_size_, carried_ + BlockPool::kFreshBytes - block_size_};
}

void FilePipeline::filled(std::size_t count) {
  block_size_ += count;
  size_bytes_ += count;
  if (block_size_ == carried_ + BlockPool::kFreshBytes) dispatch(false);
}

void FilePipeline::start_hashing() {
  hashing_ = std::thread([shared = shared_] {
    while (const auto fresh = shared->to_hash.pop())
      shared->sha256.update({fresh->block.get() + fresh->begin, fresh->end - fresh->begin});
  });
}

/// Sends the block on its way. The first block that is also the last goes through every stage right
/// here: handing a small file from thread to thread costs more than its hashes.
void FilePipeline::dispatch(bool last) {
  const bool inline_only = last && next_work_ == 0;
  auto work = std::make_unique<Work>();
  work->number = next_work_++;
  std::size_t done = carried_;
  std::size_t last_end = 0;
  while (const auto length = chunker_.next_end(ByteView(block_.get() + done, block_size_ - done))) {
    done += *length;
    last_end = done;
    work->ends.push_back(done);
  }
  if (last && last_end < block_size_) {
    last_end = block_size_;
    work->ends.push_back(last_end);
  }
  carry_.assign(block_.get() + last_end, block_.get() + block_size_);
  work->block = stages_.store.blocks().admit(std::move(block_));
  const Shared::Fresh fresh{work->block, carried_, block_size_};

  if (inline_only) {
    shared_->sha256.update({fresh.block.get(), fresh.end});
    prepare(stages_, *work);
    place(stages_, *shared_, *work);
    return;
  }
  if (!hashing_.joinable()) start_hashing();
  shared_->to_hash.push(fresh);
  {
    const std::lock_guard guard(shared_->lock);
    if (shared_->failure) rethrow_copy(shared_->failure);
    ++shared_->under_way;
  }
  stages_.store.workers().submit(
      [&stages = stages_, shared = shared_, work = std::move(work)]() mutable {
        run(stages, *shared, std::move(work));
      });
}

void FilePipeline::run(IngestStages& stages, Shared& shared, std::unique_ptr<Work> work) {
  try {
    if (!shared.failed()) prepare(stages, *work);
  } catch (...) {
    shared.fail(std::current_exception());
  }
  std::unique_lock lock(shared.lock);
  const std::uint64_t number = work->number;
  shared.prepared.emplace(number, std::move(work));
  if (!shared.placing) {
    shared.placing = true;
    while (!shared.prepared.empty() && shared.prepared.begin()->first == shared.next_placed) {
      const auto next = std::move(shared.prepared.begin()->second);
      shared.prepared.erase(shared.prepared.begin());
      const bool failed = shared.failure != nullptr;
      lock.unlock();
      try {
        if (!failed) place(stages, shared, *next);
      } catch (...) {
        shared.fail(std::current_exception());
      }
      lock.lock();
      ++shared.next_placed;
    }
    shared.placing = false;
  }
  --shared.under_way;
  shared.idle.notify_all();
}

/// Hashes, looks up and compresses a block's chunks.
void FilePipeline::prepare(IngestStages& stages, Work& work) {
  const std::size_t count = work.ends.size();
  work.items.resize(count);
  work.compressed.resize(count);
  std::vector<xet::ChunkRef> refs(count);
  std::vector<std::optional<SessionPlace>> places(count);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView chunk(work.block.get() + begin, work.ends[i] - begin);
    refs[i] = {xet::hash_chunk(chunk), static_cast<std::uint32_t>(chunk.size())};
    work.items[i].chunk.payload = chunk;
    begin = work.ends[i];
  }
  stages.session.find(refs, places);
  xet::Scheme scheme = xet::Scheme::none;
  std::size_t run_left = 0;
  for (std::size_t i = 0; i < count; ++i) {
    XorbStream::Item& item = work.items[i];
    const ByteView chunk = item.chunk.payload;
    item.chunk.ref = refs[i];
    item.known = places[i];
    if (item.known) continue;
    if (run_left == 0) {
      scheme = xet::choose_scheme(chunk);
      run_left = kSchemeRun;
    }
    --run_left;
    item.chunk = prepare_chunk(refs[i], scheme, chunk, work.compressed[i]);
  }
}

void FilePipeline::place(IngestStages& stages, Shared& shared, Work& work) {
  stages.xorbs.place(work.items);
  for (const XorbStream::Item& item : work.items) {
    shared.file_hash.add(item.chunk.ref);
    const SessionPlace place = *item.known;
    if (!shared.terms.empty()) {
      SessionTerm& term = shared.terms.back();
      if (term.xorb == place.xorb && term.end_chunk == place.chunk) {
        ++term.end_chunk;
        term.size_bytes += item.chunk.ref.size_bytes;
        continue;
      }
    }
    shared.terms.push_back({place.xorb, place.chunk, place.chunk + 1, item.chunk.ref.size_bytes});
  }
}

FinishedFile FilePipeline::finish() {
  room();  // so that there is a block for what was carried
  dispatch(true);
  shared_->to_hash.close();
  if (hashing_.joinable()) hashing_.join();
  std::unique_lock lock(shared_->lock);
  shared_->idle.wait(lock, [&] { return shared_->under_way == 0; });
  if (shared_->failure) rethrow_copy(shared_->failure);
  FinishedFile finished;
  finished.file.sha256 = shared_->sha256.finish();
  finished.file.size_bytes = size_bytes_;
  finished.file.xet_hash = shared_->file_hash.finish();
  finished.terms = std::move(shared_->terms);
  return finished;
}

}  // namespace mhub::store
