#include <nlohmann/json.hpp>

#include <mhub/wire/repo_card.hpp>

#include "support/catch.hpp"

namespace mhub::wire {
namespace {

using nlohmann::json;

json card(const std::string& yaml) {
  const RepoCard read = parse_repo_card("---\n" + yaml + "\n---\n# Title\n");
  INFO(read.fault);
  REQUIRE(read.fault.empty());
  return json::parse(read.json);
}

std::string fault_of(const std::string& yaml) {
  const RepoCard read = parse_repo_card("---\n" + yaml + "\n---\n");
  CHECK(read.json.empty());
  return read.fault;
}

TEST_CASE("a card's metadata is read as JSON", "[wire][repo_card]") {
  CHECK(card("license: mit\ntags:\n- a\n- 'b c'\nlanguage: [en, no]") ==
        json{{"license", "mit"}, {"tags", {"a", "b c"}}, {"language", {"en", "no"}}});
  CHECK(card("a: 1\nb: -2.5\nc: true\nd:\ne: '1'\nf: 2026-01-31\ng: 1e3\nh: .nan\ni: \"x\\ny\"") ==
        json{{"a", 1},
             {"b", -2.5},
             {"c", true},
             {"d", nullptr},
             {"e", "1"},
             {"f", "2026-01-31"},
             {"g", 1000.0},
             {"h", ".nan"},
             {"i", "x\ny"}});
  CHECK(card("a: &x {k: v}\nb: *x") == json{{"a", {{"k", "v"}}}, {"b", {{"k", "v"}}}});
}

TEST_CASE("a text without metadata has none, and nothing wrong", "[wire][repo_card]") {
  for (const char* text :
       {"", "# Title\n", "---", "---\n", "---\na: 1\n", "---\n---\n", "--\na: 1"})
    CHECK((parse_repo_card(text).json.empty() && parse_repo_card(text).fault.empty()));
  CHECK_FALSE(find_card_block("---\na: 1\n")->is_closed);
  CHECK(find_card_block("\xef\xbb\xbf---\r\na: 1\r\n---\r\n")->text == "a: 1\r\n");
}

TEST_CASE("faulty metadata is told by its line", "[wire][repo_card]") {
  CHECK_THAT(fault_of("a: 1\nb: ["), Catch::StartsWith("line 4: "));
  CHECK(fault_of("- a\n- b") == "the metadata is not a list of keys and values");
  CHECK(fault_of("? [a]\n: b") == "a key is not a plain word");
  CHECK(fault_of("a: *nobody") == "an alias stands for nothing");
  CHECK_FALSE(fault_of("a: \xff").empty());
}

TEST_CASE("metadata that unfolds into much memory is refused", "[wire][repo_card]") {
  CHECK(fault_of("a: " + std::string(100, '[') + std::string(100, ']')) ==
        "the metadata is nested too deeply");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += name + ": &" + name + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  CHECK(fault_of(bomb) == "the metadata has too many values");
  const std::string word(100000, 'x');
  std::string wide = "a0: &a " + word + "\nb: [";
  for (int i = 0; i < 100; ++i) wide += "*a, ";
  CHECK(fault_of(wide + "*a]") == "the metadata is too large");
}

}  // namespace
}  // namespace mhub::wire
