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

}  // namespace

TEST_CASE("bash offers commands, options, values and files", "[cli][completion]") {
  CHECK(offered_by_bash({"vers"}) == "version\n");
  CHECK_THAT(offered_by_bash({"completion", "--"}), Contains("--help") && Contains("--json"));
  CHECK(offered_by_bash({"completion", ""}) == "bash zsh fish\n");
  CHECK(offered_by_bash({"--color", "a"}) == "auto always\n");
  CHECK(offered_by_bash({"--color", "auto", "versi"}) == "version\n");
  CHECK(offered_by_bash({"-C", "a"}) == "a-folder\n");
  CHECK(offered_by_bash({"log", "a-f"}) == "a-file a-folder\n");
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
