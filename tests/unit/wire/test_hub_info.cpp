#include <utility>

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
  const auto all = nlohmann::json::parse(to_json(repo, {}));
  CHECK(all.at("cardData").at("license") == "mit");
  CHECK(all.at("config").at("model_type") == "bert");
  CHECK_FALSE(nlohmann::json::parse(to_json(described(), {})).contains("cardData"));
  const auto none = nlohmann::json::parse(
      to_json(repo, {.expand = {}, .siblings = false, .card = false, .config = false}));
  CHECK_FALSE(none.contains("cardData"));
  CHECK_FALSE(none.contains("siblings"));
  CHECK(none.at("pipeline_tag") == "text-generation");
}

TEST_CASE("parameters are told with their total, where they are known", "[wire][hub_info]") {
  RepoDescription repo = described();
  CHECK_FALSE(nlohmann::json::parse(to_json(repo, {})).contains("safetensors"));
  repo.parameters = {{"F32", 5}, {"I8", 2}};
  const nlohmann::json told{{"parameters", {{"F32", 5}, {"I8", 2}}}, {"total", 7}};
  CHECK(nlohmann::json::parse(to_json(repo, {})).at("safetensors") == told);
  const RepoProperties asked{.expand = {"safetensors"}};
  CHECK(nlohmann::json::parse(to_json(repo, asked)).at("safetensors") == told);
  const RepoProperties without{.expand = {"likes"}};
  CHECK_FALSE(nlohmann::json::parse(to_json(repo, without)).contains("safetensors"));
  RepoProperties listed;
  listed.safetensors = false;
  CHECK_FALSE(nlohmann::json::parse(to_json(repo, listed)).contains("safetensors"));
}

TEST_CASE("files may be given one by one while they are written", "[wire][hub_info]") {
  RepoDescription repo = described();
  const auto files = std::exchange(repo.siblings, {});
  int asked = 0;
  const EachSibling each = [&](const auto& write) {
    ++asked;
    for (const RepoSibling& file : files) write(file);
  };
  CHECK(to_json(repo, {}, each) == to_json(described(), {}));
  CHECK(asked == 1);
  const RepoProperties without{.expand = {"likes"}};
  CHECK(to_json(repo, without, each) == to_json(repo, without));
  CHECK(asked == 1);
  CHECK(to_json(repo, {}, [](const auto&) {}) == to_json(repo, {}));
}

}  // namespace
}  // namespace mhub::wire
