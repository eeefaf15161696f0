#pragma once
// New chunks on their way into as many xorbs as they need. One xorb is open; full ones are sealed,
// synced and registered on a thread of their own while the next one fills.

#include <exception>
#include <thread>

#include <mhub/base/bounded_queue.hpp>

#include "session.hpp"

namespace mhub::store {

/// Throws a copy of a parked Error, as several threads may get the same one and add context to it.
[[noreturn]] void rethrow_copy(const std::exception_ptr& failure);

/// Threads may share it.
class XorbStream {
public:
  XorbStream(LocalStore& store, Session& session);
  /// Discards the open xorb; those already full are still finished.
  ~XorbStream();

  /// A chunk on its way: known already, or prepared to be stored.
  struct Item {
    std::optional<SessionPlace> known;
    PreparedChunk chunk;
  };
  /// Gives every item that has none a place, in order. Payloads may go afterwards. Throws Error:
  /// io, that of a failed seal included; then nothing more can be written.
  void place(std::span<Item> items);

  /// Seals the open xorb (without placing it) and waits until the full ones are registered.
  /// Throws Error: io, busy.
  std::optional<SealedXorb> drain();

  /// To be told once drain()'s xorb is registered.
  void note_registered(const xet::XorbHash& xorb);
  /// Registered so far, in order.
  std::vector<xet::XorbHash> registered();
  IngestTotals totals();

private:
  struct Full {
    std::unique_ptr<XorbWriter> writer;
    std::uint32_t number;
  };
  void place_all(std::span<Item> items);
  void hand_over();
  void seal_full_ones();
  void fail(std::exception_ptr failure);
  void rethrow_failure();

  LocalStore& store_;
  Session& session_;

  std::mutex placing_;  ///< of the open xorb and of totals_
  std::unique_ptr<XorbWriter> open_;
  std::uint32_t open_number_ = 0;
  IngestTotals totals_;

  std::mutex state_lock_;  ///< of what follows
  std::condition_variable sealed_;
  std::size_t sealing_ = 0;
  std::exception_ptr failure_;
  std::vector<xet::XorbHash> registered_;

  BoundedQueue<Full> full_;
  std::thread sealer_;  ///< started by the first full xorb
};

}  // namespace mhub::store
