#include <stdexcept>
#include <thread>

#include <mhub/sqlite/database.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::sqlite;
using namespace mhub::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kTables =
    "CREATE TABLE owners(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
    "CREATE TABLE things(id INTEGER PRIMARY KEY AUTOINCREMENT, value, size INTEGER NOT NULL "
    "DEFAULT 0, owner INTEGER REFERENCES owners(id))";

/// A database with these tables, in a folder of its own. Nothing is synced unless a test asks.
struct Place {
  explicit Place(Options o = Options{.subject = "the index", .durable = false})
      : options(std::move(o)), database(path(), options) {
    database.write([](Connection& c) { c.execute(kTables); });
  }
  std::filesystem::path path() const { return folder / "some.db"; }
  std::int64_t count() {
    return database.read([](Connection& c) { return c.number("SELECT count(*) FROM things"); });
  }
  void add() {
    database.write([](Connection& c) { c.run("INSERT INTO things(value) VALUES(1)"); });
  }

  TemporaryFolder folder{memory_folder()};
  Options options;
  Database database;
};

template <class Work>
Error error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("a write is kept when it returns and undone when it throws", "[sqlite]") {
  Place place;
  const auto id = place.database.write([](Connection& c) {
    c.run("INSERT INTO things(value) VALUES('kept')");
    return c.last_id();
  });
  CHECK(id == 1);
  CHECK_THROWS_MATCHES(place.database.write([](Connection& c) {
    c.run("INSERT INTO things(value) VALUES('undone')");
    throw Error(ErrorKind::interrupted, "stopped");
  }),
                       Error, HasKind(ErrorKind::interrupted));
  CHECK(place.count() == 1);
  place.add();
  CHECK(Database(place.path(), place.options).read([](Connection& c) {
    return c.number("SELECT count(*) FROM things");
  }) == 2);
}

TEST_CASE("values come back as they were bound", "[sqlite]") {
  Place place;
  const Bytes bytes = {std::byte{0}, std::byte{0xff}};
  const std::optional<std::int64_t> none;
  const std::optional<std::string> some = "some";
  const std::string_view no_text;
  place.database.write([&](Connection& c) {
    constexpr std::string_view kAdd = "INSERT INTO things(value) VALUES(?)";
    c.run(kAdd, std::int64_t{-5});
    c.run(kAdd, std::uint64_t{7});
    c.run(kAdd, true);
    c.run(kAdd, "text");
    c.run(kAdd, some);
    c.run(kAdd, ByteView(bytes));
    c.run(kAdd, none);
    c.run(kAdd, no_text);
    c.run(kAdd, ByteView{});
  });
  place.database.read([&](Connection& c) {
    Query row(c, "SELECT value, typeof(value) FROM things WHERE id>=? ORDER BY id", 1);
    const auto next = [&](const char* type) {
      REQUIRE(row.next());
      CHECK(row.text(1) == type);
      CHECK(row.is_null(0) == (row.text(1) == "null"));
    };
    next("integer");
    CHECK(row.integer(0) == -5);
    next("integer");
    CHECK(row.integer(0) == 7);
    next("integer");
    CHECK(row.integer(0) == 1);
    next("text");
    CHECK(row.text(0) == "text");
    next("text");
    CHECK(row.text(0) == "some");
    next("blob");
    const ByteView blob = row.blob(0);
    CHECK(Bytes(blob.begin(), blob.end()) == bytes);
    next("null");
    CHECK(row.text(0).empty());
    CHECK(row.integer(0) == 0);
    // Nothing is not NULL, wherever it points.
    next("text");
    next("blob");
    CHECK(row.blob(0).empty());
    CHECK_FALSE(row.next());
  });
}

TEST_CASE("a statement that was left in the middle starts anew", "[sqlite]") {
  Place place;
  for (int i = 0; i < 3; ++i) place.add();
  place.database.read([](Connection& c) {
    constexpr std::string_view kIds = "SELECT id FROM things WHERE id>=? ORDER BY id";
    {
      Query row(c, kIds, 2);
      REQUIRE(row.next());
      CHECK(row.integer(0) == 2);
    }
    // Without a value now: what was bound before is gone, and nothing is >= NULL.
    CHECK_FALSE(Query(c, kIds).next());
    CHECK(c.number(kIds, 1) == 1);
    CHECK(c.number(kIds, 4) == 0);
    // Neither does a value too many keep it.
    CHECK_THROWS_MATCHES(c.number(kIds, 1, 2), Error, HasKind(ErrorKind::internal));
    CHECK(c.number(kIds, 3) == 3);
  });
}

