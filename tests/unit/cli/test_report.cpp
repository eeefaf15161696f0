#include <new>
#include <stdexcept>

#include "output.hpp"
#include "report.hpp"
#include "support/catch.hpp"

using namespace mhub;
using namespace mhub::cli;

TEST_CASE("each kind of failure has its exit code", "[cli][report]") {
  CHECK(exit_code_of(ErrorKind::usage) == 2);
  CHECK(exit_code_of(ErrorKind::config) == 1);
  CHECK(exit_code_of(ErrorKind::not_found) == 1);
  CHECK(exit_code_of(ErrorKind::conflict) == 3);
  CHECK(exit_code_of(ErrorKind::denied) == 4);
  CHECK(exit_code_of(ErrorKind::busy) == 7);
  CHECK(exit_code_of(ErrorKind::network) == 5);
  CHECK(exit_code_of(ErrorKind::io) == 1);
  CHECK(exit_code_of(ErrorKind::corrupt) == 6);
  CHECK(exit_code_of(ErrorKind::interrupted) == 130);
  CHECK(exit_code_of(ErrorKind::internal) == 1);
}

TEST_CASE("a report says what failed, what was being done, and one remedy", "[cli][report]") {
  Error error(ErrorKind::corrupt, "xorb 3f9a12c0: chunk 17 does not match its hash");
  error.add_context("restoring models/base.safetensors");
  error.add_context("cloning http://hub.example/a/b");
  CHECK(format_report(error, "clone", {}) ==
        "mhub: error: xorb 3f9a12c0: chunk 17 does not match its hash\n"
        "  while restoring models/base.safetensors\n"
        "  while cloning http://hub.example/a/b\n"
        "hint: run `mhub fsck` to find what is damaged, `mhub fsck --repair` to mend it\n");
}

TEST_CASE("the hint of whoever threw goes first", "[cli][report]") {
  const Error error = Error(ErrorKind::busy, "locked").hint("wait a little");
  CHECK(format_report(error, "add", {}) == "mhub: error: locked\nhint: wait a little\n");
}

TEST_CASE("a report as JSON has named fields on one line", "[cli][report]") {
  const Error error(ErrorKind::network, "hub.example did not answer\nfor \"30 s\"");
  const std::string text = format_report(error, "push", {.json = true});
  CHECK(text.find('\n') == text.size() - 1);
  const auto report = nlohmann::json::parse(text);
  CHECK(report.at("error") == "network");
  CHECK(report.at("message") == error.message());
  CHECK(report.at("context").empty());
  CHECK(report.at("exit_code") == 5);
  CHECK(report.at("hint").is_string());
}

TEST_CASE("colours appear in a report only where wanted", "[cli][report]") {
  const Error error(ErrorKind::io, "no");
  CHECK(format_report(error, "", {}).find('\x1b') == std::string::npos);
  CHECK(format_report(error, "", {.colour = true}).find('\x1b') != std::string::npos);
}

TEST_CASE("exceptions of other kinds are reported too", "[cli][report]") {
  CHECK(as_error(std::make_exception_ptr(Error(ErrorKind::busy, "x"))).kind() == ErrorKind::busy);
  CHECK(as_error(std::make_exception_ptr(std::bad_alloc())).message() == "out of memory");
  CHECK(as_error(std::make_exception_ptr(std::runtime_error("bad"))).kind() == ErrorKind::internal);
  CHECK(as_error(std::make_exception_ptr(42)).kind() == ErrorKind::internal);
}

TEST_CASE("JSON output survives names that are not UTF-8", "[cli][output]") {
  CHECK_NOTHROW(nlohmann::json::parse(json_text(Json{{"path", "a\xff\xfe"}})));
}
