#include <mutex>

#include <mhub/remote/lfs_client.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

wire::LfsObject object(std::string_view content) {
  return {.oid = sha256_of(as_bytes(content)), .size_bytes = content.size()};
}

/// A server whose batch answer the test decides; other requests are recorded and answered 200.
struct LfsServer {
  std::function<wire::LfsBatchAnswer(const wire::LfsBatchRequest&)> answer;
  std::function<int(const Received&)> status = [](const Received&) { return 200; };
  std::mutex mutex;
  std::vector<wire::LfsBatchRequest> batches;
  std::vector<Received> others;

  Reply operator()(const Received& request) {
    const std::lock_guard lock(mutex);
    Reply reply;
    if (request.path.ends_with("/objects/batch")) {
      batches.push_back(wire::parse_lfs_batch_request(request.body));
      reply.body = to_json(answer(batches.back()));
      reply.headers.emplace_back("Content-Type", std::string(wire::kLfsMediaType));
    } else {
      others.push_back(request);
      reply.status = status(request);
    }
    return reply;
  }
};

struct Fixture {
  LfsServer lfs;
  HttpTestServer server{std::ref(lfs)};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), [this] {
                                Environment environment;
                                environment.mhub_endpoint = server.url();
                                environment.mhub_token = "tok";
                                return environment;
                              }()};
  HubConnection hub{http, credentials};
  LfsClient client{hub, server.url("/t/m.git/info/lfs"), "refs/heads/main"};

  wire::LfsObjectAnswer upload_answer(const wire::LfsObject& what, const std::string& path) {
    wire::LfsObjectAnswer answer{.object = what};
    answer.upload = wire::LfsAction{.href = server.url(path), .header = {{"X-Sig", "s"}}};
    answer.verify = wire::LfsAction{.href = server.url("/verify")};
    return answer;
  }
};

}  // namespace

TEST_CASE("a batch names the ref and what may be used, and answers come in order",
          "[remote][lfs]") {
  Fixture f;
  const std::vector<wire::LfsObject> objects{object("one"), object("second")};
  f.lfs.answer = [&](const wire::LfsBatchRequest&) {
    wire::LfsBatchAnswer answer;
    answer.objects = {{.object = objects[1]}, {.object = objects[0]}};
    answer.objects[0].error = wire::LfsObjectError{.code = 404, .message = "gone"};
    return answer;
  };
  const auto answer = f.client.batch(wire::LfsOperation::download, objects);
  REQUIRE(answer.objects.size() == 2);
  CHECK(answer.objects[0].object == objects[0]);
  CHECK(answer.objects[1].error->code == 404);
  CHECK(object_error(answer.objects[1]).kind() == ErrorKind::not_found);
  REQUIRE(f.lfs.batches.size() == 1);
  CHECK(f.lfs.batches[0].transfers == std::vector<std::string>{"mhub-xet", "basic"});
  CHECK(f.lfs.batches[0].ref == "refs/heads/main");
}

TEST_CASE("who wants whole files offers nothing else", "[remote][lfs]") {
  const std::vector<std::string> whole{"basic"};
  for (const auto operation : {wire::LfsOperation::upload, wire::LfsOperation::download}) {
    CHECK(transfers_offered(operation, LfsDialect::whole_files) == whole);
    CHECK(transfers_offered(operation, LfsDialect::mhub).size() == 2);
  }
}

TEST_CASE("a batch answer about other things than asked is refused", "[remote][lfs]") {
  Fixture f;
  const std::vector<wire::LfsObject> objects{object("one"), object("second")};
  wire::LfsBatchAnswer answer;
  SECTION("an object is missing") {
    answer.objects = {{.object = objects[0]}};
  }
  SECTION("an object comes twice") {
    answer.objects = {{.object = objects[0]}, {.object = objects[0]}};
  }
  SECTION("a foreign object") {
    answer.objects = {{.object = objects[0]}, {.object = object("else")}};
  }
  SECTION("another size") {
    answer.objects = {{.object = objects[0]}, {.object = objects[1]}};
    answer.objects[1].object.size_bytes = 7000;
  }
  SECTION("a transfer that was not offered") {
    answer.transfer = "multipart";
    answer.objects = {{.object = objects[0]}, {.object = objects[1]}};
  }
  f.lfs.answer = [&](const wire::LfsBatchRequest&) { return answer; };
  CHECK_THROWS_MATCHES(f.client.batch(wire::LfsOperation::upload, objects), Error,
                       HasKind(ErrorKind::corrupt));
}

