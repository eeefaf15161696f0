#include "session.hpp"

namespace mhub::store {

namespace {

/// Far more than all xorbs that may be open or waiting to be registered hold together, so that no
/// chunk is forgotten here before the index knows it.
constexpr std::size_t kGenerationChunks = std::size_t{128} << 10;

}  // namespace

const SessionPlace* Session::lookup(const xet::ChunkHash& hash) const {
  if (const auto found = young_.find(hash); found != young_.end()) return &found->second;
  if (const auto found = old_.find(hash); found != old_.end()) return &found->second;
  return nullptr;
}

void Session::insert(const xet::ChunkHash& hash, const SessionPlace& place) {
  if (young_.size() >= kGenerationChunks) {
    std::swap(young_, old_);
    young_.clear();
    ++generation_;
  }
  young_.insert_or_assign(hash, place);
}

std::uint32_t Session::xorb_number(const xet::XorbHash& hash, bool local) {
  const auto [found, fresh] = numbers_.try_emplace(hash, static_cast<std::uint32_t>(xorbs_.size()));
  if (fresh) {
    Xorb xorb;
    xorb.hash = hash;
    xorb.local = local;
    xorbs_.push_back(xorb);
  }
  return found->second;
}

std::uint32_t Session::open_xorb() {
  const std::lock_guard guard(lock_);
  Xorb xorb;
  xorb.own = xorb.local = true;
  xorbs_.push_back(xorb);
  return static_cast<std::uint32_t>(xorbs_.size() - 1);
}

void Session::add_own_chunk(const xet::ChunkHash& hash, SessionPlace place) {
  const std::lock_guard guard(lock_);
  insert(hash, place);
}

void Session::set_sealed(std::uint32_t xorb, const xet::XorbHash& hash) {
  const std::lock_guard guard(lock_);
  xorbs_[xorb].hash = hash;
  numbers_.insert_or_assign(hash, xorb);
}

Session::XorbName Session::name_of(std::uint32_t xorb) {
  const std::lock_guard guard(lock_);
  return {xorbs_[xorb].hash, xorbs_[xorb].own};
}

bool Session::may_refer_to(const SessionPlace& place) {
  ChunkPlace asked;
  {
    const std::lock_guard guard(lock_);
    const Xorb& xorb = xorbs_[place.xorb];
    if (xorb.own) return true;
    if (!rule_ && xorb.allowed) return *xorb.allowed;
    asked = {xorb.hash, place.chunk, xorb.local};
  }
  if (rule_) return rule_(asked);
  const bool allowed = asked.local || store_.any_remote_has_xorb(asked.xorb);
  const std::lock_guard guard(lock_);
  xorbs_[place.xorb].allowed = allowed;
  return allowed;
}

std::optional<SessionPlace> Session::find_here(const xet::ChunkRef& chunk) {
  SessionPlace place;
  {
    const std::lock_guard guard(lock_);
    const SessionPlace* known = lookup(chunk.hash);
    if (known == nullptr) return std::nullopt;
    place = *known;
  }
  if (!may_refer_to(place)) return std::nullopt;
  return place;
}

std::optional<SessionPlace> Session::find_in_index(Connection& connection,
                                                   const xet::ChunkRef& chunk) {
  for (const Candidate& candidate : find_candidates(connection, chunk.hash)) {
    auto table = store_.cache().get(connection, candidate.xorb_id);
    if (table && (!table->knows(candidate.chunk) || table->row.local != candidate.local))
      table = store_.cache().reload(connection, candidate.xorb_id);
    if (!table || !table->knows(candidate.chunk)) continue;
    if (table->index.chunks[candidate.chunk] != chunk) continue;

    SessionPlace place{0, candidate.chunk};
    {
      const std::lock_guard guard(lock_);
      place.xorb = xorb_number(table->index.hash, table->row.local);
    }
    if (!may_refer_to(place)) continue;

    const std::lock_guard guard(lock_);
    Xorb& xorb = xorbs_[place.xorb];
    if (xorb.loaded_in != generation_) xorb.loaded_from = xet::kXorbMaxChunks;
    const auto end = std::min<std::size_t>(xorb.loaded_from, table->index.chunks.size());
    xorb.loaded_from = std::min(xorb.loaded_from, candidate.chunk);
    xorb.loaded_in = generation_;
    for (std::size_t i = candidate.chunk; i < end; ++i) {
      const auto number = static_cast<std::uint32_t>(i);
      const xet::ChunkRef& next = table->index.chunks[i];
      if (!table->knows(number) || lookup(next.hash) != nullptr) continue;
      insert(next.hash, {place.xorb, number});
    }
    return place;
  }
  return std::nullopt;
}

void Session::find(std::span<const xet::ChunkRef> chunks,
                   std::span<std::optional<SessionPlace>> places) {
  bool all = true;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    places[i] = find_here(chunks[i]);
    all = all && places[i].has_value();
  }
  if (all) return;
  store_.database().read([&](Connection& connection) {
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (places[i]) continue;
      // The chunk before may have brought this one along.
      places[i] = find_here(chunks[i]);
      if (!places[i]) places[i] = find_in_index(connection, chunks[i]);
    }
  });
}

}  // namespace mhub::store
