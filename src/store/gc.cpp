// Giving back space.
//
// A plan is made without holding anybody up, and half-dead xorbs are repacked under it. Only then
// is the store locked against writers, for as long as it takes to look at the recipes once more, to
// rewrite those that moved and to forget what is dead, all in one transaction. Files go last: a
// crash before that leaves files that no row names, which the next run removes.

#include <map>
#include <unordered_map>

#include <mhub/base/error.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>

#include "local_store.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

constexpr int kFilesPerStep = 1024;

using Live = std::unordered_map<xet::XorbHash, std::vector<bool>>;

void mark(Live& live, const FileRecord& file) {
  for (const xet::Term& term : file.terms) {
    std::vector<bool>& chunks = live[term.xorb];
    if (chunks.size() < term.end_chunk) chunks.resize(term.end_chunk);
    std::fill(chunks.begin() + term.first_chunk, chunks.begin() + term.end_chunk, true);
  }
}

bool on_a_remote(Connection& connection, const xet::XorbHash& xorb) {
  Query query(connection, "SELECT 1 FROM remote_xorbs WHERE hash = ? LIMIT 1",
              ByteView(xorb.bytes));
  return query.step();
}

class Collector {
public:
  Collector(LocalStore& store, const std::unordered_set<Sha256>& live,
            const CollectOptions& options, Progress& progress, const StopToken& stop)
      : store_(store),
        live_files_(live),
        options_(options),
        progress_(progress),
        stop_(stop),
        now_s_(unix_now_s()),
        cutoff_s_(now_s_ - options.grace.count()) {}

  CollectReport run();

private:
  struct Plan {
    std::vector<Sha256> dead_files;
    std::vector<XorbRow> dead_xorbs;
    std::vector<XorbRow> half_dead;
    Live live;
  };
  struct NewPlace {
    xet::XorbHash xorb;
    std::uint32_t chunk;
  };

  template <class Visit>
  void for_each_file(Connection& connection, Visit visit);
  Plan plan(Connection& connection);
  bool is_half_dead(Connection& connection, const XorbRow& row, const std::vector<bool>& chunks);
  void repack(const Plan& plan);
  bool can_move(const XorbTable& table, const std::vector<bool>& chunks) const;
  void move_recipes(Connection& connection, const std::unordered_set<xet::XorbHash>& leaving);
  void forget(Connection& connection, const XorbRow& row);
  void remove_files();
  void remove_strays();

  LocalStore& store_;
  const std::unordered_set<Sha256>& live_files_;
  const CollectOptions& options_;
  Progress& progress_;
  const StopToken& stop_;
  const std::int64_t now_s_;
  const std::int64_t cutoff_s_;
  CollectReport report_;
  /// Where the live chunks of half-dead xorbs were packed anew.
  std::unordered_map<xet::ChunkHash, NewPlace> moved_;
  std::unordered_set<xet::XorbHash> packed_;
  std::vector<XorbRow> gone_;
};

template <class Visit>
void Collector::for_each_file(Connection& connection, Visit visit) {
  std::vector<Sha256> step;
  do {
    step = list_files_after(connection, step.empty() ? nullptr : &step.back(), kFilesPerStep);
    for (const Sha256& sha256 : step) {
      if (const auto file = find_file_row(connection, sha256)) visit(*file);
    }
  } while (!step.empty());
}

Collector::Plan Collector::plan(Connection& connection) {
  Plan plan;
  std::unordered_set<Sha256> old_files;
  {
    Query query(connection, "SELECT sha256 FROM files WHERE added <= ?", cutoff_s_);
    while (query.step()) {
      const auto sha256 = hash_column<Sha256>(query, 0);
      if (!live_files_.contains(sha256)) old_files.insert(sha256);
    }
  }
  for_each_file(connection, [&](const FileRecord& file) {
    if (!old_files.contains(file.sha256)) mark(plan.live, file);
  });
  plan.dead_files.assign(old_files.begin(), old_files.end());

  std::vector<XorbRow> rows;
  for_each_xorb_row(connection, [&](const XorbRow& row) {
    if (row.last_used_s <= cutoff_s_) rows.push_back(row);
  });
  for (const XorbRow& row : rows) {
    const auto live = plan.live.find(row.hash);
    if (packed_.contains(row.hash)) continue;  // recipes are about to refer to it
    if (live == plan.live.end()) {
      if (row.local || !on_a_remote(connection, row.hash)) plan.dead_xorbs.push_back(row);
    } else if (row.local && is_half_dead(connection, row, live->second)) {
      plan.half_dead.push_back(row);
    }
  }
  return plan;
}

