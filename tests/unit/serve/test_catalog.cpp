// Catalogs of older versions of the hub.

#include "catalog/catalog.hpp"
#include "catalog/facts.hpp"
#include "catalog/schema.hpp"
#include "support/matchers.hpp"
#include "support/sqlite.hpp"

namespace mhub::serve {
namespace {

using test::TemporaryFolder;

ListingPage list(RepoFactsTable& facts, const ListingFilter& filter) {
  Viewer everything;
  everything.sees_all = true;
  return facts.list(everything, filter);
}

TEST_CASE("a catalog from before SDKs and parameters is brought up to date", "[serve][catalog]") {
  const TemporaryFolder folder;
  const auto file = folder / "catalog.db";
  make_old_catalog(file, 13);
  test::run_sql(file, R"sql(
INSERT INTO users(id, name, name_key, is_admin, created) VALUES
  (1, 'ada', 'ada', 0, 1700000000);
INSERT INTO repos(id, type, owner, name, owner_key, name_key, private, created, gating, creator_id)
  VALUES(1, 0, 'ada', 'Weights', 'ada', 'weights', 0, 1700000001, 0, 1),
        (2, 0, 'ada', 'plain', 'ada', 'plain', 1, 1700000002, 2, NULL),
        (3, 2, 'ada', 'app', 'ada', 'app', 0, 1700000003, 0, 1);
INSERT INTO repo_facts(repo_id, head, modified, pipeline_tag, library_name, sdk, tags, card, config)
  VALUES(1, 'aa', 1700000011, '', '', '', '[["library","safetensors"]]', '', ''),
        (2, 'bb', 1700000012, '', '', '', '[["license","license:mit"]]', '{"license":"mit"}', ''),
        (3, 'cc', 1700000013, '', '', 'static', '[["sdk","static"]]', '', '');
INSERT INTO repo_tags(tag_key, repo_id, kind, tag, shown)
  VALUES('safetensors', 1, 'library', 'safetensors', 1),
        ('license:mit', 2, 'license', 'license:mit', 1),
        ('static', 3, 'sdk', 'static', 1))sql");
  const auto database = open_catalog_database(file);
  const auto catalog = sqlite_catalog(database);
  const auto facts = sqlite_facts(database);

  const auto app = catalog->find_repo(*wire::parse_repo_id("ada/app", wire::RepoType::space));
  REQUIRE(app);
  CHECK(app->sdk.empty());
  CHECK(app->creator_id == 1);
  const auto plain = catalog->find_repo(2);
  REQUIRE(plain);
  CHECK(plain->is_private);
  CHECK(plain->gating == wire::Gating::manual);
  CHECK_FALSE(plain->creator_id);

  // What was kept is shown, and found, until it is worked out anew.
  const auto kept = facts->find(1);
  REQUIRE(kept);
  CHECK(kept->head == "aa");
  CHECK(kept->parameters.empty());
  ListingFilter filter;
  CHECK(list(*facts, filter).repos.size() == 2);
  filter.tags = {"safetensors"};
  const auto page = list(*facts, filter);
  REQUIRE(page.repos.size() == 1);
  CHECK(page.repos[0].facts.head == "aa");
  // That is done for what may have parameters, and for nothing else.
  const auto heads = facts->kept_heads(0, 10);
  REQUIRE(heads.size() == 3);
  CHECK_FALSE(heads[0].head);
  CHECK(heads[1].head == "bb");
  CHECK(heads[2].head == "cc");
  CHECK(facts->repos_without(10).empty());

  RepoFacts counted = *kept;
  counted.parameters = {{"F32", 5}};
  counted.weights = "w";
  facts->put(1, counted);
  CHECK(facts->find(1) == counted);
  CHECK(facts->kept_heads(0, 1).at(0).head == "aa");
  const auto made = catalog->create_repo(*wire::parse_repo_id("ada/b", wire::RepoType::space),
                                         false, std::nullopt, "docker");
  CHECK(catalog->find_repo(made.id)->sdk == "docker");

  // Once.
  open_catalog_database(file);
  CHECK(facts->find(1) == counted);
}

TEST_CASE("models are found by the number of their parameters", "[serve][catalog]") {
  const TemporaryFolder folder;
  const auto database = open_catalog_database(folder / "catalog.db");
  const auto catalog = sqlite_catalog(database);
  const auto facts = sqlite_facts(database);
  const auto put = [&](const std::string& id, const wire::ParameterCounts& counts) {
    const auto repo =
        catalog->create_repo(*wire::parse_repo_id(id, wire::RepoType::model), false, std::nullopt);
    RepoFacts of;
    of.parameters = counts;
    facts->put(repo.id, of);
  };
  put("a/unknown", {});
  put("a/ten", {{"F32", 4}, {"I8", 6}});
  put("a/most", {{"F32", std::uint64_t{INT64_MAX}}});
  using Bound = std::optional<std::uint64_t>;
  const auto found = [&](Bound at_least, Bound at_most) {
    ListingFilter filter;
    filter.parameters_at_least = at_least;
    filter.parameters_at_most = at_most;
    std::string names;
    for (const ListedRepo& listed : list(*facts, filter).repos)
      names += listed.repo.name.name + " ";
    return names;
  };
  CHECK(found({}, {}) == "unknown ten most ");
  CHECK(found(0, {}) == "ten most ");
  CHECK(found(10, 10) == "ten ");
  CHECK(found(11, {}) == "most ");
  CHECK(found({}, 9).empty());
  CHECK(found({}, std::uint64_t{INT64_MAX}) == "ten most ");
  CHECK(list(*facts, {}).repos.at(1).facts.parameters ==
        wire::ParameterCounts{{"F32", 4}, {"I8", 6}});
}

}  // namespace
}  // namespace mhub::serve
