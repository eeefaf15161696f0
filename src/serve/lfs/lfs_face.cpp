#include "lfs/lfs_face.hpp"

#include <atomic>
#include <unordered_map>
#include <unordered_set>

#include <mhub/base/fault.hpp>
#include <mhub/store/ingest.hpp>
#include <mhub/wire/xet_token.hpp>

#include "cas/tokens.hpp"
#include "content.hpp"
#include "http/gate.hpp"
#include "hub.hpp"
#include "lfs/links.hpp"

namespace mhub::serve {

namespace {

/// Bytes of an upload that wait for ingest, a connection.
constexpr std::size_t kUploadWindowBytes = 1 << 20;

Response lfs_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.with("Content-Type", std::string(wire::kLfsMediaType));
  return response;
}

Sha256 require_oid(std::string_view text) {
  const auto oid = Sha256::parse(text);
  if (!oid) throw Refused(422, "an object id is 64 hexadecimal digits");
  return *oid;
}

wire::LfsAction link_action(const Call& call, LinkUse use, const wire::LfsObject& object) {
  wire::LfsAction action;
  action.href = make_link(call, use, object);
  action.expires_in_s = kSignedUrlLifetimeS;
  return action;
}

std::string refresh_url(const Call& call, CasScope scope) {
  const std::string route = scope == CasScope::read      ? "/xet-read-token/main"
                            : scope == CasScope::propose ? "/xet-write-token/main?create_pr=1"
                                                         : "/xet-write-token/main";
  return call.url() + call.repo->name.api_path() + route;
}

wire::LfsBatchAnswer answer_downloads(Call& call, const wire::LfsBatchRequest& request) {
  wire::LfsBatchAnswer answer;
  const bool by_chunks = request.offers(wire::kTransferMhubXet);
  answer.transfer = std::string(by_chunks ? wire::kTransferMhubXet : wire::kTransferBasic);
  const auto token = by_chunks ? issue_cas_token(call, CasScope::read) : wire::XetToken{};
  for (const wire::LfsObject& object : request.objects) {
    wire::LfsObjectAnswer one;
    one.object = object;
    const auto file = call.hub.catalog->find_file(call.repo->id, object.oid);
    if (!file) {
      one.error = wire::LfsObjectError{404, "Object does not exist"};
    } else if (file->size_bytes != object.size_bytes) {
      one.error = wire::LfsObjectError{
          422, fmt::format("the object's size is {}, not {}", file->size_bytes, object.size_bytes)};
    } else if (by_chunks) {
      one.download = wire::to_lfs_action(
          wire::XetDownloadAction{refresh_url(call, CasScope::read), token, file->xet_hash});
    } else {
      one.authenticated = true;
      one.download = link_action(call, LinkUse::download, object);
    }
    answer.objects.push_back(std::move(one));
  }
  return answer;
}

/// Those of the objects that the repository holds, or holds from now on because their uploader may
/// read them elsewhere. Whoever is told that an object need not be sent has the grace period to
/// push: in the store, which garbage collection looks at later than at the catalog, and in the
/// catalog.
std::unordered_set<Sha256> find_or_link(Call& call, const std::vector<wire::LfsObject>& objects) {
  Hub& hub = call.hub;
  std::vector<Sha256> asked;
  std::vector<std::uint64_t> sizes;
  for (const wire::LfsObject& object : objects) {
    const bool is_listed = hub.catalog->find_file(call.repo->id, object.oid).has_value();
    if (!is_listed && !hub.catalog->may_read_file(call.who.viewer(), object.oid)) continue;
    asked.push_back(object.oid);
    sizes.push_back(object.size_bytes);
  }
  const auto records = hub.store->renew_files(asked);
  std::unordered_set<Sha256> present;
  std::vector<RepoFile> listed;
  std::vector<XorbGrant> grants;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& record = records[i];
    if (!record || record->size_bytes != sizes[i]) continue;
    if (!present.insert(record->sha256).second) continue;
    listed.push_back({record->sha256, record->size_bytes, record->xet_hash});
    const auto more = grants_of(*record);
    grants.insert(grants.end(), more.begin(), more.end());
  }
  if (!listed.empty()) hub.catalog->add_files(call.repo->id, listed, grants);
  return present;
}

