#include <chrono>
#include <fstream>
#include <thread>

#include "hub_writer.hpp"
#include "safetensors_file.hpp"

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

std::string weights_of(const std::string& type, const std::string& shape) {
  return safetensors_file(R"({"w":{"dtype":")" + type + R"(","shape":[)" + shape + "]}}");
}

json safetensors_of(const TestHub& hub, const std::string& id) {
  const json info = json::parse(hub.ask("GET", "/api/models/" + id).body);
  return info.contains("safetensors") ? info.at("safetensors") : json();
}

TEST_CASE("models are found by how many parameters their weights have", "[serve][listing]") {
  TestHub hub;
  HubWriter small(hub, hub.make_repo("team/small"));
  const std::string weights = safetensors_file(safetensors_header(2000));
  small.upload(weights);
  small.commit_id(header_line("1") + large_line("model.safetensors", weights));
  HubWriter sharded(hub, hub.make_repo("team/sharded"));
  const std::string shard = weights_of("BF16", "5,1000000000");
  sharded.upload(shard);
  sharded.commit_id(header_line("1") + large_line("m-1.safetensors", shard) +
                    file_line("m-2.safetensors", weights_of("F32", "1900000000")) +
                    file_line("model.safetensors.index.json",
                              R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})"));
  HubWriter(hub, hub.make_repo("team/damaged"))
      .commit_id(header_line("1") + file_line("model.safetensors", "x"));
  hub.make_repo("team/empty");

  const auto found = [&](const std::string& range) {
    return ids(hub, "/api/models?num_parameters=" + range);
  };
  CHECK(found("min:6B") == Ids{"team/sharded"});
  CHECK(found("min%3A6b%2Cmax%3A128B") == Ids{"team/sharded"});
  CHECK(found("max:12k") == Ids{"team/small"});
  CHECK(found("min:12000,max:0.012M") == Ids{"team/small"});
  CHECK(found("min:12001,max:6.8B").empty());
  CHECK(found("max:1t,min:0") == Ids{"team/small", "team/sharded"});
  CHECK(ids(hub, "/api/models?num_parameters=min:0&filter=bert").empty());
  for (const char* bad : {"", "6B", "min:", "min:B", "min:x", "min:-1", "min:1e3", "min:1..2",
                          "max:1,max:2", "min:1,", "min:1,,max:2", "size:3", "min:9999999T"}) {
    INFO(bad);
    CHECK(hub.ask("GET", "/api/models?num_parameters=" + std::string(bad)).status == 400);
  }

  CHECK(safetensors_of(hub, "team/small") ==
        json{{"parameters", {{"F32", 12000}}}, {"total", 12000}});
  CHECK(safetensors_of(hub, "team/sharded") ==
        json{{"parameters", {{"BF16", 5000000000}, {"F32", 1900000000}}}, {"total", 6900000000}});
  CHECK(safetensors_of(hub, "team/damaged").is_null());
  CHECK(safetensors_of(hub, "team/empty").is_null());
  const auto listed = [&](const std::string& query) {
    return json::parse(hub.ask("GET", "/api/models?search=small" + query).body).at(0);
  };
  CHECK(listed("&expand=safetensors").at("safetensors").at("total") == 12000);
  CHECK_FALSE(listed("").contains("safetensors"));
  CHECK_FALSE(listed("&full=true").contains("safetensors"));
}

TEST_CASE("weights are counted when they change", "[serve][listing]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("team/model"));
  const auto total = [&] {
    const json told = safetensors_of(hub, "team/model");
    return told.is_null() ? 0 : told.at("total").get<int>();
  };
  repo.commit_id(header_line("1") + file_line("model.safetensors", weights_of("F32", "5")));
  CHECK(total() == 5);
  // What stands there shows that other commits do not look again.
  run_sql(hub.options().data_folder / "catalog.db",
          R"(UPDATE repo_facts SET parameters = '{"F32":7}', parameter_count = 7)");
  repo.commit_id(header_line("2") + file_line("README.md", readme("license: mit")));
  CHECK(total() == 7);
  CHECK(ids(hub, "/api/models?num_parameters=min:7&filter=license:mit") == Ids{"team/model"});
  repo.commit_id(header_line("3") + file_line("model.safetensors", weights_of("F32", "6")));
  CHECK(total() == 6);
  repo.commit_id(header_line("4") + line("deletedFile", {{"path", "model.safetensors"}}));
  CHECK(total() == 0);
  CHECK(ids(hub, "/api/models?num_parameters=min:0").empty());
  CHECK(ids(hub, "/api/models") == Ids{"team/model"});
}

TEST_CASE("a git push of weights has them counted", "[serve][listing]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("team/pushed"));
  const std::string weights = safetensors_file(safetensors_header(2000));
  repo.upload(weights);
  const auto work = hub.folder() / "work";
  REQUIRE(hub.git(hub.folder().path(), {"init", "-q", "-b", "main", work.string()}).exit_code == 0);
  write_file(work / "model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                                             sha256_of(as_bytes(weights)).hex() + "\nsize " +
                                             std::to_string(weights.size()) + "\n");
  REQUIRE(hub.git(work, {"add", "."}).exit_code == 0);
  REQUIRE(hub.git(work, {"commit", "-q", "-m", "one"}).exit_code == 0);
  const auto push =
      hub.git(work, {"push", "-q", hub.git_url("team/pushed", hub.admin_token()), "main"});
  INFO(push.err);
  REQUIRE(push.exit_code == 0);
  CHECK(ids(hub, "/api/models?num_parameters=min:12k,max:12k") == Ids{"team/pushed"});
}

