#include <cstdlib>
#include <thread>

#include <unistd.h>

#include <mhub/base/file_lock.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::test;
using namespace std::chrono_literals;

TEST_CASE("one exclusive holder, many shared ones", "[base][file_lock]") {
  TemporaryFolder folder;
  {
    FileLock held(folder / "lock", FileLock::Mode::exclusive, 0ms);
    CHECK_FALSE(FileLock::try_lock(folder / "lock", FileLock::Mode::shared).has_value());
    CHECK_THROWS_MATCHES(FileLock(folder / "lock", FileLock::Mode::exclusive, 10ms), Error,
                         HasKind(ErrorKind::busy));
  }
  FileLock one(folder / "lock", FileLock::Mode::shared, 0ms);
  FileLock two(folder / "lock", FileLock::Mode::shared, 0ms);
  CHECK_FALSE(FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive).has_value());
}

TEST_CASE("the holder is named, and nobody who held the lock before", "[base][file_lock]") {
  TemporaryFolder folder;
  const auto refusal = [&] {
    try {
      FileLock(folder / "lock", FileLock::Mode::exclusive, 0ms);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("not refused");
  };
  {
    FileLock held(folder / "lock", FileLock::Mode::exclusive, 0ms);
    CHECK_THAT(refusal(), Catch::Contains(fmt::format("(process {})", ::getpid())));
  }
  FileLock shared(folder / "lock", FileLock::Mode::shared, 0ms);
  CHECK_THAT(refusal(), Catch::EndsWith("is locked by another mhub"));
}

TEST_CASE("a removed lock file lets the next one lock a new file", "[base][file_lock]") {
  TemporaryFolder folder;
  FileLock first(folder / "lock", FileLock::Mode::exclusive, 0ms);
  std::thread waiter([&] {
    FileLock second(folder / "lock", FileLock::Mode::exclusive, 5000ms);
    // Whoever comes now must meet the second lock and not an unlinked file.
    if (FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive)) std::abort();
  });
  std::this_thread::sleep_for(50ms);
  first.remove(folder / "lock");
  waiter.join();
}
