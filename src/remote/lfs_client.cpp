#include <algorithm>
#include <unordered_map>

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/remote/lfs_client.hpp>

namespace mhub::remote {
namespace {

constexpr std::uint32_t kVerifyStallMs = 120'000;

std::string short_id(const Sha256& oid) {
  return oid.hex().substr(0, 12);
}

void add_media_type(net::Headers& headers) {
  headers.push_back({"Accept", std::string(wire::kLfsMediaType), false});
  headers.push_back({"Content-Type", std::string(wire::kLfsMediaType), false});
}

/// The answer's objects in the order of `asked`, each checked to be what was asked for.
std::vector<wire::LfsObjectAnswer> in_order(std::vector<wire::LfsObjectAnswer> answers,
                                            std::span<const wire::LfsObject> asked) {
  std::unordered_map<Sha256, std::size_t> places;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!places.emplace(answers[i].object.oid, i).second) {
      throw Error(ErrorKind::corrupt, "lfs batch answer names object {} twice",
                  short_id(answers[i].object.oid));
    }
  }
  if (answers.size() != asked.size()) {
    throw Error(ErrorKind::corrupt, "lfs batch answer has {} objects where {} were asked for",
                answers.size(), asked.size());
  }
  std::vector<wire::LfsObjectAnswer> ordered;
  ordered.reserve(asked.size());
  for (const wire::LfsObject& object : asked) {
    const auto place = places.find(object.oid);
    if (place == places.end()) {
      throw Error(ErrorKind::corrupt, "lfs batch answer lacks object {}", short_id(object.oid));
    }
    wire::LfsObjectAnswer& answer = answers[place->second];
    if (answer.error) answer.object.size_bytes = object.size_bytes;
    if (answer.object != object) {
      throw Error(ErrorKind::corrupt, "lfs batch answer says object {} has {} bytes, not {}",
                  short_id(object.oid), answer.object.size_bytes, object.size_bytes);
    }
    ordered.push_back(std::move(answer));
  }
  return ordered;
}

}  // namespace

std::vector<std::string> transfers_offered(wire::LfsOperation operation) {
  switch (operation) {
    case wire::LfsOperation::download:
      return {std::string(wire::kTransferMhubXet), std::string(wire::kTransferBasic)};
    case wire::LfsOperation::upload:
      return {std::string(wire::kTransferXet), std::string(wire::kTransferBasic)};
  }
  MHUB_ASSERT(false);
}

LfsClient::LfsClient(HubConnection& hub, std::string_view endpoint, std::string ref)
    : hub_(hub), ref_(std::move(ref)) {
  const net::Url url = net::require_url(endpoint);
  hub_.credentials().add_from_url(url, url.user, url.password);
  endpoint_ = url.str();
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

wire::LfsBatchAnswer LfsClient::batch(wire::LfsOperation operation,
                                      std::span<const wire::LfsObject> objects) {
  return batch(operation, objects, transfers_offered(operation));
}

wire::LfsBatchAnswer LfsClient::batch(wire::LfsOperation operation,
                                      std::span<const wire::LfsObject> objects,
                                      std::vector<std::string> transfers) {
  MHUB_ASSERT(objects.size() <= wire::kLfsBatchObjects);
  const wire::LfsBatchRequest body{.operation = operation,
                                   .transfers = std::move(transfers),
                                   .ref = ref_,
                                   .hash_algo = "sha256",
                                   .objects = {objects.begin(), objects.end()}};
  net::Request request;
  request.method = "POST";
  request.url = endpoint_ + "/objects/batch";
  add_media_type(request.headers);
  request.body = net::Body::of(to_json(body));
  request.retry = net::Retry::always;
  request.max_body_bytes = wire::kLfsMaxBodyBytes;
  const net::Response response = hub_.send(std::move(request), AuthStyle::basic);
  require_ok(response, "ask the hub about large files");
  wire::LfsBatchAnswer answer = wire::parse_lfs_batch_answer(response.body);
  if (!body.offers(answer.transfer)) {
    throw Error(ErrorKind::corrupt, "the hub chose the transfer {}, which was not offered",
                printable(answer.transfer));
  }
  answer.objects = in_order(std::move(answer.objects), objects);
  return answer;
}

wire::LfsObjectAnswer LfsClient::renewed(wire::LfsOperation operation,
                                         const wire::LfsObject& object) {
  wire::LfsBatchAnswer answer =
      batch(operation, std::span(&object, 1), {std::string(wire::kTransferBasic)});
  if (answer.objects.front().error) throw object_error(answer.objects.front());
  return std::move(answer.objects.front());
}

net::Response LfsClient::send_action(const wire::LfsObjectAnswer& answer,
                                     const wire::LfsAction& action, net::Request request) {
  request.url = action.href;
  for (const auto& [name, value] : action.header) {
    std::erase_if(request.headers, [&name = name](const net::Header& header) {
      return net::find_header({header}, name) != nullptr;
    });
    request.headers.push_back({name, value, true});
  }
  if (!answer.authenticated) return hub_.send(std::move(request), AuthStyle::basic);
  request.stop = &hub_.stop();
  request.progress = &hub_.progress();
  return hub_.http().send(request);
}

void LfsClient::upload(const wire::LfsObjectAnswer& answer, const net::Body& body) {
  if (answer.error) throw object_error(answer);
  if (answer.upload) put(answer, body);
  if (answer.verify) verify(answer);
}

void LfsClient::put(const wire::LfsObjectAnswer& answer, const net::Body& body) {
  const auto try_put = [&](const wire::LfsObjectAnswer& current) {
    net::Request request;
    request.method = "PUT";
    request.headers.push_back({"Content-Type", "application/octet-stream", false});
    request.body = body;
    return send_action(current, *current.upload, std::move(request));
  };
  fault_point("lfs.put");
  net::Response response = try_put(answer);
  if (response.status == 401 || response.status == 403) {
    // Servers say so when an action has ended.
    const auto fresh = renewed(wire::LfsOperation::upload, answer.object);
    if (!fresh.upload) return;
    response = try_put(fresh);
  }
  require_ok(response, fmt::format("upload object {}", short_id(answer.object.oid)));
}

void LfsClient::verify(const wire::LfsObjectAnswer& answer) {
  net::Request request;
  request.method = "POST";
  add_media_type(request.headers);
  request.body = net::Body::of(to_json(answer.object));
  request.retry = net::Retry::always;
  request.stall_limit_ms = kVerifyStallMs;
  const net::Response response = send_action(answer, *answer.verify, std::move(request));
  require_ok(response, fmt::format("verify object {}", short_id(answer.object.oid)));
}

Error object_error(const wire::LfsObjectAnswer& answer) {
  MHUB_ASSERT(answer.error.has_value());
  ErrorKind kind = ErrorKind::network;
  switch (answer.error->code) {
    case 404:
    case 410:
      kind = ErrorKind::not_found;
      break;
    case 401:
    case 403:
      kind = ErrorKind::denied;
      break;
    case 409:
    case 422:
      kind = ErrorKind::corrupt;
      break;
    default:
      break;
  }
  return Error(kind, "the hub refuses object {}: {} ({})", short_id(answer.object.oid),
               printable(answer.error->message.substr(0, 500)), answer.error->code);
}

}  // namespace mhub::remote
