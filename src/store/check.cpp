#include <future>
#include <map>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/store/check.hpp>

#include "local_store.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

constexpr std::size_t kSpanBytes = std::size_t{1} << 20;
/// SQLite's own findings beyond these say nothing new.
constexpr std::size_t kMaxDatabaseFindings = 20;

class Checker {
public:
  /// Reads the bodies of the xorbs in `bodies` alone, of all where it is null.
  Checker(LocalStore& store, const std::unordered_set<xet::XorbHash>* bodies, Progress& progress,
          const StopToken& stop)
      : store_(store), bodies_(bodies), progress_(progress), stop_(stop) {}

  CheckReport run();

private:
  /// What one xorb's task found.
  struct Finding {
    std::vector<std::uint32_t> bad_chunks;
    std::string damage;  ///< empty if none
    bool missing = false;
    std::vector<std::string> index_faults;
    std::uint64_t chunks = 0;
    std::uint64_t bytes = 0;
  };

  void check_database();
  void check_xorbs();
  Finding check_xorb(std::int64_t id);
  void check_table(const XorbTable& table, Finding& finding);
  void check_body(File& file, const XorbTable& table, Finding& finding);
  void check_footer(File& file, const XorbTable& table, Finding& finding);
  void take(std::int64_t id, const xet::XorbHash& hash, Finding finding);
  void check_files();
  void check_file(const Sha256& sha256);
  bool lies_far_away(const Sha256& file, const xet::XorbHash& xorb);
  bool lies_whole_elsewhere(const xet::ChunkHash& hash);
  void find_strays();

  LocalStore& store_;
  const std::unordered_set<xet::XorbHash>* bodies_;
  Progress& progress_;
  const StopToken& stop_;
  CheckReport report_;
  /// By xorb id; a missing xorb has all its chunks here.
  std::map<std::int64_t, std::set<std::uint32_t>> bad_;
};

CheckReport Checker::run() {
  // Garbage collection must not take away what is about to be read.
  const FileLock present = store_.lock_for_writing();
  for (const auto step : {&Checker::check_database, &Checker::check_xorbs, &Checker::check_files,
                          &Checker::find_strays}) {
    try {
      (this->*step)();
    } catch (const Error& error) {
      // SQLite cannot even read the rows; the other steps may still find something.
      if (error.kind() != ErrorKind::corrupt) throw;
      report_.index_faults.push_back(error.message());
    }
  }
  return std::move(report_);
}

void Checker::check_database() {
  store_.database().read([&](Connection& connection) {
    Query query(connection, "PRAGMA integrity_check");
    while (query.next() && report_.index_faults.size() < kMaxDatabaseFindings) {
      if (const std::string finding = query.text(0); finding != "ok")
        report_.index_faults.push_back(finding);
    }
  });
}

void Checker::check_xorbs() {
  struct Row {
    std::int64_t id;
    xet::XorbHash hash;
  };
  std::vector<Row> rows;
  std::uint64_t total_bytes = 0;
  store_.database().read([&](Connection& connection) {
    Query query(connection, "SELECT id, hash, local * body_bytes FROM xorbs");
    while (query.next()) {
      try {
        rows.push_back({query.integer(0), hash_column<xet::XorbHash>(query, 1)});
        total_bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(0, query.integer(2)));
      } catch (const Error& error) {
        report_.index_faults.push_back(error.message());
      }
    }
  });
  progress_.phase("checking", total_bytes);
  {
    ThreadPool pool(store_.jobs());
    std::vector<std::future<Finding>> findings;
    findings.reserve(rows.size());
    for (const Row& row : rows) {
      stop_.check();
      findings.push_back(pool.submit([this, id = row.id] { return check_xorb(id); }));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) take(rows[i].id, rows[i].hash, findings[i].get());
  }
  // Every row that belongs to a xorb was looked for above; a surplus points nowhere.
  const auto [rows_there, rows_wanted] = store_.database().read([&](Connection& connection) {
    return std::pair(
        connection.number("SELECT count(*) FROM chunks"),
        connection.number("SELECT count(*) FROM chunks c JOIN xorbs x "
                          "ON x.id = c.place >> 13 AND (c.place & 8191) < x.chunk_count"));
  });
  if (rows_there != rows_wanted) {
    report_.index_faults.push_back(
        fmt::format("{} chunk rows point nowhere", rows_there - rows_wanted));
  }
}

