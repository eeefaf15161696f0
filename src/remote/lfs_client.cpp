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

/// Servers say so when an action is no longer good.
bool has_ended(const net::Response& response) {
  return response.status == 401 || response.status == 403;
}

/// The same host and port, or the same host reached by TLS instead of without.
bool is_same_hub(const net::Url& endpoint, const net::Url& other) {
  if (net::same_origin(endpoint, other)) return true;
  return endpoint.host == other.host && endpoint.scheme == "http" && other.scheme == "https";
}

void check_address(const net::Url& endpoint, const wire::LfsAction& action, bool is_token_route) {
  const net::Url target = net::require_url(action.href);
  constexpr std::string_view kHint =
      "the hub must know its own public address (mhub serve --public-url), also behind a proxy";
  if (endpoint.scheme == "https" && target.scheme != "https") {
    throw Error(ErrorKind::corrupt, "{} answers with an address without TLS: {}",
                endpoint.host_and_port(), net::display_url(action.href))
        .hint(std::string(kHint));
  }
  if (is_token_route && !is_same_hub(endpoint, target)) {
    throw Error(ErrorKind::corrupt, "{} sends us to another hub for tokens: {}",
                endpoint.host_and_port(), net::display_url(action.href))
        .hint(std::string(kHint));
  }
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

std::vector<std::string> transfers_offered(wire::LfsOperation operation, LfsDialect dialect) {
  if (dialect == LfsDialect::whole_files) return {std::string(wire::kTransferBasic)};
  switch (operation) {
    case wire::LfsOperation::download:
      if (dialect == LfsDialect::hugging_face) return {std::string(wire::kTransferBasic)};
      return {std::string(wire::kTransferMhubXet), std::string(wire::kTransferBasic)};
    case wire::LfsOperation::upload:
      return {std::string(wire::kTransferXet), std::string(wire::kTransferBasic)};
  }
  MHUB_ASSERT(false);
}

LfsClient::LfsClient(HubConnection& hub, std::string_view endpoint, std::string ref,
                     LfsDialect dialect)
    : hub_(hub), ref_(std::move(ref)), dialect_(dialect) {
  const net::Url url = net::require_url(endpoint);
  hub_.credentials().add_from_url(url, url.user, url.password);
  endpoint_ = url.str();
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

wire::LfsBatchAnswer LfsClient::batch(wire::LfsOperation operation,
                                      std::span<const wire::LfsObject> objects) {
  return batch(operation, objects, transfers_offered(operation, dialect_));
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
  check_addresses(net::require_url(endpoint_), answer);
  return answer;
}

wire::LfsObjectAnswer LfsClient::renewed(wire::LfsOperation operation,
                                         const wire::LfsObject& object) {
  wire::LfsBatchAnswer answer =
      batch(operation, std::span(&object, 1), {std::string(wire::kTransferBasic)});
  if (answer.objects.front().error) throw object_error(answer.objects.front());
  return std::move(answer.objects.front());
}

bool LfsClient::may_carry_credentials(const wire::LfsObjectAnswer& answer,
                                      const wire::LfsAction& action) const {
  if (answer.authenticated) return false;
  const auto target = net::parse_url(action.href);
  return target && net::same_origin(*target, net::require_url(endpoint_));
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
  if (may_carry_credentials(answer, action)) return hub_.send(std::move(request), AuthStyle::basic);
  request.stop = &hub_.stop();
  request.progress = &hub_.progress();
  return hub_.http().send(request);
}

void LfsClient::upload(const wire::LfsObjectAnswer& answer, const net::Body& body) {
  if (answer.error) throw object_error(answer);
  const auto used = answer.upload ? put(answer, body) : answer;
  if (used.verify) verify(used);
}

wire::LfsObjectAnswer LfsClient::put(const wire::LfsObjectAnswer& answer, const net::Body& body) {
  const auto try_put = [&](const wire::LfsObjectAnswer& current) {
    net::Request request;
    request.method = "PUT";
    request.headers.push_back({"Content-Type", "application/octet-stream", false});
    request.body = body;
    return send_action(current, *current.upload, std::move(request));
  };
  fault_point("lfs.put");
  wire::LfsObjectAnswer used = answer;
  net::Response response = try_put(used);
  if (has_ended(response)) {
    used = renewed(wire::LfsOperation::upload, answer.object);
    if (!used.upload) return used;
    response = try_put(used);
  }
  require_ok(response, fmt::format("upload object {}", short_id(answer.object.oid)));
  return used;
}

void LfsClient::verify(const wire::LfsObjectAnswer& answer) {
  const auto try_verify = [&](const wire::LfsObjectAnswer& current) {
    net::Request request;
    request.method = "POST";
    add_media_type(request.headers);
    request.body = net::Body::of(to_json(current.object));
    request.retry = net::Retry::always;
    request.stall_limit_ms = kVerifyStallMs;
    return send_action(current, *current.verify, std::move(request));
  };
  net::Response response = try_verify(answer);
  if (has_ended(response)) {
    const auto fresh = renewed(wire::LfsOperation::upload, answer.object);
    // The hub lists an object that it wants neither sent nor verified.
    if (!fresh.upload && !fresh.verify) return;
    if (fresh.verify) response = try_verify(fresh);
  }
  require_ok(response, fmt::format("verify object {}", short_id(answer.object.oid)));
}

void check_addresses(const net::Url& endpoint, const wire::LfsBatchAnswer& answer) {
  const bool by_chunks =
      answer.transfer == wire::kTransferXet || answer.transfer == wire::kTransferMhubXet;
  for (const wire::LfsObjectAnswer& object : answer.objects) {
    for (const auto* action : {&object.download, &object.upload, &object.verify}) {
      if (*action) check_address(endpoint, **action, by_chunks);
    }
  }
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
