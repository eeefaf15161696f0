// Giving back space.
//
// A plan is made without holding anybody up, and half-dead xorbs are repacked under it. Only then
// is the store locked against writers, for as long as it takes to look at the recipes once more, to
// rewrite those that moved and to forget what is dead, all in one transaction. Files go last: a
// crash before that leaves files that no row names, which the next run removes.

#include <future>
#include <unordered_map>

#include <mhub/base/error.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>

#include "recipes.hpp"
#include "scratch.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

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
  return query.next();
}

/// Where a live recipe names a xorb that is neither here nor on a remote, copies of its chunks in
/// other xorbs are all there is of them: these are live, too.
void mark_copies(Connection& connection, Live& live) {
  Live copies;
  for (const auto& [hash, chunks] : live) {
    const auto row = find_xorb_row(connection, hash);
    if (!row || row->local || on_a_remote(connection, hash)) continue;
    const auto table = load_xorb(connection, row->id);
    for (std::uint32_t i = 0; table && i < chunks.size(); ++i) {
      if (!chunks[i] || !table->knows(i)) continue;
      for (const Candidate& candidate : find_candidates(connection, table->index.chunks[i].hash)) {
        const auto copy =
            candidate.local ? find_xorb_row(connection, candidate.xorb_id) : std::nullopt;
        if (!copy) continue;
        std::vector<bool>& marks = copies[copy->hash];
        if (marks.size() <= candidate.chunk) marks.resize(candidate.chunk + 1);
        marks[candidate.chunk] = true;
      }
    }
  }
  for (auto& [hash, marks] : copies) {
    std::vector<bool>& chunks = live[hash];
    if (chunks.size() < marks.size()) chunks.resize(marks.size());
    for (std::size_t i = 0; i < marks.size(); ++i) chunks[i] = chunks[i] || marks[i];
  }
}

/// A file system takes some 20 ms to give back 64 MiB, several at once hardly more.
constexpr unsigned kRemovingThreads = 8;

void remove_xorb_files(LocalStore& store, std::span<const XorbRow> rows) {
  std::vector<std::future<void>> running;
  ThreadPool pool(std::min<unsigned>(kRemovingThreads, static_cast<unsigned>(rows.size()) + 1));
  for (const XorbRow& row : rows) {
    store.cache().forget(row.id);
    running.push_back(
        pool.submit([&store, hash = row.hash] { store.fs().remove(store.layout().xorb(hash)); }));
  }
  wait_all(running);
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

  Plan plan(Connection& connection);
  bool is_half_dead(Connection& connection, const XorbRow& row, const std::vector<bool>& chunks);
  void try_to_repack(const Plan& plan);
  void repack(const Plan& plan);
  bool can_move(const XorbTable& table, const std::vector<bool>& chunks) const;
  void forget(Connection& connection, const XorbRow& row);
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
  NewPlaces moved_;
  std::vector<xet::XorbHash> packed_;
  std::vector<XorbRow> gone_;
};

Collector::Plan Collector::plan(Connection& connection) {
  Plan plan;
  std::unordered_set<Sha256> old_files;
  {
    Query query(connection, "SELECT sha256 FROM files WHERE added <= ?", cutoff_s_);
    while (query.next()) {
      const auto sha256 = hash_column<Sha256>(query, 0);
      if (!live_files_.contains(sha256)) old_files.insert(sha256);
    }
  }
  for_each_recipe(connection, [&](const FileRecord& file) {
    if (!old_files.contains(file.sha256)) mark(plan.live, file);
  });
  mark_copies(connection, plan.live);
  plan.dead_files.assign(old_files.begin(), old_files.end());

  std::vector<XorbRow> rows;
  for_each_xorb_row(connection, [&](const XorbRow& row) {
    if (row.last_used_s <= cutoff_s_) rows.push_back(row);
  });
  for (const XorbRow& row : rows) {
    const auto live = plan.live.find(row.hash);
    // Recipes are about to refer to these.
    if (std::find(packed_.begin(), packed_.end(), row.hash) != packed_.end()) continue;
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
  packed_ = packer->commit();
  add_places(store_, packed_, moved_);
}

/// On a full disk the dead must go first.
void Collector::try_to_repack(const Plan& plan) {
  try {
    repack(plan);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    report_.not_repacked = error.message();
    progress_.note("half-dead xorbs are not repacked: " + error.message());
    packed_.clear();
    moved_.clear();
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
  if (!first.half_dead.empty()) try_to_repack(first);
  stop_.check();

  const FileLock alone = store_.lock_for_removing(options_.patience);
  store_.database().write([&](Connection& connection) {
    // Recipes may have come since the first look; none can while this lasts.
    if (!all_local(connection, packed_)) moved_.clear();
    const Plan now = plan(connection);
    for (const Sha256& sha256 : now.dead_files) {
      connection.run("DELETE FROM files WHERE sha256 = ?", ByteView(sha256.bytes));
    }
    std::unordered_set<xet::XorbHash> leaving;
    std::vector<XorbRow> leaving_rows;
    for (const XorbRow& row : now.half_dead) {
      const auto table = store_.cache().reload(connection, row.id);
      if (!table || !can_move(*table, now.live.at(row.hash))) continue;
      leaving.insert(row.hash);
      leaving_rows.push_back(row);
    }
    if (!leaving.empty()) move_recipes(store_, connection, leaving, moved_);
    for (const XorbRow& row : leaving_rows) forget(connection, row);
    for (const XorbRow& row : now.dead_xorbs) forget(connection, row);
    report_.files_dropped = now.dead_files.size();
    report_.xorbs_dropped = now.dead_xorbs.size();
    report_.xorbs_repacked = leaving_rows.size();
  });
  remove_xorb_files(store_, gone_);
  remove_strays();
  sweep_scratch(store_.fs(), store_.layout().scratch());
  return report_;
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
  remove_xorb_files(local, rows);
  return report;
}

}  // namespace mhub::store