Checker::Finding Checker::check_xorb(std::int64_t id) {
  Finding finding;
  if (stop_.stop_requested()) return finding;
  std::optional<XorbTable> table;
  try {
    table = store_.database().read([&](Connection& connection) {
      auto loaded = load_xorb(connection, id);
      return loaded;
    });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    finding.index_faults.push_back(error.message());
    return finding;
  }
  if (!table) return finding;
  check_table(*table, finding);
  if (!table->row.local) return finding;
  if (bodies_ != nullptr && !bodies_->contains(table->index.hash)) return finding;
  std::unique_ptr<File> file;
  try {
    file = store_.open_xorb(table->index.hash);
    check_body(*file, *table, finding);
    check_footer(*file, *table, finding);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) {
      finding.missing = true;
    } else if (error.kind() == ErrorKind::io) {
      finding.damage = error.message();
    } else {
      throw;
    }
    finding.bad_chunks.clear();
    for (std::uint32_t i = 0; i < table->index.chunks.size(); ++i) finding.bad_chunks.push_back(i);
  }
  return finding;
}

void Checker::check_table(const XorbTable& table, Finding& finding) {
  const xet::XorbIndex& index = table.index;
  if (table.row.local &&
      (xet::xorb_hash(index.chunks) != index.hash || table.row.body_bytes != index.body_bytes())) {
    finding.index_faults.push_back(
        fmt::format("the chunk table of xorb {} does not belong to it", index.hash.text()));
  }
  if (table.row.chunk_count != index.chunks.size()) {
    finding.index_faults.push_back(fmt::format("xorb {} counts {} chunks and lists {}",
                                               index.hash.text(), table.row.chunk_count,
                                               index.chunks.size()));
  }
  store_.database().read([&](Connection& connection) {
    std::size_t lost = 0;
    for (std::uint32_t i = 0; i < index.chunks.size(); ++i) {
      if (!table.knows(i)) continue;
      Query query(connection, "SELECT 1 FROM chunks WHERE key = ? AND place = ?",
                  chunk_key(index.chunks[i].hash), pack_place(table.row.id, i));
      if (!query.next()) ++lost;
    }
    if (lost > 0) {
      finding.index_faults.push_back(
          fmt::format("{} chunks of xorb {} cannot be looked up", lost, index.hash.text()));
    }
  });
}

void Checker::check_body(File& file, const XorbTable& table, Finding& finding) {
  const xet::XorbIndex& index = table.index;
  Bytes span;
  Bytes chunk;
  const auto count = static_cast<std::uint32_t>(index.chunks.size());
  for (std::uint32_t i = 0; i < count;) {
    if (stop_.stop_requested()) return;
    const std::uint32_t start = index.record_start(i);
    std::uint32_t end = i + 1;
    while (end < count && index.record_ends[end] - start <= kSpanBytes) ++end;
    span.resize(index.record_ends[end - 1] - start);
    const std::size_t got = read_what_can_be(file, span, start);
    for (; i < end; ++i) {
      const std::size_t record_start = index.record_start(i) - start;
      const std::size_t record_end = index.record_ends[i] - start;
      ByteView view;
      const bool whole =
          record_end <= got
              ? decode_verified(ByteView(span).subspan(record_start, record_end - record_start),
                                index.chunks[i], chunk, view)
              // One bad sector spoils the span, not each of its chunks.
              : LocalStore::read_verified(file, table, i, chunk);
      if (!whole) finding.bad_chunks.push_back(i);
      ++finding.chunks;
      finding.bytes += index.chunks[i].size_bytes;
    }
    progress_.advance(span.size());
  }
  if (!finding.bad_chunks.empty()) {
    finding.damage =
        fmt::format("{} of {} chunks do not match their hashes", finding.bad_chunks.size(), count);
  }
}

void Checker::check_footer(File& file, const XorbTable& table, Finding& finding) {
  if (!finding.damage.empty()) return;
  const auto index = index_by_footer(file, table.index.hash);
  if (!index || index->chunks != table.index.chunks ||
      index->record_ends != table.index.record_ends) {
    finding.damage = "its footer is damaged";
  }
}

void Checker::take(std::int64_t id, const xet::XorbHash& hash, Finding finding) {
  if (finding.chunks > 0) ++report_.xorbs_checked;
  report_.chunks_checked += finding.chunks;
  report_.bytes_checked += finding.bytes;
  for (std::string& fault : finding.index_faults) report_.index_faults.push_back(std::move(fault));
  if (!finding.bad_chunks.empty())
    bad_[id].insert(finding.bad_chunks.begin(), finding.bad_chunks.end());
  if (finding.missing) {
    report_.missing.push_back(hash);
  } else if (!finding.damage.empty()) {
    report_.damaged.push_back({hash, std::move(finding.bad_chunks), std::move(finding.damage)});
  }
}