TEST_CASE("an upload is PUT with the action's headers and verified", "[remote][lfs]") {
  Fixture f;
  const std::string content = "some bytes";
  f.client.upload(f.upload_answer(object(content), "/put"), net::Body::of(content));
  REQUIRE(f.lfs.others.size() == 2);
  CHECK(f.lfs.others[0].method == "PUT");
  CHECK(f.lfs.others[0].body == content);
  CHECK(f.lfs.others[0].header("x-sig") == "s");
  CHECK(f.lfs.others[0].header("content-type") == "application/octet-stream");
  CHECK(f.lfs.others[1].path == "/verify");
  CHECK(wire::parse_lfs_verify(f.lfs.others[1].body) == object(content));
}

TEST_CASE("an authenticated action gets no credentials of ours", "[remote][lfs]") {
  Fixture f;
  auto answer = f.upload_answer(object("x"), "/put");
  f.client.upload(answer, net::Body::of(std::string("x")));
  CHECK(f.lfs.others[0].header("authorization") == "Basic " + to_base64(as_bytes("mhub:tok")));
  answer.authenticated = true;
  f.client.upload(answer, net::Body::of(std::string("x")));
  CHECK(f.lfs.others[2].header("authorization").empty());
}

TEST_CASE("an action that has ended is asked for once more", "[remote][lfs]") {
  Fixture f;
  const std::string content = "some bytes";
  f.lfs.status = [](const Received& request) { return request.path == "/old" ? 403 : 200; };
  f.lfs.answer = [&](const wire::LfsBatchRequest& request) {
    wire::LfsBatchAnswer answer;
    answer.objects = {f.upload_answer(request.objects.at(0), "/new")};
    return answer;
  };
  f.client.upload(f.upload_answer(object(content), "/old"), net::Body::of(content));
  REQUIRE(f.lfs.batches.size() == 1);
  CHECK(f.lfs.batches[0].transfers == std::vector<std::string>{"basic"});
  CHECK(f.lfs.others.at(1).path == "/new");
  CHECK(f.lfs.others.at(1).body == content);

  f.lfs.status = [](const Received&) { return 403; };
  CHECK_THROWS_MATCHES(
      f.client.upload(f.upload_answer(object(content), "/old"), net::Body::of(content)), Error,
      HasKind(ErrorKind::denied));
}

TEST_CASE("what a renewed action says about verifying holds", "[remote][lfs]") {
  Fixture f;
  const std::string content = "some bytes";
  f.lfs.status = [](const Received& request) { return request.path == "/old" ? 403 : 200; };
  f.lfs.answer = [&](const wire::LfsBatchRequest& request) {
    wire::LfsBatchAnswer answer;
    answer.objects = {f.upload_answer(request.objects.at(0), "/new")};
    answer.objects[0].verify->href = f.server.url("/verify-anew");
    return answer;
  };
  f.client.upload(f.upload_answer(object(content), "/old"), net::Body::of(content));
  REQUIRE(f.lfs.others.size() == 3);
  CHECK(f.lfs.others[2].path == "/verify-anew");

  SECTION("nothing more, if the hub has the object by now") {
    f.lfs.answer = [&](const wire::LfsBatchRequest& request) {
      wire::LfsBatchAnswer answer;
      answer.objects = {{.object = request.objects.at(0)}};
      return answer;
    };
    f.client.upload(f.upload_answer(object(content), "/old"), net::Body::of(content));
    CHECK(f.lfs.others.size() == 4);
  }
}

TEST_CASE("a verify action that has ended is asked for once more", "[remote][lfs]") {
  Fixture f;
  const std::string content = "some bytes";
  f.lfs.status = [](const Received& request) { return request.path == "/verify" ? 403 : 200; };
  bool listed = false;
  f.lfs.answer = [&](const wire::LfsBatchRequest& request) {
    wire::LfsBatchAnswer answer;
    answer.objects = {f.upload_answer(request.objects.at(0), "/new")};
    answer.objects[0].verify->href = f.server.url("/verify-anew");
    if (listed) answer.objects = {{.object = request.objects.at(0)}};
    return answer;
  };
  f.client.upload(f.upload_answer(object(content), "/put"), net::Body::of(content));
  CHECK(f.lfs.others.back().path == "/verify-anew");
  CHECK(f.lfs.batches.size() == 1);
  listed = true;
  f.client.upload(f.upload_answer(object(content), "/put"), net::Body::of(content));
  CHECK(f.lfs.others.back().path == "/verify");

  listed = false;
  f.lfs.status = [](const Received& request) { return request.method == "PUT" ? 200 : 403; };
  CHECK_THROWS_MATCHES(
      f.client.upload(f.upload_answer(object(content), "/put"), net::Body::of(content)), Error,
      HasKind(ErrorKind::denied));
}

