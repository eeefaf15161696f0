#include <atomic>
#include <thread>

#include "store_support.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

TEST_CASE("a store is there again after it was closed", "[store]") {
  TemporaryFolder folder;
  const Bytes bytes = random_bytes(300'000, 1);
  Sha256 sha256;
  {
    const auto store = open_store(folder / "s");
    sha256 = ingest(*store, bytes).sha256;
  }
  const auto store = open_store(folder / "s");
  const auto file = store->find_file(sha256);
  REQUIRE(file);
  CHECK(read_back(*store, *file) == bytes);
  CHECK(store->find_file(file->xet_hash)->sha256 == sha256);
  CHECK_FALSE(store->find_file(Sha256{}));
  const StoreTotals totals = store->totals();
  CHECK(totals.files == 1);
  CHECK(totals.logical_bytes == bytes.size());
  CHECK(totals.xorbs_local == 1);
  CHECK(totals.disk_bytes > bytes.size());
}

TEST_CASE("a newer schema and a foreign database are refused", "[store][schema]") {
  TemporaryFolder folder;
  open_store(folder / "s");
  const auto database = folder / "s/index.db";
  SECTION("newer") {
    // Bytes 60 to 63 of a SQLite file are user_version, big-endian.
    Bytes bytes = file_bytes(database);
    bytes.at(63) = std::byte{77};
    overwrite(database, bytes);
    CHECK_THROWS_MATCHES(open_store(folder / "s"), Error, HasKind(ErrorKind::config));
  }
  SECTION("foreign") {
    // Bytes 68 to 71 are application_id.
    Bytes bytes = file_bytes(database);
    bytes.at(68) = std::byte{1};
    overwrite(database, bytes);
    CHECK_THROWS_MATCHES(open_store(folder / "s"), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("no database at all") {
    overwrite(database, random_bytes(8192, 3));
    CHECK_THROWS_MATCHES(open_store(folder / "s"), Error, HasKind(ErrorKind::corrupt));
  }
}

TEST_CASE("what crashed writers left in tmp is swept, but not under a writer", "[store]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const auto left = folder / "s/tmp/left";
  write_file_atomically(real_file_system(), left, as_bytes("x"));
  open_store(folder / "s");
  CHECK(std::filesystem::exists(left));  // somebody may be writing it now
  std::filesystem::last_write_time(left,
                                   std::filesystem::last_write_time(left) - std::chrono::hours{2});
  {
    const auto batch = store->start_ingest();
    open_store(folder / "s");
    CHECK(std::filesystem::exists(left));
  }
  const Bytes body = serialised_xorb(random_bytes(100'000, 19));
  const auto receiver = store->receive_xorb();
  receiver->write(body);
  open_store(folder / "s");
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(receiver->commit(xet::index_xorb(body).hash));
}

TEST_CASE("a received xorb is checked before anybody sees it", "[store][receive]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(500'000, 4);
  const Bytes body = serialised_xorb(bytes);
  const xet::XorbIndex index = xet::index_xorb(body);
  const auto receive = [&](ByteView what, const xet::XorbHash& as) {
    const auto receiver = store->receive_xorb();
    for (std::size_t done = 0; done < what.size(); done += 33'333)
      receiver->write(what.subspan(done, std::min<std::size_t>(33'333, what.size() - done)));
    return receiver->commit(as);
  };

  SECTION("good bytes, with and without a footer, arrive once") {
    CHECK(receive(body, index.hash));
    CHECK_FALSE(receive(joined({body, xet::make_footer(index)}), index.hash));
    CHECK(store->has_local_xorb(index.hash));
    const auto found = store->find_xorb(index.hash);
    REQUIRE(found);
    CHECK(found->local);
    CHECK(found->index.chunks == index.chunks);
    CHECK(found->index.record_ends == index.record_ends);
    const auto count = static_cast<std::uint32_t>(index.chunks.size());
    CHECK(store->read_records(index.hash, 0, count) == body);
    const Bytes one = store->read_records(index.hash, 1, 2);
    CHECK(std::equal(one.begin(), one.end(), body.begin() + index.record_start(1)));
    CHECK(store->read_records(index.hash, 1, 1).empty());
    CHECK_THROWS_MATCHES(store->read_records(index.hash, 1, count + 1), Error,
                         HasKind(ErrorKind::not_found));
  }
  SECTION("a footer that is not ours is replaced") {
    xet::XorbIndex wrong = index;
    wrong.hash = xet::XorbHash{};
    CHECK(receive(joined({body, xet::make_footer(wrong)}), index.hash));
    const auto file = store->open_xorb(index.hash);
    CHECK(file->stat().size_bytes == body.size() + xet::make_footer(index).size());
    CHECK(check(*store, silent_progress(), never_stopped()).clean());
  }
  SECTION("another xorb than was said") {
    CHECK_THROWS_MATCHES(receive(body, xet::XorbHash{}), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("cut short inside a record") {
    CHECK_THROWS_MATCHES(receive(ByteView(body).first(100'000), index.hash), Error,
                         HasKind(ErrorKind::corrupt));
  }
  SECTION("nothing") {
    CHECK_THROWS_MATCHES(receive({}, index.hash), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("without end") {
    const auto receiver = store->receive_xorb();
    const Bytes block = serialised_xorb(random_bytes(1 << 20, 5));
    const auto flood = [&] {
      for (int i = 0; i < 100; ++i) receiver->write(block);
    };
    CHECK_THROWS_MATCHES(flood(), Error, HasKind(ErrorKind::corrupt));
  }
  CHECK(std::filesystem::is_empty(folder / "s/tmp"));
}

TEST_CASE("a xorb keeps its layout when it comes in another one", "[store][receive]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const auto receive = [&](ByteView body, const xet::XorbHash& as) {
    const auto receiver = store->receive_xorb();
    receiver->write(body);
    return receiver->commit(as);
  };
  SECTION("one after the other") {
    const Bytes bytes = text_bytes(300'000, 20);
    const Bytes plain = serialised_xorb(bytes);
    const xet::XorbIndex index = xet::index_xorb(plain);
    CHECK(receive(plain, index.hash));
    CHECK_FALSE(receive(serialised_xorb(bytes, xet::Scheme::lz4), index.hash));
    CHECK(store->find_xorb(index.hash)->index.record_ends == index.record_ends);
    CHECK(store->read_records(index.hash, 0, static_cast<std::uint32_t>(index.chunks.size())) ==
          plain);
  }
  SECTION("both at once") {
    for (std::uint64_t i = 0; i < 20; ++i) {
      const Bytes bytes = text_bytes(300'000, 30 + i);
      const Bytes bodies[] = {serialised_xorb(bytes), serialised_xorb(bytes, xet::Scheme::lz4)};
      const xet::XorbHash hash = xet::index_xorb(bodies[0]).hash;
      std::atomic<int> waiting{2};
      std::vector<std::thread> senders;
      for (const Bytes& body : bodies) {
        senders.emplace_back([&, hash] {
          const auto receiver = store->receive_xorb();
          receiver->write(body);
          --waiting;
          while (waiting > 0) std::this_thread::yield();
          receiver->commit(hash);
        });
      }
      for (std::thread& sender : senders) sender.join();
    }
  }
  CHECK(check(*store, silent_progress(), never_stopped()).clean());
}

TEST_CASE("a damaged xorb heals when it comes again", "[store][receive]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(300'000, 21);
  const FileRecord file = ingest(*store, bytes);
  const xet::XorbHash hash = file.terms[0].xorb;
  SECTION("a chunk") {
    damage(xorb_path(*store, hash), 1000);
  }
  SECTION("the footer") {
    damage(xorb_path(*store, hash), file_bytes(xorb_path(*store, hash)).size() - 30);
  }
  SECTION("all of it") {
    std::filesystem::remove(xorb_path(*store, hash));
  }
  const auto receiver = store->receive_xorb();
  receiver->write(serialised_xorb(bytes));
  CHECK(receiver->commit(hash));
  CHECK(read_back(*store, file) == bytes);
  CHECK(check(*store, silent_progress(), never_stopped()).clean());
}

TEST_CASE("a recipe must fit the chunk tables", "[store][files]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(500'000, 6);
  const FileRecord good = ingest(*store, bytes);
  const auto with = [&](auto change) {
    FileRecord file = good;
    change(file);
    return file;
  };
  store->put_file(good);
  const auto refused = [&](ErrorKind kind, auto change) {
    CHECK_THROWS_MATCHES(store->put_file(with(change)), Error, HasKind(kind));
  };
  refused(ErrorKind::corrupt, [](FileRecord& file) { ++file.size_bytes; });
  refused(ErrorKind::corrupt, [](FileRecord& file) { ++file.terms[0].size_bytes; });
  refused(ErrorKind::corrupt, [](FileRecord& file) { ++file.terms[0].end_chunk; });
  refused(ErrorKind::corrupt, [](FileRecord& file) { file.terms[0].end_chunk = 0; });
  refused(ErrorKind::corrupt, [](FileRecord& file) { file.terms[0].end_chunk = 4'000'000'000; });
  refused(ErrorKind::corrupt, [](FileRecord& file) { file.xet_hash = {}; });
  refused(ErrorKind::corrupt, [](FileRecord& file) { file.terms.clear(); });
  refused(ErrorKind::not_found, [](FileRecord& file) { file.terms[0].xorb = {}; });
  CHECK(read_back(*store, store->find_file(good.sha256).value()) == bytes);
}

TEST_CASE("chunks of remote xorbs become known piece by piece", "[store][remote]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const xet::XorbIndex index = xet::index_xorb(serialised_xorb(random_bytes(900'000, 7)));
  const auto chunks = std::span(index.chunks);
  REQUIRE(chunks.size() > 6);
  store->note_remote_chunks(index.hash, 4, chunks.subspan(4, 2));
  CHECK(store->find_chunk(chunks[0].hash).empty());
  const auto places = store->find_chunk(chunks[5].hash);
  REQUIRE(places.size() == 1);
  CHECK(places[0].chunk == 5);
  CHECK_FALSE(places[0].local);
  CHECK(store->find_xorb(index.hash)->index.chunks[0].size_bytes == 0);
  CHECK_FALSE(store->has_local_xorb(index.hash));

  store->note_remote_chunks(index.hash, 0, chunks.first(5));
  CHECK(store->find_chunk(chunks[0].hash).size() == 1);
  CHECK(store->find_chunk(chunks[4].hash).size() == 1);

  xet::ChunkRef other = chunks[0];
  ++other.size_bytes;
  CHECK_THROWS_MATCHES(store->note_remote_chunks(index.hash, 0, std::span(&other, 1)), Error,
                       HasKind(ErrorKind::corrupt));
  other.size_bytes = 1'000'000;
  CHECK_THROWS_MATCHES(store->note_remote_chunks(index.hash, 7, std::span(&other, 1)), Error,
                       HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(store->note_remote_chunks(index.hash, 8190, chunks), Error,
                       HasKind(ErrorKind::corrupt));
}

TEST_CASE("fetched files are registered together, the bad ones apart", "[store][remote]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const auto fetched = [](const Bytes& bytes) {
    const xet::XorbIndex index = xet::index_xorb(serialised_xorb(bytes));
    const auto count = static_cast<std::uint32_t>(index.chunks.size());
    return FetchedFile{{sha256_of(bytes),
                        bytes.size(),
                        xet::file_hash(index.chunks),
                        {{index.hash, 0, count, static_cast<std::uint32_t>(bytes.size())}}},
                       index.chunks};
  };
  std::vector<FetchedFile> files = {
      fetched(random_bytes(400'000, 21)), fetched(random_bytes(300'000, 22)),
      fetched(random_bytes(200'000, 23)), fetched(random_bytes(100'000, 24))};
  files[1].chunks[0].size_bytes -= 1;
  files[2].chunks.pop_back();
  const auto refusals = store->put_fetched_files(files);
  REQUIRE(refusals.size() == 4);
  CHECK_FALSE(refusals[0]);
  REQUIRE(refusals[1]);
  CHECK(refusals[1]->kind() == ErrorKind::corrupt);
  CHECK(refusals[2]);
  CHECK_FALSE(refusals[3]);
  CHECK(store->find_file(files[0].file.sha256)->terms == files[0].file.terms);
  CHECK(store->chunks_of(files[3].file) == files[3].chunks);
  CHECK_FALSE(store->find_file(files[1].file.sha256));
  // Nothing of what was refused is remembered, whatever its place in the index was to be.
  CHECK_FALSE(store->find_xorb(files[1].file.terms[0].xorb));
  const std::vector<FetchedFile> mended = {fetched(random_bytes(300'000, 22))};
  CHECK_FALSE(store->put_fetched_files(mended)[0]);
  CHECK(store->totals().files == 3);
}

TEST_CASE("a refused file leaves the table of a xorb that it shares with good ones",
          "[store][remote]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(600'000, 25);
  const xet::XorbIndex index = xet::index_xorb(serialised_xorb(bytes));
  std::size_t begin = 0;
  std::vector<FetchedFile> files;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const xet::ChunkRef& chunk = index.chunks.at(i);
    const ByteView content = ByteView(bytes).subspan(begin, chunk.size_bytes);
    files.push_back({{sha256_of(content),
                      chunk.size_bytes,
                      xet::file_hash(std::span(&chunk, 1)),
                      {{index.hash, i, i + 1, chunk.size_bytes}}},
                     {chunk}});
    begin += chunk.size_bytes;
  }
  // Another chunk, rightly described, but of another file hash than the recipe's.
  files[3].chunks[0].hash = index.chunks[0].hash;
  const auto refusals = store->put_fetched_files(files);
  CHECK_FALSE(refusals[2]);
  CHECK(refusals[3]);
  const auto known = store->find_xorb(index.hash);
  REQUIRE(known);
  CHECK(known->index.chunks.size() == 3);
  CHECK(store->find_chunk(index.chunks[2].hash).size() == 1);
  CHECK(store->find_chunk(index.chunks[3].hash).empty());
  files[3].chunks[0] = index.chunks[3];
  CHECK_FALSE(store->put_fetched_files(std::span(files).last(1))[0]);
  CHECK(store->find_xorb(index.hash)->index.chunks.size() == 4);
  CHECK(store->find_chunk(index.chunks[3].hash).size() == 1);
}

TEST_CASE("many chunks are looked up at once as one by one", "[store]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const FileRecord file = ingest(*store, random_bytes(1'500'000, 27));
  std::vector<xet::ChunkHash> hashes = {xet::ChunkHash{}};
  for (const xet::ChunkRef& chunk : store->chunks_of(file)) hashes.push_back(chunk.hash);
  const auto found = store->find_chunks(hashes);
  REQUIRE(found.size() == hashes.size());
  CHECK(found[0].empty());
  for (std::uint32_t i = 1; i < hashes.size(); ++i) {
    REQUIRE(found[i].size() == 1);
    CHECK(found[i][0].xorb == file.terms[0].xorb);
    CHECK(found[i][0].chunk == i - 1);
    CHECK(found[i][0].local);
  }
}

TEST_CASE("what another process learns of a xorb is seen", "[store][remote]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const auto other = open_store(folder / "s");
  const Bytes bytes = text_bytes(600'000, 26);
  const Bytes body = serialised_xorb(bytes);
  const xet::XorbIndex index = xet::index_xorb(body);
  const auto chunks = std::span(index.chunks);
  store->note_remote_chunks(index.hash, 1, chunks.subspan(1, 2));
  CHECK(store->find_xorb(index.hash)->index.chunks[0].size_bytes == 0);
  // The number of chunks stays the same.
  other->note_remote_chunks(index.hash, 0, chunks.first(1));
  CHECK(store->find_xorb(index.hash)->index.chunks[0] == chunks[0]);

  const auto write = [&](Store& into, const Bytes& form) {
    const auto receiver = into.receive_xorb();
    receiver->write(form);
    receiver->commit(index.hash);
  };
  write(*store, body);
  CHECK(store->read_records(index.hash, 0, 1).size() == index.record_ends[0]);
  drop_xorbs(
      *other, [](const XorbRecord&) { return true; }, false);
  const Bytes small = serialised_xorb(bytes, xet::Scheme::lz4);
  write(*other, small);
  CHECK(store->read_records(index.hash, 0, 1).size() == xet::index_xorb(small).record_ends[0]);
}

TEST_CASE("what remotes hold is kept apart by remote", "[store][remote]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const xet::XorbHash xorb = xet::index_xorb(serialised_xorb(random_bytes(9000, 8))).hash;
  const Sha256 sha256 = sha256_of(as_bytes("a"));
  const std::string a = "https://a.example/r";
  const std::string b = "https://b.example/r";
  store->note_remote_xorbs(a, std::span(&xorb, 1));
  store->note_remote_files(a, std::span(&sha256, 1));
  store->note_remote_files(b, std::span(&sha256, 1));
  CHECK(store->remote_has_xorb(a, xorb));
  CHECK_FALSE(store->remote_has_xorb(b, xorb));
  CHECK(store->any_remote_has_xorb(xorb));
  CHECK_FALSE(store->any_remote_has_xorb(xet::XorbHash{}));
  CHECK(store->remote_has_file(b, sha256));
  store->forget_remote(a);
  CHECK_FALSE(store->remote_has_xorb(a, xorb));
  CHECK_FALSE(store->any_remote_has_xorb(xorb));
  CHECK_FALSE(store->remote_has_file(a, sha256));
  CHECK(store->remote_has_file(b, sha256));
}

TEST_CASE("working files are remembered by path and by content", "[store]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  WorkingFile file;
  file.path = "/repo/mod\xc3\xa8le \x01.bin";
  file.sha256 = sha256_of(as_bytes("a"));
  file.stat = {7, -5, 6, UINT64_MAX, 2, 8192, 0100644};
  store->note_working_files(std::span(&file, 1));
  const auto found = store->find_working_file(file.path);
  REQUIRE(found);
  CHECK(found->path == file.path);
  CHECK(found->sha256 == file.sha256);
  CHECK(found->stat == file.stat);
  CHECK(store->working_files_with(file.sha256).size() == 1);
  CHECK(store->working_files().size() == 1);
  file.sha256 = sha256_of(as_bytes("b"));
  store->note_working_files(std::span(&file, 1));
  CHECK(store->working_files().size() == 1);
  CHECK(store->working_files_with(sha256_of(as_bytes("a"))).empty());
  store->forget_working_file(file.path);
  CHECK_FALSE(store->find_working_file(file.path));
}

TEST_CASE("many threads read while one writes", "[store]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(800'000, 9);
  const FileRecord file = ingest(*store, bytes);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        if (read_back(*store, *store->find_file(file.sha256)) != bytes) ++wrong;
      }
    });
  }
  for (std::uint64_t i = 0; i < 10; ++i) ingest(*store, random_bytes(100'000, 100 + i));
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
