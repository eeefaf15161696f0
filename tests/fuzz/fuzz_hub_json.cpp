// The hub's JSON: repositories, listings, commits, discussions, tokens, answers to uploads, names;
// and the YAML of cards.

#include <mhub/wire/cas_answers.hpp>
#include <mhub/wire/hub_commit.hpp>
#include <mhub/wire/hub_discussions.hpp>
#include <mhub/wire/hub_discussions_client.hpp>
#include <mhub/wire/hub_history.hpp>
#include <mhub/wire/hub_info.hpp>
#include <mhub/wire/hub_people.hpp>
#include <mhub/wire/hub_preupload.hpp>
#include <mhub/wire/hub_ref_edits.hpp>
#include <mhub/wire/hub_repos.hpp>
#include <mhub/wire/hub_tree.hpp>
#include <mhub/wire/repo_card.hpp>
#include <mhub/wire/repo_name.hpp>
#include <mhub/wire/safetensors.hpp>
#include <mhub/wire/tree_cache.hpp>
#include <mhub/wire/xet_token.hpp>

#include "fuzz.hpp"

using namespace mhub;

namespace {

/// parse(to_json(parse(json))) == parse(json), or the first parse refuses.
template <class Parse>
void survives(std::string_view json, Parse parse, const char* what) {
  fuzz::may_refuse([&] {
    const auto value = parse(json);
    fuzz::require(parse(wire::to_json(value)) == value, what);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  fuzz::may_refuse([&] {
    wire::CreateRepoRequest request = wire::parse_create_repo_request(text);
    request.files.clear();  // these are only read
    request.license.clear();
    fuzz::require(wire::parse_create_repo_request(wire::to_json(request)) == request,
                  "a create request written is read as it was");
  });
  survives(text, wire::parse_create_repo_answer, "a create answer written is read as it was");
  survives(text, wire::parse_delete_repo_request, "a delete request written is read as it was");
  fuzz::may_refuse([&] {
    wire::WhoAmI who = wire::parse_whoami(text);
    if (who.fullname.empty()) who.fullname = who.name;  // the writer does
    fuzz::require(wire::parse_whoami(wire::to_json(who)) == who,
                  "a whoami answer written is read as it was");
  });
  fuzz::may_refuse([&] { wire::parse_repo_settings_request(text); });
  fuzz::may_refuse([&] { wire::parse_access_decision(text); });
  fuzz::may_refuse([&] { wire::parse_access_decisions(text); });
  fuzz::may_refuse([&] { wire::parse_move_repo_request(text); });
  fuzz::may_refuse([&] { wire::parse_duplicate_repo_request(text); });
  fuzz::may_refuse([&] { wire::parse_copy_files_request(text); });
  fuzz::may_refuse([&] { wire::parse_commit_line(text); });
  fuzz::may_refuse([&] { wire::parse_commit_answer(text); });
  fuzz::may_refuse([&] { wire::parse_preupload_request(text); });
  fuzz::may_refuse([&] { wire::parse_preupload_answer(text); });
  fuzz::may_refuse([&] { wire::parse_make_branch_request(text); });
  fuzz::may_refuse([&] { wire::parse_make_tag_request(text); });
  fuzz::may_refuse([&] { wire::parse_squash_request(text); });
  fuzz::may_refuse([&] { wire::parse_paths_info_request(text); });
  fuzz::may_refuse([&] { wire::parse_tree_cache(text); });
  fuzz::may_refuse([&] { wire::parse_repo_description(text, wire::RepoType::model); });
  survives(text, wire::parse_ref_list, "a list of refs written is read as it was");
  fuzz::may_refuse([&] {
    const auto commits = wire::parse_commit_list(text);
    fuzz::require(wire::parse_commit_list(wire::to_json(commits, false)) == commits,
                  "a list of commits written is read as it was");
  });
  fuzz::may_refuse([&] { wire::parse_discussion_page(text); });
  fuzz::may_refuse([&] { wire::parse_discussion_details(text); });
  fuzz::may_refuse([&] { wire::parse_new_discussion_answer(text); });
  fuzz::require(!wire::parse_repo_card(text).json.starts_with('['), "a card's data is an object");
  if (const auto counts = wire::count_parameters(text))
    fuzz::require(wire::total_of(*counts) <= INT64_MAX, "a count of parameters has its bounds");
  if (const auto shards = wire::find_safetensors_shards(text))
    fuzz::require(!shards->empty(), "an index names files");
  survives(text, wire::parse_xet_token, "a token written is read as it was");
  fuzz::may_refuse([&] {
    const auto entries = wire::parse_tree(text);
    fuzz::require(wire::parse_tree(wire::to_json(entries)) == entries,
                  "a listing written is read as it was");
  });
  fuzz::may_refuse([&] { wire::parse_repo_list(text); });
  fuzz::may_refuse([&] { wire::parse_xorb_upload_answer(text); });
  fuzz::may_refuse([&] { wire::parse_shard_upload_answer(text); });
  if (!text.empty()) fuzz::may_refuse([&] { wire::parse_shard_progress(text); });
  fuzz::may_refuse([&] {
    const auto made = wire::parse_new_discussion_request(text);
    fuzz::require(!made.title.empty() && made.title.find('\n') == std::string::npos,
                  "a title is one line");
    fuzz::require(wire::discussion_title_from(made.title) == made.title, "a title stays as it is");
  });
  fuzz::may_refuse([&] {
    fuzz::require(!wire::parse_discussion_comment(text).empty(), "a comment has a text");
  });
  fuzz::may_refuse([&] { wire::parse_discussion_status_request(text); });
  if (const auto name = wire::parse_repo_path(text)) {
    fuzz::require(wire::parse_repo_path(name->path()) == name, "a name's path is its own");
    fuzz::require(name->path().find("..") == std::string::npos, "no name climbs");
  }
  return 0;
}
