#include <mhub/sync/stage.hpp>
#include <mhub/sync/workspace.hpp>

#include "support/catch.hpp"

using namespace mhub::sync;

TEST_CASE("a pattern without a slash matches names, one with a slash paths", "[sync][filter]") {
  CHECK(glob_matches("*.bin", "a/b/model.bin"));
  CHECK_FALSE(glob_matches("*.bin", "a/model.bin.txt"));
  CHECK(glob_matches("a/*.bin", "a/model.bin"));
  CHECK_FALSE(glob_matches("a/*.bin", "a/b/model.bin"));
  CHECK(glob_matches("a/**/model.bin", "a/b/c/model.bin"));
  CHECK(glob_matches("weights/", "weights/x/y.bin"));
  CHECK_FALSE(glob_matches("weights/", "other/weights.bin"));
}

TEST_CASE("exclusion wins over inclusion", "[sync][filter]") {
  const PathFilter filter{{"*.safetensors"}, {"model-00002*"}};
  CHECK(filter.wants("model-00001.safetensors"));
  CHECK_FALSE(filter.wants("model-00002.safetensors"));
  CHECK_FALSE(filter.wants("model.gguf"));
  CHECK(PathFilter{}.wants("anything"));
}

TEST_CASE("files are tracked by extension where they have one", "[sync][stage]") {
  for (const char* path : {"a/b.v[1]", "b.bi*n", "c.x\\y", "d.?"})
    CHECK(tracking_pattern(path) == path);
  CHECK(tracking_pattern("a/model.safetensors") == "*.safetensors");
  CHECK(tracking_pattern("a/weights") == "a/weights");
  CHECK(tracking_pattern("a/.hidden") == "a/.hidden");
  CHECK(tracking_pattern("a.b/dot.") == "a.b/dot.");
}
