#include <chrono>
#include <thread>

#include "hub_writer.hpp"

namespace mhub {
namespace {

using namespace test;

bool has_pack(const std::filesystem::path& repo) {
  for (const auto& entry : std::filesystem::directory_iterator(repo / "objects/pack")) {
    if (entry.path().extension() == ".pack") return true;
  }
  return false;
}

TEST_CASE("what commits over HTTP leave is packed when it has become much", "[serve][repacker]") {
  TestHub hub;
  const auto repo = hub.make_repo("team/m");
  HubWriter writer(hub, repo);
  const auto folder = hub.options().data_folder / "git" / (std::to_string(repo.id) + ".git");
  std::string lines = header_line("many");
  // git packs from 6700 objects on.
  for (int i = 0; i < 9000; ++i) {
    const std::string name = std::to_string(i);
    lines += file_line(name.substr(0, 1) + "/" + name, name);
  }
  const auto tip = writer.commit_id(lines);
  for (int i = 0; i < 1000 && !has_pack(folder); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(has_pack(folder));
  CHECK(writer.tip_id() == tip);
  CHECK(hub.ask("GET", "/team/m/resolve/main/1/1234").body == "1234");
}

}  // namespace
}  // namespace mhub
