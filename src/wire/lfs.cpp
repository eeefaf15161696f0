#include <algorithm>
#include <array>

#include <mhub/wire/lfs.hpp>
#include <mhub/wire/xet_token.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::uint64_t kMaxObjectBytes = std::uint64_t{1} << 62;
constexpr std::size_t kMaxTransfers = 32;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxRefBytes = 4096;
constexpr std::size_t kMaxMessageBytes = 65536;
// A multipart answer carries one header a part, and an object may have ten thousand parts.
constexpr std::size_t kMaxHeaders = 10100;
// Some twenty an object, and many more where a few have headers by part.
constexpr JsonLimits kLimits{.bytes = kLfsMaxBodyBytes, .values = std::size_t{1} << 18};

LfsObject read_object(const JsonField& field) {
  return {.oid = field.at("oid").sha256(),
          .size_bytes = field.at("size").unsigned_number(kMaxObjectBytes)};
}

OrderedJson write_object(const LfsObject& object) {
  return {{"oid", object.oid.hex()}, {"size", object.size_bytes}};
}

LfsAction read_action(const JsonField& field) {
  LfsAction action;
  action.href = field.at("href").url();
  if (const auto header = field.find("header")) {
    header->each_member(kMaxHeaders, [&](const std::string& name, const JsonField& value) {
      if (!is_header_name(name)) value.fail("is not a header name");
      action.header.emplace(name, value.header_value(kXetTokenMaxBytes));
    });
  }
  if (const auto seconds = field.find("expires_in")) action.expires_in_s = seconds->signed_number();
  action.expires_at = field.text_or("expires_at", kMaxNameBytes);
  return action;
}

OrderedJson write_action(const LfsAction& action) {
  OrderedJson json = {{"href", action.href}};
  if (!action.header.empty()) json["header"] = action.header;
  if (action.expires_in_s) json["expires_in"] = *action.expires_in_s;
  if (!action.expires_at.empty()) json["expires_at"] = action.expires_at;
  return json;
}

struct NamedAction {
  const char* name;
  std::optional<LfsAction> LfsObjectAnswer::*member;
};
constexpr std::array<NamedAction, 3> kActions{{{"download", &LfsObjectAnswer::download},
                                               {"upload", &LfsObjectAnswer::upload},
                                               {"verify", &LfsObjectAnswer::verify}}};

LfsObjectAnswer read_object_answer(const JsonField& field) {
  LfsObjectAnswer answer;
  answer.object.oid = field.at("oid").sha256();
  answer.authenticated = field.boolean_or("authenticated", false);
  if (const auto error = field.find("error")) {
    answer.error = LfsObjectError{
        .code = static_cast<int>(error->unsigned_or("code", 999, 0)),
        .message = error->text_or("message", kMaxMessageBytes),
    };
    // Some servers leave the size out of an object that they refuse.
    answer.object.size_bytes = field.unsigned_or("size", kMaxObjectBytes, 0);
    return answer;
  }
  answer.object.size_bytes = field.at("size").unsigned_number(kMaxObjectBytes);
  if (const auto actions = field.find("actions")) {
    for (const auto& [name, member] : kActions) {
      if (const auto action = actions->find(name)) answer.*member = read_action(*action);
    }
  }
  return answer;
}

OrderedJson write_object_answer(const LfsObjectAnswer& answer) {
  OrderedJson json = write_object(answer.object);
  if (answer.authenticated) json["authenticated"] = true;
  OrderedJson actions = OrderedJson::object();
  for (const auto& [name, member] : kActions) {
    if (answer.*member) actions[name] = write_action(*(answer.*member));
  }
  if (!actions.empty()) json["actions"] = std::move(actions);
  if (answer.error) {
    json["error"] = {{"code", answer.error->code}, {"message", answer.error->message}};
  }
  return json;
}

}  // namespace

