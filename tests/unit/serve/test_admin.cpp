#include <fstream>

#include <mhub/store/store.hpp>

#include "catalog/catalog.hpp"
#include "http/message.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using test::HasKind;
using test::TestHub;

std::string object_path(const std::string& repo, const std::string& content) {
  return "/" + repo + ".git/info/lfs/objects/" + sha256_of(as_bytes(content)).hex();
}

/// Pushes a commit with the pointer kept.bin to admin/a.
void push_pointer(const TestHub& hub, const std::string& kept) {
  const auto work = hub.folder() / "work";
  std::filesystem::create_directories(work);
  REQUIRE(hub.git(work, {"init", "-q", "-b", "main"}).exit_code == 0);
  std::ofstream(work / "kept.bin")
      << "version https://git-lfs.github.com/spec/v1\noid sha256:"
      << sha256_of(as_bytes(kept)).hex() << "\nsize " << kept.size() << "\n";
  REQUIRE(hub.git(work, {"add", "."}).exit_code == 0);
  REQUIRE(hub.git(work, {"commit", "-q", "-m", "x"}).exit_code == 0);
  REQUIRE(
      hub.git(work, {"push", "-q", hub.git_url("admin/a", hub.admin_token()), "main"}).exit_code ==
      0);
}

TEST_CASE("administration needs a hub", "[serve][admin]") {
  test::TemporaryFolder folder;
  CHECK_THROWS_MATCHES(serve::Admin::open(folder.path()), Error, HasKind(ErrorKind::not_found));
}

TEST_CASE("users come, get tokens, and go", "[serve][admin]") {
  TestHub hub;
  serve::Admin& admin = hub.admin();
  admin.create_user("Ann", false);
  CHECK_THROWS_MATCHES(admin.create_user("ann", false), Error, HasKind(ErrorKind::conflict));
  for (const char* bad : {"", "a b", "../x", "api", "datasets", "-a", "a--b"})
    CHECK_THROWS_MATCHES(admin.create_user(bad, false), Error, HasKind(ErrorKind::usage));
  CHECK_THROWS_MATCHES(admin.create_token("ann", "t", serve::TokenScope::admin, std::nullopt),
                       Error, HasKind(ErrorKind::denied));
  CHECK_THROWS_MATCHES(admin.create_token("none", "t", serve::TokenScope::read, std::nullopt),
                       Error, HasKind(ErrorKind::not_found));
  const std::string token =
      admin.create_token("ann", "laptop", serve::TokenScope::write, std::chrono::hours(1));
  CHECK(hub.ask("GET", "/api/whoami-v2", token).status == 200);
  const auto tokens = admin.list_tokens("ann");
  REQUIRE(tokens.size() == 1);
  CHECK(tokens[0].name == "laptop");
  CHECK(tokens[0].scope == serve::TokenScope::write);
  CHECK(tokens[0].expires_unix_s);
  CHECK(admin.list_tokens("").size() == 2);
  hub.make_repo("Ann/model");
  CHECK_THROWS_MATCHES(admin.remove_user("ann"), Error, HasKind(ErrorKind::conflict));
  admin.delete_repo({wire::RepoType::model, "ann", "MODEL"});
  admin.remove_user("ann");
  CHECK(hub.ask("GET", "/api/whoami-v2", token).status == 401);
  CHECK_THROWS_MATCHES(admin.revoke_token(tokens[0].id), Error, HasKind(ErrorKind::not_found));
  // The secret is nowhere in the data folder.
  for (const char* name : {"catalog.db", "catalog.db-wal"}) {
    const Bytes bytes =
        read_file(real_file_system(), hub.options().data_folder / name, std::uint64_t{1} << 30);
    CHECK(as_text(bytes).find(hub.admin_token().substr(3)) == std::string_view::npos);
  }
}

TEST_CASE("a CAS token dies with its user's rights", "[serve][admin]") {
  TestHub hub;
  const std::string ann = hub.make_user("ann");
  hub.make_repo("ann/model", true);
  const std::string token = hub.ask("GET", "/api/models/ann/model/xet-write-token/main", ann)
                                .header("x-xet-access-token");
  const std::string empty_file = "/v1/reconstructions/" + std::string(64, '0');
  CHECK(hub.ask("GET", empty_file, token).status == 200);
  hub.admin().delete_repo({wire::RepoType::model, "ann", "model"});
  CHECK(hub.ask("GET", empty_file, token).status == 403);
  hub.admin().remove_user("ann");
  CHECK(hub.ask("GET", empty_file, token).status == 401);
}