void Checker::check_files() {
  std::vector<Sha256> step;
  do {
    stop_.check();
    step = store_.database().read([&](Connection& connection) {
      return list_files_after(connection, step.empty() ? nullptr : &step.back(), 256);
    });
    for (const Sha256& sha256 : step) check_file(sha256);
  } while (!step.empty());
}

void Checker::check_file(const Sha256& sha256) {
  try {
    const auto file = store_.find_file(sha256);
    if (!file) return;
    bool affected = false;
    bool complete = true;
    xet::FileHasher hasher;
    for (const xet::Term& term : file->terms) {
      const auto table = store_.xorb_table(term.xorb);
      if (!table) {
        throw Error(ErrorKind::corrupt, "file {} refers to xorb {}, which is not known",
                    sha256.hex(), term.xorb.text());
      }
      const auto bad = bad_.find(table->row.id);
      const bool lost = !table->row.local && !lies_far_away(sha256, term.xorb);
      std::uint64_t size = 0;
      for (std::uint32_t i = term.first_chunk; i < term.end_chunk; ++i) {
        if (!table->knows(i)) {
          complete = false;
          continue;
        }
        const xet::ChunkRef& chunk = table->index.chunks[i];
        size += chunk.size_bytes;
        if (complete) hasher.add(chunk);
        if (affected || (!lost && (bad == bad_.end() || !bad->second.contains(i)))) continue;
        affected = !lies_whole_elsewhere(chunk.hash);
      }
      if (complete && size != term.size_bytes) {
        throw Error(ErrorKind::corrupt, "a term of file {} says {} bytes and has {}", sha256.hex(),
                    term.size_bytes, size);
      }
    }
    if (!complete) {
      throw Error(ErrorKind::corrupt, "file {} refers to chunks that were never seen here",
                  sha256.hex());
    }
    if (hasher.finish() != file->xet_hash) {
      throw Error(ErrorKind::corrupt, "the recipe of file {} does not give its file hash",
                  sha256.hex());
    }
    if (affected) report_.files_affected.push_back(sha256);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    report_.index_faults.push_back(error.message());
    report_.files_affected.push_back(sha256);
  }
}

/// True if a chunk of `xorb` that `file` needs can be had from a remote or a working file.
bool Checker::lies_far_away(const Sha256& file, const xet::XorbHash& xorb) {
  return store_.database().read([&](Connection& connection) {
    Query query(connection,
                "SELECT EXISTS (SELECT 1 FROM remote_xorbs WHERE hash = ?1) OR "
                "EXISTS (SELECT 1 FROM remote_files WHERE sha256 = ?2) OR "
                "EXISTS (SELECT 1 FROM working_files WHERE sha256 = ?2)",
                ByteView(xorb.bytes), ByteView(file.bytes));
    return query.next() && query.integer(0) != 0;
  });
}

bool Checker::lies_whole_elsewhere(const xet::ChunkHash& hash) {
  return store_.database().read([&](Connection& connection) {
    for (const Candidate& candidate : find_candidates(connection, hash)) {
      if (!candidate.local) continue;
      const auto bad = bad_.find(candidate.xorb_id);
      if (bad != bad_.end() && bad->second.contains(candidate.chunk)) continue;
      const auto table = store_.cache().get(connection, candidate.xorb_id);
      if (table && table->knows(candidate.chunk) &&
          table->index.chunks[candidate.chunk].hash == hash) {
        return true;
      }
    }
    return false;
  });
}

void Checker::find_strays() {
  const auto add = [&](const std::filesystem::path& path) {
    report_.strays.push_back(path.lexically_relative(store_.layout().root).string());
  };
  for_each_xorb_file(
      store_.fs(), store_.layout(),
      [&](const xet::XorbHash& hash, const std::filesystem::path& path) {
        if (!store_.has_local_xorb(hash)) add(path);
      },
      add);
}

}  // namespace

CheckReport check_some(LocalStore& store, const std::unordered_set<xet::XorbHash>* bodies,
                       Progress& progress, const StopToken& stop) {
  CheckReport report = Checker(store, bodies, progress, stop).run();
  stop.check();
  return report;
}

CheckReport check(Store& store, Progress& progress, const StopToken& stop) {
  return check_some(internals(store), nullptr, progress, stop);
}

}  // namespace mhub::store
