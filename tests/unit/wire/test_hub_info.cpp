#include <nlohmann/json.hpp>

#include <mhub/wire/hub_info.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"

namespace mhub::wire {
namespace {

const std::string kOid = "cd44947308b4b22228767cab8addd523d1de22abd9b23a10808e5fc295202e4f";

RepoDescription described() {
  return {.type = RepoType::model,
          .id = "alice/model",
          .unique_id = "7",
          .author = "alice",
          .is_private = true,
          .sha = std::string(40, 'a'),
          .created_at = "2026-01-31T12:00:00.000Z",
          .last_modified = "2026-02-01T12:00:00.000Z",
          .used_storage_bytes = 12,
          .downloads = 5,
          .likes = 6,
          .tags = {"license:mit", "en"},
          .pipeline_tag = "text-generation",
          .library_name = "transformers",
          .siblings = {{.path = "a \"b\".txt"},
                       {.path = "w.bin",
                        .blob_id = std::string(40, 'b'),
                        .size_bytes = 1048576,
                        .lfs_oid = Sha256::parse(kOid),
                        .pointer_size_bytes = 132}}};
}

TEST_CASE("a repository description survives a round trip", "[wire][hub_info]") {
  const RepoDescription repo = described();
  CHECK(parse_repo_description(to_json(repo, {}), RepoType::model) == repo);
  RepoDescription bare;
  bare.id = "alice/empty";
  const auto json = nlohmann::json::parse(to_json(bare, {}));
  CHECK(json.at("siblings").is_array());
  CHECK_FALSE(json.contains("sha"));
  CHECK_THROWS_WITH(parse_repo_description("{}", RepoType::model),
                    "repository description has no field id");
}

TEST_CASE("expand names the properties that are told", "[wire][hub_info]") {
  const RepoProperties some{.expand = {"likes", "sha", "inventedLater"}};
  const auto json = nlohmann::json::parse(to_json(described(), some));
  CHECK(json ==
        nlohmann::json{
            {"_id", "7"}, {"id", "alice/model"}, {"likes", 6}, {"sha", std::string(40, 'a')}});
}

TEST_CASE("card and config are written where they are wanted", "[wire][hub_info]") {
  RepoDescription repo = described();
  repo.card_json = R"({"license":"mit"})";
  repo.config_json = R"({"model_type":"bert"})";
  const std::vector<RepoDescription> repos{repo, {.id = "a/b"}};
  const auto all = nlohmann::json::parse(to_json(repos, {}));
  CHECK(all.at(0).at("cardData").at("license") == "mit");
  CHECK(all.at(0).at("config").at("model_type") == "bert");
  CHECK_FALSE(all.at(1).contains("cardData"));
  const auto none = nlohmann::json::parse(
      to_json(repos, {.expand = {}, .siblings = false, .card = false, .config = false}));
  CHECK_FALSE(none.at(0).contains("cardData"));
  CHECK_FALSE(none.at(0).contains("siblings"));
  CHECK(none.at(0).at("pipeline_tag") == "text-generation");
}

}  // namespace
}  // namespace mhub::wire
