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
        file_(store.fs(), store.layout().scratch() / "unnamed", store.layout().scratch(), 0444) {}

  void write(ByteView bytes) override {
    if (bytes.size() > xet::kXorbMaxUploadBytes - received_bytes_) {
      throw Error(ErrorKind::corrupt, "a xorb is longer than {}",
                  human_bytes(xet::kXorbMaxUploadBytes));
    }
    indexer_.update(bytes);
    received_bytes_ += bytes.size();
    file_.file().write(bytes);
  }

  bool commit(const xet::XorbHash& expected) override {
    xet::XorbIndex index = indexer_.finish();
    if (index.hash != expected) {
      throw Error(ErrorKind::corrupt, "a xorb sent as {} is {}", expected.text(),
                  index.hash.text());
    }
    // A row whose file is gone must not keep the bytes out.
    if (store_.has_local_xorb(expected) && store_.fs().stat(store_.layout().xorb(expected))) {
      store_.touch_xorbs(std::span(&expected, 1));
      writing_.reset();
      return false;
    }
    // What followed the body was a foreign footer; ours takes its place.
    file_.file().truncate(index.body_bytes());
    const SealedXorb sealed =
        place_xorb_file(store_.fs(), store_.layout(), file_, std::move(index), store_.durable());
    store_.register_xorbs(std::span(&sealed, 1));
    fault_point("store.index_committed");
    writing_.reset();
    return true;
  }

private:
  LocalStore& store_;
  std::optional<FileLock> writing_;  ///< until committed
  AtomicFile file_;
  xet::XorbIndexer indexer_;
  std::uint64_t received_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Store::XorbReceiver> LocalStore::receive_xorb() {
  return std::make_unique<LocalReceiver>(*this);
}

}  // namespace mhub::store