bool Collector::is_half_dead(Connection& connection, const XorbRow& row,
                             const std::vector<bool>& chunks) {
  const auto table = load_xorb(connection, row.id);
  if (!table) return false;
  std::uint64_t live_bytes = 0;
  for (std::uint32_t i = 0; i < chunks.size() && i < table->index.record_ends.size(); ++i) {
    if (chunks[i]) live_bytes += table->index.record_ends[i] - table->index.record_start(i);
  }
  return static_cast<double>(live_bytes) <
         options_.repack_below * static_cast<double>(table->index.body_bytes());
}

void Collector::repack(const Plan& plan) {
  const auto packer = start_packing(store_);
  Bytes chunk;
  for (const XorbRow& row : plan.half_dead) {
    stop_.check();
    const auto table = store_.xorb_table(row.hash);
    if (!table || !table->row.local) continue;
    const auto file = store_.open_xorb(row.hash);
    const std::vector<bool>& live = plan.live.at(row.hash);
    for (std::uint32_t i = 0; i < live.size(); ++i) {
      if (!live[i]) continue;
      // A damaged one stays where it is; its xorb then cannot be dropped below.
      if (!LocalStore::read_verified(*file, *table, i, chunk)) continue;
      packer->add(table->index.chunks[i].hash, chunk);
      progress_.advance(chunk.size());
    }
  }
  for (const xet::XorbHash& hash : packer->commit()) {
    const auto table = store_.xorb_table(hash);
    MHUB_ASSERT(table != nullptr);
    packed_.insert(hash);
    for (std::uint32_t i = 0; i < table->index.chunks.size(); ++i)
      moved_.emplace(table->index.chunks[i].hash, NewPlace{hash, i});
  }
}

bool Collector::can_move(const XorbTable& table, const std::vector<bool>& chunks) const {
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    if (!chunks[i]) continue;
    if (!table.knows(i)) return false;
    const auto moved = moved_.find(table.index.chunks[i].hash);
    // A xorb all of whose chunks are live packs into itself.
    if (moved == moved_.end() || moved->second.xorb == table.index.hash) return false;
  }
  return true;
}

void Collector::move_recipes(Connection& connection,
                             const std::unordered_set<xet::XorbHash>& leaving) {
  std::vector<FileRecord> rewritten;
  for_each_file(connection, [&](const FileRecord& file) {
    bool touched = false;
    for (const xet::Term& term : file.terms) touched = touched || leaving.contains(term.xorb);
    if (!touched) return;
    FileRecord fresh = file;
    fresh.terms.clear();
    for (const xet::Term& term : file.terms) {
      if (!leaving.contains(term.xorb)) {
        fresh.terms.push_back(term);
        continue;
      }
      const auto table = store_.cache().get(connection, term.xorb);
      for (std::uint32_t i = term.first_chunk; i < term.end_chunk; ++i) {
        const xet::ChunkRef& chunk = table->index.chunks[i];
        const NewPlace& place = moved_.at(chunk.hash);
        if (!fresh.terms.empty() && fresh.terms.back().xorb == place.xorb &&
            fresh.terms.back().end_chunk == place.chunk) {
          ++fresh.terms.back().end_chunk;
          fresh.terms.back().size_bytes += chunk.size_bytes;
        } else {
          fresh.terms.push_back({place.xorb, place.chunk, place.chunk + 1, chunk.size_bytes});
        }
      }
    }
    rewritten.push_back(std::move(fresh));
  });
  for (const FileRecord& file : rewritten) {
    const Bytes terms = encode_terms(file.terms);
    Query(connection, "UPDATE files SET terms = ? WHERE sha256 = ?", ByteView(terms),
          ByteView(file.sha256.bytes))
        .run();
  }
}

