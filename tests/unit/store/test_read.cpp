#include <atomic>
#include <map>

#include "store_support.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

TEST_CASE("any byte range equals the source", "[store][read]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes shared = random_bytes(700'000, 1);
  ingest(*store, shared);
  // Several terms, several schemes.
  const Bytes bytes =
      joined({text_bytes(400'000, 2), shared, text_bytes(300'000, 3), random_bytes(200'000, 4)});
  const FileRecord file = ingest(*store, bytes);
  REQUIRE(file.terms.size() >= 3);

  Bytes numbers = random_bytes(400 * 16, 5);
  for (std::size_t i = 0; i < 400; ++i) {
    const auto offset = load_le<std::uint64_t>(numbers.data() + 16 * i) % (bytes.size() + 1);
    auto length = load_le<std::uint64_t>(numbers.data() + 16 * i + 8);
    length %= i % 2 == 0 ? 5000 : bytes.size();
    INFO(offset << " + " << length);
    const ByteView expected =
        ByteView(bytes).subspan(offset, std::min<std::uint64_t>(length, bytes.size() - offset));
    const Bytes got = read_back(*store, file, offset, length);
    REQUIRE(std::equal(got.begin(), got.end(), expected.begin(), expected.end()));
  }
  CHECK(read_back(*store, file, bytes.size() + 5, 10).empty());
}

namespace {

/// Holds raw chunks by hash, as an older working file or a remote does.
class MapSource final : public ChunkSource {
public:
  void add_all(ByteView bytes) {
    std::size_t begin = 0;
    for (const std::uint32_t length : xet::chunk_lengths(bytes)) {
      const ByteView chunk = bytes.subspan(begin, length);
      chunks_[xet::hash_chunk(chunk).text()] = Bytes(chunk.begin(), chunk.end());
      begin += length;
    }
  }
  std::optional<Bytes> read_chunk(const xet::Term& term, std::uint32_t chunk,
                                  const xet::ChunkRef& ref) override {
    CHECK(chunk >= term.first_chunk);
    CHECK(chunk < term.end_chunk);
    ++asked;
    const auto found = chunks_.find(ref.hash.text());
    if (found == chunks_.end()) return std::nullopt;
    Bytes bytes = found->second;
    if (lie) bytes[0] ^= std::byte{1};
    return bytes;
  }
  int asked = 0;
  bool lie = false;

private:
  std::map<std::string, Bytes> chunks_;
};

}  // namespace

TEST_CASE("a damaged chunk is never returned", "[store][read]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(1'000'000, 6);
  const FileRecord file = ingest(*store, bytes);
  const auto path = xorb_path(*store, file.terms[0].xorb);
  MapSource source;
  source.add_all(bytes);

  SECTION("a flipped bit") {
    damage(path, 300'000);
    CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::corrupt));
    CHECK_THROWS_WITH(read_back(*store, file),
                      Catch::Contains(file.terms[0].xorb.text()) && Catch::Contains("chunk"));
    CHECK(read_back(*store, file, 0, 100) == Bytes(bytes.begin(), bytes.begin() + 100));
    CHECK(read_back(*store, file, 0, UINT64_MAX, &source) == bytes);
    CHECK(source.asked == 1);
    source.lie = true;
    CHECK_THROWS_MATCHES(read_back(*store, file, 0, UINT64_MAX, &source), Error,
                         HasKind(ErrorKind::corrupt));
  }
  SECTION("a file cut short") {
    const Bytes whole = file_bytes(path);
    overwrite(path, ByteView(whole).first(400'000));
    CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::corrupt));
    CHECK(read_back(*store, file, 0, UINT64_MAX, &source) == bytes);
  }
  SECTION("a file that is gone") {
    std::filesystem::remove(path);
    CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::corrupt));
    CHECK(read_back(*store, file, 0, UINT64_MAX, &source) == bytes);
  }
  SECTION("a record header that claims too much") {
    Bytes whole = file_bytes(path);
    whole[5] = whole[6] = whole[7] = std::byte{0xff};
    overwrite(path, whole);
    CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("another xorb that holds the chunks helps out") {
    const Bytes other = serialised_xorb(joined({bytes, random_bytes(100'000, 7)}));
    const xet::XorbIndex index = xet::index_xorb(other);
    const auto receiver = store->receive_xorb();
    receiver->write(other);
    REQUIRE(receiver->commit(index.hash));
    damage(path, 300'000);
    CHECK(read_back(*store, file) == bytes);
  }
}

TEST_CASE("chunks that are elsewhere come from there", "[store][read]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const Bytes bytes = random_bytes(600'000, 8);
  const xet::XorbIndex index = xet::index_xorb(serialised_xorb(bytes));
  store->note_remote_chunks(index.hash, 0, index.chunks);
  const auto count = static_cast<std::uint32_t>(index.chunks.size());
  FileRecord file{sha256_of(bytes),
                  bytes.size(),
                  xet::file_hash(index.chunks),
                  {{index.hash, 0, count, static_cast<std::uint32_t>(bytes.size())}}};
  store->put_file(file);
  CHECK_THROWS_MATCHES(read_back(*store, file), Error, HasKind(ErrorKind::not_found));
  MapSource source;
  CHECK_THROWS_MATCHES(read_back(*store, file, 0, 10, &source), Error,
                       HasKind(ErrorKind::not_found));
  source.add_all(bytes);
  CHECK(read_back(*store, file, 0, UINT64_MAX, &source) == bytes);
}

TEST_CASE("an error of the sink reaches the caller as it is", "[store][read]") {
  TemporaryFolder folder;
  const auto store = open_store(folder / "s");
  const FileRecord file = ingest(*store, random_bytes(200'000, 9));
  int calls = 0;
  CHECK_THROWS_MATCHES(store->read_file(file, 0, 200'000,
                                        [&](ByteView) {
                                          ++calls;
                                          throw Error(ErrorKind::not_found, "nowhere to write");
                                        }),
                       Error, HasKind(ErrorKind::not_found));
  CHECK(calls == 1);
}
