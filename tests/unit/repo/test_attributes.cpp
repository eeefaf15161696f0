#include <algorithm>

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/ignored_paths.hpp>
#include <mhub/repo/objects.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

TEST_CASE("globs match as git's do", "[repo][glob]") {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const Case cases[] = {
      {"foo", "foo", true},
      {"foo", "bar", false},
      {"", "", true},
      {"???", "foo", true},
      {"??", "foo", false},
      {"*", "foo", true},
      {"f*", "foo", true},
      {"*f", "foo", false},
      {"*foo*", "afoob", true},
      {"*ob*a*r*", "foobar", true},
      {"*ab", "aaaaaaabababab", true},
      {"foo\\*", "foo*", true},
      {"foo\\*bar", "foobar", false},
      {"f\\\\oo", "f\\oo", true},
      {"*[al]?", "ball", true},
      {"[ten]", "ten", false},
      {"t[a-g]n", "ten", true},
      {"t[!a-g]n", "ten", false},
      {"t[!a-g]n", "ton", true},
      {"t[^a-g]n", "ton", true},
      {"a[]]b", "a]b", true},
      {"a[]-]b", "a-b", true},
      {"a[]a-]b", "aab", true},
      {"]", "]", true},
      {"foo/*", "foo/bar/baz", false},
      {"foo/**", "foo/bar/baz", true},
      {"foo**bar", "foo/baz/bar", false},
      {"foo/**/bar", "foo/baz/bar", true},
      {"foo/**/bar", "foo/bar", true},
      {"foo/**/**/bar", "foo/b/a/z/bar", true},
      {"foo/*/*/bar", "foo/b/a/z/bar", false},
      {"**/foo", "foo", true},
      {"**/foo", "XXX/foo", true},
      {"**/foo", "bar/baz/foo", true},
      {"*/foo", "bar/baz/foo", false},
      {"**/bar*", "foo/bar/baz", false},
      {"**/bar/*", "deep/foo/bar/baz", true},
      {"**/bar/*", "deep/foo/bar/baz/", false},
      {"**/bar/**", "deep/foo/bar/baz/x", true},
      {"foo[/]bar", "foo/bar", false},
      {"foo?bar", "foo/bar", false},
      {"[[:alpha:]][[:digit:]][[:upper:]]", "a1B", true},
      {"[[:digit:][:upper:][:space:]]", "a", false},
      {"[[:space:]]x", " x", true},
      {"[a-c]b*", "abc", true},
      {"[abc", "a", false},
      {"[\\]]", "]", true},
      {"-*-*-*-*-*-*-12-*-*-*-m-*-*-*", "-adobe-courier-bold-o-normal--12-120-75-75-m-70-iso8859-1",
       true},
      {"-*-*-*-*-*-*-12-*-*-*-m-*-*-*", "-adobe-courier-bold-o-normal--12-120-75-75-X-70-iso8859-1",
       false},
      {"**/*a*b*g*n*t", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt", true},
      {"**/*a*b*g*n*t", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txtz", false},
      {"saved_model/**/*", "saved_model/a/b/c", true},
      {"saved_model/**/*", "saved_model/a", true},
  };
  for (const Case& one : cases) {
    INFO(one.pattern << " on " << one.text);
    CHECK(wildmatch(one.pattern, one.text) == one.matches);
  }
  CHECK(wildmatch("FOO*[A-C]", "foobarb", true));
  CHECK_FALSE(wildmatch("FOO*", "foobar"));
}

TEST_CASE("a glob with many stars does not take for ever", "[repo][glob]") {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK_FALSE(wildmatch(pattern + "b", text));
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "a/";
  std::string stars;
  for (int i = 0; i < 50; ++i) stars += "**/a/";
  CHECK_FALSE(wildmatch(stars + "b", deep + "a"));
}

TEST_CASE("attributes are found as git finds them", "[repo][attributes]") {
  test::GitRepo work;
  work.write(".gitattributes",
             "# models\n"
             "*.bin filter=lfs diff=lfs merge=lfs -text\n"
             "*.txt text\n"
             "/top.dat filter=lfs\n"
             "sub/exact filter=lfs\n"
             "a[[:space:]]b.* filter=lfs\n"
             "\"quoted \\\"x\\\" \\101\" filter=lfs\n"
             "saved_model/**/* filter=lfs\n"
             "*tfevents* filter=lfs\n"
             "folder/ filter=lfs\n"
             "!negative filter=lfs\n"
             "[attr]large filter=lfs -text\n"
             "*.macro large\n"
             "*.unmacro large -filter\n"
             "*.both filter=other\n"
             "*.both filter=lfs\n"
             "*.image binary\n");
  work.write("sub/.gitattributes", "*.bin !filter\nkeep.bin filter=lfs\n*.off -filter\n");
  work.write("sub/deep/.gitattributes", "*.bin filter=x\r\n");
  work.write(".git/info/attributes", "forced filter=lfs\nplain.bin -filter\n");
  std::filesystem::create_directories(test::isolated_home().path() / "xdg/git");
  std::ofstream(test::isolated_home().path() / "xdg/git/attributes") << "*.user filter=lfs\n";

  Attributes attributes = Attributes::of_work_tree(*work);
  for (const std::string path : {"m.bin",           "a/m.bin",       "top.dat",
                                 "a/top.dat",       "sub/exact",     "exact",
                                 "a b.x",           "a_b.x",         "quoted \"x\" A",
                                 "saved_model/x/y", "saved_model/x", "saved_model",
                                 "x.tfevents.1",    "folder",        "folder/x",
                                 "negative",        "x.macro",       "x.unmacro",
                                 "x.both",          "x.image",       "sub/m.bin",
                                 "sub/keep.bin",    "sub/x.off",     "sub/deep/m.bin",
                                 "forced",          "sub/forced",    "plain.bin",
                                 "x.user",          "none"}) {
    for (const std::string attribute : {"filter", "text", "diff"}) {
      const std::string line =
          work.git({"-c", "core.quotePath=false", "check-attr", "-z", attribute, "--", path});
      std::string expected = line.substr(path.size() + attribute.size() + 2);
      expected.resize(expected.find('\0'));
      INFO(path << " " << attribute);
      CHECK(attributes.value(path, attribute).value_or("unspecified") == expected);
    }
  }
  CHECK(attributes.is_large("m.bin"));
  CHECK_FALSE(attributes.is_large("sub/m.bin"));
  std::filesystem::remove(test::isolated_home().path() / "xdg/git/attributes");
}

TEST_CASE("attributes come from the index or a tree where the work tree has none",
          "[repo][attributes]") {
  test::GitRepo work;
  work.write(".gitattributes", "*.bin filter=lfs\n");
  const Commit first = read_commit(*work, id_of(work.git_commit_all("first")));
  std::filesystem::remove(work.path(".gitattributes"));
  CHECK(Attributes::of_work_tree(*work).is_large("x.bin"));
  work.write(".gitattributes", "");
  CHECK_FALSE(Attributes::of_work_tree(*work).is_large("x.bin"));
  CHECK(Attributes::of_tree(*work, first.tree).is_large("a/x.bin"));
}

TEST_CASE("tracking adds one line and keeps the rest", "[repo][attributes]") {
  const std::string line = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
  CHECK(with_tracked("", "*.bin") == line);
  CHECK(with_tracked(line, "*.bin") == line);
  CHECK(with_tracked("# note", "*.bin") == "# note\n" + line);
  CHECK(with_tracked("*.txt text\r\n", "*.bin") ==
        "*.txt text\r\n*.bin filter=lfs diff=lfs merge=lfs -text\r\n");
  CHECK(with_tracked(line + "*.bin -filter\n", "*.bin") == line + "*.bin -filter\n" + line);
  CHECK(without_tracked("# a\n" + line + "*.txt text\n", "*.bin") == "# a\n*.txt text\n");
  CHECK(without_tracked("*.bin text\n", "*.bin") == "*.bin text\n");
  CHECK(without_tracked("a[[:space:]]b filter=lfs\n", "a[[:space:]]b").empty());
}

TEST_CASE("tracked names with odd characters are large files for git", "[repo][attributes]") {
  test::GitRepo work;
  const std::vector<std::string> names = {"a b.bin",    "#hash",   "!bang",    "\"quote\"",
                                          "star*.x",    "q?.x",    "[set].x",  "back\\slash",
                                          "tab\tx.bin", "plain.x", "[attr]odd"};
  CHECK(track(*work, names, "", true));
  CHECK_FALSE(track(*work, names, "", true));
  Attributes attributes = Attributes::of_work_tree(*work);
  for (const std::string& name : names) {
    INFO(name);
    CHECK(attributes.is_large(name));
    const std::string answer = work.git({"check-attr", "-z", "filter", "--", name});
    CHECK(answer == name + '\0' + "filter" + '\0' + "lfs" + '\0');
  }
  CHECK_FALSE(attributes.is_large("starry.x"));
  CHECK_FALSE(attributes.is_large("qq.x"));
  CHECK(untrack(*work, names));
  CHECK(work.read(".gitattributes").empty());
  CHECK_THROWS_MATCHES(track(*work, {"line\nend"}), Error, HasKind(ErrorKind::usage));
}

TEST_CASE("tracked patterns are listed with their files", "[repo][attributes]") {
  test::GitRepo work;
  track(*work, {"*.bin", "a b"});
  std::filesystem::create_directories(work.path("sub"));
  track(*work, {"*.pt"}, "sub");
  work.write("sub/deep/.gitattributes", "*.bin -filter\n*.x text\n");
  work.git({"add", "-A"});
  std::string listed;
  for (const TrackedPattern& pattern : tracked_patterns(*work)) {
    listed += (pattern.tracked ? "+" : "-") + pattern.pattern + " " + pattern.source + "\n";
  }
  CHECK(listed ==
        "+*.bin .gitattributes\n+a b .gitattributes\n+*.pt sub/.gitattributes\n"
        "-*.bin sub/deep/.gitattributes\n");
  std::filesystem::remove(work.path(".gitattributes"));
  std::filesystem::create_symlink("elsewhere", work.path(".gitattributes"));
  CHECK_THROWS_MATCHES(track(*work, {"*.x"}), Error, HasKind(ErrorKind::conflict));
}

TEST_CASE("rules read from texts need no repository and no settings", "[repo][attributes]") {
  std::vector<std::string> asked;
  auto rules = Attributes::of_texts([&](const std::string& folder) -> std::optional<std::string> {
    asked.push_back(folder);
    if (folder.empty()) return "*.bin filter=lfs\nm binary\n";
    if (folder == "sub") return "*.bin !filter\n";
    return std::nullopt;
  });
  CHECK(rules.is_large("a.bin"));
  CHECK(rules.is_large("deep/er/a.bin"));
  CHECK_FALSE(rules.is_large("sub/a.bin"));
  CHECK_FALSE(rules.is_large("a.txt"));
  CHECK(rules.value("m", "text") == "unset");
  CHECK(std::count(asked.begin(), asked.end(), "") == 1);
}

TEST_CASE("files are tracked one by one, each where it lies", "[repo][attributes]") {
  const std::string tail = " filter=lfs diff=lfs merge=lfs -text\n";
  const std::string text =
      with_tracked_files("*.x text", {"big.gguf", "sub dir/a[1].bin", "#odd", "plain/b"});
  CHECK(text == "*.x text\n/big.gguf" + tail + "sub[[:space:]]dir/a\\[1].bin" + tail + "/\\#odd" +
                    tail + "plain/b" + tail);
  auto rules = Attributes::of_texts([&](const std::string& folder) -> std::optional<std::string> {
    return folder.empty() ? std::optional(text) : std::nullopt;
  });
  for (const char* large : {"big.gguf", "sub dir/a[1].bin", "#odd", "plain/b"})
    CHECK(rules.is_large(large));
  for (const char* small : {"other/big.gguf", "sub dir/a1.bin", "x/plain/b"})
    CHECK_FALSE(rules.is_large(small));
}

TEST_CASE("ignored paths are told from texts alone", "[repo][ignore]") {
  IgnoredPaths ignored([](const std::string& folder) -> std::optional<std::string> {
    if (folder.empty()) return "*.tmp\n/out/\n!keep.tmp\n";
    if (folder == "src") return "*.o\n";
    return std::nullopt;
  });
  CHECK(ignored.contains("a.tmp"));
  CHECK(ignored.contains("x/y.tmp"));
  CHECK(ignored.contains("out/deep/file"));
  CHECK_FALSE(ignored.contains("x/out/file"));
  CHECK_FALSE(ignored.contains("keep.tmp"));
  CHECK(ignored.contains("src/a.o"));
  CHECK_FALSE(ignored.contains("a.o"));
}
