#include <mhub/base/text.hpp>
#include <mhub/wire/hub_commit.hpp>

#include "commit_file.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxPathBytes = 8192;
constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxRevisionBytes = 1024;
constexpr std::size_t kParentMinDigits = 5;
constexpr std::size_t kParentMaxDigits = 40;
constexpr JsonLimits kLineLimits{.bytes = kCommitLineMaxBytes, .values = 1000};

constexpr JsonLimits kAnswerLimits{.bytes = std::size_t{1} << 20, .values = 1000};

std::string write_line(std::string_view key, OrderedJson value) {
  return dump({{"key", key}, {"value", std::move(value)}});
}

std::string read_parent(const JsonField& value) {
  const auto field = value.find("parentCommit");
  if (!field) return {};
  std::string parent = lower_case(field->text(kParentMaxDigits));
  if (parent.empty()) return parent;
  if (parent.size() < kParentMinDigits ||
      parent.find_first_not_of("0123456789abcdef") != std::string::npos)
    field->fail("is no commit id");
  return parent;
}

Bytes read_content(const JsonField& value) {
  const JsonField content = value.at("content");
  const std::string& text = content.text(kCommitLineMaxBytes);
  const std::string encoding = value.text_or("encoding", kMaxPathBytes);
  if (encoding.empty() || encoding == "utf-8") {
    const ByteView bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
  }
  if (encoding != "base64") value.at("encoding").fail("is neither base64 nor utf-8");
  auto bytes = from_base64(text);
  if (!bytes) content.fail("is not base64");
  return std::move(*bytes);
}

CommitLargeFile read_large_file(const JsonField& value) {
  CommitLargeFile file;
  file.path = value.at("path").text(kMaxPathBytes);
  const std::string algorithm = value.text_or("algo", kMaxPathBytes);
  if (!algorithm.empty() && algorithm != "sha256") value.at("algo").fail("is not sha256");
  file.sha256 = value.at("oid").sha256();
  if (const auto size = value.find("size")) file.size_bytes = size->unsigned_number(INT64_MAX);
  file.old_path = value.text_or("oldPath", kMaxPathBytes);
  return file;
}

CommitDeletion read_deletion(const JsonField& value, CommitDeletion::What what) {
  CommitDeletion deletion{what, value.at("path").text(kMaxPathBytes)};
  if (what != CommitDeletion::What::file && deletion.path.ends_with('/')) deletion.path.pop_back();
  return deletion;
}

}  // namespace

CommitFile read_commit_file(const JsonField& value) {
  return {value.at("path").text(kMaxPathBytes), read_content(value),
          value.text_or("oldPath", kMaxPathBytes)};
}

CommitLine parse_commit_line(std::string_view line) {
  const Json document = parse_json(line, kLineLimits, "commit line");
  const JsonField root(document, "commit line");
  const JsonField key_field = root.at("key");
  const std::string& key = key_field.text(kMaxPathBytes);
  const JsonField value = root.at("value");
  if (key == "header") {
    return CommitHeader{value.text_or("summary", kMaxMessageBytes),
                        value.text_or("description", kMaxMessageBytes), read_parent(value)};
  }
  if (key == "file") return read_commit_file(value);
  if (key == "lfsFile") return read_large_file(value);
  if (key == "deletedFile") return read_deletion(value, CommitDeletion::What::file);
  if (key == "deletedFolder") return read_deletion(value, CommitDeletion::What::folder);
  if (key == "deletedEntry") return read_deletion(value, CommitDeletion::What::either);
  if (key == "copyFile") {
    return CommitCopy{value.at("path").text(kMaxPathBytes), value.at("srcPath").text(kMaxPathBytes),
                      value.text_or("srcRevision", kMaxRevisionBytes)};
  }
  key_field.fail("is no operation that is known");
}

std::string to_json(const CommitHeader& header) {
  OrderedJson value = {{"summary", header.summary}, {"description", header.description}};
  if (!header.parent_commit.empty()) value["parentCommit"] = header.parent_commit;
  return write_line("header", std::move(value));
}

std::string to_json(const CommitLargeFile& file) {
  OrderedJson value = {{"path", file.path}, {"algo", "sha256"}, {"oid", file.sha256.hex()}};
  if (file.size_bytes) value["size"] = *file.size_bytes;
  if (!file.old_path.empty()) value["oldPath"] = file.old_path;
  return write_line("lfsFile", std::move(value));
}

std::string to_json(const CommitDeletion& deletion) {
  const std::string_view key = deletion.what == CommitDeletion::What::file     ? "deletedFile"
                               : deletion.what == CommitDeletion::What::folder ? "deletedFolder"
                                                                               : "deletedEntry";
  return write_line(key, {{"path", deletion.path}});
}

CommitFileFrame commit_file_frame(std::string_view path) {
  const OrderedJson name = path;
  return {R"({"key":"file","value":{"path":)" + dump(name) + R"(,"encoding":"base64","content":")",
          R"("}})"};
}

CommitAnswer parse_commit_answer(std::string_view json) {
  const Json document = parse_json(json, kAnswerLimits, "commit answer");
  const JsonField root(document, "commit answer");
  CommitAnswer answer;
  answer.commit_oid = root.at("commitOid").text(kMaxRevisionBytes);
  answer.commit_url = root.text_or("commitUrl", kMaxPathBytes);
  answer.pull_request_url = root.text_or("pullRequestUrl", kMaxPathBytes);
  return answer;
}

std::string to_json(const CommitAnswer& answer) {
  OrderedJson json;
  json["success"] = true;
  json["commitOid"] = answer.commit_oid;
  json["commitUrl"] = answer.commit_url;
  json["hookOutput"] = "";
  if (!answer.pull_request_url.empty()) json["pullRequestUrl"] = answer.pull_request_url;
  return dump(json);
}

}  // namespace mhub::wire
