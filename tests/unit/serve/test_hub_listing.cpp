#include <chrono>
#include <fstream>
#include <thread>

#include "hub_writer.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using namespace test;
using Ids = std::vector<std::string>;

std::string readme(const std::string& yaml) {
  return "---\n" + yaml + "\n---\n# Title\n";
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

Ids ids(const TestHub& hub, const std::string& path, const std::string& token = {}) {
  const auto answer = hub.ask("GET", path, token);
  INFO(path << ": " << answer.body);
  REQUIRE(answer.status == 200);
  Ids found;
  for (const json& item : json::parse(answer.body)) found.push_back(item.at("id"));
  return found;
}

/// All pages of a list, one after the other.
Ids all_pages(const TestHub& hub, std::string path, const std::string& token = {}) {
  Ids found;
  for (int page = 0; page < 100; ++page) {
    const auto answer = hub.ask("GET", path, token);
    REQUIRE(answer.status == 200);
    for (const json& item : json::parse(answer.body)) found.push_back(item.at("id"));
    const std::string link = answer.header("link");
    if (link.empty()) return found;
    path = link.substr(1, link.find('>') - 1);
  }
  FAIL("the pages do not end");
  return found;
}

void commit_card(const TestHub& hub, const serve::RepoInfo& repo, const std::string& yaml,
                 const std::string& more = {}) {
  HubWriter(hub, repo).commit_id(header_line("card") + file_line("README.md", readme(yaml)) + more);
}

TEST_CASE("models are found by what their cards and files say", "[serve][listing]") {
  TestHub hub;
  commit_card(
      hub, hub.make_repo("team/bert"),
      "license: mit\nlanguage:\n- en\n- de\ntags: [Tiny]\ndatasets: squad\n"
      "base_model: team/base",
      file_line("model.safetensors", "x") +
          file_line("config.json", R"({"architectures":["BertForMaskedLM"],"model_type":"bert"})"));
  commit_card(hub, hub.make_repo("team/llama"),
              "library_name: gguf\npipeline_tag: text-generation");
  hub.make_repo("team/empty");

  CHECK(ids(hub, "/api/models?filter=license:mit") == Ids{"team/bert"});
  CHECK(ids(hub, "/api/models?filter=en&filter=language:de&filter=tiny") == Ids{"team/bert"});
  CHECK(ids(hub, "/api/models?filter=en&filter=fr").empty());
  CHECK(ids(hub, "/api/models?filter=dataset%3Asquad") == Ids{"team/bert"});
  CHECK(ids(hub, "/api/models?filter=base_model:team/base") == Ids{"team/bert"});
  CHECK(ids(hub, "/api/models?filter=safetensors&filter=fill-mask&filter=transformers") ==
        Ids{"team/bert"});
  CHECK(ids(hub, "/api/models?pipeline_tag=text-generation") == Ids{"team/llama"});
  CHECK(ids(hub, "/api/models?library=gguf") == Ids{"team/llama"});
  CHECK(ids(hub, "/api/models?search=TEAM&search=ert") == Ids{"team/bert"});
  CHECK(ids(hub, "/api/models?inference=warm").empty());
  CHECK(hub.ask("GET", "/api/models?apps=vllm").status == 501);
  CHECK(hub.ask("GET", "/api/models?sort=beauty").status == 400);
  CHECK(hub.ask("GET", "/api/models?cursor=x").status == 400);

  const auto item = json::parse(hub.ask("GET", "/api/models?search=bert").body).at(0);
  CHECK(item.at("pipeline_tag") == "fill-mask");
  CHECK(item.at("library_name") == "transformers");
  CHECK(item.at("tags") == json{"transformers", "safetensors", "fill-mask", "Tiny", "en", "de",
                                "dataset:squad", "base_model:team/base", "license:mit"});
  CHECK_FALSE(item.contains("cardData"));
  CHECK_FALSE(item.contains("siblings"));
  CHECK_FALSE(item.contains("config"));
  const auto full =
      json::parse(hub.ask("GET", "/api/models?search=bert&full=true&cardData=1&config=True").body);
  CHECK(full.at(0).at("cardData").at("language") == json{"en", "de"});
  CHECK(full.at(0).at("config").at("model_type") == "bert");
  CHECK(full.at(0).at("siblings").size() == 4);  // .gitattributes too
  CHECK(json::parse(hub.ask("GET", "/api/models?search=llama&expand[]=tags&expand=cardData").body)
            .at(0)
            .size() == 4);

  // Of one repository, at its head and at an earlier commit.
  const auto info = json::parse(hub.ask("GET", "/api/models/team/bert").body);
  CHECK(info.at("cardData").at("license") == "mit");
  CHECK(info.at("tags") == item.at("tags"));
  commit_card(hub, *hub.admin().list_repos().begin(), "license: apache-2.0");
  const auto before = json::parse(
      hub.ask("GET", "/api/models/team/bert/revision/" + std::string(info["sha"])).body);
  CHECK(before.at("cardData").at("license") == "mit");
  CHECK(ids(hub, "/api/models?filter=license:mit").empty());
  CHECK(ids(hub, "/api/models?filter=license:apache-2.0") == Ids{"team/bert"});

  const auto tags = json::parse(hub.ask("GET", "/api/models-tags-by-type").body);
  CHECK(tags.at("license") ==
        json{{{"id", "license:apache-2.0"}, {"label", "apache-2.0"}, {"type", "license"}}});
}

TEST_CASE("datasets and spaces are found by their own kinds of tags", "[serve][listing]") {
  TestHub hub;
  commit_card(hub, hub.make_repo("team/qa", false, wire::RepoType::dataset),
              "language: en\ntask_categories: [question-answering]\nsize_categories: n<1K");
  commit_card(hub, hub.make_repo("team/demo", false, wire::RepoType::space),
              "sdk: gradio\nmodels: [team/bert]");
  CHECK(ids(hub, "/api/datasets?filter=task_categories:question-answering&filter=language:en") ==
        Ids{"team/qa"});
  CHECK(ids(hub, "/api/datasets?filter=size_categories%3An%3C1K") == Ids{"team/qa"});
  CHECK(ids(hub, "/api/spaces?filter=gradio&models=team/bert&linked=true") == Ids{"team/demo"});
  CHECK(ids(hub, "/api/spaces?datasets=team/qa").empty());
  const auto space = json::parse(hub.ask("GET", "/api/spaces/team/demo").body);
  CHECK(space.at("sdk") == "gradio");
  CHECK(json::parse(hub.ask("GET", "/api/datasets-tags-by-type").body)
            .at("size_categories")
            .at(0)
            .at("label") == "n<1K");
}

TEST_CASE("lists stand in the order that is asked for, page by page", "[serve][listing]") {
  TestHub hub;
  const Ids made{"t/d", "t/B", "t/a", "t/c", "u/e"};
  for (const auto& id : made) hub.make_repo(id);
  ids(hub, "/api/models");  // keeps what there is to keep
  run_sql(hub.options().data_folder / "catalog.db",
          "UPDATE repo_facts SET modified = 1000 + (repo_id % 3)");
  CHECK(all_pages(hub, "/api/models?limit=2") == made);
  const Ids newest(made.rbegin(), made.rend());
  CHECK(all_pages(hub, "/api/models?limit=2&sort=createdAt&direction=-1") == newest);
  CHECK(all_pages(hub, "/api/models?limit=2&sort=createdAt") == newest);
  CHECK(all_pages(hub, "/api/models?limit=2&sort=id&direction=1") ==
        Ids{"t/a", "t/B", "t/c", "t/d", "u/e"});
  // Numbers 1 to 5: equal times are told apart by number.
  CHECK(all_pages(hub, "/api/models?limit=1&sort=lastModified") ==
        Ids{"u/e", "t/B", "t/c", "t/d", "t/a"});
  CHECK(all_pages(hub, "/api/models?limit=2&sort=likes") == newest);
  CHECK(all_pages(hub, "/api/models?limit=1&search=t/&author=T&sort=downloads") ==
        Ids{"t/c", "t/a", "t/B", "t/d"});
}

TEST_CASE("lists show what the caller may see", "[serve][listing]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  commit_card(hub, hub.make_repo("alice/secret", true), "license: mit");
  for (const char* path : {"/api/models", "/api/models?filter=license:mit",
                           "/api/models?sort=lastModified", "/api/models?search=secret"}) {
    CHECK(ids(hub, path, alice) == Ids{"alice/secret"});
    CHECK(ids(hub, path, bob).empty());
    CHECK(ids(hub, path).empty());
  }
  CHECK(json::parse(hub.ask("GET", "/api/models-tags-by-type", bob).body).empty());
  CHECK(json::parse(hub.ask("GET", "/api/models-tags-by-type", alice).body).contains("license"));
}

TEST_CASE("a git push renews what lists show before it ends", "[serve][listing]") {
  TestHub hub;
  hub.make_repo("team/pushed");
  const auto work = hub.folder() / "work";
  REQUIRE(hub.git(hub.folder().path(), {"init", "-q", "-b", "main", work.string()}).exit_code == 0);
  write_file(work / "README.md", readme("license: mit"));
  REQUIRE(hub.git(work, {"add", "."}).exit_code == 0);
  REQUIRE(hub.git(work, {"commit", "-q", "-m", "one"}).exit_code == 0);
  const auto push = hub.git(
      work, {"push", "-q", hub.git_url("team/pushed", hub.admin_token()), "main", "main:other"});
  INFO(push.err);
  REQUIRE(push.exit_code == 0);
  CHECK(ids(hub, "/api/models?filter=license:mit") == Ids{"team/pushed"});
}

TEST_CASE("what is kept is made on first need, and mended at the start", "[serve][listing]") {
  TestHub hub;
  commit_card(hub, hub.make_repo("team/one"), "license: mit");
  const auto catalog = hub.options().data_folder / "catalog.db";
  run_sql(catalog, "DELETE FROM repo_facts; DELETE FROM repo_tags");
  CHECK(ids(hub, "/api/models?filter=license:mit") == Ids{"team/one"});
  // As after a crash between the move of a branch and what follows.
  run_sql(catalog, "UPDATE repo_facts SET head = 'gone'; DELETE FROM repo_tags");
  hub.stop();
  hub.start();
  for (int i = 0; i < 500 && ids(hub, "/api/models?filter=license:mit").empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(ids(hub, "/api/models?filter=license:mit") == Ids{"team/one"});
  // A repository that cannot be read is listed all the same.
  std::filesystem::remove_all(hub.options().data_folder / "git/1.git");
  run_sql(catalog, "DELETE FROM repo_facts");
  CHECK(ids(hub, "/api/models") == Ids{"team/one"});
}

}  // namespace
}  // namespace mhub
