#include <map>
#include <set>

#include "support/matchers.hpp"
#include "sync/plan.hpp"

using namespace mhub;
using namespace mhub::sync;
using namespace mhub::test;

namespace {

template <class Hash>
Hash named(unsigned number) {
  Hash hash;
  hash.bytes[0] = static_cast<std::byte>(number);
  hash.bytes[31] = std::byte{7};
  return hash;
}

const auto kA = named<xet::XorbHash>(1);
const auto kB = named<xet::XorbHash>(2);

constexpr std::uint32_t kChunk = 1000;

/// Two xorbs: the file is A[0,4) B[2,4) A[4,6), every chunk of 1000 bytes.
wire::Reconstruction sample() {
  wire::Reconstruction recipe;
  recipe.terms = {{kA, {0, 4}, 4 * kChunk}, {kB, {2, 4}, 2 * kChunk}, {kA, {4, 6}, 2 * kChunk}};
  recipe.fetches = {{kA, "http://hub/a", {{{0, 6}, {0, 6047}}}},
                    {kB, "http://hub/b", {{{2, 4}, {2016, 4031}}}}};
  return recipe;
}

ChunkAtHand at_hand(std::set<std::pair<xet::XorbHash, std::uint32_t>> known) {
  return [known](const xet::XorbHash& xorb, std::uint32_t chunk) {
    return known.contains({xorb, chunk}) ? kChunk : 0u;
  };
}

}  // namespace

TEST_CASE("a file of which nothing is here is fetched range by range", "[sync][plan]") {
  const DownloadPlan plan = plan_download(sample(), 0, 8 * kChunk, at_hand({}), true);
  CHECK(plan.local.empty());
  CHECK(plan.spans.empty());
  REQUIRE(plan.fetches.size() == 2);
  CHECK(plan.fetches[0].terms ==
        std::vector<PlacedTerm>{{{0, 4}, 0, 4 * kChunk}, {{4, 6}, 6 * kChunk, 2 * kChunk}});
  CHECK(plan.fetches[1].terms == std::vector<PlacedTerm>{{{2, 4}, 4 * kChunk, 2 * kChunk}});
  CHECK(plan.fetch_bytes == 6048 + 2016);
}

TEST_CASE("chunks at hand are not fetched", "[sync][plan]") {
  const auto known = at_hand({{kA, 0}, {kA, 1}, {kA, 2}, {kA, 3}, {kA, 5}});
  const DownloadPlan plan = plan_download(sample(), 0, 8 * kChunk, known, true);
  CHECK(plan.local ==
        std::vector<LocalRun>{{kA, 0, 4, 0, 4 * kChunk}, {kA, 5, 6, 7 * kChunk, kChunk}});
  CHECK(plan.local_bytes == 5 * kChunk);
  // B is wanted as it is offered; of A one chunk in six, which is asked for by its bytes.
  REQUIRE(plan.fetches.size() == 1);
  CHECK(plan.fetches[0].fetch == 1);
  CHECK(plan.spans == std::vector<ByteSpan>{{6 * kChunk, 7 * kChunk}});
}

TEST_CASE("spans that touch are asked for together", "[sync][plan]") {
  wire::Reconstruction recipe;
  recipe.terms = {{kA, {0, 1}, kChunk}, {kB, {0, 1}, kChunk}, {kA, {1, 2}, kChunk}};
  recipe.fetches = {{kA, "http://hub/a", {{{0, 10}, {0, 9999}}}},
                    {kB, "http://hub/b", {{{0, 10}, {0, 9999}}}}};
  const DownloadPlan plan = plan_download(recipe, 0, 3 * kChunk, at_hand({}), true);
  CHECK(plan.fetches.empty());
  CHECK(plan.spans == std::vector<ByteSpan>{{0, 3 * kChunk}});
  CHECK(plan_download(recipe, 0, 3 * kChunk, at_hand({}), false).fetches.size() == 2);
}

