#include <cerrno>

#include "support/matchers.hpp"

using namespace mhub;

TEST_CASE("an error carries message, context from the inside out, and a hint", "[base][error]") {
  try {
    with_context(
        [] { return std::string("outer"); },
        [] {
          with_context(
              [] { return std::string("inner"); },
              []() -> int { throw Error(ErrorKind::corrupt, "chunk {} is bad", 7).hint("mend"); });
        });
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.message() == "chunk 7 is bad");
    CHECK(error.hint() == "mend");
    CHECK(error.context() == std::vector<std::string>{"inner", "outer"});
    CHECK(error.kind() == ErrorKind::corrupt);
  }
}

TEST_CASE("a full disk and a missing file are told apart", "[base][error]") {
  CHECK(system_error(ENOENT, "open x").kind() == ErrorKind::not_found);
  CHECK(system_error(ENOSPC, "write x").kind() == ErrorKind::io);
  CHECK_FALSE(system_error(ENOSPC, "write x").hint().empty());
}

TEST_CASE("names from outside cannot drive a terminal", "[base][error]") {
  CHECK(printable("plain ü name") == "plain ü name");
  CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");
}
