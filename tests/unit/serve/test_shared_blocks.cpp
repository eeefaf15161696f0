#include <atomic>
#include <thread>

#include <mhub/base/error.hpp>

#include "shared_blocks.hpp"
#include "support/catch.hpp"

namespace mhub {
namespace {

using serve::SharedBlocks;
using Reader = SharedBlocks::Reader;

const Sha256 kFile = sha256_of(as_bytes("a file"));
const Sha256 kOther = sha256_of(as_bytes("another"));

/// Makes blocks of 100 bytes and counts them.
struct Maker {
  std::atomic<int> made{0};
  SharedBlocks::Make make = [this] {
    ++made;
    return std::make_shared<const Bytes>(100);
  };
};

}  // namespace

TEST_CASE("blocks are shared by the readers of one file", "[serve][shared_blocks]") {
  SharedBlocks blocks;
  Maker maker;
  Reader one(blocks, kFile);
  Reader two(blocks, kFile);
  Reader stranger(blocks, kOther);
  CHECK(two.find(0) == nullptr);
  const auto block = one.get(0, maker.make);
  CHECK(two.find(0) == block);
  CHECK(two.get(0, maker.make) == block);
  CHECK(two.find(100) == nullptr);
  CHECK(stranger.find(0) == nullptr);
  CHECK(maker.made == 1);
}

TEST_CASE("nothing is kept for a reader by itself", "[serve][shared_blocks]") {
  SharedBlocks blocks;
  Maker maker;
  Reader one(blocks, kFile);
  const std::weak_ptr<const Bytes> block = one.get(0, maker.make);
  CHECK(block.expired());
  CHECK(one.find(0) == nullptr);
}

TEST_CASE("the blocks of a file go with its last reader", "[serve][shared_blocks]") {
  SharedBlocks blocks(250);
  Maker maker;
  auto one = std::make_unique<Reader>(blocks, kFile);
  auto two = std::make_unique<Reader>(blocks, kFile);
  const std::weak_ptr<const Bytes> block = one->get(0, maker.make);
  one.reset();
  REQUIRE_FALSE(block.expired());
  CHECK(two->find(0) == block.lock());
  two.reset();
  CHECK(block.expired());
  // And they count no more.
  Reader three(blocks, kOther);
  Reader four(blocks, kOther);
  three.get(0, maker.make);
  three.get(100, maker.make);
  CHECK(four.find(0) != nullptr);
}

TEST_CASE("the blocks used last are kept, within the budget", "[serve][shared_blocks]") {
  SharedBlocks blocks(250);
  Maker maker;
  Reader one(blocks, kFile);
  Reader two(blocks, kFile);
  Reader three(blocks, kOther);
  Reader four(blocks, kOther);
  one.get(0, maker.make);
  three.get(0, maker.make);
  CHECK(two.find(0) != nullptr);
  one.get(100, maker.make);
  CHECK(four.find(0) == nullptr);
  CHECK(two.find(0) != nullptr);
  CHECK(two.find(100) != nullptr);
}

TEST_CASE("a block that somebody makes is waited for", "[serve][shared_blocks]") {
  SharedBlocks blocks;
  Maker maker;
  Reader one(blocks, kFile);
  Reader two(blocks, kFile);
  std::atomic<bool> is_making{false};
  std::atomic<bool> may_end{false};
  SharedBlocks::Block first;
  SharedBlocks::Block second;
  std::thread making([&] {
    first = one.get(0, [&] {
      is_making = true;
      is_making.notify_all();
      may_end.wait(false);
      return maker.make();
    });
  });
  is_making.wait(false);
  CHECK(two.find(0) == nullptr);
  std::thread waiting([&] { second = two.get(0, maker.make); });
  may_end = true;
  may_end.notify_all();
  making.join();
  waiting.join();
  CHECK(first == second);
  CHECK(maker.made == 1);
}

TEST_CASE("whoever waited for a block that failed makes it", "[serve][shared_blocks]") {
  SharedBlocks blocks;
  Maker maker;
  Reader one(blocks, kFile);
  Reader two(blocks, kFile);
  const auto fail = []() -> SharedBlocks::Block { throw Error(ErrorKind::corrupt, "damaged"); };
  CHECK_THROWS_AS(one.get(0, fail), Error);
  CHECK(two.get(0, maker.make) != nullptr);

  std::atomic<bool> is_making{false};
  std::atomic<bool> may_end{false};
  std::thread making([&] {
    try {
      one.get(100, [&] {
        is_making = true;
        is_making.notify_all();
        may_end.wait(false);
        return fail();
      });
    } catch (const Error&) {
    }
  });
  is_making.wait(false);
  SharedBlocks::Block block;
  std::thread waiting([&] { block = two.get(100, maker.make); });
  may_end = true;
  may_end.notify_all();
  making.join();
  waiting.join();
  CHECK(block != nullptr);
  CHECK(maker.made == 2);
}

}  // namespace mhub