TEST_CASE("a pointer to weights that a repository does not hold tells nothing of them",
          "[serve][listing]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("team/model"));
  const std::string weights = weights_of("F32", "5");
  repo.upload(weights);
  repo.commit_id(header_line("1") + large_line("model.safetensors", weights));
  REQUIRE(safetensors_of(hub, "team/model").at("total") == 5);
  // The store has them still, as if another repository held them.
  const auto catalog = hub.options().data_folder / "catalog.db";
  hub.stop();
  run_sql(catalog,
          "DELETE FROM repo_files; UPDATE repo_facts SET head = 'gone', parameters = '', "
          "parameter_count = NULL, weights = ''");
  hub.start();
  for (int i = 0; i < 500 && query_sql(catalog, "SELECT head FROM repo_facts") == "gone"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(query_sql(catalog, "SELECT head FROM repo_facts") == repo.tip_id());
  CHECK(safetensors_of(hub, "team/model").is_null());
}

TEST_CASE("models of an older hub are counted after its upgrade", "[serve][listing]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("team/model"));
  repo.commit_id(header_line("1") + file_line("model.safetensors", weights_of("F32", "5")));
  hub.stop();
  // As the schema's change leaves what was kept.
  run_sql(hub.options().data_folder / "catalog.db",
          "UPDATE repo_facts SET parameters = '', parameter_count = NULL, weights = NULL");
  hub.start();
  for (int i = 0; i < 500 && ids(hub, "/api/models?num_parameters=min:5").empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(ids(hub, "/api/models?num_parameters=min:5") == Ids{"team/model"});
}

TEST_CASE("a space runs on what it was made for, until its card says otherwise",
          "[serve][listing]") {
  TestHub hub;
  const auto create = [&](const json& body) {
    return hub.ask("POST", "/api/repos/create", hub.admin_token(), body.dump());
  };
  REQUIRE(create({{"name", "demo"}, {"type", "space"}, {"sdk", "docker"}}).status == 200);
  REQUIRE(create({{"name", "bare"}, {"type", "space"}, {"sdk", "static"}, {"initialCommit", false}})
              .status == 200);
  REQUIRE(create({{"name", "plain"}, {"type", "space"}}).status == 200);
  REQUIRE(create({{"name", "model"}, {"sdk", "docker"}}).status == 200);
  const auto refused = create({{"name", "bad"}, {"type", "space"}, {"sdk", "react"}});
  CHECK(refused.status == 400);
  CHECK_THAT(refused.header("x-error-message"), Catch::Contains("gradio, streamlit"));
  CHECK(hub.admin().list_repos().size() == 4);

  const auto info = [&](const std::string& path) {
    return json::parse(hub.ask("GET", "/api/" + path).body);
  };
  const auto listed = [&](const std::string& name) {
    return info("spaces?search=" + name).at(0).value("sdk", "");
  };
  CHECK(info("spaces/admin/demo").at("sdk") == "docker");
  CHECK(info("spaces/admin/demo").at("tags") == json::array({"docker"}));
  CHECK(info("spaces/admin/bare").at("sdk") == "static");
  CHECK(info("spaces/admin/bare").at("tags") == json::array({"static"}));
  CHECK_FALSE(info("spaces/admin/plain").contains("sdk"));
  CHECK_FALSE(info("models/admin/model").contains("sdk"));
  CHECK(listed("demo") == "docker");
  CHECK(listed("bare") == "static");
  CHECK(listed("plain").empty());
  CHECK(ids(hub, "/api/spaces?filter=docker") == Ids{"admin/demo"});
  CHECK(ids(hub, "/api/spaces?filter=static") == Ids{"admin/bare"});

  // A card that names none leaves it.
  const auto repos = hub.admin().list_repos();
  const auto before = repos.at(0);
  REQUIRE(before.name.name == "demo");
  CHECK(before.sdk == "docker");
  commit_card(hub, before, "license: mit");
  CHECK(info("spaces/admin/demo").at("sdk") == "docker");
  CHECK(hub.ask("POST", "/api/spaces/admin/demo/duplicate", hub.admin_token(),
                R"({"repository":"admin/twin"})")
            .status == 200);
  CHECK(info("spaces/admin/twin").at("sdk") == "docker");
  commit_card(hub, before, "sdk: gradio");
  CHECK(info("spaces/admin/demo").at("sdk") == "gradio");
  CHECK(listed("demo") == "gradio");
  CHECK(ids(hub, "/api/spaces?filter=docker") == Ids{"admin/twin"});
  // One that has ceased to name it gives way again.
  commit_card(hub, before, "license: mit");
  CHECK(listed("demo") == "docker");
}

}  // namespace
}  // namespace mhub