TEST_CASE("a part of a file lands where it belongs", "[sync][plan]") {
  wire::Reconstruction recipe;
  recipe.offset_into_first_range = 300;
  recipe.terms = {{kB, {2, 4}, 2 * kChunk}};
  recipe.fetches = {{kB, "http://hub/b", {{{2, 4}, {2016, 4031}}}}};
  const DownloadPlan plan = plan_download(recipe, 4300, 1700, at_hand({}), false);
  REQUIRE(plan.fetches.size() == 1);
  CHECK(plan.fetches[0].terms == std::vector<PlacedTerm>{{{2, 4}, 4000, 2 * kChunk}});
}

TEST_CASE("recipes that do not add up are corrupt", "[sync][plan]") {
  CHECK_THROWS_MATCHES(plan_download(sample(), 0, 8 * kChunk + 1, at_hand({}), true), Error,
                       HasKind(ErrorKind::corrupt));
  wire::Reconstruction lying = sample();
  lying.terms[1].unpacked_bytes = kChunk;
  CHECK_THROWS_MATCHES(plan_download(lying, 0, 7 * kChunk, at_hand({{kB, 2}, {kB, 3}}), true),
                       Error, HasKind(ErrorKind::corrupt));
}

namespace {

UploadFile file_of(std::initializer_list<WantedChunk> chunks) {
  return {Sha256{}, named<xet::FileHash>(9), chunks};
}

WantedChunk chunk(unsigned number, const xet::XorbHash& xorb, std::uint32_t index) {
  return {{named<xet::ChunkHash>(number), kChunk}, xorb, index};
}

struct World {
  std::set<xet::XorbHash> remote;
  std::map<xet::ChunkHash, RemotePlace> places;
  std::map<xet::XorbHash, std::uint32_t> local;

  UploadKnowledge knowledge() const {
    UploadKnowledge knowledge;
    knowledge.remote_has = [this](const auto& xorb) { return remote.contains(xorb); };
    knowledge.remote_place = [this](const auto& hash) -> std::optional<RemotePlace> {
      const auto found = places.find(hash);
      return found == places.end() ? std::nullopt : std::optional(found->second);
    };
    knowledge.local_chunks = [this](const auto& xorb) {
      const auto found = local.find(xorb);
      return found == local.end() ? 0u : found->second;
    };
    return knowledge;
  }
};

}  // namespace

TEST_CASE("a xorb goes as it is only if all of it is pushed", "[sync][plan]") {
  World world;
  world.local = {{kA, 2}, {kB, 3}};
  const std::vector files{file_of({chunk(1, kA, 0), chunk(2, kA, 1), chunk(3, kB, 0)})};
  const UploadPlan plan = plan_upload(files, world.knowledge());
  CHECK(plan.whole_xorbs == std::vector{kA});
  REQUIRE(plan.repack.size() == 1);
  CHECK(plan.repack[0].xorb == kB);
  CHECK(plan.new_raw_bytes == 3 * kChunk);
}

TEST_CASE("what the remote has is not sent", "[sync][plan]") {
  World world;
  world.local = {{kA, 2}, {kB, 2}};
  world.remote = {kA};
  world.places = {{named<xet::ChunkHash>(3), {kA, 7}}};
  const std::vector files{
      file_of({chunk(1, kA, 0), chunk(3, kB, 0), chunk(4, kB, 1), chunk(4, kB, 1)})};
  const UploadPlan plan = plan_upload(files, world.knowledge());
  CHECK(plan.whole_xorbs.empty());
  REQUIRE(plan.repack.size() == 1);
  CHECK(plan.repack[0].index == 1);
  CHECK(plan.known_raw_bytes == 2 * kChunk);
  CHECK(plan.new_raw_bytes == kChunk);
}

TEST_CASE("a recipe joins chunks that lie together", "[sync][plan]") {
  const UploadFile file = file_of({chunk(1, kA, 0), chunk(2, kA, 1), chunk(3, kB, 5)});
  const xet::ShardFile shard = make_shard_file(file, [](const WantedChunk& wanted) {
    return RemotePlace{wanted.xorb, wanted.index};
  });
  REQUIRE(shard.terms.size() == 2);
  CHECK(shard.terms[0] == xet::Term{kA, 0, 2, 2 * kChunk});
  CHECK(shard.terms[1] == xet::Term{kB, 5, 6, kChunk});
  const std::vector first{named<xet::ChunkHash>(1), named<xet::ChunkHash>(2)};
  CHECK(shard.range_hashes.front() == xet::hash_range(first));
}