TEST_CASE("a statement that cannot be made is an error each time", "[sqlite]") {
  Place place;
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_MATCHES(place.database.read([](Connection& c) { c.run("SELECT nonsense"); }),
                         Error, HasKind(ErrorKind::internal));
  }
}

TEST_CASE("changes are those of the last statement", "[sqlite]") {
  Place place;
  for (int i = 0; i < 3; ++i) place.add();
  place.database.write([](Connection& c) {
    c.run("UPDATE things SET value=2 WHERE id<=?", 2);
    CHECK(c.changes() == 2);
    c.run("DELETE FROM things WHERE id=?", 99);
    CHECK(c.changes() == 0);
  });
}

TEST_CASE("each level of reads has a snapshot of its own", "[sqlite]") {
  Place place;
  place.database.read([&](Connection& outer) {
    constexpr std::string_view kCount = "SELECT count(*) FROM things";
    CHECK(outer.number(kCount) == 0);
    place.add();
    CHECK(outer.number(kCount) == 0);
    place.database.read([&](Connection& inner) {
      CHECK(&inner != &outer);
      CHECK(inner.number(kCount) == 1);
    });
  });
  // The outer one's connection looks anew when it is used again.
  CHECK(place.count() == 1);
  place.database.write([&](Connection& c) {
    c.run("INSERT INTO things(value) VALUES(2)");
    CHECK(place.count() == 1);
  });
  CHECK(place.count() == 2);
}

TEST_CASE("a read that throws does not keep its snapshot", "[sqlite]") {
  Place place;
  CHECK_THROWS_AS(place.database.read([](Connection& c) {
    CHECK(c.in_transaction());
    CHECK(c.number("SELECT count(*) FROM things") == 0);
    throw std::runtime_error("enough");
  }),
                  std::runtime_error);
  place.add();
  CHECK(place.count() == 1);
}

TEST_CASE("a reader cannot write", "[sqlite]") {
  Place place;
  CHECK_THROWS_MATCHES(
      place.database.read([](Connection& c) { c.run("INSERT INTO things(value) VALUES(1)"); }),
      Error, HasKind(ErrorKind::io));
  CHECK(place.count() == 0);
}

TEST_CASE("a database opened for reading alone is not made, and not written", "[sqlite]") {
  Place place;
  place.add();
  Options reading = place.options;
  reading.read_only = true;
  Database database(place.path(), reading);
  CHECK(database.read([](Connection& c) { return c.number("SELECT count(*) FROM things"); }) == 1);
  bool has_begun = false;
  CHECK_THROWS_MATCHES(database.write([&](Connection&) { has_begun = true; }), Error,
                       HasKind(ErrorKind::internal));
  CHECK_FALSE(has_begun);
  const auto missing = place.folder / "missing.db";
  CHECK_THROWS_MATCHES(
      Database(missing, reading).read([](Connection& c) { return c.number("SELECT 1"); }), Error,
      HasKind(ErrorKind::io));
  CHECK_FALSE(std::filesystem::exists(missing));
}

TEST_CASE("pragmas follow the options", "[sqlite]") {
  const auto pragma = [](const Options& options, const char* sql) {
    Place place(options);
    return place.database.write([&](Connection& c) { return c.number(sql); });
  };
  const Options fast{.subject = "the index", .durable = false};
  const Options strict{.subject = "the catalog", .durable = true, .foreign_keys = true};
  CHECK(pragma(fast, "PRAGMA synchronous") == 0);
  CHECK(pragma(strict, "PRAGMA synchronous") == 2);
  CHECK(pragma(fast, "PRAGMA foreign_keys") == 0);
  CHECK(pragma(strict, "PRAGMA foreign_keys") == 1);
  CHECK(pragma(strict, "PRAGMA trusted_schema") == 0);

  Place place;
  place.database.read([](Connection& c) {
    Query mode(c, "PRAGMA journal_mode");
    REQUIRE(mode.next());
    CHECK(mode.text(0) == "wal");
    CHECK(c.number("PRAGMA trusted_schema") == 0);
  });
}

TEST_CASE("nobody edits the schema by hand", "[sqlite]") {
  Place place;
  CHECK_THROWS_AS(place.database.write([](Connection& c) {
    c.execute("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' '");
  }),
                  Error);
}

