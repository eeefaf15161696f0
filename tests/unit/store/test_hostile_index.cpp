// The index as somebody else might have left it: rows that no mhub writes must end in an error that
// says so, never in a crash, wrong bytes, or a giant allocation.

#include "store_support.hpp"
#include "support/sqlite.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

namespace {

/// Every public way to the data; errors must be of the kinds that speak of bad data.
void use_everything(Store& store, const FileRecord& file, const Bytes& bytes) {
  const auto attempt = [](auto&& work) {
    try {
      work();
    } catch (const Error& error) {
      INFO(error.what());
      CHECK((error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::not_found));
    }
  };
  attempt([&] {
    const auto found = store.find_file(file.sha256);
    if (!found || found->size_bytes != bytes.size()) return;
    const Bytes got = read_back(store, *found);
    CHECK(got == bytes);
  });
  attempt([&] {
    const Bytes got = read_back(store, file);
    CHECK(got == bytes);
  });
  attempt([&] { store.find_file(file.xet_hash); });
  attempt([&] { store.find_xorb(file.terms[0].xorb); });
  attempt([&] { store.chunks_of(file); });
  attempt([&] { store.read_records(file.terms[0].xorb, 0, 3); });
  attempt([&] { store.find_chunk(xet::hash_chunk(ByteView(bytes).first(1))); });
  attempt([&] { store.put_file(file); });
  attempt([&] { store.for_each_file([](const FileRecord&) {}); });
  attempt([&] { ingest(store, bytes); });
}

}  // namespace

TEST_CASE("hostile rows give errors and can be mended", "[store][hostile]") {
  const Bytes bytes = random_bytes(900'000, 1);
  const std::pair<const char*, std::string> damages[] = {
      {"chunk table of odd length", "UPDATE xorbs SET chunks = x'0102'"},
      {"no chunk table", "UPDATE xorbs SET chunks = x''"},
      {"zeros for a chunk table", "UPDATE xorbs SET chunks = zeroblob(40 * chunk_count)"},
      {"giant chunk table", "UPDATE xorbs SET chunks = zeroblob(40 * 8193)"},
      {"random chunk table", "UPDATE xorbs SET chunks = randomblob(40 * chunk_count)"},
      {"text for a chunk table", "UPDATE xorbs SET chunks = 'chunks'"},
      {"records out of place",
       "UPDATE xorbs SET chunks = CAST(substr(chunks, 41) || substr(chunks, 1, 40) AS BLOB)"},
      {"a table cut short", "UPDATE xorbs SET chunks = substr(chunks, 1, 80)"},
      {"negative chunk count", "UPDATE xorbs SET chunk_count = -1"},
      {"giant body", "UPDATE xorbs SET body_bytes = 9223372036854775807"},
      {"negative disk use", "UPDATE xorbs SET disk_bytes = -9223372036854775808"},
      {"a hash too short", "UPDATE xorbs SET hash = x'00'"},
      {"chunk rows that point nowhere", "UPDATE chunks SET place = 9223372036854775807 - place"},
      {"chunk rows that point to the wrong chunk",
       "UPDATE chunks SET place = place | 7"
       " WHERE place & 7 = 0"},
      {"no chunk rows", "DELETE FROM chunks"},
      {"no xorb rows", "DELETE FROM xorbs"},
      {"recipe of odd length", "UPDATE files SET terms = x'00'"},
      {"no recipe", "UPDATE files SET terms = x''"},
      {"zeros for a recipe", "UPDATE files SET terms = zeroblob(40)"},
      {"random recipe", "UPDATE files SET terms = randomblob(4000)"},
      {"wrong size", "UPDATE files SET size = size + 1"},
      {"negative size", "UPDATE files SET size = -size"},
      {"short xet hash", "UPDATE files SET xet_hash = x'0011'"},
      {"short sha256", "UPDATE files SET sha256 = x'0011'"},
      {"a term that ends beyond its xorb",
       "UPDATE files SET terms = CAST(substr(terms, 1, 34) || x'ff1f' || substr(terms, 37) AS "
       "BLOB)"},
  };
  for (const auto& [name, sql] : damages) {
    INFO(name);
    TemporaryFolder folder(memory_folder());
    FileRecord file;
    {
      const auto store = open_store(folder / "s");
      file = ingest(*store, bytes);
    }
    run_sql(folder / "s/index.db", sql);
    const auto store = open_store(folder / "s");
    const CheckReport report = check(*store, silent_progress(), never_stopped());
    CHECK_FALSE(report.index_faults.empty());

    class Nothing final : public ChunkSource {
      std::optional<Bytes> read_chunk(const xet::Term&, std::uint32_t,
                                      const xet::ChunkRef&) override {
        return std::nullopt;
      }
    } nothing;
    use_everything(*store, file, bytes);
    repair(*store, report, nothing, silent_progress(), never_stopped());
    // Whatever was lost, adding the file again brings it back.
    const FileRecord again = ingest(*store, bytes);
    CHECK(read_back(*store, again) == bytes);
  }
}

TEST_CASE("a database page that was overwritten is reported", "[store][hostile]") {
  const Bytes bytes = random_bytes(900'000, 2);
  for (std::size_t page = 1; page < 12; ++page) {
    INFO("page " << page);
    TemporaryFolder folder(memory_folder());
    FileRecord file;
    {
      const auto store = open_store(folder / "s");
      file = ingest(*store, bytes);
    }
    Bytes database = file_bytes(folder / "s/index.db");
    if (4096 * page >= database.size()) break;
    const Bytes garbage = random_bytes(4096, page);
    std::copy(garbage.begin(), garbage.end(),
              database.begin() + static_cast<std::ptrdiff_t>(4096 * page));
    overwrite(folder / "s/index.db", database);
    try {
      const auto store = open_store(folder / "s");
      const CheckReport report = check(*store, silent_progress(), never_stopped());
      CHECK_FALSE(report.clean());
      use_everything(*store, file, bytes);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::corrupt);
    }
  }
}
