#include <fstream>

#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "sync/content_id.hpp"

namespace mhub::sync {
namespace {

TEST_CASE("ids are those that git and sha256sum give", "[sync][content_id]") {
  // printf 'hello\n' | git hash-object --stdin; printf 'hello\n' | sha256sum
  ContentHasher blob(ContentId::Kind::git_blob, 6);
  blob.update(as_bytes("hel"));
  blob.update(as_bytes("lo\n"));
  CHECK(blob.finish().text() == "ce013625030ba8dba906f756967f9e9ca394464a");
  ContentHasher large(ContentId::Kind::sha256, 6);
  large.update(as_bytes("hello\n"));
  CHECK(large.finish().text() ==
        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
}

TEST_CASE("an id is 40 or 64 hexadecimal digits and nothing else", "[sync][content_id]") {
  const std::string blob(40, 'A');
  REQUIRE(ContentId::parse(blob));
  CHECK(ContentId::parse(blob)->text() == std::string(40, 'a'));
  CHECK(ContentId::parse(blob)->kind() == ContentId::Kind::git_blob);
  CHECK(ContentId::parse(std::string(64, '0'))->kind() == ContentId::Kind::sha256);
  for (const std::string& wrong :
       {std::string(), std::string(39, 'a'), std::string(40, 'g'), std::string(40, '/'),
        std::string("../../../../../../../../../../etc/passwd"), std::string(65, 'a')})
    CHECK_FALSE(ContentId::parse(wrong));
}

}  // namespace
}  // namespace mhub::sync