TEST_CASE("usage counts files once for each repository and bytes once", "[serve][admin]") {
  TestHub hub;
  hub.make_repo("admin/a");
  hub.make_repo("admin/b");
  const std::string content = test::noise(500000);
  for (const char* repo : {"admin/a", "admin/b"})
    REQUIRE(hub.ask("PUT", object_path(repo, content), hub.admin_token(), content).status == 200);
  const auto usage = hub.admin().usage();
  REQUIRE(usage.repos.size() == 2);
  for (const auto& repo : usage.repos) {
    CHECK(repo.files == 1);
    CHECK(repo.logical_bytes == 500000);
    CHECK(repo.git_bytes > 0);
  }
  CHECK(usage.store.logical_bytes == 500000);
}

TEST_CASE("the check finds what is lost", "[serve][admin]") {
  TestHub hub;
  hub.make_repo("admin/a");
  const std::string content = test::noise(500000);
  REQUIRE(hub.ask("PUT", object_path("admin/a", content), hub.admin_token(), content).status ==
          200);
  CHECK(hub.admin().check(silent_progress(), never_stopped()).clean());
  hub.stop();
  std::filesystem::remove_all(hub.options().data_folder / "store" / "xorbs");
  std::filesystem::remove_all(hub.options().data_folder / "git" / "1.git");
  const auto report = hub.admin().check(silent_progress(), never_stopped());
  CHECK_FALSE(report.clean());
  CHECK(report.store.missing.size() == 1);
  REQUIRE(report.git_faults.size() == 1);
  CHECK_THAT(report.git_faults[0], Catch::StartsWith("admin/a: "));
}

TEST_CASE("the check finds what commits need and the hub does not list", "[serve][admin]") {
  TestHub hub;
  hub.make_repo("admin/a");
  const std::string content = test::noise(300000);
  const std::string path = object_path("admin/a", content);
  REQUIRE(hub.ask("PUT", path, hub.admin_token(), content).status == 200);
  push_pointer(hub, content);
  CHECK(hub.admin().check(silent_progress(), never_stopped()).clean());
  const auto catalog = serve::open_sqlite_catalog(hub.options().data_folder / "catalog.db");
  const Sha256 sha256 = sha256_of(as_bytes(content));
  catalog->remove_files(1, {sha256}, INT64_MAX);
  const auto report = hub.admin().check(silent_progress(), never_stopped());
  REQUIRE(report.missing_files.size() == 1);
  CHECK_THAT(report.missing_files[0], Catch::Contains(sha256.hex()) && Catch::Contains("kept.bin"));

  // Nor does garbage collection take what only commits know of.
  store::CollectOptions options;
  options.grace = std::chrono::seconds(-10);
  hub.admin().collect_garbage(options, true, silent_progress(), never_stopped());
  CHECK(store::Store::open(hub.options().data_folder / "store")->find_file(sha256));
}

TEST_CASE("garbage collection copes with a repository whose folder is missing", "[serve][admin]") {
  TestHub hub;
  const auto repo = hub.make_repo("admin/a");
  hub.make_repo("admin/empty");
  const std::string content = test::noise(300000);
  const std::string path = object_path("admin/a", content);
  REQUIRE(hub.ask("PUT", path, hub.admin_token(), content).status == 200);
  const auto git = hub.options().data_folder / "git";
  std::filesystem::remove_all(git / "1.git");
  std::filesystem::remove_all(git / "2.git");
  store::CollectOptions options;
  options.grace = std::chrono::seconds(-10);
  hub.admin().collect_garbage(options, true, silent_progress(), never_stopped());
  CHECK(hub.ask("GET", path).body == content);

  // A start makes again what was empty, and leaves the gap where commits were.
  hub.stop();
  hub.start();
  CHECK(std::filesystem::exists(git / "2.git"));
  CHECK_FALSE(std::filesystem::exists(git / "1.git"));
  CHECK(hub.ask("GET", "/admin/empty/info/refs?service=git-upload-pack").status == 200);
}

