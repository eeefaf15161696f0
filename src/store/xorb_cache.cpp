#include "xorb_cache.hpp"

namespace mhub::store {

namespace {

/// About 12 MiB.
constexpr std::size_t kCachedChunks = 300'000;

/// False if the file came or went, was written in another form, or a chunk became known.
bool same_table(const XorbRow& a, const XorbRow& b) {
  return a.local == b.local && a.chunk_count == b.chunk_count && a.body_bytes == b.body_bytes &&
         a.disk_bytes == b.disk_bytes && a.raw_bytes == b.raw_bytes;
}

}  // namespace

void XorbCache::erase(Tables& tables, std::int64_t id) {
  const auto found = tables.by_id.find(id);
  if (found == tables.by_id.end()) return;
  tables.chunks -= found->second.table->index.chunks.size();
  tables.newest_first.erase(found->second.age);
  tables.by_id.erase(found);
}

XorbCache::Table XorbCache::get(Connection& connection, std::int64_t id) {
  const Table cached = tables_.with([&](Tables& tables) -> Table {
    const auto found = tables.by_id.find(id);
    if (found == tables.by_id.end()) return nullptr;
    tables.newest_first.splice(tables.newest_first.begin(), tables.newest_first, found->second.age);
    return found->second.table;
  });
  return cached ? cached : reload(connection, id);
}

XorbCache::Table XorbCache::get(Connection& connection, const xet::XorbHash& hash) {
  const auto row = find_xorb_row(connection, hash);
  if (!row) return nullptr;
  Table table = get(connection, row->id);
  // The row was read anyway, so a table of before another process's work is noticed here.
  if (table && !same_table(table->row, *row)) table = reload(connection, row->id);
  return table;
}

XorbCache::Table XorbCache::reload(Connection& connection, std::int64_t id) {
  auto loaded = load_xorb(connection, id);
  if (!loaded) {
    forget(id);
    return nullptr;
  }
  auto table = std::make_shared<const XorbTable>(std::move(*loaded));
  tables_.with([&](Tables& tables) {
    erase(tables, id);
    tables.newest_first.push_front(id);
    tables.by_id[id] = {table, tables.newest_first.begin()};
    tables.chunks += table->index.chunks.size();
    while (tables.chunks > kCachedChunks && tables.by_id.size() > 1)
      erase(tables, tables.newest_first.back());
  });
  return table;
}

void XorbCache::forget(std::int64_t id) {
  tables_.with([&](Tables& tables) { erase(tables, id); });
}

}  // namespace mhub::store
