#include <numeric>
#include <thread>

#include <mhub/base/bounded_queue.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/base/synchronized.hpp>
#include <mhub/base/thread_pool.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::test;

TEST_CASE("a closed queue refuses pushes and drains", "[base][queue]") {
  BoundedQueue<int> queue(2);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  queue.close();
  CHECK_FALSE(queue.push(3));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("a full queue makes its producer wait", "[base][queue]") {
  BoundedQueue<int> queue(1);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (auto item = queue.pop()) CHECK(*item == expected++);
  CHECK(expected == 1000);
  producer.join();
}

TEST_CASE("a pool hands results and exceptions to the waiter", "[base][thread_pool]") {
  ThreadPool pool(3, 2);
  Synchronized<int> sum(0);
  std::vector<std::future<int>> results;
  for (int i = 0; i < 100; ++i) {
    results.push_back(pool.submit([&sum, i] {
      sum.with([&](int& value) { value += i; });
      return i;
    }));
  }
  int total = 0;
  for (auto& result : results) total += result.get();
  CHECK(total == 4950);
  CHECK(sum.with([](int value) { return value; }) == 4950);
  auto failing = pool.submit([]() -> int { throw Error(ErrorKind::io, "no"); });
  CHECK_THROWS_MATCHES(failing.get(), Error, HasKind(ErrorKind::io));
}

TEST_CASE("waiting for tasks outlasts the first failure and throws it", "[base][thread_pool]") {
  Synchronized<int> done(0);
  const auto start = [&](ThreadPool& pool, int i) {
    return pool.submit([&done, i] {
      done.with([](int& value) { ++value; });
      if (i == 2) throw Error(ErrorKind::io, "first");
      if (i == 4) throw Error(ErrorKind::network, "second");
    });
  };
  ThreadPool pool(2);
  std::vector<std::future<void>> results;
  for (int i = 0; i < 20; ++i) results.push_back(start(pool, i));
  CHECK_THROWS_MATCHES(wait_all(results), Error, HasKind(ErrorKind::io));
  CHECK(done.with([](int value) { return value; }) == 20);
  results.clear();
  results.push_back(start(pool, 1));
  CHECK_NOTHROW(wait_all(results));
}

TEST_CASE("results of tasks are taken in order, but for those that failed", "[base][thread_pool]") {
  ThreadPool pool(2);
  std::vector<std::future<int>> results;
  for (int i = 0; i < 6; ++i) {
    results.push_back(pool.submit([i] {
      if (i == 3) throw Error(ErrorKind::io, "no");
      return i;
    }));
  }
  std::vector<int> taken;
  const auto take = [&](int value) {
    taken.push_back(value);
    if (value == 4) throw Error(ErrorKind::network, "of the taker, and later");
  };
  CHECK_THROWS_MATCHES(wait_all(results, take), Error, HasKind(ErrorKind::io));
  CHECK(taken == std::vector<int>{0, 1, 2, 4, 5});
}

TEST_CASE("a stop reaches whoever checks", "[base][progress]") {
  StopToken stop;
  CHECK_NOTHROW(stop.check());
  stop.request_stop();
  CHECK_THROWS_MATCHES(stop.check(), Error, HasKind(ErrorKind::interrupted));
}
