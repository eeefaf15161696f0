#include "xorb_stream.hpp"

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>

namespace mhub::store {

namespace {

/// Full xorbs that may wait behind the one being synced. More would only hide a disk that cannot
/// keep up.
constexpr std::size_t kWaitingXorbs = 1;

}  // namespace

void rethrow_copy(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    throw Error(error);
  }
}

XorbStream::XorbStream(LocalStore& store, Session& session)
    : store_(store), session_(session), full_(kWaitingXorbs) {}

XorbStream::~XorbStream() {
  full_.close();
  if (sealer_.joinable()) sealer_.join();
}

void XorbStream::place(std::span<Item> items) {
  rethrow_failure();
  const std::lock_guard guard(placing_);
  try {
    place_all(items);
  } catch (...) {
    // Records that did not reach the file have places already; nothing of it can be used.
    open_.reset();
    fail(std::current_exception());
    throw;
  }
}

void XorbStream::place_all(std::span<Item> items) {
  for (Item& item : items) {
    const PreparedChunk& chunk = item.chunk;
    totals_.read_bytes += chunk.ref.size_bytes;
    // The same chunk may have come in since it was looked up, from this very batch too.
    if (!item.known) item.known = session_.find_here(chunk.ref);
    if (item.known) {
      ++totals_.known_chunks;
      continue;
    }
    if (open_ && !open_->has_room_for(chunk)) hand_over();
    if (!open_) {
      open_ = std::make_unique<XorbWriter>(store_.fs(), store_.layout());
      open_number_ = session_.open_xorb();
    }
    item.known = SessionPlace{open_number_, open_->add(chunk)};
    session_.add_own_chunk(chunk.ref.hash, *item.known);
    ++totals_.new_chunks;
    totals_.new_raw_bytes += chunk.ref.size_bytes;
    totals_.new_stored_bytes += xet::kRecordHeaderBytes + chunk.payload.size();
  }
  if (open_) open_->settle();
}

void XorbStream::hand_over() {
  open_->settle();
  if (!sealer_.joinable()) sealer_ = std::thread([this] { seal_full_ones(); });
  {
    const std::lock_guard guard(state_lock_);
    ++sealing_;
  }
  full_.push({std::move(open_), open_number_});
}

void XorbStream::seal_full_ones() {
  while (auto full = full_.pop()) {
    try {
      SealedXorb sealed = full->writer->seal(store_.durable());
      full->writer.reset();
      store_.register_xorb(sealed);
      fault_point("store.index_committed");
      session_.set_sealed(full->number, sealed.index.hash);
      note_registered(sealed.index.hash);
    } catch (...) {
      fail(std::current_exception());
    }
    const std::lock_guard guard(state_lock_);
    --sealing_;
    sealed_.notify_all();
  }
}

std::optional<SealedXorb> XorbStream::drain() {
  const std::lock_guard guard(placing_);
  std::optional<SealedXorb> last;
  if (open_) {
    try {
      const auto writer = std::move(open_);
      last = writer->seal(store_.durable());
    } catch (...) {
      fail(std::current_exception());
      throw;
    }
    session_.set_sealed(open_number_, last->index.hash);
  }
  std::unique_lock lock(state_lock_);
  sealed_.wait(lock, [&] { return sealing_ == 0; });
  if (failure_) rethrow_copy(failure_);
  return last;
}

void XorbStream::note_registered(const xet::XorbHash& xorb) {
  const std::lock_guard guard(state_lock_);
  registered_.push_back(xorb);
}

std::vector<xet::XorbHash> XorbStream::registered() {
  const std::lock_guard guard(state_lock_);
  return registered_;
}

IngestTotals XorbStream::totals() {
  const std::lock_guard guard(placing_);
  return totals_;
}

void XorbStream::fail(std::exception_ptr failure) {
  const std::lock_guard guard(state_lock_);
  if (!failure_) failure_ = std::move(failure);
}

void XorbStream::rethrow_failure() {
  const std::lock_guard guard(state_lock_);
  if (failure_) rethrow_copy(failure_);
}

}  // namespace mhub::store
