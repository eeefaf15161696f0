// The bodies that another client sent to the production service for one file, made again from the
// file: chunking, all kinds of hash, record and shard layout at once.

#include <mhub/base/sha256.hpp>
#include <mhub/xet/shard.hpp>
#include <mhub/xet/xorb.hpp>

#include "support/catch.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

TEST_CASE("a recorded upload comes out byte for byte", "[xet][production]") {
  const Json& session = xet_vectors().at("production_session");
  const Bytes input = make_input(vector_file(session.at("file")));
  const auto chunks = cut_and_hash(input);
  CHECK(chunks.front().hash.text() == session.at("first_chunk_hash_queried").get<std::string>());

  Bytes body;
  ByteView rest = input;
  for (const ChunkRef& chunk : chunks) {
    append_record(body, choose_scheme(rest.first(chunk.size_bytes)), rest.first(chunk.size_bytes));
    rest = rest.subspan(chunk.size_bytes);
  }
  const Json& xorb_upload = session.at("xorb_upload");
  CHECK(body.size() == xorb_upload.at("body_len").get<std::size_t>());
  CHECK(sha256_of(body).hex() == xorb_upload.at("body_sha256").get<std::string>());
  const XorbIndex index = index_xorb(body);
  CHECK(index.hash.text() == xorb_upload.at("hash").get<std::string>());

  std::vector<ChunkHash> hashes;
  for (const ChunkRef& chunk : chunks) hashes.push_back(chunk.hash);
  ShardFile file;
  file.hash = file_hash(chunks);
  file.terms = {{index.hash, 0, static_cast<std::uint32_t>(chunks.size()),
                 static_cast<std::uint32_t>(input.size())}};
  file.range_hashes = {hash_range(hashes)};
  file.sha256 = sha256_of(input);
  Shard shard;
  shard.files = {file};
  shard.xorbs = {{index.hash, 0, chunks}};
  CHECK(to_hex(make_upload_shard(shard)) ==
        session.at("shard_upload").at("hex").get<std::string>());

  // The second upload of the same content stores no xorb.
  shard.xorbs.clear();
  CHECK(to_hex(make_upload_shard(shard)) ==
        session.at("second_upload_same_content").at("hex").get<std::string>());

  const Json& reconstruction = session.at("reconstruction");
  CHECK(reconstruction.at("bytes").at("end").get<std::uint32_t>() + 1 == index.body_bytes());
}

TEST_CASE("a deduplication answer has the recorded length", "[xet][production]") {
  const Json& session = xet_vectors().at("production_session");
  const auto chunks = cut_and_hash(make_input(vector_file(session.at("file"))));
  Shard answer;
  answer.xorbs = {{xorb_hash(chunks), 0, chunks}};
  answer.footer = ShardFooter{};
  CHECK(make_stored_shard(answer).size() ==
        session.at("second_upload_same_content").at("dedup_response_len").get<std::size_t>());
}