std::string_view name_of(LfsOperation operation) {
  switch (operation) {
    case LfsOperation::download:
      return "download";
    case LfsOperation::upload:
      return "upload";
  }
  MHUB_ASSERT(false);
}

bool LfsBatchRequest::offers(std::string_view transfer) const {
  return transfer == kTransferBasic || std::ranges::find(transfers, transfer) != transfers.end();
}

LfsBatchRequest parse_lfs_batch_request(std::string_view json) {
  const Json document = parse_json(json, kLimits, "lfs batch request");
  const JsonField root(document, "lfs batch request");
  LfsBatchRequest request;
  const JsonField operation = root.at("operation");
  const std::string& name = operation.text(kMaxNameBytes);
  if (name == name_of(LfsOperation::upload)) {
    request.operation = LfsOperation::upload;
  } else if (name != name_of(LfsOperation::download)) {
    operation.fail("is neither download nor upload");
  }
  if (const auto transfers = root.find("transfers")) {
    transfers->each(kMaxTransfers, [&](const JsonField& transfer) {
      request.transfers.push_back(transfer.text(kMaxNameBytes));
    });
  }
  if (const auto ref = root.find("ref")) request.ref = ref->text_or("name", kMaxRefBytes);
  if (const auto algo = root.find("hash_algo")) request.hash_algo = algo->text(kMaxNameBytes);
  const JsonField objects = root.at("objects");
  if (const std::size_t count = document["objects"].size(); count > kLfsBatchMaxObjects)
    throw LfsBatchTooLarge(ErrorKind::corrupt, "lfs batch request has {} objects, more than {}",
                           count, kLfsBatchMaxObjects);
  objects.each(kLfsBatchMaxObjects,
               [&](const JsonField& object) { request.objects.push_back(read_object(object)); });
  return request;
}

std::string to_json(const LfsBatchRequest& request) {
  OrderedJson json = {{"operation", name_of(request.operation)}};
  if (!request.transfers.empty()) json["transfers"] = request.transfers;
  if (!request.ref.empty()) json["ref"] = {{"name", request.ref}};
  json["objects"] = OrderedJson::array();
  for (const LfsObject& object : request.objects) json["objects"].push_back(write_object(object));
  json["hash_algo"] = request.hash_algo;
  return dump(json);
}

LfsBatchAnswer parse_lfs_batch_answer(std::string_view json) {
  const Json document = parse_json(json, kLimits, "lfs batch answer");
  const JsonField root(document, "lfs batch answer");
  LfsBatchAnswer answer;
  if (const auto transfer = root.find("transfer")) {
    const std::string& name = transfer->text(kMaxNameBytes);
    if (!name.empty()) answer.transfer = name;
  }
  if (const auto algo = root.find("hash_algo")) {
    const std::string& name = algo->text(kMaxNameBytes);
    if (!name.empty() && name != "sha256") algo->fail("is not sha256");
  }
  root.at("objects").each(kLfsBatchMaxObjects, [&](const JsonField& object) {
    answer.objects.push_back(read_object_answer(object));
  });
  return answer;
}

std::string to_json(const LfsBatchAnswer& answer) {
  OrderedJson json = {{"transfer", answer.transfer}, {"objects", OrderedJson::array()}};
  for (const LfsObjectAnswer& object : answer.objects) {
    json["objects"].push_back(write_object_answer(object));
  }
  json["hash_algo"] = "sha256";
  return dump(json);
}

LfsObject parse_lfs_verify(std::string_view json) {
  const Json document = parse_json(json, kLimits, "lfs verify request");
  return read_object(JsonField(document, "lfs verify request"));
}

std::string to_json(const LfsObject& object) {
  return dump(write_object(object));
}

std::string to_json(const LfsError& error) {
  OrderedJson json = {{"message", error.message}};
  if (!error.request_id.empty()) json["request_id"] = error.request_id;
  if (!error.documentation_url.empty()) json["documentation_url"] = error.documentation_url;
  return dump(json);
}

}  // namespace mhub::wire
