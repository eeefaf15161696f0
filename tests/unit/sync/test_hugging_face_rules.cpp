#include "support/matchers.hpp"
#include "sync/hugging_face_rules.hpp"

using namespace mhub;
using namespace mhub::sync;
using mhub::test::HasKind;

namespace {

const std::string kId(40, 'a');

remote::RefPush update(std::string ref) {
  return {.source_id = kId, .remote_ref = std::move(ref)};
}

}  // namespace

TEST_CASE("the Hub's refs are branches, tags and pull requests that exist", "[sync][rules]") {
  remote::RemoteRefs on_hub;
  on_hub.refs.push_back({.name = "refs/heads/main", .id = kId});
  on_hub.refs.push_back({.name = "refs/pr/1", .id = kId});
  const auto check = [&](const remote::RefPush& ref) {
    check_refs_for_hugging_face({update("refs/heads/main"), ref}, on_hub);
  };
  CHECK_NOTHROW(check(update("refs/heads/a/b")));
  CHECK_NOTHROW(check(update("refs/tags/v1")));
  CHECK_NOTHROW(check(update("refs/pr/1")));
  CHECK_NOTHROW(check({.remote_ref = "refs/heads/other"}));
  for (const auto& ref : {update("refs/pr/2"), update("refs/notes/x"),
                          remote::RefPush{.remote_ref = "refs/heads/main"}}) {
    INFO(ref.remote_ref);
    CHECK_THROWS_MATCHES(check(ref), Error, HasKind(ErrorKind::conflict));
  }
}

TEST_CASE("files that git holds may be too large for the Hub", "[sync][rules]") {
  CHECK_NOTHROW(check_files_for_hugging_face({}));
  std::vector<repo::FoundBlob> found;
  for (int i = 12; i > 0; --i)
    found.push_back({{}, std::uint64_t{20} << 20, fmt::format("d/{:02}.txt", i)});
  try {
    check_files_for_hugging_face(found);
    FAIL("nothing was refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK(error.message().find("not d/01.txt (20.0 MiB), d/02.txt") != std::string::npos);
    CHECK(error.message().ends_with("d/10.txt (20.0 MiB) and 2 more"));
  }
}
