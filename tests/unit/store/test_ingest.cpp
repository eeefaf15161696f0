#include <thread>

#include "store_support.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

TEST_CASE("what is ingested comes out again, whatever its size", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const std::size_t sizes[] = {0,       1,         8191,      8192,      65536,
                               1 << 20, 1'048'577, 1'179'648, 3'000'000, 9 << 20};
  for (const std::size_t size : sizes) {
    for (const bool compressible : {false, true}) {
      INFO(size << " bytes, " << (compressible ? "compressible" : "random"));
      const Bytes bytes = compressible ? text_bytes(size, size) : random_bytes(size, size + 1);
      const FileRecord file = ingest(*store, bytes, size > 100'000 ? 77'777 : 1000);
      CHECK(file.size_bytes == size);
      CHECK(file.sha256 == sha256_of(bytes));
      CHECK(read_back(*store, file) == bytes);
    }
  }
  CHECK(check(*store, silent_progress(), never_stopped()).clean());
}

TEST_CASE("chunks and file hash are those of the chunker, on any split of the input",
          "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  // The constant stretches reach the maximum size, also across the pipeline's blocks.
  const Bytes bytes = joined({random_bytes(1'500'000, 1), Bytes(2'000'000, std::byte{0}),
                              random_bytes(777'777, 2), text_bytes(900'000, 3)});
  std::vector<xet::ChunkRef> expected;
  std::size_t begin = 0;
  for (const std::uint32_t length : xet::chunk_lengths(bytes)) {
    expected.push_back({xet::hash_chunk(ByteView(bytes).subspan(begin, length)), length});
    begin += length;
  }
  for (const std::size_t piece : {std::size_t{999}, std::size_t{65536}, bytes.size()}) {
    const FileRecord file = ingest(*store, bytes, piece);
    CHECK(file.xet_hash == xet::file_hash(expected));
    CHECK(store->chunks_of(file) == expected);
  }
}