wire::LfsBatchAnswer answer_uploads(Call& call, const wire::LfsBatchRequest& request) {
  wire::LfsBatchAnswer answer;
  const bool by_chunks = request.offers(wire::kTransferXet);
  answer.transfer = std::string(by_chunks ? wire::kTransferXet : wire::kTransferBasic);
  const CasScope scope = upload_scope(call);
  const auto token = by_chunks ? issue_cas_token(call, scope) : wire::XetToken{};
  const auto present = find_or_link(call, request.objects);
  for (const wire::LfsObject& object : request.objects) {
    wire::LfsObjectAnswer one;
    one.object = object;
    if (object.size_bytes > call.hub.options.limits.lfs_object_bytes) {
      one.error = wire::LfsObjectError{422, "the object is larger than this hub takes"};
    } else if (present.contains(object.oid)) {
      // No action: nothing to send.
    } else if (by_chunks) {
      one.upload =
          wire::to_lfs_action(wire::XetUploadAction{.refresh_url = refresh_url(call, scope),
                                                    .token = token,
                                                    .session_id = call.request->request_id,
                                                    .takes_announcements = true});
    } else {
      one.authenticated = true;
      one.upload = link_action(call, LinkUse::upload, object);
      one.verify = link_action(call, LinkUse::verify, object);
    }
    answer.objects.push_back(std::move(one));
  }
  return answer;
}

Response batch(Call& call) {
  wire::LfsBatchRequest request;
  try {
    request = wire::parse_lfs_batch_request(call.body);
  } catch (const wire::LfsBatchTooLarge& error) {
    throw Refused(413, error.message());
  } catch (const Error& error) {
    throw Refused(422, error.message());
  }
  if (!request.is_sha256()) throw Refused(409, "only the hash algorithm sha256 is offered");
  if (request.operation == wire::LfsOperation::download) {
    require_content(call);
    return lfs_response(200, wire::to_json(answer_downloads(call, request)));
  }
  // Clients do not say here what for: it may be a pull request, which whoever may discuss can make.
  require_discuss(call);
  require_content(call);
  return lfs_response(200, wire::to_json(answer_uploads(call, request)));
}

Response download(Call& call) {
  return file_response(call, require_file(call, require_oid(call.words[0])));
}

/// What of each xorb the uploader may use, asked once. Threads may share it.
class GrantCache {
public:
  bool covers(const Call& call, const store::ChunkPlace& place) {
    return grants_.with([&](auto& grants) {
      auto known = grants.find(place.xorb);
      if (known == grants.end()) {
        if (grants.size() >= kGrantsKept) grants.clear();
        auto grant = call.hub.catalog->find_grant(call.who.viewer(), call.repo->id, place.xorb);
        known = grants.emplace(place.xorb, std::move(grant)).first;
      }
      return known->second && known->second->covers({place.chunk, place.chunk + 1});
    });
  }

private:
  static constexpr std::size_t kGrantsKept = 4096;
  Synchronized<std::unordered_map<xet::XorbHash, std::optional<XorbGrant>>> grants_;
};

/// An object on its way in: cut into chunks while it arrives, and no part of it counts before size
/// and SHA-256 are right.
class ObjectConsumer : public BodyConsumer {
public:
  ObjectConsumer(std::shared_ptr<Call> call, const Sha256& oid)
      : call_(std::move(call)), oid_(oid) {
    if (call_->is_signed) expected_bytes_ = linked_size(*call_->request);
  }

  void consume(ByteView bytes) override {
    start();
    received_ += bytes.size();
    if (received_ > expected_bytes_.value_or(call_->hub.options.limits.lfs_object_bytes))
      throw Refused(422, "the object is larger than announced");
    file_->write(bytes);
  }

  Response finish() override {
    start();
    Hub& hub = call_->hub;
    const store::IngestedFile content = file_->finish();
    if (content.sha256 != oid_)
      throw Refused(422,
                    "the content's SHA-256 is " + content.sha256.hex() + ", not " + oid_.hex());
    if (expected_bytes_ && *expected_bytes_ != content.size_bytes)
      throw Refused(422, fmt::format("the object has {} bytes, not {}", content.size_bytes,
                                     *expected_bytes_));
    // A recipe that other repositories rely on stays as it is.
    std::optional<store::FileRecord> record;
    const auto known = hub.store->renew_files(std::span(&oid_, 1));
    if (known.front()) {
      record = *known.front();
    } else {
      ingest_->commit();
      record = hub.store->find_file(oid_);
      if (!record) throw Error(ErrorKind::internal, "an ingested file is not in the store");
    }
    fault_point("serve.before_register");
    hub.catalog->add_files(call_->repo->id, {{oid_, record->size_bytes, record->xet_hash}},
                           grants_of(*record));
    return lfs_response(200, "{}");
  }

private:
  void start() {
    if (file_) return;
    ingest_ = call_->hub.store->start_ingest();
    // A recipe that named chunks of others' would tell that they have them.
    ingest_->set_may_reference(
        [call = call_, grants = std::make_shared<GrantCache>()](const store::ChunkPlace& place) {
          return place.local && grants->covers(*call, place);
        });
    file_ = ingest_->start_file();
  }

