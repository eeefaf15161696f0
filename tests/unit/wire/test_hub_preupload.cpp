#include <mhub/wire/hub_preupload.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

TEST_CASE("preupload requests are read as clients write them", "[wire][hub_preupload]") {
  const auto request = parse_preupload_request(
      R"({"files":[{"path":"a b/c.txt","size":3,"sample":"aGk="},{"path":"empty","size":0,)"
      R"("sample":""}],"gitIgnore":"*.tmp"})");
  REQUIRE(request.files.size() == 2);
  CHECK(request.files[0].path == "a b/c.txt");
  CHECK(request.files[0].size_bytes == 3);
  CHECK(as_text(request.files[0].sample) == "hi");
  CHECK(request.files[1].sample.empty());
  CHECK(request.git_ignore == "*.tmp");
  CHECK_FALSE(request.git_attributes.has_value());
}

TEST_CASE("preupload requests are bounded", "[wire][hub_preupload]") {
  std::string many = R"({"files":[)";
  for (std::size_t i = 0; i <= kPreuploadMaxFiles; ++i)
    many += R"({"path":"a","size":1,"sample":""},)";
  many.back() = ']';
  CHECK_THROWS(parse_preupload_request(many + "}"));
  CHECK_THROWS(parse_preupload_request(R"({"files":[{"path":"a","size":-1}]})"));
  CHECK_THROWS(parse_preupload_request(R"({"files":[{"path":"a","size":1,"sample":"*"}]})"));
  CHECK_THROWS(parse_preupload_request(R"({"files":{}})"));
  const auto cut = parse_preupload_request(R"({"files":[{"path":"a","size":9000,"sample":")" +
                                           to_base64(Bytes(1000)) + R"("}]})");
  CHECK(cut.files.front().sample.size() == kPreuploadSampleBytes);
}

TEST_CASE("a client's preupload request and the hub's answer are read back",
          "[wire][hub_preupload]") {
  PreuploadRequest request;
  request.files.push_back({"a \"b\"", 3, Bytes(3, std::byte{0xff})});
  request.git_ignore = "*.tmp\n";
  const PreuploadRequest read = parse_preupload_request(to_json(request));
  REQUIRE(read.files.size() == 1);
  CHECK(read.files[0].path == "a \"b\"");
  CHECK(read.files[0].size_bytes == 3);
  CHECK(read.files[0].sample == request.files[0].sample);
  CHECK(read.git_ignore == request.git_ignore);
  CHECK_FALSE(read.git_attributes);

  PreuploadAnswer answer;
  answer.commit_oid = std::string(40, 'a');
  answer.files.push_back({"a", true, false, "00"});
  answer.files.push_back({"b", false, true, ""});
  const PreuploadAnswer back = parse_preupload_answer(to_json(answer));
  CHECK(back.commit_oid == answer.commit_oid);
  REQUIRE(back.files.size() == 2);
  CHECK(back.files[0].is_large);
  CHECK(back.files[0].oid == "00");
  CHECK(back.files[1].should_ignore);
  CHECK_FALSE(back.files[1].is_large);
  CHECK_THROWS(parse_preupload_answer(R"({"files":[{"path":"a","uploadMode":"other"}]})"));
}

TEST_CASE("preupload answers always say whether a file is ignored", "[wire][hub_preupload]") {
  PreuploadAnswer answer;
  answer.files.push_back({"a", true, false, "00"});
  answer.files.push_back({"b", false, true, ""});
  CHECK(to_json(answer) ==
        R"({"files":[{"path":"a","uploadMode":"lfs","shouldIgnore":false,"oid":"00"},)"
        R"({"path":"b","uploadMode":"regular","shouldIgnore":true}]})");
}
