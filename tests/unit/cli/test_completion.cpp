#include <fstream>

#include "completion.hpp"
#include "run_cli.hpp"
#include "support/catch.hpp"
#include "support/matchers.hpp"
#include "support/run.hpp"

using namespace mhub::cli;
using Catch::Matchers::Contains;

namespace {

// What bash offers for the last of `words`, in a folder that holds `a-file` and `a-folder`.
std::string offered_by_bash(const std::vector<std::string>& words) {
  const mhub::test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a-folder");
  std::ofstream(folder / "a-file") << "x";
  const auto script = folder / "test.sh";
  std::ofstream file(script);
  file << run_cli({"completion", "bash"}).out << "compopt() { :; }\ncd '" << folder.path().string()
       << "'\nCOMP_WORDS=(mhub";
  for (const std::string& word : words) file << " '" << word << "'";
  file << ")\nCOMP_CWORD=" << words.size() << "\n_mhub\necho \"${COMPREPLY[*]}\"\n";
  file.close();
  return mhub::test::run({"bash", script.string()}).out;
}

// What `shell` says to `commands`, in which $SCRIPT is its completion script.
std::string said_by(const std::string& shell, const std::vector<std::string>& options,
                    const std::string& commands) {
  const mhub::test::TemporaryFolder folder;
  const auto script = folder / "script";
  std::ofstream(script) << run_cli({"completion", shell}).out;
  std::vector<std::string> line{"env", "HOME=" + folder.path().string(),
                                "XDG_CONFIG_HOME=" + folder.path().string(),
                                "SCRIPT=" + script.string(), shell};
  line.insert(line.end(), options.begin(), options.end());
  line.push_back(commands);
  return mhub::test::run(line).out;
}

bool is_installed(const std::string& program) {
  if (std::filesystem::exists("/usr/bin/" + program)) return true;
  WARN(program << " is not installed");
  return false;
}

}  // namespace

TEST_CASE("zsh loads its script and offers what it should", "[cli][completion]") {
  if (!is_installed("zsh")) return;
  const std::string load = R"sh(
    autoload -U compinit; compinit -D; source $SCRIPT; print $_comps[mhub]
    compadd() { print -r -- "add $*" }
    _describe() { print -r -- "describe $described[1]" }
    _files() { print "files $*" }
    )sh";
  CHECK(said_by("zsh", {"-fc"}, load) == "_mhub_main\n");
  CHECK_THAT(said_by("zsh", {"-fc"}, load + "words=(mhub ''); CURRENT=2; _mhub_main"),
             Contains("describe init:"));
  CHECK_THAT(said_by("zsh", {"-fc"}, load + "words=(mhub completion ''); CURRENT=3; _mhub_main"),
             Contains("add -- bash zsh fish\n"));
  CHECK_THAT(said_by("zsh", {"-fc"}, load + "words=(mhub log ''); CURRENT=3; _mhub_main"),
             Contains("files"));
}

TEST_CASE("fish loads its script and offers what it should", "[cli][completion]") {
  if (!is_installed("fish")) return;
  const std::string load = "source $SCRIPT; complete -C ";
  CHECK_THAT(said_by("fish", {"-c"}, load + "'mhub logi'"), Contains("login\t"));
  CHECK(said_by("fish", {"-c"}, load + "'mhub completion '") == "bash\nfish\nzsh\n");
}

TEST_CASE("bash offers commands, options, values and files", "[cli][completion]") {
  CHECK(offered_by_bash({"vers"}) == "version\n");
  CHECK_THAT(offered_by_bash({"completion", "--"}), Contains("--help") && Contains("--json"));
  CHECK(offered_by_bash({"completion", ""}) == "bash zsh fish\n");
  CHECK(offered_by_bash({"--color", "a"}) == "auto always\n");
  CHECK(offered_by_bash({"--color", "auto", "versi"}) == "version\n");
  CHECK(offered_by_bash({"-C", "a"}) == "a-folder\n");
  CHECK_THAT(offered_by_bash({"log", "a-f"}), Contains("a-file") && Contains("a-folder"));
  CHECK(offered_by_bash({"--json", "versi"}) == "version\n");
  CHECK_THAT(offered_by_bash({"push", ""}), !Contains("REMOTE"));
  CHECK(offered_by_bash({"fetch", ""}) == "\n");
}

TEST_CASE("all scripts know every shown command", "[cli][completion]") {
  mhub::cli::Context context({}, {});
  const auto app = make_app(context);
  const CompletedCommand root = describe_commands(*app);
  REQUIRE_FALSE(root.commands.empty());
  for (const std::string& script :
       {bash_completion(root), zsh_completion(root), fish_completion(root)}) {
    for (const CompletedCommand& command : root.commands) {
      CHECK_THAT(script, Contains(command.path));
    }
  }
}
