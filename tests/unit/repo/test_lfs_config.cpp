#include <mhub/repo/lfs_config.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;

using Settings = std::map<std::string, std::string>;

TEST_CASE(".lfsconfig is read as git reads settings", "[repo][lfs_config]") {
  test::GitRepo work;
  const std::string text =
      "\xef\xbb\xbf# servers\r\n"
      "[LFS]\n"
      "\tURL = https://h/old\n"
      "\turl = \"https://h/a b\" ; the one that counts\r\n"
      "\tpushurl=https://h/pu\\\nsh  \n"
      "[remote \"My\\\"Own\"] lfsurl = https://h/x\\\\y#z\n"
      "[remote.old]\n\tlfsurl = https://h/old\n"
      "[lfs]\n\tlocksverify\n";
  work.write(".lfsconfig", text);
  const Settings found = read_lfs_config(*work);
  CHECK(found == Settings{{"lfs.url", "https://h/a b"},
                          {"lfs.pushurl", "https://h/push"},
                          {"remote.My\"Own.lfsurl", "https://h/x\\y"},
                          {"remote.old.lfsurl", "https://h/old"}});
  for (const auto& [key, value] : found)
    CHECK(work.git({"config", "-f", ".lfsconfig", "--get", key}) == value);
}

TEST_CASE(".lfsconfig sets nothing but where large files are", "[repo][lfs_config]") {
  test::GitRepo work;
  work.write("other", "[lfs]\n\turl = https://included\n");
  work.write(".lfsconfig",
             "[include]\n\tpath = other\n[core]\n\tsshCommand = harm\n[credential]\n\thelper = x\n"
             "[lfs \"https://h\"]\n\taccess = basic\n[lfs \"customtransfer.x\"]\n\tpath = harm\n"
             "[http]\n\tsslVerify = false\n[remote]\n\tlfsurl = x\n[remote \"\"]\n\tlfsurl = x\n");
  CHECK(read_lfs_config(*work).empty());
}

TEST_CASE("a malformed .lfsconfig is said to be so", "[repo][lfs_config]") {
  for (const char* text : {"url = x\n", "[lfs\nurl = x\n", "[lfs]\nurl x\n", "[lfs]\nurl = \"x\n",
                           "[lfs]\nurl = \\x\n", "[remote \"x\n\"]\n", "[]\n", "=\n"}) {
    test::GitRepo work;
    work.write(".lfsconfig", text);
    INFO(text);
    CHECK_THROWS_MATCHES(read_lfs_config(*work), Error, HasKind(ErrorKind::config));
  }
}

TEST_CASE(".lfsconfig comes from the work tree, the index or HEAD", "[repo][lfs_config]") {
  test::GitRepo work;
  CHECK(read_lfs_config(*work).empty());
  work.write(".lfsconfig", "[lfs]\n\turl = https://committed\n");
  work.git({"add", ".lfsconfig"});
  work.git({"commit", "-q", "-m", "one"});
  work.write(".lfsconfig", "[lfs]\n\turl = https://staged\n");
  work.git({"add", ".lfsconfig"});
  work.write(".lfsconfig", "[lfs]\n\turl = https://here\n");
  CHECK(read_lfs_config(*work).at("lfs.url") == "https://here");
  std::filesystem::remove(work.path() / ".lfsconfig");
  CHECK(read_lfs_config(*work).at("lfs.url") == "https://staged");
  work.git({"rm", "-q", "--cached", ".lfsconfig"});
  CHECK(read_lfs_config(*work).at("lfs.url") == "https://committed");
}

TEST_CASE(".lfsconfig is not read through a symlink", "[repo][lfs_config]") {
  test::GitRepo work;
  work.write("elsewhere", "[lfs]\n\turl = https://h\n");
  std::filesystem::create_symlink("elsewhere", work.path() / ".lfsconfig");
  CHECK(read_lfs_config(*work).empty());
  work.git({"add", "."});
  CHECK(read_lfs_config(*work).empty());
}
