// A xorb that comes in serialised: checked record by record while it is written to tmp/.

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>

#include "local_store.hpp"

namespace mhub::store {

namespace {

class LocalReceiver final : public Store::XorbReceiver {
public:
  explicit LocalReceiver(LocalStore& store)
      : store_(store),
        writing_(std::in_place, store.lock_for_writing()),
        file_(std::make_unique<AtomicFile>(store.fs(), store.layout().scratch() / "unnamed",
                                           store.layout().scratch(), 0444)) {}

  void write(ByteView bytes) override {
    if (bytes.size() > xet::kXorbMaxUploadBytes - received_bytes_) {
      throw Error(ErrorKind::corrupt, "a xorb is longer than {}",
                  human_bytes(xet::kXorbMaxUploadBytes));
    }
    indexer_.update(bytes);
    received_bytes_ += bytes.size();
    file_->file().write(bytes);
  }

  bool commit(const xet::XorbHash& expected) override {
    xet::XorbIndex index = indexer_.finish();
    if (index.hash != expected) {
      throw Error(ErrorKind::corrupt, "a xorb sent as {} is {}", expected.text(),
                  index.hash.text());
    }
    const bool fresh = !is_here(expected) && place(std::move(index));
    writing_.reset();
    return fresh;
  }

private:
  /// Looked at before all those bytes are synced for nothing.
  bool is_here(const xet::XorbHash& xorb) {
    const auto row = store_.database().read(
        [&](Connection& connection) { return find_xorb_row(connection, xorb); });
    if (!row || !store_.has_file_of(*row)) return false;
    store_.touch_xorbs(std::span(&xorb, 1));
    return true;
  }

  bool place(xet::XorbIndex index) {
    // What followed the body was a foreign footer; ours takes its place.
    file_->file().truncate(index.body_bytes());
    SealedXorb sealed = seal_xorb_file(store_.fs(), store_.layout(), std::move(file_),
                                       std::move(index), store_.durable());
    const bool fresh = store_.register_xorb(sealed);
    fault_point("store.index_committed");
    return fresh;
  }

  LocalStore& store_;
  std::optional<FileLock> writing_;  ///< until committed
  std::unique_ptr<AtomicFile> file_;
  xet::XorbIndexer indexer_;
  std::uint64_t received_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Store::XorbReceiver> LocalStore::receive_xorb() {
  return std::make_unique<LocalReceiver>(*this);
}

}  // namespace mhub::store
