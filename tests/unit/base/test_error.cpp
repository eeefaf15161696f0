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
  // Overlong, a surrogate, beyond the last character; then the characters next to them.
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
  CHECK(printable("\xf0\x80\x80\xaf") == "\\xf0\\x80\\x80\\xaf");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  for (const char* good : {"\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(printable(good) == good);
}