TEST_CASE("a broken rule is a conflict that names no path", "[sqlite]") {
  Place place(Options{.subject = "the catalog", .durable = false, .foreign_keys = true});
  const auto refused = [&](const char* sql) {
    return error_of([&] { place.database.write([&](Connection& c) { c.run(sql); }); });
  };
  place.database.write([](Connection& c) { c.run("INSERT INTO owners VALUES(1, 'anna')"); });
  const auto check_conflict = [](const Error& error) {
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK_THAT(error.message(), Catch::StartsWith("the catalog: "));
    CHECK_THAT(error.message(), !Catch::Contains("some.db"));
  };
  check_conflict(refused("INSERT INTO owners VALUES(2, 'anna')"));
  check_conflict(refused("INSERT INTO owners VALUES(1, 'berta')"));
  check_conflict(refused("INSERT INTO things(value, owner) VALUES(1, 7)"));
  // No state of anybody's is in the way of this one.
  CHECK(refused("INSERT INTO things(value, size) VALUES(1, NULL)").kind() == ErrorKind::internal);
  CHECK(place.count() == 0);

  Place without;
  without.database.write(
      [](Connection& c) { c.run("INSERT INTO things(value, owner) VALUES(1, 7)"); });
  CHECK(without.count() == 1);
}

TEST_CASE("whoever waits too long for another writer is told so", "[sqlite]") {
  Place place;
  Options impatient = place.options;
  impatient.patience = 0ms;
  Database other(place.path(), impatient);
  place.database.write([&](Connection& c) {
    c.run("INSERT INTO things(value) VALUES(1)");
    const Error error = error_of([&] { other.write([](Connection&) {}); });
    CHECK(error.kind() == ErrorKind::busy);
    CHECK_THAT(error.message(), Catch::Contains("the index " + place.path().string()));
    CHECK_FALSE(error.hint().empty());
    // Readers need not wait.
    CHECK(other.read([](Connection& r) { return r.number("SELECT count(*) FROM things"); }) == 0);
  });
  other.write([](Connection& c) { c.run("INSERT INTO things(value) VALUES(2)"); });
  CHECK(place.count() == 2);
}

TEST_CASE("a full disk is told of, and the database works once there is room", "[sqlite]") {
  Place place;
  const Error error = error_of([&] {
    place.database.write([](Connection& c) {
      c.number("PRAGMA max_page_count = 1");  // as many as there are
      c.run("INSERT INTO things(value) VALUES(zeroblob(1000000))");
    });
  });
  CHECK(error.kind() == ErrorKind::io);
  CHECK_THAT(error.message(), Catch::StartsWith("no space left for the index "));
  CHECK_FALSE(error.hint().empty());
  CHECK(place.count() == 0);
  place.database.write([](Connection& c) {
    c.number("PRAGMA max_page_count = 1000000");
    c.run("INSERT INTO things(value) VALUES(zeroblob(1000000))");
  });
  CHECK(place.count() == 1);
}

TEST_CASE("what is no database is damaged", "[sqlite]") {
  const TemporaryFolder folder;
  const auto path = folder / "some.db";
  write_file_atomically(real_file_system(), path, as_bytes(std::string(8192, 'x')));
  const Error error = error_of([&] { Database(path, {.subject = "the catalog"}); });
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK_THAT(error.message(), Catch::StartsWith("the catalog " + path.string() + " is damaged"));
}

TEST_CASE("a folder that is not there is an error of the disk", "[sqlite]") {
  const TemporaryFolder folder;
  CHECK_THROWS_MATCHES(Database(folder / "no/some.db", {.subject = "the index"}), Error,
                       HasKind(ErrorKind::io));
}

TEST_CASE("threads write one after another and read beside", "[sqlite]") {
  Place place;
  constexpr int kThreads = 4;
  constexpr int kSteps = 50;
  place.database.write([](Connection& c) { c.run("INSERT INTO things(id, value) VALUES(1, 0)"); });
  std::vector<std::thread> threads;
  std::vector<std::int64_t> seen(kThreads);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&place, &last = seen[i]] {
      for (int step = 0; step < kSteps; ++step) {
        place.database.write([](Connection& c) {
          const auto value = c.number("SELECT value FROM things WHERE id=1");
          c.run("UPDATE things SET value=? WHERE id=1", value + 1);
        });
        const auto now = place.database.read(
            [](Connection& c) { return c.number("SELECT value FROM things WHERE id=1"); });
        if (now <= last) return;
        last = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(place.database.read([](Connection& c) {
    return c.number("SELECT value FROM things WHERE id=1");
  }) == kThreads * kSteps);
}
