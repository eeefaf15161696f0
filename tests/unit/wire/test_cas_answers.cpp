#include <mhub/wire/cas_answers.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

TEST_CASE("xorb and shard answers are read and written", "[wire][cas_answers]") {
  CHECK(parse_xorb_upload_answer(R"({"was_inserted": true})"));
  CHECK_FALSE(parse_xorb_upload_answer(xorb_upload_answer_json(false)));
  CHECK(parse_shard_upload_answer(shard_upload_answer_json(true)));
  CHECK_FALSE(parse_shard_upload_answer(R"({"result":0})"));
  CHECK_THROWS_WITH(parse_xorb_upload_answer("{}"), "xorb upload answer has no field was_inserted");
}

TEST_CASE("the recorded progress lines of a shard upload are read", "[wire][cas_answers]") {
  const auto first = parse_shard_progress(R"({"type":"validating","verified":0,"total":0})");
  CHECK(first.kind == ShardProgress::Kind::validating);
  CHECK_FALSE(first.is_final());
  const auto second = parse_shard_progress(R"({"type":"committing","stage":"syncing"})");
  CHECK(second.stage == "syncing");
  const auto last = parse_shard_progress(R"({"type":"result"})");
  CHECK(last.is_final());
  CHECK_FALSE(last.result);
}

TEST_CASE("an error line is final and not retryable unless it says so", "[wire][cas_answers]") {
  const auto error = parse_shard_progress(R"({"type":"error","message":"no such xorb"})");
  CHECK(error.is_final());
  CHECK(error.message == "no such xorb");
  CHECK_FALSE(error.retryable);
  CHECK(parse_shard_progress(R"({"type":"error","retryable":true})").retryable);
}

TEST_CASE("a line of an unknown type is no error, a line that is not JSON is",
          "[wire][cas_answers]") {
  CHECK(parse_shard_progress(R"({"type":"dancing","steps":3})").kind ==
        ShardProgress::Kind::unknown);
  CHECK_THROWS_MATCHES(parse_shard_progress("oops"), Error, test::HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(parse_shard_progress(R"({"kind":"result"})"), Error,
                       test::HasKind(ErrorKind::corrupt));
}

TEST_CASE("progress lines survive a round trip", "[wire][cas_answers]") {
  ShardProgress progress{.kind = ShardProgress::Kind::validating};
  progress.verified = 3;
  progress.total = 9;
  CHECK(to_line(progress) == "{\"type\":\"validating\",\"verified\":3,\"total\":9}\n");
  CHECK(parse_shard_progress(to_line(progress)) == progress);
  ShardProgress done{.kind = ShardProgress::Kind::result};
  done.result = 1;
  CHECK(parse_shard_progress(to_line(done)) == done);
}
