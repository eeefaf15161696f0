#include <mhub/base/fault.hpp>
#include <mhub/store/ingest.hpp>

#include "xorb_stream.hpp"

namespace mhub::store {

namespace {

/// Chunks that share one choice of compression.
constexpr std::size_t kSchemeRun = 16;

class LocalPacker final : public ChunkPacker {
public:
  explicit LocalPacker(LocalStore& store)
      : store_(store),
        writing_(store.lock_for_writing()),
        session_(store),
        xorbs_(store, session_) {}

  void add(const xet::ChunkHash& hash, ByteView chunk) override {
    if (run_left_ == 0) {
      scheme_ = xet::choose_scheme(chunk);
      run_left_ = kSchemeRun;
    }
    --run_left_;
    XorbStream::Item item;
    item.chunk = prepare_chunk({hash, static_cast<std::uint32_t>(chunk.size())}, scheme_, chunk,
                               compressed_);
    xorbs_.place(std::span(&item, 1));
  }

  std::vector<xet::XorbHash> commit() override {
    if (auto last = xorbs_.drain()) {
      store_.register_xorb(*last);
      fault_point("store.index_committed");
      xorbs_.note_registered(last->index.hash);
    }
    return xorbs_.registered();
  }

private:
  LocalStore& store_;
  const FileLock writing_;
  Session session_;
  XorbStream xorbs_;
  xet::Scheme scheme_ = xet::Scheme::none;
  std::size_t run_left_ = 0;
  Bytes compressed_;
};

}  // namespace

std::unique_ptr<ChunkPacker> start_packing(Store& store) {
  return std::make_unique<LocalPacker>(internals(store));
}

}  // namespace mhub::store
