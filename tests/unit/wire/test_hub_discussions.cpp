#include <nlohmann/json.hpp>

#include <mhub/wire/hub_discussions.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;
using nlohmann::json;

TEST_CASE("requests of discussions are read within their bounds", "[wire][discussions]") {
  const auto made = parse_new_discussion_request(
      R"({"title":" A\ttitle\n","description":"# Text\n","pullRequest":true})");
  CHECK(made.title == "A title");
  CHECK(made.description == "# Text\n");
  CHECK(made.is_pull_request);
  CHECK_FALSE(parse_new_discussion_request(R"({"title":"t"})").is_pull_request);
  CHECK(parse_new_discussion_request(R"({"title":"t","description":"  "})").description.empty());
  for (const char* bad :
       {"", "{}", R"({"title":" \n"})", R"({"title":1})", R"({"title":"\u0001"})", "[]"})
    CHECK_THROWS(parse_new_discussion_request(bad));
  const auto body = [](const char* key, std::size_t bytes) {
    json request = {{"title", "t"}};
    request[key] = std::string(bytes, 'x');
    return request.dump();
  };
  CHECK(parse_discussion_title(body("title", kDiscussionTitleMaxBytes)).size() ==
        kDiscussionTitleMaxBytes);
  CHECK_THROWS(parse_discussion_title(body("title", kDiscussionTitleMaxBytes + 1)));
  CHECK(parse_discussion_comment(body("comment", kDiscussionTextMaxBytes)).size() ==
        kDiscussionTextMaxBytes);
  CHECK_THROWS(parse_discussion_comment(body("comment", kDiscussionTextMaxBytes + 1)));
  CHECK_THROWS(parse_new_discussion_request(body("description", kDiscussionTextMaxBytes + 1)));

  CHECK_THROWS(parse_discussion_comment(R"({"comment":""})"));
  CHECK_THROWS(parse_discussion_comment(R"({"comment":"a\u0000b"})"));
  CHECK(parse_discussion_comment_edit(R"({"content":"c"})") == "c");
  CHECK_THROWS(parse_discussion_comment_edit(R"({"comment":"c"})"));

  CHECK(parse_discussion_status_request(R"({"status":"open"})").is_open);
  const auto closed = parse_discussion_status_request(R"({"status":"closed","comment":"bye"})");
  CHECK_FALSE(closed.is_open);
  CHECK(closed.comment == "bye");
  CHECK_THROWS(parse_discussion_status_request(R"({"status":"merged"})"));
  CHECK(parse_discussion_merge_request("").empty());
  CHECK(parse_discussion_merge_request(R"({"comment":"in"})") == "in");
}

TEST_CASE("a title is made of a message's first line", "[wire][discussions]") {
  CHECK(discussion_title_from("\n Add b \n\nBecause.") == "Add b");
  CHECK(discussion_title_from(" \n").empty());
  // Two bytes each, and the bound is even: one byte before makes it fall between the two.
  std::string umlauts = "x";
  for (int i = 0; i < 600; ++i) umlauts += "ö";
  CHECK(discussion_title_from(umlauts).size() == kDiscussionTitleMaxBytes - 1);
  CHECK(cut_text("abc", 3) == "abc");
  CHECK(cut_text("abc", 2) == "ab");
}

TEST_CASE("discussions are written as clients read them", "[wire][discussions]") {
  const RepoName repo{RepoType::dataset, "ann", "data"};
  const DiscussionSummary summary{repo, 3, "T", DiscussionStatus::draft, true, "", "t0"};
  const json page = json::parse(to_json(DiscussionPage{{summary}, 50, 51}));
  CHECK(page.at("count") == 51);
  CHECK(page.at("start") == 50);
  CHECK(page.at("discussions")[0] == json({{"num", 3},
                                           {"title", "T"},
                                           {"status", "draft"},
                                           {"isPullRequest", true},
                                           {"createdAt", "t0"},
                                           {"repo", {{"name", "ann/data"}, {"type", "dataset"}}}}));

  using Kind = DiscussionEvent::Kind;
  DiscussionDetails details{summary, {}, PullRequestState{"refs/heads/main", "", "D", {"a"}}};
  details.summary.author = "ann";
  details.events.push_back({"01", Kind::comment, "ann", "t1", "<b>&"});
  details.events.push_back({"02",
                            Kind::comment,
                            "ann",
                            "t1",
                            "new",
                            "",
                            true,
                            2,
                            "t2",
                            "bob",
                            {{"ann", "t0", "<old>"}, {"", "t1", "middle"}}});
  details.events.push_back({"03", Kind::status_change, "", "t3", "closed"});
  details.events.push_back({"04", Kind::commit, "bob", "t4", "Add", "abcd"});
  details.events.push_back({"05", Kind::title_change, "bob", "t5", "New", "Old"});
  const json all = json::parse(to_json(details));
  CHECK(all.at("author").at("name") == "ann");
  CHECK(all.at("changes") == json({{"base", "refs/heads/main"}}));
  CHECK(all.at("filesWithConflicts") == json::array({"a"}));
  CHECK(all.at("diff") == "D");
  const json& events = all.at("events");
  CHECK(events[0].at("type") == "comment");
  CHECK(events[0].at("data").at("latest") == json({{"raw", "<b>&"},
                                                   {"html", "&lt;b&gt;&amp;"},
                                                   {"updatedAt", "t1"},
                                                   {"author", {{"name", "ann"}}}}));
  CHECK(events[0].at("data").at("edited") == false);
  CHECK(events[0].at("data").at("history") == json::array());
  CHECK(events[1].at("data").at("edited") == true);
  CHECK(events[1].at("data").at("numEdits") == 2);
  const json& history = events[1].at("data").at("history");
  REQUIRE(history.size() == 2);
  CHECK(history[0] == json({{"raw", "<old>"},
                            {"html", "&lt;old&gt;"},
                            {"updatedAt", "t0"},
                            {"author", {{"name", "ann"}}}}));
  CHECK_FALSE(history[1].contains("author"));
  CHECK(events[1].at("data").at("hidden") == true);
  CHECK(events[1].at("data").at("latest").at("updatedAt") == "t2");
  CHECK(events[1].at("data").at("latest").at("author").at("name") == "bob");
  CHECK_FALSE(events[2].contains("author"));
  CHECK(events[2].at("data") == json({{"status", "closed"}}));
  CHECK(events[3].at("data") == json({{"subject", "Add"}, {"oid", "abcd"}}));
  CHECK(events[4].at("data") == json({{"from", "Old"}, {"to", "New"}}));

  details.pull_request->merge_commit = "ef";
  CHECK(json::parse(to_json(details)).at("changes").at("mergeCommitId") == "ef");
  details.pull_request.reset();
  CHECK_FALSE(json::parse(to_json(details)).contains("changes"));
  CHECK(json::parse(event_to_json("newTitle", details.events[4])).at("newTitle").at("id") == "05");
  CHECK(json::parse(to_json(NewDiscussionAnswer{4, "u", true})) ==
        json({{"num", 4}, {"url", "u"}, {"pullRequest", true}}));
}
