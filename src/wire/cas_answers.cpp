#include <mhub/wire/cas_answers.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxStageBytes = 256;
constexpr std::size_t kMaxMessageBytes = 65536;
constexpr JsonLimits kLimits{.bytes = kCasAnswerMaxBytes, .values = 1000};

}  // namespace

bool parse_xorb_upload_answer(std::string_view json) {
  const Json document = parse_json(json, kLimits, "xorb upload answer");
  return JsonField(document, "xorb upload answer").at("was_inserted").boolean();
}

std::string xorb_upload_answer_json(bool was_inserted) {
  return dump({{"was_inserted", was_inserted}});
}

bool parse_shard_upload_answer(std::string_view json) {
  const Json document = parse_json(json, kLimits, "shard upload answer");
  return JsonField(document, "shard upload answer").at("result").signed_number() != 0;
}

std::string shard_upload_answer_json(bool was_new) {
  return dump({{"result", was_new ? 1 : 0}});
}

ShardProgress parse_shard_progress(std::string_view line) {
  const Json document = parse_json(line, kLimits, "shard progress");
  const JsonField root(document, "shard progress");
  const std::string& type = root.at("type").text(kMaxStageBytes);
  ShardProgress progress;
  if (type == "validating") {
    progress.kind = ShardProgress::Kind::validating;
    progress.verified = root.unsigned_or("verified", UINT64_MAX, 0);
    progress.total = root.unsigned_or("total", UINT64_MAX, 0);
  } else if (type == "committing") {
    progress.kind = ShardProgress::Kind::committing;
    progress.stage = root.text_or("stage", kMaxStageBytes);
  } else if (type == "result") {
    progress.kind = ShardProgress::Kind::result;
    if (const auto result = root.find("result")) progress.result = result->signed_number();
  } else if (type == "error") {
    progress.kind = ShardProgress::Kind::error;
    progress.message = root.text_or("message", kMaxMessageBytes);
    progress.retryable = root.boolean_or("retryable", false);
  }
  return progress;
}

std::string to_line(const ShardProgress& progress) {
  OrderedJson json;
  switch (progress.kind) {
    case ShardProgress::Kind::validating:
      json = {{"type", "validating"}, {"verified", progress.verified}, {"total", progress.total}};
      break;
    case ShardProgress::Kind::committing:
      json = {{"type", "committing"}, {"stage", progress.stage}};
      break;
    case ShardProgress::Kind::result:
      json = {{"type", "result"}};
      if (progress.result) json["result"] = *progress.result;
      break;
    case ShardProgress::Kind::error:
      json = {{"type", "error"}, {"message", progress.message}, {"retryable", progress.retryable}};
      break;
    case ShardProgress::Kind::unknown:
      MHUB_ASSERT(false);
  }
  return dump(json) + "\n";
}

}  // namespace mhub::wire
