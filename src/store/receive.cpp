// A xorb that comes in serialised: checked record by record while it is written to tmp/.

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>

#include "local_store.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

class LocalReceiver final : public Store::XorbReceiver {
  using Present = LocalStore::Present;

public:
  explicit LocalReceiver(LocalStore& store)
      : store_(store),
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
    // Only now: a sender may be slow, and collecting garbage waits for whoever holds this.
    const FileLock writing = store_.lock_for_writing();
    const auto row = store_.database().read(
        [&](Connection& connection) { return find_xorb_row(connection, expected); });
    if (!row || !store_.has_file_of(*row)) return place(std::move(index), Present::keep);
    if (!is_sound(*row)) return place(std::move(index), Present::replace);
    store_.touch_xorbs(std::span(&expected, 1));
    return false;
  }

private:
  /// True if the row's file is what the row says. A peer sends what is here already only because it
  /// cannot know, or because it was asked to mend it: reading it all costs no more than that.
  bool is_sound(const XorbRow& row) {
    try {
      const auto table = store_.database().read(
          [&](Connection& connection) { return load_xorb(connection, row.id); });
      const auto file = store_.open_xorb(row.hash);
      const auto footer = index_by_footer(*file, row.hash);
      const xet::XorbIndex content = index_by_content(*file);
      return table && footer && content.hash == row.hash && content.chunks == footer->chunks &&
             content.record_ends == footer->record_ends &&
             content.record_ends == table->index.record_ends;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::busy) throw;
      return false;
    }
  }

  /// True unless somebody was quicker.
  bool place(xet::XorbIndex index, Present present) {
    // What followed the body was a foreign footer; ours takes its place.
    file_->file().truncate(index.body_bytes());
    SealedXorb sealed = seal_xorb_file(store_.fs(), store_.layout(), std::move(file_),
                                       std::move(index), store_.durable());
    const bool fresh = store_.register_xorb(sealed, present);
    fault_point("store.index_committed");
    return fresh;
  }

  LocalStore& store_;
  std::unique_ptr<AtomicFile> file_;
  xet::XorbIndexer indexer_;
  std::uint64_t received_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Store::XorbReceiver> LocalStore::receive_xorb() {
  return std::make_unique<LocalReceiver>(*this);
}

}  // namespace mhub::store