  std::shared_ptr<Call> call_;
  Sha256 oid_;
  std::optional<std::uint64_t> expected_bytes_;
  std::uint64_t received_ = 0;
  std::unique_ptr<store::Ingest> ingest_;
  std::unique_ptr<store::FileIngest> file_;
};

std::unique_ptr<BodySink> upload(std::shared_ptr<Call> call) {
  const Sha256 oid = require_oid(call->words[0]);
  const auto length = call->request->content_length();
  if (length && *length > call->hub.options.limits.lfs_object_bytes)
    throw Refused(413, "the object is larger than this hub takes");
  Hub& hub = call->hub;
  return gated(hub.ingest_gate, call->holder(), [call, oid, &hub](HeldPass pass) {
    call->held = std::move(pass);
    // The first piece begins an ingest, which waits for garbage collection to end: not where
    // downloads run.
    const Spawn spawn =
        [&hub, has_begun = std::make_shared<std::atomic<bool>>(false)](std::function<void()> task) {
          (has_begun->exchange(true) ? hub.workers : hub.slow_workers).post(std::move(task));
        };
    return sink_to_consumer(spawn, hub.slow_spawn(), std::make_unique<ObjectConsumer>(call, oid),
                            kUploadWindowBytes);
  });
}

Response verify(Call& call) {
  wire::LfsObject object;
  try {
    object = wire::parse_lfs_verify(call.body);
  } catch (const Error& error) {
    throw Refused(422, error.message());
  }
  if (!call.words.empty() && object.oid != require_oid(call.words[0]))
    throw Refused(422, "the link is for another object");
  const auto file = call.hub.catalog->find_file(call.repo->id, object.oid);
  if (!file) throw Refused(404, "Object does not exist");
  if (file->size_bytes != object.size_bytes)
    throw Refused(422, fmt::format("the object's size is {}", file->size_bytes));
  return lfs_response(200, "{}");
}

Response no_locks(Call&) {
  throw Refused(404, "this hub does not offer locks");
}

}  // namespace

std::vector<Route> lfs_routes(const ServeLimits& limits) {
  const std::string base = "/{repo}/info/lfs";
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& path, Access access, Run run,
                       std::uint64_t body_limit, std::function<Response(Call&)> handle) {
    Route route;
    route.method = method;
    route.pattern = base + path;
    route.access = access;
    route.face = Face::lfs;
    route.run = run;
    route.body_limit_bytes = body_limit;
    route.handle = std::move(handle);
    routes.push_back(std::move(route));
  };
  constexpr std::uint64_t kSmallBody = 64 << 10;
  // Clients ask for a hundred objects at a time, some for more; this has room for 2000 and more.
  constexpr std::uint64_t kBatchBytes = 1 << 20;
  add(Method::post, "/objects/batch", Access::repo_read, Run::worker,
      std::min(limits.json_body_bytes, kBatchBytes), batch);
  add(Method::post, "/objects/verify", Access::repo_read, Run::worker, kSmallBody, verify);
  add(Method::post, "/objects/{oid}/verify", Access::lfs_read, Run::worker, kSmallBody, verify);
  add(Method::get, "/objects/{oid}", Access::lfs_read, Run::worker, 0, download);
  for (const Method method : {Method::get, Method::post}) {
    add(method, "/locks", Access::repo_read, Run::loop, kSmallBody, no_locks);
    add(method, "/locks/*", Access::repo_read, Run::loop, kSmallBody, no_locks);
  }
  Route put;
  put.method = Method::put;
  put.pattern = base + "/objects/{oid}";
  put.access = Access::lfs_write;
  put.face = Face::lfs;
  put.receive = upload;
  routes.push_back(std::move(put));
  return routes;
}

}  // namespace mhub::serve