/// A xorb that a remote holds stays known: a later version may still refer to its chunks.
void Collector::forget(Connection& connection, const XorbRow& row) {
  if (on_a_remote(connection, row.hash)) {
    set_not_local(connection, row.id);
  } else {
    const auto table = load_xorb(connection, row.id);
    delete_xorb(connection, row.id, table ? &*table : nullptr);
  }
  report_.freed_bytes += row.disk_bytes;
  gone_.push_back(row);
}

CollectReport Collector::run() {
  progress_.phase("collecting", 0);
  const Plan first =
      store_.database().read([&](Connection& connection) { return plan(connection); });
  if (options_.dry_run) {
    report_.files_dropped = first.dead_files.size();
    report_.xorbs_dropped = first.dead_xorbs.size();
    report_.xorbs_repacked = first.half_dead.size();
    for (const XorbRow& row : first.dead_xorbs) report_.freed_bytes += row.disk_bytes;
    return report_;
  }
  if (!first.half_dead.empty()) repack(first);
  stop_.check();

  const FileLock alone = store_.lock_for_removing(options_.patience);
  store_.database().write([&](Connection& connection) {
    // Recipes may have come since the first look; none can while this lasts.
    const Plan now = plan(connection);
    for (const Sha256& sha256 : now.dead_files) {
      Query(connection, "DELETE FROM files WHERE sha256 = ?", ByteView(sha256.bytes)).run();
    }
    std::unordered_set<xet::XorbHash> leaving;
    std::vector<XorbRow> leaving_rows;
    for (const XorbRow& row : now.half_dead) {
      const auto table = store_.cache().reload(connection, row.id);
      if (!table || !can_move(*table, now.live.at(row.hash))) continue;
      leaving.insert(row.hash);
      leaving_rows.push_back(row);
    }
    if (!leaving.empty()) move_recipes(connection, leaving);
    for (const XorbRow& row : leaving_rows) forget(connection, row);
    for (const XorbRow& row : now.dead_xorbs) forget(connection, row);
    report_.files_dropped = now.dead_files.size();
    report_.xorbs_dropped = now.dead_xorbs.size();
    report_.xorbs_repacked = leaving_rows.size();
  });
  remove_files();
  remove_strays();
  return report_;
}

void Collector::remove_files() {
  for (const XorbRow& row : gone_) {
    store_.cache().forget(row.id);
    store_.fs().remove(store_.layout().xorb(row.hash));
  }
}

void Collector::remove_strays() {
  const auto remove = [&](const std::filesystem::path& path) {
    const auto stat = store_.fs().stat(path);
    if (!stat || !stat->is_regular() || stat->mtime_ns / 1'000'000'000 > cutoff_s_) return;
    if (store_.fs().remove(path)) report_.freed_bytes += stat->size_bytes;
  };
  for_each_xorb_file(
      store_.fs(), store_.layout(),
      [&](const xet::XorbHash& hash, const std::filesystem::path& path) {
        if (!store_.has_local_xorb(hash)) remove(path);
      },
      remove);
}

}  // namespace

CollectReport collect_garbage(Store& store, const std::unordered_set<Sha256>& live,
                              const CollectOptions& options, Progress& progress,
                              const StopToken& stop) {
  return Collector(internals(store), live, options, progress, stop).run();
}

CollectReport drop_xorbs(Store& store, const std::function<bool(const XorbRecord&)>& may_drop,
                         bool dry_run) {
  LocalStore& local = internals(store);
  CollectReport report;
  const FileLock alone = local.lock_for_removing(CollectOptions{}.patience);
  std::vector<XorbRow> rows;
  local.database().read([&](Connection& connection) {
    for_each_xorb_row(connection, [&](const XorbRow& row) {
      if (row.local) rows.push_back(row);
    });
  });
  std::erase_if(rows, [&](const XorbRow& row) {
    const auto record = local.find_xorb(row.hash);
    return !record || !may_drop(*record);
  });
  for (const XorbRow& row : rows) {
    ++report.xorbs_dropped;
    report.freed_bytes += row.disk_bytes;
  }
  if (dry_run) return report;
  local.database().write([&](Connection& connection) {
    for (const XorbRow& row : rows) set_not_local(connection, row.id);
  });
  for (const XorbRow& row : rows) {
    local.cache().forget(row.id);
    local.fs().remove(local.layout().xorb(row.hash));
  }
  return report;
}

}  // namespace mhub::store
