// The hub's other messages: repositories, trees, tokens, short CAS answers, names.

#include <mhub/wire/cas_answers.hpp>
#include <mhub/wire/hub_repos.hpp>
#include <mhub/wire/hub_tree.hpp>
#include <mhub/wire/repo_name.hpp>
#include <mhub/wire/xet_token.hpp>

#include "fuzz.hpp"

using namespace mhub;

namespace {

template <class Value>
void there_and_back(std::string_view json, Value (*parse)(std::string_view)) {
  fuzz::may_refuse([&] {
    const Value value = parse(json);
    fuzz::require(parse(wire::to_json(value)) == value, "a message written is read as it was");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  there_and_back<wire::CreateRepoRequest>(text, wire::parse_create_repo_request);
  there_and_back<wire::CreateRepoAnswer>(text, wire::parse_create_repo_answer);
  there_and_back<wire::DeleteRepoRequest>(text, wire::parse_delete_repo_request);
  there_and_back<wire::XetToken>(text, wire::parse_xet_token);
  fuzz::may_refuse([&] { wire::parse_whoami(text); });
  fuzz::may_refuse([&] { wire::parse_repo_list(text); });
  fuzz::may_refuse([&] { wire::parse_tree(text); });
  fuzz::may_refuse([&] { wire::parse_xorb_upload_answer(text); });
  fuzz::may_refuse([&] { wire::parse_shard_upload_answer(text); });
  if (!text.empty()) fuzz::may_refuse([&] { wire::parse_shard_progress(text); });
  wire::hub_error_text(text);
  if (const auto name = wire::parse_repo_path(text)) {
    fuzz::require(wire::parse_repo_path(name->path()) == name, "a path written is read as it was");
    fuzz::require(name->path().find("..") == std::string::npos, "no name climbs");
  }
  return 0;
}
