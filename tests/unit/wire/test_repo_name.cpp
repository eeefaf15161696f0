#include <mhub/wire/repo_name.hpp>

#include "support/catch.hpp"

using namespace mhub::wire;

TEST_CASE("repository paths carry the type in their prefix", "[wire][repo_name]") {
  const auto model = parse_repo_path("team/model");
  REQUIRE(model);
  CHECK(model->type == RepoType::model);
  CHECK(model->api_path() == "/api/models/team/model");
  const auto dataset = parse_repo_path("datasets/team/data.v1.git");
  REQUIRE(dataset);
  CHECK(dataset->type == RepoType::dataset);
  CHECK(dataset->name == "data.v1");
  CHECK(dataset->path() == "datasets/team/data.v1");
  CHECK(dataset->api_path() == "/api/datasets/team/data.v1");
}

TEST_CASE("names that could mean a path, another route or an option are no names",
          "[wire][repo_name]") {
  for (const char* path :
       {"",      "model",  "a/b/c",  "../b",        "a/..",       "a/.b",     "a/-b",
        "a/b-",  "a/b--c", "a//b",   "/a/b",        "a/b/",       "api/b",    "models/b",
        "a/b\n", "a/b c",  "a/b%2e", "a/b.git.git", "datasets/b", "spaces/x", "a\\b/c"}) {
    INFO(path);
    CHECK_FALSE(parse_repo_path(path));
  }
  CHECK_FALSE(is_valid_name_part(std::string(97, 'a')));
  CHECK(is_valid_name_part(std::string(96, 'a')));
  CHECK_FALSE(is_valid_name_part("x.GIT"));
}

TEST_CASE("Hugging Face's oldest repositories have a name alone", "[wire][repo_name]") {
  const auto model = parse_canonical_path("gpt2");
  REQUIRE(model);
  CHECK(model->owner.empty());
  CHECK(model->id() == "gpt2");
  CHECK(model->path() == "gpt2");
  CHECK(model->api_path() == "/api/models/gpt2");
  const auto dataset = parse_canonical_path("datasets/squad.git");
  REQUIRE(dataset);
  CHECK(dataset->path() == "datasets/squad");
  CHECK(dataset->api_path() == "/api/datasets/squad");
  for (const char* path : {"", "team/model", "datasets", "datasets/", "datasets/team/data", "api",
                           "..", "a b", "-x", "/gpt2", "gpt2/"}) {
    INFO(path);
    CHECK_FALSE(parse_canonical_path(path));
  }
}

TEST_CASE("types have three spellings", "[wire][repo_name]") {
  for (const RepoType type : {RepoType::model, RepoType::dataset, RepoType::space}) {
    CHECK(parse_repo_type(name_of(type)) == type);
    CHECK(parse_api_plural(api_plural(type)) == type);
  }
  CHECK_FALSE(parse_repo_type("models"));
  for (const char* name : {"API", "v1", "V2", "health"}) CHECK(is_reserved_namespace(name));
  CHECK(is_reserved_repo_name("resolve"));
}