TEST_CASE("an action on another origin gets no credentials, not even that origin's",
          "[remote][lfs]") {
  Fixture f;
  LfsServer elsewhere;
  elsewhere.status = [](const Received&) { return 401; };
  const HttpTestServer other{std::ref(elsewhere)};
  f.credentials.add_from_url(net::require_url(other.url()), "me", "there");
  f.lfs.answer = [&](const wire::LfsBatchRequest& request) {
    wire::LfsBatchAnswer answer;
    answer.objects = {{.object = request.objects.at(0)}};
    answer.objects[0].upload = wire::LfsAction{.href = other.url("/put")};
    answer.objects[0].download = wire::LfsAction{.href = other.url("/get")};
    return answer;
  };
  const std::vector<wire::LfsObject> objects{object("x")};
  const auto answer = f.client.batch(wire::LfsOperation::upload, objects).objects.at(0);
  CHECK_THROWS_MATCHES(f.client.upload(answer, net::Body::of(std::string("x"))), Error,
                       HasKind(ErrorKind::denied));
  CHECK_THROWS_MATCHES(f.client.download(
                           answer, 0, [](std::uint64_t) {}, [](ByteView) {}),
                       Error, HasKind(ErrorKind::denied));
  REQUIRE(elsewhere.others.size() == 4);  // each once more after a new batch
  for (const Received& request : elsewhere.others) CHECK(request.header("authorization").empty());
}

TEST_CASE("a hub cannot name another hub's token route", "[remote][lfs]") {
  Fixture f;
  const std::vector<wire::LfsObject> objects{object("one")};
  const auto [operation, transfer] =
      GENERATE(std::pair{wire::LfsOperation::upload, wire::kTransferXet},
               std::pair{wire::LfsOperation::download, wire::kTransferMhubXet});
  std::string href;
  f.lfs.answer = [&](const wire::LfsBatchRequest& request) {
    wire::LfsBatchAnswer answer;
    answer.transfer = transfer;
    answer.objects = {{.object = request.objects.at(0)}};
    auto& action = operation == wire::LfsOperation::upload ? answer.objects[0].upload
                                                           : answer.objects[0].download;
    action = wire::LfsAction{.href = href};
    return answer;
  };
  for (const std::string bad :
       {"http://hub.example/token", "http://127.0.0.1:9/token", "https://hub.example/token"}) {
    href = bad;
    CHECK_THROWS_MATCHES(f.client.batch(operation, objects), Error, HasKind(ErrorKind::corrupt));
  }
  for (const std::string& good :
       {f.server.url("/token"), std::string("https://127.0.0.1:8443/token")}) {
    href = good;
    CHECK_NOTHROW(f.client.batch(operation, objects));
  }
}

TEST_CASE("a hub with TLS cannot name addresses without", "[remote][lfs]") {
  const net::Url endpoint = net::require_url("https://hub.example/t/m.git/info/lfs");
  wire::LfsBatchAnswer answer;
  answer.objects = {{.object = object("one")}};
  const auto member = GENERATE(&wire::LfsObjectAnswer::download, &wire::LfsObjectAnswer::upload,
                               &wire::LfsObjectAnswer::verify);
  answer.objects[0].*member = wire::LfsAction{.href = "http://hub.example/x"};
  CHECK_THROWS_MATCHES(check_addresses(endpoint, answer), Error, HasKind(ErrorKind::corrupt));
  answer.objects[0].*member = wire::LfsAction{.href = "https://store.example/x"};
  CHECK_NOTHROW(check_addresses(endpoint, answer));
  CHECK_NOTHROW(check_addresses(net::require_url("http://hub.example/lfs"), answer));
}

TEST_CASE("credentials in an LFS endpoint are used but not kept in it", "[remote][lfs]") {
  Fixture f;
  const std::string endpoint =
      "http://u:p@127.0.0.1:" + std::to_string(f.server.port()) + "/x/info/lfs/";
  LfsClient client(f.hub, endpoint, "");
  CHECK(client.endpoint() == f.server.url("/x/info/lfs"));
}
