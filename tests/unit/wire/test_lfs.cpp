#include <mhub/wire/lfs.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

namespace {

const std::string kOid = "cd44947308b4b22228767cab8addd523d1de22abd9b23a10808e5fc295202e4f";

LfsObject sample() {
  return {.oid = *Sha256::parse(kOid), .size_bytes = 1048576};
}

std::string message_of(std::string_view json) {
  try {
    parse_lfs_batch_answer(json);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::corrupt);
    return error.message();
  }
  return "(nothing thrown)";
}

}  // namespace

TEST_CASE("a batch request as git-lfs sends it is read", "[wire][lfs]") {
  const auto request = parse_lfs_batch_request(
      R"({"operation":"upload","objects":[{"oid":")" + kOid + R"(","size":1048576}],)" +
      R"("transfers":["lfs-standalone-file","basic","ssh"],"ref":{"name":"refs/heads/main"},)" +
      R"("hash_algo":"sha256","future":{"x":[1]}})");
  CHECK(request.operation == LfsOperation::upload);
  CHECK(request.objects == std::vector{sample()});
  CHECK(request.ref == "refs/heads/main");
  CHECK(request.offers("ssh"));
  CHECK_FALSE(request.offers("xet"));
}

TEST_CASE("a batch request without transfers offers basic alone", "[wire][lfs]") {
  const auto request = parse_lfs_batch_request(
      R"({"operation":"download","objects":[],"hash_algo":"sha_256","ref":null})");
  CHECK(request.offers(kTransferBasic));
  CHECK_FALSE(request.offers(kTransferMhubXet));
  CHECK(request.is_sha256());
  CHECK(request.ref.empty());
}

TEST_CASE("batch requests survive a round trip", "[wire][lfs]") {
  const LfsBatchRequest request{.operation = LfsOperation::download,
                                .transfers = {"mhub-xet", "basic"},
                                .ref = "refs/heads/a \"b\"",
                                .hash_algo = "sha256",
                                .objects = {sample()}};
  CHECK(parse_lfs_batch_request(to_json(request)) == request);
  CHECK(to_json(LfsBatchRequest{}) ==
        R"({"operation":"download","objects":[],"hash_algo":"sha256"})");
}

TEST_CASE("a batch request names the field that is wrong", "[wire][lfs]") {
  CHECK_THROWS_WITH(parse_lfs_batch_request("[]"), "lfs batch request is not an object");
  CHECK_THROWS_WITH(parse_lfs_batch_request("{"), "lfs batch request is not JSON");
  CHECK_THROWS_WITH(parse_lfs_batch_request(R"({"operation":"steal","objects":[]})"),
                    "lfs batch request: operation is neither download nor upload");
  CHECK_THROWS_WITH(
      parse_lfs_batch_request(R"({"operation":"upload","objects":[{"oid":"../etc","size":1}]})"),
      "lfs batch request: objects[0].oid is not 64 hexadecimal digits");
  CHECK_THROWS_WITH(parse_lfs_batch_request(R"({"operation":"upload","objects":[{"oid":")" + kOid +
                                            R"(","size":-1}]})"),
                    "lfs batch request: objects[0].size is not a whole number");
}

TEST_CASE("more objects than the limit are refused", "[wire][lfs]") {
  LfsBatchRequest request;
  request.objects.assign(kLfsBatchMaxObjects, sample());
  CHECK(parse_lfs_batch_request(to_json(request)).objects.size() == kLfsBatchMaxObjects);
  request.objects.push_back(sample());
  CHECK_THROWS_MATCHES(parse_lfs_batch_request(to_json(request)), LfsBatchTooLarge,
                       test::HasKind(ErrorKind::corrupt));
}

TEST_CASE("a batch answer with actions and errors survives a round trip", "[wire][lfs]") {
  LfsBatchAnswer answer;
  answer.transfer = "basic";
  LfsObjectAnswer needed{.object = sample(), .authenticated = true};
  needed.upload = LfsAction{.href = "http://127.0.0.1:1/put?sig=a",
                            .header = {{"Authorization", "Basic eDp5"}},
                            .expires_in_s = 900,
                            .expires_at = "2026-01-31T12:00:00Z"};
  needed.verify = LfsAction{.href = "http://127.0.0.1:1/verify"};
  LfsObjectAnswer there{.object = sample()};
  LfsObjectAnswer missing{.object = sample()};
  missing.error = LfsObjectError{.code = 404, .message = "not here"};
  answer.objects = {needed, there, missing};
  CHECK(parse_lfs_batch_answer(to_json(answer)) == answer);
  // Clients take the mere presence of "actions" for work to do.
  LfsBatchAnswer have;
  have.objects = {there};
  CHECK(to_json(have).find("actions") == std::string::npos);
}

TEST_CASE("an answer without a transfer means basic", "[wire][lfs]") {
  CHECK(parse_lfs_batch_answer(R"({"objects":[]})").transfer == "basic");
  CHECK(parse_lfs_batch_answer(R"({"transfer":"","objects":[]})").transfer == "basic");
}

TEST_CASE("an answer cannot smuggle header lines, other schemes or credentials", "[wire][lfs]") {
  const std::string head = R"({"objects":[{"oid":")" + kOid + R"(","size":1,"actions":{"upload":{)";
  CHECK(message_of(head + R"("href":"file:///etc/passwd"}}}]})") ==
        "lfs batch answer: objects[0].actions.upload.href is not an http or https URL");
  CHECK(message_of(head + R"("href":"http://user:pw@h/x"}}}]})") ==
        "lfs batch answer: objects[0].actions.upload.href is not an http or https URL");
  CHECK(message_of(head + R"("href":"http://h/x","header":{"A":"b\r\nC: d"}}}}]})") ==
        "lfs batch answer: objects[0].actions.upload.header.A cannot stand in a header line");
  CHECK(message_of(head + R"("href":"http://h/x","header":{"A:b":"c"}}}}]})") ==
        "lfs batch answer: objects[0].actions.upload.header.A:b is not a header name");
  CHECK(message_of(head + R"("href":"http://h/x","header":{"A":5}}}}]})") ==
        "lfs batch answer: objects[0].actions.upload.header.A is not text");
  CHECK(message_of(R"({"objects":[],"hash_algo":"sha512"})") ==
        "lfs batch answer: hash_algo is not sha256");
}

TEST_CASE("an LFS error is written without what is not known", "[wire][lfs]") {
  CHECK(to_json(LfsError{.message = "m", .request_id = {}, .documentation_url = {}}) ==
        R"({"message":"m"})");
}

TEST_CASE("verify bodies survive a round trip", "[wire][lfs]") {
  CHECK(parse_lfs_verify(to_json(sample())) == sample());
}
