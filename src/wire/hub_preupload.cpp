#include <mhub/wire/hub_preupload.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxBodyBytes = std::size_t{8} << 20;
constexpr std::size_t kMaxPathBytes = 8192;
constexpr std::size_t kMaxSampleText = 4096;
constexpr std::size_t kMaxRulesBytes = std::size_t{1} << 20;
constexpr JsonLimits kLimits{.bytes = kMaxBodyBytes, .values = 10 * kPreuploadMaxFiles};

PreuploadFile read_file(const JsonField& field) {
  PreuploadFile file;
  file.path = field.at("path").text(kMaxPathBytes);
  file.size_bytes = field.unsigned_or("size", INT64_MAX, 0);
  if (const auto sample = field.find("sample")) {
    auto bytes = from_base64(sample->text(kMaxSampleText));
    if (!bytes) sample->fail("is not base64");
    file.sample = std::move(*bytes);
    if (file.sample.size() > kPreuploadSampleBytes) file.sample.resize(kPreuploadSampleBytes);
  }
  return file;
}

std::optional<std::string> read_rules(const JsonField& root, std::string_view key) {
  const auto field = root.find(key);
  if (!field) return std::nullopt;
  return field->text(kMaxRulesBytes);
}

}  // namespace

PreuploadRequest parse_preupload_request(std::string_view json) {
  const Json document = parse_json(json, kLimits, "preupload request");
  const JsonField root(document, "preupload request");
  PreuploadRequest request;
  root.at("files").each(kPreuploadMaxFiles,
                        [&](const JsonField& field) { request.files.push_back(read_file(field)); });
  request.git_ignore = read_rules(root, "gitIgnore");
  request.git_attributes = read_rules(root, "gitAttributes");
  return request;
}

std::string to_json(const PreuploadRequest& request) {
  OrderedJson json = {{"files", OrderedJson::array()}};
  for (const PreuploadFile& file : request.files) {
    json["files"].push_back(
        {{"path", file.path}, {"size", file.size_bytes}, {"sample", to_base64(file.sample)}});
  }
  if (request.git_ignore) json["gitIgnore"] = *request.git_ignore;
  if (request.git_attributes) json["gitAttributes"] = *request.git_attributes;
  return dump(json);
}

PreuploadAnswer parse_preupload_answer(std::string_view json) {
  const Json document = parse_json(json, kLimits, "preupload answer");
  const JsonField root(document, "preupload answer");
  PreuploadAnswer answer;
  answer.commit_oid = root.text_or("commitOid", kMaxSampleText);
  root.at("files").each(kPreuploadMaxFiles, [&](const JsonField& field) {
    PreuploadAnswer::File file;
    file.path = field.at("path").text(kMaxPathBytes);
    const JsonField mode_field = field.at("uploadMode");
    const std::string& mode = mode_field.text(kMaxPathBytes);
    if (mode != "lfs" && mode != "regular") mode_field.fail("is neither lfs nor regular");
    file.is_large = mode == "lfs";
    file.should_ignore = field.boolean_or("shouldIgnore", false);
    file.oid = field.text_or("oid", kMaxPathBytes);
    answer.files.push_back(std::move(file));
  });
  return answer;
}

std::string to_json(const PreuploadAnswer& answer) {
  OrderedJson json;
  if (!answer.commit_oid.empty()) json["commitOid"] = answer.commit_oid;
  OrderedJson& files = json["files"] = OrderedJson::array();
  for (const PreuploadAnswer::File& file : answer.files) {
    OrderedJson one;
    one["path"] = file.path;
    one["uploadMode"] = file.is_large ? "lfs" : "regular";
    one["shouldIgnore"] = file.should_ignore;
    if (!file.oid.empty()) one["oid"] = file.oid;
    files.push_back(std::move(one));
  }
  return dump(json);
}

}  // namespace mhub::wire