TEST_CASE("known chunks are stored once", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes first = random_bytes(6'000'000, 7);
  ingest(*store, first);

  SECTION("a second version with bytes inserted near the front") {
    const Bytes second = joined(
        {ByteView(first).first(100'000), random_bytes(1024, 8), ByteView(first).subspan(100'000)});
    const auto batch = store->start_ingest();
    const auto file = batch->start_file();
    file->write(second);
    const IngestedFile finished = file->finish();
    batch->commit();
    CHECK(batch->totals().new_raw_bytes < 400'000);
    CHECK(batch->totals().read_bytes == second.size());
    CHECK(batch->totals().known_chunks > 60);
    CHECK(read_back(*store, store->find_file(finished.sha256).value()) == second);
  }
  SECTION("the same file again writes nothing") {
    const auto batch = store->start_ingest();
    const auto file = batch->start_file();
    file->write(first);
    file->finish();
    batch->commit();
    CHECK(batch->totals().new_chunks == 0);
  }
  SECTION("repeats inside one batch") {
    const auto batch = store->start_ingest();
    const Bytes fresh = random_bytes(2'000'000, 9);
    for (int i = 0; i < 3; ++i) {
      const auto file = batch->start_file();
      file->write(joined({fresh, fresh}));
      file->finish();
    }
    batch->commit();
    CHECK(batch->totals().new_raw_bytes < 2'400'000);
  }
}

TEST_CASE("a rule keeps a batch off chunks it may not refer to", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes secret = random_bytes(2'000'000, 11);
  const FileRecord first = ingest(*store, secret);
  const Bytes mixed = joined({secret, random_bytes(500'000, 12)});

  const auto batch = store->start_ingest();
  batch->set_may_reference([](const ChunkPlace&) { return false; });
  const auto file = batch->start_file();
  file->write(mixed);
  const IngestedFile finished = file->finish();
  batch->commit();
  const FileRecord record = store->find_file(finished.sha256).value();
  for (const xet::Term& term : record.terms) CHECK(term.xorb != first.terms[0].xorb);
  CHECK(batch->totals().new_raw_bytes == mixed.size());
  CHECK(read_back(*store, record) == mixed);
}

TEST_CASE("chunks that only a forgotten remote held are stored anew", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(300'000, 13);
  const xet::XorbIndex index = xet::index_xorb(serialised_xorb(bytes));
  store->note_remote_chunks(index.hash, 0, index.chunks);
  const auto stored_bytes = [&] {
    const auto batch = store->start_ingest();
    const auto file = batch->start_file();
    file->write(bytes);
    file->finish();
    batch->commit();
    return batch->totals().new_raw_bytes;
  };
  SECTION("while a remote is known to hold them, they are referred to") {
    store->note_remote_xorbs("https://hub.example/a", std::span(&index.hash, 1));
    CHECK(stored_bytes() == 0);
  }
  SECTION("otherwise they are written") {
    CHECK(stored_bytes() == bytes.size());
  }
}

TEST_CASE("nothing of a batch is a file before commit", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(500'000, 14);
  Sha256 sha256;
  {
    const auto batch = store->start_ingest();
    const auto file = batch->start_file();
    file->write(bytes);
    sha256 = file->finish().sha256;
    CHECK_FALSE(store->find_file(sha256));
  }
  CHECK_FALSE(store->find_file(sha256));
  CHECK(std::filesystem::is_empty(folder / "s/tmp"));
  CHECK(store->totals().xorbs_known == 0);
}

TEST_CASE("a long batch registers full xorbs as it goes", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(std::size_t{150} << 20, 15);
  {
    const auto batch = store->start_ingest();
    const auto file = batch->start_file();
    file->write(bytes);
    file->finish();
    // Abandoned, as a killed process would leave it.
  }
  CHECK(store->totals().files == 0);
  CHECK(store->totals().xorbs_local == 2);

  const auto batch = store->start_ingest();
  const auto file = batch->start_file();
  file->write(bytes);
  const IngestedFile finished = file->finish();
  batch->commit();
  CHECK(batch->totals().new_raw_bytes < (std::size_t{23} << 20));
  const FileRecord record = store->find_file(finished.sha256).value();
  CHECK(record.terms.size() == 3);
  CHECK(sha256_of(read_back(*store, record)) == record.sha256);
}

TEST_CASE("files of one batch may come from several threads", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const auto batch = store->start_ingest();
  std::vector<Bytes> contents;
  for (std::uint64_t i = 0; i < 4; ++i)
    contents.push_back(joined({random_bytes(3'000'000, 20), random_bytes(1'000'000, 21 + i)}));
  std::vector<std::thread> threads;
  for (const Bytes& content : contents) {
    threads.emplace_back([&batch, &content] {
      const auto file = batch->start_file();
      file->write(content);
      file->finish();
    });
  }
  for (auto& thread : threads) thread.join();
  batch->commit();
  for (const Bytes& content : contents) {
    const auto file = store->find_file(sha256_of(content));
    REQUIRE(file);
    CHECK(read_back(*store, *file) == content);
  }
  CHECK(batch->totals().new_raw_bytes < 3'000'000 + 4 * 1'300'000);
}

TEST_CASE("batches that wait for their bytes do not hold up others", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(2'500'000, 40);
  // More than there are blocks under way at once, each in the middle of a block.
  std::vector<std::pair<std::unique_ptr<Ingest>, std::unique_ptr<FileIngest>>> waiting;
  for (int i = 0; i < 30; ++i) {
    auto batch = store->start_ingest();
    auto file = batch->start_file();
    file->write(ByteView(bytes).first(1'500'000));
    waiting.emplace_back(std::move(batch), std::move(file));
  }
  const Bytes other = random_bytes(5'000'000, 41);
  CHECK(read_back(*store, ingest(*store, other)) == other);

  std::vector<std::thread> threads;
  for (auto& [batch, file] : waiting) {
    threads.emplace_back([&batch = batch, &file = file, &bytes] {
      file->write(ByteView(bytes).subspan(1'500'000));
      file->finish();
      batch->commit();
    });
  }
  for (auto& thread : threads) thread.join();
  const auto file = store->find_file(sha256_of(bytes));
  REQUIRE(file);
  CHECK(read_back(*store, *file) == bytes);
  waiting.clear();
  CHECK(check(*store, silent_progress(), never_stopped()).clean());
}

TEST_CASE("a file that changes while it is read is refused", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const auto path = folder / "model.bin";
  write_file_atomically(real_file_system(), path, random_bytes(5'000'000, 30));

  class Meddler final : public Progress {
  public:
    explicit Meddler(std::filesystem::path target) : target_(std::move(target)) {}
    void phase(std::string_view, std::uint64_t) override {}
    void grow(std::uint64_t) override {}
    void advance(std::uint64_t) override {
      if (std::exchange(done_, true)) return;
      const auto file = real_file_system().open_write(target_, 0644);
      file->truncate(2'000'000);
    }
    void note(std::string_view) override {}

  private:
    std::filesystem::path target_;
    bool done_ = false;
  } meddler(path);

  const auto batch = store->start_ingest();
  CHECK_THROWS_MATCHES(batch->add_file(path, meddler, never_stopped()), Error,
                       HasKind(ErrorKind::conflict));
  // The batch itself goes on.
  const IngestedFile finished = batch->add_file(path, silent_progress(), never_stopped());
  batch->commit();
  CHECK(finished.size_bytes == 2'000'000);
  CHECK(store->find_file(finished.sha256));
}

TEST_CASE("a stop request ends a read soon", "[store][ingest]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  write_file_atomically(real_file_system(), folder / "a", random_bytes(100'000, 31));
  StopToken stop;
  stop.request_stop();
  const auto batch = store->start_ingest();
  CHECK_THROWS_MATCHES(batch->add_file(folder / "a", silent_progress(), stop), Error,
                       HasKind(ErrorKind::interrupted));
}
