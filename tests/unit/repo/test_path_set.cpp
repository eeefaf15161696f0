#include <mhub/repo/path_set.hpp>

#include "support/catch.hpp"

using mhub::repo::PathSet;

TEST_CASE("an empty set of paths takes in everything, and so does the root") {
  for (const PathSet& set : {PathSet(), PathSet({""}), PathSet({"a", ""})}) {
    CHECK(set.contains("a"));
    CHECK(set.contains("b/c"));
    CHECK(set.reaches_into("b"));
  }
}

TEST_CASE("a set of paths takes in what it names and all below") {
  // "a-b" sorts between "a" and "a/b": a search that looks only at the nearest name would miss.
  const PathSet set({"a-b", "z", "a", "deep/er/file", "slash/"});
  CHECK(set.contains("a"));
  CHECK(set.contains("a/b/c"));
  CHECK(set.contains("a-b/c"));
  CHECK(set.contains("deep/er/file"));
  CHECK(set.contains("slash/x"));
  CHECK_FALSE(set.contains("ab"));
  CHECK_FALSE(set.contains("deep"));
  CHECK_FALSE(set.contains("deep/er"));
  CHECK_FALSE(set.contains("deep/er/file2"));
  CHECK_FALSE(set.contains(""));
}

TEST_CASE("a set of paths reaches into folders above what it names") {
  const PathSet set({"deep/er/file", "deep.x", "a"});
  CHECK(set.reaches_into("deep"));
  CHECK(set.reaches_into("deep/er"));
  CHECK(set.reaches_into("a"));
  CHECK(set.reaches_into("a/b"));
  CHECK_FALSE(set.reaches_into("dee"));
  CHECK_FALSE(set.reaches_into("deep/e"));
  CHECK_FALSE(set.reaches_into("deep/er/file2"));
}
