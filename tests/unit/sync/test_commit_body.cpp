#include <filesystem>

#include <mhub/base/error.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "sync/commit_body.hpp"
#include "sync/hub_cache.hpp"

namespace mhub::sync {
namespace {

using test::HasKind;

std::string read_all(const net::Body& body, std::size_t room_bytes) {
  const auto source = body.open();
  std::string all;
  Bytes room(room_bytes);
  while (const std::size_t got = source->read(room)) all += as_text(ByteView(room).first(got));
  return all;
}

struct OneFile {
  test::TemporaryFolder folder;
  std::filesystem::path path = folder / "a.txt";
  CommitParts parts;

  OneFile() {
    put_text(path, "hello\n");
    parts.header = {"Summary", "More", std::string(40, 'a')};
    parts.deletions.push_back({wire::CommitDeletion::What::file, "old \"one\""});
    parts.large.push_back({"big.bin", *Sha256::parse(std::string(64, '1')), 7, {}});
    parts.files.push_back(
        {"sub/größe.txt", path, 6, *ContentId::parse("ce013625030ba8dba906f756967f9e9ca394464a")});
  }
};

TEST_CASE("a commit's lines are those that a hub reads", "[sync][commit_body]") {
  const OneFile one;
  const net::Body body = commit_body(one.parts);
  const std::string all = read_all(body, 7);
  CHECK(body.size_bytes() == all.size());
  CHECK(read_all(body, 4096) == all);
  std::vector<wire::CommitLine> lines;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    REQUIRE(end != all.npos);
    lines.push_back(wire::parse_commit_line(std::string_view(all).substr(at, end - at)));
    at = end + 1;
  }
  REQUIRE(lines.size() == 4);
  const auto& header = std::get<wire::CommitHeader>(lines[0]);
  CHECK(header.summary == "Summary");
  CHECK(header.description == "More");
  CHECK(header.parent_commit == std::string(40, 'a'));
  CHECK(std::get<wire::CommitDeletion>(lines[1]).path == "old \"one\"");
  const auto& large = std::get<wire::CommitLargeFile>(lines[2]);
  CHECK(large.path == "big.bin");
  CHECK(large.sha256.hex() == std::string(64, '1'));
  CHECK(large.size_bytes == 7);
  const auto& file = std::get<wire::CommitFile>(lines[3]);
  CHECK(file.path == "sub/größe.txt");
  CHECK(as_text(file.content) == "hello\n");
}

TEST_CASE("a file that changed is not sent as what it was", "[sync][commit_body]") {
  const OneFile one;
  const net::Body body = commit_body(one.parts);
  for (const char* text : {"hullo\n", "hello\n!", "hell", ""}) {
    INFO(text);
    put_text(one.path, text);
    CHECK_THROWS_MATCHES(read_all(body, 4096), Error, HasKind(ErrorKind::conflict));
  }
}

}  // namespace
}  // namespace mhub::sync
