#include <filesystem>
#include <fstream>

#include <mhub/remote/token_file.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;
using mhub::test::TemporaryFolder;

TEST_CASE("tokens are kept by origin in a file that nobody else may read", "[remote][token_file]") {
  const TemporaryFolder folder;
  TokenFile tokens(real_file_system(), folder / "mhub/tokens.json");
  CHECK_FALSE(tokens.find("http://a"));
  tokens.put({.origin = "http://b:1", .user = "bob", .token = "tb"});
  tokens.put({.origin = "http://a", .user = "alice", .token = "ta"});
  tokens.put({.origin = "http://b:1", .user = "bob", .token = "tb2"});
  REQUIRE(tokens.all().size() == 2);
  CHECK(tokens.all()[0].origin == "http://a");
  CHECK(tokens.find("http://b:1")->token == "tb2");
  CHECK_FALSE(tokens.find("http://b"));
  using std::filesystem::perms;
  CHECK(std::filesystem::status(tokens.path()).permissions() ==
        (perms::owner_read | perms::owner_write));
  CHECK(tokens.remove("http://a"));
  CHECK_FALSE(tokens.remove("http://a"));
  CHECK(tokens.all().size() == 1);
}

TEST_CASE("a token with a line break is not stored", "[remote][token_file]") {
  const TemporaryFolder folder;
  TokenFile tokens(real_file_system(), folder / "tokens.json");
  CHECK_THROWS_MATCHES(tokens.put({.origin = "http://a", .user = "", .token = "x\ny"}), Error,
                       HasKind(ErrorKind::usage));
  CHECK_FALSE(std::filesystem::exists(folder / "tokens.json"));
}

TEST_CASE("a file that holds something else is reported and left alone", "[remote][token_file]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "tokens.json") << "[1, 2";
  TokenFile tokens(real_file_system(), folder / "tokens.json");
  CHECK_THROWS_MATCHES(tokens.all(), Error, HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(tokens.put({.origin = "http://a", .user = "", .token = "x"}), Error,
                       HasKind(ErrorKind::corrupt));
  CHECK(std::filesystem::file_size(folder / "tokens.json") == 5);
}
