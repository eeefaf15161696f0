#include <mhub/wire/hub_commit.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

TEST_CASE("each kind of commit line is read", "[wire][hub_commit]") {
  const auto header = std::get<CommitHeader>(parse_commit_line(
      R"({"key":"header","value":{"summary":"Add","description":"","parentCommit":"ABCDEF1"}})"));
  CHECK(header.summary == "Add");
  CHECK(header.description.empty());
  CHECK(header.parent_commit == "abcdef1");

  const auto file = std::get<CommitFile>(parse_commit_line(
      R"({"key":"file","value":{"path":"a/b","content":"aGk=","encoding":"base64"}})"));
  CHECK(file.path == "a/b");
  CHECK(as_text(file.content) == "hi");
  CHECK(as_text(std::get<CommitFile>(
                    parse_commit_line(
                        R"({"key":"file","value":{"path":"a","content":"h\u00fc","oldPath":"o"}})"))
                    .content) == "h\xc3\xbc");

  const auto large = std::get<CommitLargeFile>(
      parse_commit_line(R"({"key":"lfsFile","value":{"path":"m","algo":"sha256","oid":")" +
                        std::string(64, 'a') + R"(","oldPath":"n"}})"));
  CHECK(large.sha256.hex() == std::string(64, 'a'));
  CHECK_FALSE(large.size_bytes.has_value());
  CHECK(large.old_path == "n");

  const auto folder = std::get<CommitDeletion>(
      parse_commit_line(R"({"key":"deletedFolder","value":{"path":"sub/"}})"));
  CHECK(folder.what == CommitDeletion::What::folder);
  CHECK(folder.path == "sub");
  CHECK(
      std::get<CommitDeletion>(parse_commit_line(R"({"key":"deletedFile","value":{"path":"x/"}})"))
          .path == "x/");
  CHECK(
      std::get<CommitDeletion>(parse_commit_line(R"({"key":"deletedEntry","value":{"path":"x"}})"))
          .what == CommitDeletion::What::either);
  const auto copy = std::get<CommitCopy>(parse_commit_line(
      R"({"key":"copyFile","value":{"path":"x","srcPath":"y","srcRevision":null}})"));
  CHECK(copy.source_path == "y");
  CHECK(copy.source_revision.empty());
}

TEST_CASE("commit lines that are wrong are refused by name", "[wire][hub_commit]") {
  const auto refuses = [](const std::string& line) {
    INFO(line);
    CHECK_THROWS_MATCHES(parse_commit_line(line), Error, test::HasKind(ErrorKind::corrupt));
  };
  refuses("{");
  refuses("[]");
  refuses(R"({"key":"header"})");
  refuses(R"({"key":"surprise","value":{}})");
  refuses(R"({"key":"file","value":{"path":"a","content":"?","encoding":"base64"}})");
  refuses(R"({"key":"file","value":{"path":"a","content":"a","encoding":"rot13"}})");
  refuses(R"({"key":"file","value":{"content":"a"}})");
  refuses(R"({"key":"file","value":{"path":7,"content":"a"}})");
  refuses(R"({"key":"lfsFile","value":{"path":"a","oid":"short"}})");
  refuses(R"({"key":"lfsFile","value":{"path":"a","algo":"md5","oid":")" + std::string(64, 'a') +
          R"("}})");
  refuses(R"({"key":"header","value":{"summary":"s","parentCommit":"main"}})");
  refuses(R"({"key":"header","value":{"summary":"s","parentCommit":"abc"}})");
  refuses(R"({"key":"file","value":{"path":"a","content":")" +
          std::string(kCommitLineMaxBytes, 'a') + R"("}})");
}

TEST_CASE("a commit's answer names a pull request only where there is one", "[wire][hub_commit]") {
  CHECK(to_json(CommitAnswer{"0123", "http://h/o/n/commit/0123", ""}) ==
        R"({"success":true,"commitOid":"0123","commitUrl":"http://h/o/n/commit/0123",)"
        R"("hookOutput":""})");
  const CommitAnswer read =
      parse_commit_answer(to_json(CommitAnswer{"0123", "u", "http://h/o/n/discussions/1"}));
  CHECK(read.commit_oid == "0123");
  CHECK(read.commit_url == "u");
  CHECK(read.pull_request_url == "http://h/o/n/discussions/1");
  CHECK_THROWS(parse_commit_answer(R"({"success":true})"));
  CHECK(to_json(CommitAnswer{"0", "u", "http://h/o/n/discussions/1"}).find("pullRequestUrl") !=
        std::string::npos);
}
