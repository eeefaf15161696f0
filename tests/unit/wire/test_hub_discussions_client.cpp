#include <mhub/wire/hub_discussions_client.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;
using mhub::test::HasKind;

namespace {

DiscussionSummary some_summary() {
  return {.repo = {.type = RepoType::dataset, .owner = "team", .name = "data"},
          .number = 7,
          .title = "A \"title\"",
          .status = DiscussionStatus::draft,
          .is_pull_request = true,
          .author = "alice",
          .created_at = "2026-01-31T12:00:00.000Z"};
}

}  // namespace

TEST_CASE("a page of discussions is read as it was written", "[wire][discussions]") {
  DiscussionPage page;
  page.entries = {some_summary(), some_summary()};
  page.entries[1].author.clear();
  page.entries[1].status = DiscussionStatus::merged;
  page.start = 50;
  page.count = 52;
  const DiscussionPage read = parse_discussion_page(to_json(page));
  CHECK(read.start == 50);
  CHECK(read.count == 52);
  REQUIRE(read.entries.size() == 2);
  CHECK(read.entries[0].repo == page.entries[0].repo);
  CHECK(read.entries[0].number == 7);
  CHECK(read.entries[0].title == page.entries[0].title);
  CHECK(read.entries[0].status == DiscussionStatus::draft);
  CHECK(read.entries[0].is_pull_request);
  CHECK(read.entries[0].author == "alice");
  CHECK(read.entries[0].created_at == page.entries[0].created_at);
  CHECK(read.entries[1].author.empty());
  CHECK(read.entries[1].status == DiscussionStatus::merged);
}

TEST_CASE("a discussion is read with what was said and done", "[wire][discussions]") {
  using Kind = DiscussionEvent::Kind;
  DiscussionDetails details;
  details.summary = some_summary();
  details.events = {
      {.id = "a", .kind = Kind::comment, .author = "bob", .created_at = "t1", .text = "Hello"},
      {.id = "b",
       .kind = Kind::comment,
       .created_at = "t2",
       .text = "New",
       .edits = 2,
       .edited_at = "t3",
       .editor = "carol"},
      {.id = "c", .kind = Kind::comment, .created_at = "t4", .is_hidden = true},
      {.id = "d", .kind = Kind::status_change, .created_at = "t5", .text = "closed"},
      {.id = "e", .kind = Kind::commit, .created_at = "t6", .text = "Subject", .detail = "0abc"},
      {.id = "f", .kind = Kind::title_change, .created_at = "t7", .text = "to", .detail = "from"}};
  details.pull_request = {.base = "refs/heads/main",
                          .merge_commit = "1234",
                          .diff = "diff --git a/x b/x\n",
                          .conflicts = {"x", "d/y"}};
  const DiscussionDetails read = parse_discussion_details(to_json(details));
  REQUIRE(read.events.size() == details.events.size());
  for (std::size_t i = 0; i < details.events.size(); ++i) {
    INFO(i);
    CHECK(read.events[i].id == details.events[i].id);
    CHECK(read.events[i].kind == details.events[i].kind);
    CHECK(read.events[i].author == details.events[i].author);
    CHECK(read.events[i].created_at == details.events[i].created_at);
    CHECK(read.events[i].text == details.events[i].text);
    CHECK(read.events[i].detail == details.events[i].detail);
    CHECK(read.events[i].is_hidden == details.events[i].is_hidden);
    CHECK(read.events[i].edits == details.events[i].edits);
  }
  CHECK(read.events[1].editor == "carol");
  CHECK(read.events[1].edited_at == "t3");
  REQUIRE(read.pull_request);
  CHECK(read.pull_request->base == "refs/heads/main");
  CHECK(read.pull_request->merge_commit == "1234");
  CHECK(read.pull_request->diff == details.pull_request->diff);
  CHECK(read.pull_request->conflicts == details.pull_request->conflicts);
}

TEST_CASE("what other hubs say besides is passed over", "[wire][discussions]") {
  const auto read = parse_discussion_details(
      R"({"num":3,"title":"t","status":"open","isPullRequest":true,"pinned":false,
          "repo":{"name":"not a name","type":"kernel"},"filesWithConflicts":true,
          "events":[{"id":"1","type":"reference-update","createdAt":"t","data":{}},
                    {"id":"2","type":"comment","createdAt":"t","author":{"name":"a","_id":"x"},
                     "data":{"edited":false,"hidden":false,"latest":{"raw":"text","html":"<p>"}}},
                    {"id":"3","type":"comment","createdAt":"t","data":{"edited":true}}]})");
  CHECK(read.summary.number == 3);
  CHECK(read.summary.repo.name.empty());
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[0].text == "text");
  CHECK(read.events[0].edits == 0);
  CHECK(read.events[1].edits == 1);
  REQUIRE(read.pull_request);
  CHECK(read.pull_request->conflicts.empty());
  for (const char* text : {"[]", "{}", R"({"num":-1,"title":"t","status":"open"})",
                           R"({"num":1,"title":"t","status":"odd"})",
                           R"({"num":1,"title":"t","status":"open","events":{}})"}) {
    INFO(text);
    CHECK_THROWS_MATCHES(parse_discussion_details(text), Error, HasKind(ErrorKind::corrupt));
  }
  CHECK_THROWS_MATCHES(parse_discussion_page("{}"), Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("requests are read by a hub as they were meant", "[wire][discussions]") {
  const auto begun = parse_new_discussion_request(
      to_json(NewDiscussionRequest{.title = "T", .description = "a\nb", .is_pull_request = true}));
  CHECK(begun.title == "T");
  CHECK(begun.description == "a\nb");
  CHECK(begun.is_pull_request);
  CHECK(parse_discussion_comment(discussion_comment_json("text \"x\"")) == "text \"x\"");
  for (const bool is_open : {true, false}) {
    const auto status =
        parse_discussion_status_request(to_json(DiscussionStatusRequest{is_open, "why"}));
    CHECK(status.is_open == is_open);
    CHECK(status.comment == "why");
  }
  CHECK(parse_discussion_status_request(to_json(DiscussionStatusRequest{true, ""})).comment == "");
  CHECK(parse_discussion_merge_request(discussion_merge_json("")) == "");
  CHECK(parse_discussion_merge_request(discussion_merge_json("fine")) == "fine");
  const auto answer = parse_new_discussion_answer(to_json(NewDiscussionAnswer{
      .number = 4, .url = "http://h/team/m/discussions/4", .is_pull_request = true}));
  CHECK(answer.number == 4);
  CHECK(answer.url == "http://h/team/m/discussions/4");
  CHECK(answer.is_pull_request);
}
