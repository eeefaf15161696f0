#pragma once
// Chunk tables of the xorbs used last, so that a file's chunks do not each cost a query.

#include <list>
#include <memory>
#include <unordered_map>

#include <mhub/base/synchronized.hpp>

#include "index.hpp"

namespace mhub::store {

/// Threads may share it. What it returns may be out of date where another process has worked on the
/// xorb: the chunks' hashes stay right for ever (identifiers are never used again), but a chunk may
/// have become known, and the file may have come or gone. Whoever trips over that calls reload().
class XorbCache {
public:
  using Table = std::shared_ptr<const XorbTable>;

  /// Null if there is no such xorb. Throws Error: corrupt.
  Table get(Connection& connection, std::int64_t id);
  Table get(Connection& connection, const xet::XorbHash& hash);
  /// As get(), from the database in any case.
  Table reload(Connection& connection, std::int64_t id);
  void forget(std::int64_t id);

private:
  struct Entry {
    Table table;
    std::list<std::int64_t>::iterator age;
  };
  struct Tables {
    std::unordered_map<std::int64_t, Entry> by_id;
    std::list<std::int64_t> newest_first;
    std::size_t chunks = 0;
  };
  static void erase(Tables& tables, std::int64_t id);
  Synchronized<Tables> tables_;
};

}  // namespace mhub::store
