#include "store_support.hpp"
#include "support/sqlite.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

namespace {

CollectOptions at_once() {
  CollectOptions options;
  options.grace = std::chrono::seconds{0};
  return options;
}

CollectReport collect(Store& store, std::initializer_list<Sha256> live,
                      const CollectOptions& options = at_once()) {
  return collect_garbage(store, live, options, silent_progress(), never_stopped());
}

class NoSource final : public ChunkSource {
public:
  std::optional<Bytes> read_chunk(const xet::Term&, std::uint32_t, const xet::ChunkRef&) override {
    return std::nullopt;
  }
};

bool sound(Store& store) {
  const CheckReport report = check(store, silent_progress(), never_stopped());
  return report.clean() && report.files_affected.empty() && report.strays.empty();
}

}  // namespace

TEST_CASE("what no live file needs goes, the rest stays", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes kept_bytes = random_bytes(400'000, 1);
  const FileRecord kept = ingest(*store, kept_bytes);
  const FileRecord dead = ingest(*store, random_bytes(300'000, 2));

  CollectOptions dry = at_once();
  dry.dry_run = true;
  const CollectReport planned = collect(*store, {kept.sha256}, dry);
  CHECK(planned.files_dropped == 1);
  CHECK(planned.xorbs_dropped == 1);
  CHECK(planned.freed_bytes > 300'000);
  CHECK(store->has_local_xorb(dead.terms[0].xorb));

  const CollectReport report = collect(*store, {kept.sha256});
  CHECK(report.files_dropped == 1);
  CHECK(report.xorbs_dropped == 1);
  CHECK(report.freed_bytes == planned.freed_bytes);
  CHECK_FALSE(store->find_file(dead.sha256));
  CHECK_FALSE(store->find_xorb(dead.terms[0].xorb));
  CHECK_FALSE(std::filesystem::exists(xorb_path(*store, dead.terms[0].xorb)));
  CHECK(read_back(*store, kept) == kept_bytes);
  CHECK(sound(*store));
  CHECK(collect(*store, {kept.sha256}).xorbs_dropped == 0);

  // What is gone is not deduplicated against.
  const FileRecord back = ingest(*store, random_bytes(300'000, 2));
  CHECK(read_back(*store, back) == random_bytes(300'000, 2));
}

TEST_CASE("the grace period keeps what is new or was used lately", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const FileRecord file = ingest(*store, random_bytes(300'000, 3));
  const Bytes body = serialised_xorb(random_bytes(100'000, 4));
  const xet::XorbHash received = xet::index_xorb(body).hash;
  const auto receiver = store->receive_xorb();
  receiver->write(body);
  receiver->commit(received);
  write_file_atomically(real_file_system(), folder / "s/xorbs/stray", as_bytes("x"));
  const CollectReport report = collect(*store, {}, CollectOptions{});
  CHECK(report.files_dropped == 0);
  CHECK(report.xorbs_dropped == 0);
  CHECK(store->find_file(file.sha256));
  CHECK(store->has_local_xorb(received));
  CHECK(std::filesystem::exists(folder / "s/xorbs/stray"));

  collect(*store, {file.sha256});
  CHECK_FALSE(store->has_local_xorb(received));
  CHECK_FALSE(std::filesystem::exists(folder / "s/xorbs/stray"));
  CHECK(sound(*store));
}

TEST_CASE("half-dead xorbs are repacked and recipes follow", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  // One xorb of two files, of which the smaller one lives on, and a third that shares its chunks.
  const Bytes small = random_bytes(500'000, 5);
  const Bytes large = random_bytes(2'000'000, 6);
  auto batch = store->start_ingest();
  for (const Bytes* bytes : {&large, &small}) {
    const auto file = batch->start_file();
    file->write(*bytes);
    file->finish();
  }
  batch->commit();
  batch.reset();
  const Bytes third_bytes = joined({text_bytes(50'000, 7), small});
  const FileRecord third = ingest(*store, third_bytes);
  const FileRecord before = store->find_file(sha256_of(small)).value();
  const xet::XorbHash old_xorb = before.terms[0].xorb;
  const auto disk_before = store->totals().disk_bytes;

  SECTION("when nobody else has the old one") {
    const CollectReport report = collect(*store, {before.sha256, third.sha256});
    CHECK(report.files_dropped == 1);
    CHECK(report.xorbs_repacked == 1);
    CHECK_FALSE(store->find_xorb(old_xorb));
  }
  SECTION("when a remote holds it, it stays known") {
    store->note_remote_xorbs("https://hub.example/r", std::span(&old_xorb, 1));
    CHECK(collect(*store, {before.sha256, third.sha256}).xorbs_repacked == 1);
    CHECK_FALSE(store->has_local_xorb(old_xorb));
    CHECK(store->find_xorb(old_xorb));
    CHECK(collect(*store, {before.sha256, third.sha256}).xorbs_dropped == 0);
  }
  const FileRecord after = store->find_file(before.sha256).value();
  CHECK(after.terms != before.terms);
  CHECK(after.xet_hash == before.xet_hash);
  CHECK(read_back(*store, after) == small);
  CHECK(read_back(*store, store->find_file(third.sha256).value()) == third_bytes);
  // A reader that got its recipe before the collection still gets its bytes.
  CHECK(read_back(*store, before) == small);
  CHECK(store->totals().disk_bytes < disk_before - 1'500'000);
  CHECK(sound(*store));
}

TEST_CASE("what a repair rescued of a xorb stays as long as its files live",
          "[store][gc][repair]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  // One xorb of two files, of which only the second is hit.
  const Bytes sound_bytes = random_bytes(400'000, 20);
  const Bytes hit_bytes = random_bytes(600'000, 21);
  auto batch = store->start_ingest();
  for (const Bytes* bytes : {&sound_bytes, &hit_bytes}) {
    const auto file = batch->start_file();
    file->write(*bytes);
    file->finish();
  }
  batch->commit();
  batch.reset();
  const FileRecord hit = store->find_file(sha256_of(hit_bytes)).value();
  REQUIRE(hit.terms.size() == 1);
  const xet::XorbHash xorb = hit.terms[0].xorb;
  const auto index = store->find_xorb(xorb)->index;
  damage(xorb_path(*store, xorb), index.record_start(hit.terms[0].first_chunk + 1) + 100);
  NoSource nothing;
  const CheckReport before = check(*store, silent_progress(), never_stopped());
  repair(*store, before, nothing, silent_progress(), never_stopped());
  REQUIRE_FALSE(store->has_local_xorb(xorb));

  const FileRecord whole = store->find_file(sha256_of(sound_bytes)).value();
  for (const xet::Term& term : whole.terms) CHECK(store->has_local_xorb(term.xorb));
  const std::uint32_t first_bytes = index.chunks[hit.terms[0].first_chunk].size_bytes;
  for (int run = 0; run < 2; ++run) {
    collect(*store, {whole.sha256, hit.sha256});
    CHECK(read_back(*store, whole) == sound_bytes);
    const FileRecord rest = store->find_file(hit.sha256).value();
    CHECK(rest.terms.size() == 3);
    CHECK(read_back(*store, rest, 0, first_bytes) ==
          Bytes(hit_bytes.begin(), hit_bytes.begin() + first_bytes));
  }
}

TEST_CASE("copies of chunks whose own xorb is nowhere count as live", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(400'000, 22);
  const FileRecord file = ingest(*store, bytes);
  auto packer = start_packing(*store);
  const auto index = store->find_xorb(file.terms[0].xorb)->index;
  // In another order, so that it is another xorb.
  for (std::uint32_t i = static_cast<std::uint32_t>(index.chunks.size()); i-- > 0;) {
    std::uint64_t begin = 0;
    for (std::uint32_t k = 0; k < i; ++k) begin += index.chunks[k].size_bytes;
    packer->add(index.chunks[i].hash, ByteView(bytes).subspan(begin, index.chunks[i].size_bytes));
  }
  packer->commit();
  packer.reset();
  drop_xorbs(
      *store, [&](const XorbRecord& xorb) { return xorb.index.hash == index.hash; }, false);
  collect(*store, {file.sha256});
  CHECK(read_back(*store, file) == bytes);
}

TEST_CASE("garbage collection leaves a running batch alone", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(1'500'000, 8);
  ingest(*store, bytes);
  {
    // The batch has found the chunks of a file that is dead by now, but not committed.
    const auto batch = store->start_ingest();
    const auto file = batch->start_file();
    file->write(bytes);
    file->finish();
    CollectOptions impatient = at_once();
    impatient.patience = std::chrono::milliseconds{0};
    CHECK_THROWS_MATCHES(collect(*store, {}, impatient), Error, HasKind(ErrorKind::busy));
    batch->commit();
  }
  CHECK(read_back(*store, store->find_file(sha256_of(bytes)).value()) == bytes);
  CHECK(collect(*store, {}).files_dropped == 1);
}

TEST_CASE("a slow sender of a xorb does not hold up garbage collection", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes body = serialised_xorb(random_bytes(300'000, 12));
  const xet::XorbHash hash = xet::index_xorb(body).hash;
  const auto receiver = store->receive_xorb();
  receiver->write(ByteView(body).first(100'000));
  CollectOptions impatient = at_once();
  impatient.patience = std::chrono::milliseconds{0};
  collect(*store, {}, impatient);
  receiver->write(ByteView(body).subspan(100'000));
  CHECK(receiver->commit(hash));
  CHECK(sound(*store));
}

TEST_CASE("a renewed file has the grace period again", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const FileRecord kept = ingest(*store, random_bytes(300'000, 13));
  const FileRecord dead = ingest(*store, random_bytes(300'000, 14));
  run_sql(folder / "s/index.db",
          "UPDATE files SET added = 1000; UPDATE xorbs SET last_used = 1000");
  const Sha256 asked[] = {kept.sha256, sha256_of(as_bytes("another"))};
  const auto renewed = store->renew_files(asked);
  REQUIRE(renewed[0]);
  CHECK(renewed[0]->terms == kept.terms);
  CHECK_FALSE(renewed[1]);
  CHECK(collect(*store, {}, CollectOptions{}).files_dropped == 1);
  CHECK_FALSE(store->find_file(dead.sha256));
  CHECK(store->find_file(kept.sha256));
  CHECK(sound(*store));

  drop_xorbs(
      *store, [](const XorbRecord&) { return true; }, false);
  CHECK_FALSE(store->renew_files(asked)[0]);
}

TEST_CASE("dropped xorbs stay known by their chunks", "[store][gc]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(400'000, 9);
  const FileRecord file = ingest(*store, bytes);
  const FileRecord other = ingest(*store, random_bytes(200'000, 10));
  const xet::XorbHash xorb = file.terms[0].xorb;
  store->note_remote_xorbs("https://hub.example/r", std::span(&xorb, 1));
  const auto safe = [&](const XorbRecord& record) {
    CHECK(record.local);
    return store->any_remote_has_xorb(record.index.hash);
  };
  CHECK(drop_xorbs(*store, safe, true).xorbs_dropped == 1);
  CHECK(store->has_local_xorb(xorb));
  const CollectReport report = drop_xorbs(*store, safe, false);
  CHECK(report.xorbs_dropped == 1);
  CHECK(report.freed_bytes > 400'000);
  CHECK_FALSE(store->has_local_xorb(xorb));
  CHECK(store->has_local_xorb(other.terms[0].xorb));
  CHECK(store->chunks_of(file).size() == file.terms[0].chunk_count());
  CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::not_found));
  CHECK(sound(*store));

  // New content may refer to it, as the remote has it.
  const auto batch = store->start_ingest();
  const auto again = batch->start_file();
  again->write(joined({bytes, as_bytes("tail")}));
  again->finish();
  batch->commit();
  CHECK(batch->totals().new_raw_bytes < 140'000);
}

TEST_CASE("a packer's chunks can be found and read", "[store][pack]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = text_bytes(500'000, 11);
  const auto packer = start_packing(*store);
  std::size_t begin = 0;
  std::vector<xet::ChunkRef> chunks;
  for (const std::uint32_t length : xet::chunk_lengths(bytes)) {
    const ByteView chunk = ByteView(bytes).subspan(begin, length);
    chunks.push_back({xet::hash_chunk(chunk), length});
    packer->add(chunks.back().hash, chunk);
    begin += length;
  }
  const auto xorbs = packer->commit();
  REQUIRE(xorbs.size() == 1);
  CHECK(store->find_xorb(xorbs[0])->index.chunks == chunks);
  CHECK(store->find_xorb(xorbs[0])->index.body_bytes() < bytes.size());
  CHECK(store->find_chunk(chunks[1].hash).size() == 1);
  const auto count = static_cast<std::uint32_t>(chunks.size());
  const FileRecord file{sha256_of(bytes),
                        bytes.size(),
                        xet::file_hash(chunks),
                        {{xorbs[0], 0, count, static_cast<std::uint32_t>(bytes.size())}}};
  store->put_file(file);
  CHECK(read_back(*store, file) == bytes);
  CHECK(start_packing(*store)->commit().empty());
}
