#include <mhub/base/error.hpp>

#include "run_cli.hpp"
#include "support/catch.hpp"
#include "support/matchers.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("global options stand before or after the command's name", "[cli]") {
  for (const auto& line : {std::vector<std::string>{"--json", "version"}, {"version", "--json"}}) {
    const CliResult result = run_cli(line);
    CHECK(result.code == 0);
    CHECK(nlohmann::json::parse(result.out).contains("version"));
    CHECK(result.err.empty());
  }
}

TEST_CASE("a line that makes no sense is exit code 2 with a hint", "[cli]") {
  using Line = std::vector<std::string>;
  const auto line =
      GENERATE(Line{}, Line{"frobnicate"}, Line{"version", "--frobnicate"}, Line{"version", "word"},
               Line{"--color", "red", "version"}, Line{"--jobs", "many", "version"},
               Line{"completion"}, Line{"completion", "tcsh"});
  const CliResult result = run_cli(line);
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("mhub: error: "));
  CHECK_THAT(result.err, Contains("\nhint: "));
}

TEST_CASE("a command's near miss is guessed", "[cli]") {
  CHECK_THAT(run_cli({"verson"}).err, Contains("did you mean `version`?"));
  CHECK_THAT(run_cli({"zzzzzzz"}).err, !Contains("did you mean"));
}

TEST_CASE("with --json a failure is one object on stderr", "[cli]") {
  const CliResult result = run_cli({"nonsense", "--json"});
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  const auto report = nlohmann::json::parse(result.err);
  CHECK(report.at("error") == "usage");
  CHECK(report.at("exit_code") == 2);
  CHECK(report.at("message") == "no command `nonsense`");
}

TEST_CASE("control characters of an argument reach no terminal", "[cli]") {
  CHECK_THAT(run_cli({"\x1b[31mred"}).err, !Contains("\x1b"));
  CHECK_THAT(run_cli({"version", "\x1b[31mred"}).err, !Contains("\x1b"));
}

TEST_CASE("option -C names a folder that must be there", "[cli]") {
  const CliResult result = run_cli({"-C", "/nonexistent/folder", "version"});
  CHECK(result.code == 1);
  CHECK_THAT(result.err, Contains("/nonexistent/folder"));
}

TEST_CASE("help goes to stdout and is a success", "[cli]") {
  const CliResult all = run_cli({"--help"});
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Contains("version") && Contains("Print the version of mhub"));
  CHECK(run_cli({"help"}).out == all.out);
  CHECK(run_cli({"help", "completion"}).out == run_cli({"completion", "--help"}).out);
  CHECK(run_cli({"help", "nonsense"}).code == 2);
}

TEST_CASE("a full disk under stdout is not passed over", "[cli]") {
  const FileOwner full(std::fopen("/dev/full", "w"));
  const FileOwner err(std::tmpfile());
  REQUIRE(full);
  CHECK(mhub::cli::run_command_line({"version"}, {}, {stdin, full.get(), err.get()}) == 1);
  CHECK_THAT(text_of(err.get()), Contains("standard output"));
}

TEST_CASE("every command says what it does and shows an example", "[cli]") {
  mhub::cli::Context context({}, {});
  const auto app = mhub::cli::make_app(context);
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
    INFO(command->get_name());
    if (command->get_group().empty()) continue;
    CHECK_FALSE(command->get_description().empty());
    CHECK(command->get_description().size() <= 60);
    if (command->get_name() != "version") {
      CHECK_THAT(command->get_footer(), StartsWith("Examples:"));
    }
  }
}