TEST_CASE("garbage collection keeps what commits need and what is young", "[serve][admin]") {
  TestHub hub;
  hub.make_repo("admin/a");
  const std::string kept = test::noise(400000);
  const std::string loose = test::noise(400000);
  for (const auto& content : {kept, loose})
    REQUIRE(hub.ask("PUT", object_path("admin/a", content), hub.admin_token(), content).status ==
            200);
  push_pointer(hub, kept);

  store::CollectOptions options;
  auto& admin = hub.admin();
  admin.collect_garbage(options, false, silent_progress(), never_stopped());
  CHECK(hub.ask("GET", object_path("admin/a", loose)).status == 200);

  options.grace = std::chrono::seconds(-10);
  CHECK_THROWS_MATCHES(admin.collect_garbage(options, false, silent_progress(), never_stopped()),
                       Error, HasKind(ErrorKind::usage));
  options.dry_run = true;
  admin.collect_garbage(options, false, silent_progress(), never_stopped());
  CHECK(hub.ask("GET", object_path("admin/a", loose)).status == 200);
  options.dry_run = false;
  admin.collect_garbage(options, true, silent_progress(), never_stopped());
  CHECK(hub.ask("GET", object_path("admin/a", loose)).status == 404);
  CHECK(hub.ask("GET", object_path("admin/a", kept)).body == kept);
  CHECK(admin.check(silent_progress(), never_stopped()).clean());
}

TEST_CASE("grants that a killed garbage collection owed come with the next", "[serve][admin]") {
  TestHub hub;
  const serve::RepoInfo repo = hub.make_repo("admin/a");
  const std::string content = test::noise(400000);
  REQUIRE(hub.ask("PUT", object_path("admin/a", content), hub.admin_token(), content).status ==
          200);
  const auto database = hub.options().data_folder / "catalog.db";
  const auto record = store::Store::open(hub.options().data_folder / "store")
                          ->find_file(sha256_of(as_bytes(content)))
                          .value();
  const auto grant = [&] {
    return serve::open_sqlite_catalog(database)->find_grant({}, repo.id, record.terms[0].xorb);
  };
  test::run_sql(database, "DELETE FROM repo_xorbs");
  hub.admin().collect_garbage({}, false, silent_progress(), never_stopped());
  CHECK_FALSE(grant());
  serve::open_sqlite_catalog(database)->set_grants_pending(true);
  hub.admin().collect_garbage({}, false, silent_progress(), never_stopped());
  REQUIRE(grant());
  CHECK(grant()->covers({record.terms[0].first_chunk, record.terms[0].end_chunk}));
  CHECK_FALSE(serve::open_sqlite_catalog(database)->grants_pending());
}

TEST_CASE("a file that was listed anew meanwhile stays listed", "[serve][catalog]") {
  TestHub hub;
  const serve::RepoInfo repo = hub.make_repo("admin/a");
  const auto catalog = serve::open_sqlite_catalog(hub.options().data_folder / "catalog.db");
  const Sha256 file = sha256_of(as_bytes("content"));
  catalog->add_files(repo.id, {{file, 7, {}}}, {});
  catalog->remove_files(repo.id, {file}, serve::unix_now() - 100);
  CHECK(catalog->find_file(repo.id, file));
  catalog->remove_files(repo.id, {file}, serve::unix_now() + 100);
  CHECK_FALSE(catalog->find_file(repo.id, file));
}

TEST_CASE("a grant covers what lies wholly in one of its spans", "[serve][catalog]") {
  const serve::XorbGrant grant{{}, false, {{1, 3}, {5, 9}}};
  CHECK(grant.covers({1, 3}));
  CHECK(grant.covers({6, 8}));
  CHECK_FALSE(grant.covers({0, 1}));
  CHECK_FALSE(grant.covers({2, 4}));
  CHECK_FALSE(grant.covers({1, 9}));
  CHECK_FALSE(grant.covers({9, 10}));
  CHECK_FALSE(serve::XorbGrant{}.covers({0, 1}));
  CHECK(serve::XorbGrant{{}, true, {}}.covers({0, 100}));
}

}  // namespace
}  // namespace mhub
