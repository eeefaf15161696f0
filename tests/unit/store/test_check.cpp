#include <map>
#include <thread>

#include "store_support.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

namespace {

CheckReport check_all(Store& store) {
  return check(store, silent_progress(), never_stopped());
}

/// Chunks by hash, as a remote has them.
class MapSource final : public ChunkSource {
public:
  MapSource() = default;
  explicit MapSource(ByteView bytes) {
    std::size_t begin = 0;
    for (const std::uint32_t length : xet::chunk_lengths(bytes)) {
      const ByteView chunk = bytes.subspan(begin, length);
      chunks_.emplace(xet::hash_chunk(chunk), Bytes(chunk.begin(), chunk.end()));
      begin += length;
    }
  }
  std::optional<Bytes> read_chunk(const xet::Term&, std::uint32_t,
                                  const xet::ChunkRef& ref) override {
    ++asked;
    const auto found = chunks_.find(ref.hash);
    if (found == chunks_.end()) return std::nullopt;
    return found->second;
  }
  int asked = 0;

private:
  std::map<xet::ChunkHash, Bytes> chunks_;
};

CheckReport repair_from(Store& store, ChunkSource& source) {
  return repair(store, check_all(store), source, silent_progress(), never_stopped());
}

}  // namespace

TEST_CASE("a check counts what it read and finds nothing in a sound store", "[store][check]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const FileRecord file = ingest(*store, random_bytes(500'000, 1));
  ingest(*store, text_bytes(200'000, 2));
  write_file_atomically(real_file_system(), folder / "s/xorbs/readme", as_bytes("not a xorb"));
  const CheckReport report = check_all(*store);
  CHECK(report.clean());
  CHECK(report.xorbs_checked == 2);
  CHECK(report.chunks_checked == store->totals().chunks);
  CHECK(report.bytes_checked == 700'000);
  CHECK(report.strays == std::vector<std::string>{"xorbs/readme"});
}

TEST_CASE("damage is found, named, and mended where the bytes are to be had",
          "[store][check][repair]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(900'000, 3);
  const Bytes other_bytes = random_bytes(100'000, 4);
  const FileRecord file = ingest(*store, bytes);
  const FileRecord other = ingest(*store, other_bytes);
  const xet::XorbHash xorb = file.terms[0].xorb;
  const auto path = xorb_path(*store, xorb);
  const Bytes whole = file_bytes(path);
  const auto index = store->find_xorb(xorb)->index;
  MapSource source(bytes);

  SECTION("a flipped bit in one chunk") {
    damage(path, index.record_start(2) + 100);
    const CheckReport report = check_all(*store);
    CHECK_FALSE(report.clean());
    REQUIRE(report.damaged.size() == 1);
    CHECK(report.damaged[0].xorb == xorb);
    CHECK(report.damaged[0].chunks == std::vector<std::uint32_t>{2});
    CHECK(report.files_affected == std::vector<Sha256>{file.sha256});
    CHECK(repair_from(*store, source).clean());
    CHECK(source.asked == 1);
  }
  SECTION("a footer that was hit") {
    damage(path, whole.size() - 30);
    const CheckReport report = check_all(*store);
    REQUIRE(report.damaged.size() == 1);
    CHECK(report.damaged[0].chunks.empty());
    CHECK(report.files_affected.empty());
    CHECK(repair_from(*store, source).clean());
    CHECK(source.asked == 0);
  }
  SECTION("a file cut short") {
    overwrite(path, ByteView(whole).first(index.record_ends[3]));
    const CheckReport report = check_all(*store);
    REQUIRE(report.damaged.size() == 1);
    CHECK(report.damaged[0].chunks.size() == index.chunks.size() - 4);
    CHECK(repair_from(*store, source).clean());
  }
  SECTION("a file that is gone") {
    std::filesystem::remove(path);
    const CheckReport report = check_all(*store);
    CHECK(report.missing == std::vector<xet::XorbHash>{xorb});
    CHECK(report.files_affected == std::vector<Sha256>{file.sha256});
    CHECK(repair_from(*store, source).clean());
  }
  SECTION("receiving the xorb again also brings back a file that is gone") {
    std::filesystem::remove(path);
    const auto receiver = store->receive_xorb();
    receiver->write(ByteView(whole).first(index.body_bytes()));
    CHECK(receiver->commit(xorb));
  }
  CHECK(check_all(*store).clean());
  CHECK(check_all(*store).files_affected.empty());
  CHECK(read_back(*store, file) == bytes);
  CHECK(read_back(*store, other) == other_bytes);
}

TEST_CASE("what cannot be mended is named, kept off new files, and heals by adding it again",
          "[store][check][repair]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(900'000, 5);
  const FileRecord file = ingest(*store, bytes);
  const xet::XorbHash xorb = file.terms[0].xorb;
  const auto index = store->find_xorb(xorb)->index;
  damage(xorb_path(*store, xorb), index.record_start(2) + 100);
  MapSource empty;

  const CheckReport report = repair_from(*store, empty);
  CHECK(report.damaged.empty());
  CHECK(report.files_affected == std::vector<Sha256>{file.sha256});
  CHECK_FALSE(store->has_local_xorb(xorb));
  // The chunks that were good are still there.
  const std::uint32_t good = index.chunks[0].size_bytes + index.chunks[1].size_bytes;
  CHECK(read_back(*store, file, 0, good) == Bytes(bytes.begin(), bytes.begin() + good));
  CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::not_found));

  const auto batch = store->start_ingest();
  const auto again = batch->start_file();
  again->write(bytes);
  again->finish();
  batch->commit();
  CHECK(batch->totals().new_chunks == 1);
  CHECK(read_back(*store, file) == bytes);
  CHECK(check_all(*store).files_affected.empty());
}

TEST_CASE("a row that speaks of another writer's file of the same xorb is put right",
          "[store][check][repair]") {
  TemporaryFolder folder;
  const auto receive = [](Store& store, const Bytes& body) {
    const auto receiver = store.receive_xorb();
    receiver->write(body);
    return receiver->commit(xet::index_xorb(body).hash);
  };
  const Bytes bytes = text_bytes(300'000, 30);
  const Bytes plain = serialised_xorb(bytes);
  const Bytes small = serialised_xorb(bytes, xet::Scheme::lz4);
  const xet::XorbHash xorb = xet::index_xorb(plain).hash;
  REQUIRE(xet::index_xorb(small).hash == xorb);
  const auto store = open_store(folder / "s");
  const auto other = open_store(folder / "o");
  CHECK(receive(*store, plain));
  CHECK(receive(*other, small));

  SECTION("a second writer leaves what is there") {
    CHECK_FALSE(receive(*store, small));
  }
  SECTION("a crash between name and row") {
    overwrite(xorb_path(*store, xorb), file_bytes(xorb_path(*other, xorb)));
    REQUIRE(check_all(*store).damaged.size() == 1);
    MapSource empty;
    CHECK(repair_from(*store, empty).clean());
    CHECK(empty.asked == 0);
    CHECK(store->find_xorb(xorb)->index.body_bytes() == small.size());
  }
  SECTION("a file cut short does not keep the bytes out") {
    overwrite(xorb_path(*store, xorb), ByteView(plain).first(1000));
    CHECK(receive(*store, small));
  }
  SECTION("writers at once") {
    for (int round = 0; round < 20; ++round) {
      drop_xorbs(
          *store, [](const XorbRecord&) { return true; }, false);
      std::thread rival([&] { receive(*store, small); });
      receive(*store, plain);
      rival.join();
      REQUIRE(check_all(*store).clean());
    }
  }
  const CheckReport report = check_all(*store);
  CHECK(report.clean());
  CHECK(report.xorbs_checked == 1);
}

/// The real one, with a disk that cannot read one place of one file.
class BadSector final : public FileSystem {
public:
  std::filesystem::path path;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::unique_ptr<File> open_read(const std::filesystem::path& name) override {
    if (name != path) return real_.open_read(name);
    return std::make_unique<BadFile>(*this, real_.open_read(name));
  }
  std::unique_ptr<File> create(const std::filesystem::path& name, std::uint32_t mode) override {
    return real_.create(name, mode);
  }
  std::unique_ptr<File> open_write(const std::filesystem::path& name, std::uint32_t mode) override {
    return real_.open_write(name, mode);
  }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    // The new file lies on other sectors.
    if (to == path) begin = end = 0;
    real_.rename(from, to);
  }
  bool remove(const std::filesystem::path& name) override { return real_.remove(name); }
  void create_folders(const std::filesystem::path& name) override { real_.create_folders(name); }
  void sync_folder(const std::filesystem::path& name) override { real_.sync_folder(name); }
  std::optional<FileStat> stat(const std::filesystem::path& name) override {
    return real_.stat(name);
  }
  std::vector<std::string> list(const std::filesystem::path& name) override {
    return real_.list(name);
  }

private:
  class BadFile final : public File {
  public:
    BadFile(BadSector& fs, std::unique_ptr<File> real) : fs_(fs), real_(std::move(real)) {}
    std::size_t read_at(std::span<std::byte> out, std::uint64_t offset) override {
      if (offset < fs_.end && offset + out.size() > fs_.begin)
        throw Error(ErrorKind::io, "read: input/output error");
      return real_->read_at(out, offset);
    }
    void write(ByteView bytes) override { real_->write(bytes); }
    void write_at(ByteView bytes, std::uint64_t offset) override { real_->write_at(bytes, offset); }
    void reserve(std::uint64_t size_bytes) override { real_->reserve(size_bytes); }
    void truncate(std::uint64_t size_bytes) override { real_->truncate(size_bytes); }
    void sync() override { real_->sync(); }
    FileStat stat() override { return real_->stat(); }
    int descriptor() const override { return real_->descriptor(); }

  private:
    BadSector& fs_;
    std::unique_ptr<File> real_;
  };
  FileSystem& real_ = real_file_system();
};

TEST_CASE("a place that the disk cannot read is damage of its chunk alone",
          "[store][check][repair]") {
  TemporaryFolder folder;
  BadSector fs;
  const auto store = open_store(folder / "s", &fs);
  const Bytes bytes = random_bytes(900'000, 31);
  const FileRecord file = ingest(*store, bytes);
  const auto index = store->find_xorb(file.terms[0].xorb)->index;
  fs.path = xorb_path(*store, index.hash);
  fs.begin = index.record_start(2) + 10;
  fs.end = fs.begin + 512;
  MapSource source(bytes);

  CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::corrupt));
  CHECK(read_back(*store, file, 0, UINT64_MAX, &source) == bytes);
  CHECK(source.asked == 1);
  const CheckReport report = check_all(*store);
  REQUIRE(report.damaged.size() == 1);
  CHECK(report.damaged[0].chunks == std::vector<std::uint32_t>{2});
  CHECK(repair_from(*store, source).clean());
  CHECK(source.asked == 2);
  CHECK(read_back(*store, file) == bytes);
}

TEST_CASE("a lost index is made anew from the xorb files", "[store][rebuild]") {
  TemporaryFolder folder;
  const Bytes bytes = random_bytes(600'000, 6);
  Sha256 sha256;
  {
    const auto store = open_store(folder / "s");
    sha256 = ingest(*store, bytes).sha256;
  }
  const auto database = folder / "s/index.db";
  const auto heals = [&](Store& store) {
    CHECK(check_all(store).clean());
    CHECK_FALSE(store.find_file(sha256));
    const auto batch = store.start_ingest();
    const auto file = batch->start_file();
    file->write(bytes);
    file->finish();
    batch->commit();
    CHECK(batch->totals().new_chunks == 0);
    CHECK(read_back(store, store.find_file(sha256).value()) == bytes);
  };
  SECTION("gone: opening rebuilds it") {
    std::filesystem::remove(database);
    heals(*open_store(folder / "s"));
  }
  SECTION("damaged: it is kept beside the new one") {
    const Bytes garbage = random_bytes(40'000, 7);
    overwrite(database, garbage);
    CHECK_THROWS_MATCHES(open_store(folder / "s"), Error, HasKind(ErrorKind::corrupt));
    rebuild_index(folder / "s", real_file_system());
    CHECK(file_bytes(folder / "s/index.db.damaged") == garbage);
    heals(*open_store(folder / "s"));
  }
  SECTION("a xorb whose footer is damaged is read through") {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "s/xorbs")) {
      if (entry.is_regular_file()) damage(entry.path(), entry.file_size() - 40);
    }
    rebuild_index(folder / "s", real_file_system());
    const auto store = open_store(folder / "s");
    CHECK(store->totals().xorbs_local == 1);
    CHECK(check_all(*store).damaged.size() == 1);
  }
  SECTION("a file that is not the xorb its name says is left alone") {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "s/xorbs")) {
      if (entry.is_regular_file()) overwrite(entry.path(), serialised_xorb(random_bytes(9000, 8)));
    }
    rebuild_index(folder / "s", real_file_system());
    const auto store = open_store(folder / "s");
    CHECK(store->totals().xorbs_local == 0);
    CHECK(check_all(*store).strays.size() == 1);
  }
}

TEST_CASE("a check and a repair can be stopped", "[store][check]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  ingest(*store, random_bytes(500'000, 9));
  StopToken stop;
  stop.request_stop();
  CHECK_THROWS_MATCHES(check(*store, silent_progress(), stop), Error,
                       HasKind(ErrorKind::interrupted));
}
