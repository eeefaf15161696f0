#include "hf/text_sample.hpp"
#include "hf/tree_plan.hpp"
#include "http/message.hpp"
#include "support/git_repo.hpp"

namespace mhub {
namespace {

using serve::Refused;
using serve::TreePlan;

struct Base {
  Base() {
    for (const char* name : {"a", "d/1", "d/2", "d/e/3"}) work.write(name, name);
    tree = repo::read_commit(*work, test::id_of(work.git_commit_all("base"))).tree;
  }
  std::string after(TreePlan& plan) {
    std::string names;
    for (const auto& entry : repo::list_tree(*work, plan.write())) names += entry.path + " ";
    return names;
  }
  repo::ObjectId blob(std::string_view text) { return repo::write_blob(*work, as_bytes(text)); }

  test::GitRepo work;
  repo::ObjectId tree;
};

TEST_CASE("a plan without operations is the tree itself", "[serve][tree_plan]") {
  Base base;
  CHECK(TreePlan(*base.work, base.tree).write() == base.tree);
  CHECK(TreePlan(*base.work, std::nullopt).write() == repo::empty_tree(*base.work));
}

TEST_CASE("a plan shows what has been done so far", "[serve][tree_plan]") {
  Base base;
  TreePlan plan(*base.work, base.tree);
  CHECK(plan.find("d/e/3"));
  CHECK_FALSE(plan.find("d/e"));
  CHECK_FALSE(plan.find("none/at/all"));
  CHECK(plan.text("d/1", 100) == "d/1");
  CHECK_FALSE(plan.text("d/1", 2).has_value());
  plan.put("d/1", base.blob("new"));
  CHECK(plan.text("d/1", 100) == "new");
  plan.remove_file("d/1");
  CHECK_FALSE(plan.find("d/1"));
  plan.remove_folder("d");
  CHECK_FALSE(plan.find("d/e/3"));
  plan.put("d/e/4", base.blob("4"));
  CHECK_FALSE(plan.find("d/e/3"));
  CHECK(base.after(plan) == "a d/e/4 ");
}

TEST_CASE("a folder without files makes room for a file", "[serve][tree_plan]") {
  Base base;
  TreePlan plan(*base.work, base.tree);
  const auto blob = base.blob("x");
  plan.remove_file("d/1");
  plan.remove_file("d/e/3");
  CHECK_THROWS_AS(plan.put("d", blob), Refused);
  plan.put("d/e", blob);
  plan.remove_file("d/e");
  plan.remove_file("d/2");
  plan.put("d", blob);
  CHECK(base.after(plan) == "a d ");
  plan.remove("d");
  plan.put("d/1", blob);
  CHECK(base.after(plan) == "a d/1 ");
}

TEST_CASE("a plan refuses what cannot be in one tree", "[serve][tree_plan]") {
  Base base;
  TreePlan plan(*base.work, base.tree);
  const auto blob = base.blob("x");
  CHECK_THROWS_AS(plan.put("a/below", blob), Refused);
  CHECK_THROWS_AS(plan.put("d", blob), Refused);
  CHECK_THROWS_AS(plan.remove_file("d"), Refused);
  CHECK_THROWS_AS(plan.remove_file("none"), Refused);
  CHECK_THROWS_AS(plan.remove_folder("a"), Refused);
  CHECK_THROWS_AS(plan.remove("none"), Refused);
  plan.put("fresh", blob);
  CHECK_THROWS_AS(plan.put("fresh/below", blob), Refused);
  plan.put("n/1", blob);
  CHECK_THROWS_AS(plan.put("n", blob), Refused);
  plan.remove_folder("n");
  CHECK_THROWS_AS(plan.remove_folder("n"), Refused);
  CHECK(base.after(plan) == "a d/1 d/2 d/e/3 fresh ");
}

TEST_CASE("the beginning of a file tells text from other content", "[serve][preupload]") {
  const auto is_binary = [](std::string_view text, bool is_cut = false) {
    return serve::is_binary_sample(as_bytes(text), is_cut);
  };
  CHECK_FALSE(is_binary(""));
  CHECK_FALSE(is_binary("plain\r\n\ttext \x7f"));
  CHECK_FALSE(is_binary("gr\xc3\xb6\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"));
  CHECK(is_binary(std::string_view("a\0b", 3)));
  CHECK(is_binary("\xff\xfe"));
  CHECK(is_binary("\x80"));
  CHECK(is_binary("\xc0\xaf"));
  CHECK(is_binary("\xed\xa0\x80"));
  CHECK(is_binary("\xf4\x90\x80\x80"));
  CHECK(is_binary("\xe0\x9f\xbf"));
  CHECK(is_binary("ab\xc3(", true));
  for (const std::string_view cut : {"ab\xc3", "ab\xe2\x82", "ab\xf0\x9f\x98"}) {
    CHECK(is_binary(cut));
    CHECK_FALSE(is_binary(cut, true));
  }
}

}  // namespace
}  // namespace mhub
