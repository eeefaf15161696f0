#include <set>

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/store/ingest.hpp>

#include "file_ingest.hpp"

namespace mhub::store {

namespace {

/// Small steps on large files, so that progress moves and a stop is seen soon.
constexpr std::size_t kReadStepBytes = BlockPool::kFreshBytes;

class LocalIngest final : public Ingest {
public:
  explicit LocalIngest(LocalStore& store)
      : store_(store), writing_(store.lock_for_writing()), stages_(store) {}

  void set_may_reference(MayReference rule) override { stages_.session.set_rule(std::move(rule)); }
  std::unique_ptr<FileIngest> start_file() override;
  IngestedFile add_file(const std::filesystem::path& path, Progress& progress,
                        const StopToken& stop) override;
  void commit() override;
  IngestTotals totals() const override { return stages_.xorbs.totals(); }

  IngestedFile keep(FinishedFile finished) {
    const IngestedFile file = finished.file;
    finished_.with([&](auto& files) { files.push_back(std::move(finished)); });
    fault_point("store.ingest_file_done");
    return file;
  }

private:
  LocalStore& store_;
  const FileLock writing_;
  mutable IngestStages stages_;
  Synchronized<std::vector<FinishedFile>> finished_;
};

class LocalFileIngest final : public FileIngest {
public:
  LocalFileIngest(LocalIngest& ingest, IngestStages& stages) : ingest_(ingest), pipeline_(stages) {}

  void write(ByteView bytes) override {
    while (!bytes.empty()) {
      const std::span<std::byte> room = pipeline_.room();
      const std::size_t count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.begin(), count, room.begin());
      pipeline_.filled(count);
      bytes = bytes.subspan(count);
    }
  }
  IngestedFile finish() override { return ingest_.keep(pipeline_.finish()); }

private:
  LocalIngest& ingest_;
  FilePipeline pipeline_;
};

std::unique_ptr<FileIngest> LocalIngest::start_file() {
  return std::make_unique<LocalFileIngest>(*this, stages_);
}

bool unchanged(const FileStat& before, const FileStat& after) {
  return before.size_bytes == after.size_bytes && before.mtime_ns == after.mtime_ns &&
         before.ctime_ns == after.ctime_ns && before.inode == after.inode;
}

IngestedFile LocalIngest::add_file(const std::filesystem::path& path, Progress& progress,
                                   const StopToken& stop) {
  const auto file = store_.fs().open_read(path);
  const FileStat before = file->stat();
  FilePipeline pipeline(stages_);
  std::uint64_t offset = 0;
  while (true) {
    stop.check();
    std::span<std::byte> room = pipeline.room();
    room = room.first(std::min(room.size(), kReadStepBytes));
    const std::size_t got = file->read_at(room, offset);
    offset += got;
    progress.advance(got);
    pipeline.filled(got);
    // Past the size it had, the file has grown, which the comparison below finds.
    if (got < room.size() || offset > before.size_bytes) break;
  }
  if (offset != before.size_bytes || !unchanged(before, file->stat())) {
    throw Error(ErrorKind::conflict, "{} changed while it was read", printable(path.string()))
        .hint("try again when nothing writes to it");
  }
  return keep(pipeline.finish());
}

void LocalIngest::commit() {
  auto last = stages_.xorbs.drain();
  std::vector<FinishedFile> files;
  finished_.with([&](auto& finished) { files.swap(finished); });
  if (!last && files.empty()) return;
  const std::int64_t now_s = unix_now_s();
  store_.database().write([&](Connection& connection) {
    if (last) store_.place_xorb(connection, *last);
    std::set<std::uint32_t> touched;
    for (const FinishedFile& finished : files) {
      FileRecord record{finished.file.sha256, finished.file.size_bytes, finished.file.xet_hash, {}};
      record.terms.reserve(finished.terms.size());
      for (const SessionTerm& term : finished.terms) {
        const Session::XorbName name = stages_.session.name_of(term.xorb);
        record.terms.push_back({name.hash, term.first_chunk, term.end_chunk, term.size_bytes});
        if (name.own || !touched.insert(term.xorb).second) continue;
        if (const auto row = find_xorb_row(connection, name.hash))
          touch_xorb(connection, row->id, now_s);
      }
      put_file_row(connection, record, now_s);
    }
  });
  fault_point("store.index_committed");
  if (last) stages_.xorbs.note_registered(last->index.hash);
}

}  // namespace

std::unique_ptr<Ingest> LocalStore::start_ingest() {
  return std::make_unique<LocalIngest>(*this);
}

}  // namespace mhub::store
