#include "hf/listing.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include <mhub/base/log.hpp>

#include "hf/description.hpp"
#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kPageAtMost = 1000;
/// Of repositories with their files, each of which is read from git.
constexpr std::size_t kPageWithFiles = 100;
constexpr std::size_t kWordsAtMost = 20;
constexpr std::size_t kWordBytes = 500;
/// Repositories of an older catalog that one request looks into; others wait for the next.
constexpr std::size_t kFilledAtOnce = 500;
constexpr std::size_t kTagsAtMost = 20000;

void add_words(const Request& request, std::string_view name, const std::string& prefix,
               std::vector<std::string>& words) {
  for (const std::string& word : request.parameters(name)) {
    if (word.empty()) continue;
    if (words.size() == kWordsAtMost || word.size() > kWordBytes)
      throw Refused(400, std::string(name) + " asks for too much");
    words.push_back(word.starts_with(prefix) ? word : prefix + word);
  }
}

RepoOrder order_from(const std::string& name) {
  static const std::map<std::string, RepoOrder, std::less<>> kOrders = {
      {"", RepoOrder::id},
      {"createdAt", RepoOrder::id},
      {"created_at", RepoOrder::id},
      {"id", RepoOrder::name},
      {"lastModified", RepoOrder::modified},
      {"last_modified", RepoOrder::modified},
      {"likes", RepoOrder::likes},
      {"downloads", RepoOrder::downloads},
      // This hub sees no trends: what is liked most comes first.
      {"trendingScore", RepoOrder::likes},
      {"trending_score", RepoOrder::likes},
      {"likes30d", RepoOrder::likes}};
  const auto found = kOrders.find(name);
  if (found == kOrders.end())
    throw Refused(400, "repositories cannot be sorted by " + printable(name.substr(0, 100)));
  return found->second;
}

/// True for a question of which the answer is known: this hub runs no models.
bool has_no_answer(const Request& request) {
  return request.parameter("inference") || request.parameter("inference_provider");
}

/// "7.5B": 7,500,000,000.
std::optional<std::uint64_t> parameter_number(std::string_view text) {
  static constexpr std::pair<char, double> kUnits[] = {
      {'k', 1e3}, {'m', 1e6}, {'b', 1e9}, {'t', 1e12}};
  double unit = 1;
  for (const auto& [letter, factor] : kUnits) {
    if (text.empty() || (text.back() | 0x20) != letter) continue;
    unit = factor;
    text.remove_suffix(1);
    break;
  }
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr double kMost = 1e18;
  if (value * unit > kMost) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(value * unit));
}

/// "min:6B,max:128B", or one of them.
void read_range(std::string_view text, ListingFilter& filter) {
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    const auto number =
        part.size() > 4 && part[3] == ':' ? parameter_number(part.substr(4)) : std::nullopt;
    std::optional<std::uint64_t>* bound = nullptr;
    if (part.starts_with("min")) bound = &filter.parameters_at_least;
    if (part.starts_with("max")) bound = &filter.parameters_at_most;
    if (!number || bound == nullptr || *bound)
      throw Refused(400, "num_parameters is no range such as min:6B,max:128B");
    *bound = number;
    if (part.size() == text.size()) return;
    text.remove_prefix(part.size() + 1);
  }
}

ListingFilter filter_from(const Call& call, wire::RepoType type) {
  const Request& request = *call.request;
  if (request.parameter("apps"))
    throw Refused(501, "NotImplemented", "this hub does not offer looking for apps");
  ListingFilter filter;
  filter.type = type;
  filter.owner = request.parameter("author").value_or("");
  add_words(request, "search", "", filter.search);
  add_words(request, "filter", "", filter.tags);
  add_words(request, "pipeline_tag", "pipeline_tag:", filter.tags);
  add_words(request, "library", "library:", filter.tags);
  add_words(request, "trained_dataset", "dataset:", filter.tags);
  add_words(request, "datasets", "dataset:", filter.tags);
  add_words(request, "models", "model:", filter.tags);
  if (request.parameter("gated")) filter.is_gated = flag(request, "gated");
  if (const auto range = request.parameter("num_parameters")) read_range(*range, filter);
  if (flag(request, "linked")) filter.tags.emplace_back(kLinkedTag);
  const std::string sort = request.parameter("sort").value_or("");
  filter.order = order_from(sort);
  filter.descending = !sort.empty() && request.parameter("direction").value_or("-1") != "1";
  filter.cursor = request.parameter("cursor").value_or("");
  return filter;
}

wire::RepoProperties shown_properties(const Request& request, wire::RepoType type) {
  auto properties = properties_of(request);
  const bool full = flag(request, "full");
  properties.siblings = full;
  properties.card = flag(request, "cardData") || (full && type != wire::RepoType::model);
  properties.config = flag(request, "config");
  properties.safetensors = false;
  return properties;
}

void each_file(const Call& call, const ListedRepo& listed,
               const std::function<void(const wire::RepoSibling&)>& use) {
  if (listed.facts.head.empty()) return;
  try {
    auto git = repo::Repository::open(call.hub.folder.repo(listed.repo.id));
    if (const auto commit = commit_named(git, listed.facts.head))
      each_sibling(git, *commit, false, use);
  } catch (const Error& error) {
    log_warning("repository {} cannot be read: {}", listed.repo.id, error.message());
  }
}

Response list(Call& call) {
  const auto type = wire::parse_api_plural(call.words[0]);
  if (!type) throw Refused(404, "EntryNotFound", "not found");
  const Request& request = *call.request;
  ListingFilter filter = filter_from(call, *type);
  const auto properties = shown_properties(request, *type);
  if (has_no_answer(request)) return json_response(200, "[]");
  const bool with_files = properties.has("siblings");
  const bool with_storage = !properties.expand.empty() && properties.has("usedStorage");
  filter.with_card = properties.has("cardData");
  filter.with_config = properties.has("config");
  const std::size_t at_most = with_files || with_storage ? kPageWithFiles : kPageAtMost;
  filter.limit = number(request, "limit", std::min(kPage, at_most), at_most);

  Hub& hub = call.hub;
  fill_missing_facts(hub.facts_place(), kFilledAtOnce);
  ListingPage page;
  try {
    page = hub.facts->list(call.who.viewer(), filter);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::usage) throw Refused(400, error.message());
    throw;
  }
  std::string items = "[";
  std::size_t shown = 0;
  std::size_t files = 0;
  while (shown < page.repos.size() && files < wire::kInfoMaxSiblings) {
    const ListedRepo& listed = page.repos[shown];
    auto item = description_of(listed.repo, listed.facts, {listed.likes, listed.downloads});
    if (with_storage) item.used_storage_bytes = hub.catalog->count_file_bytes(listed.repo.id);
    if (shown > 0) items += ',';
    items += wire::to_json(item, properties, [&](const auto& write) {
      each_file(call, listed, [&](const wire::RepoSibling& sibling) {
        ++files;
        write(sibling);
      });
    });
    ++shown;
  }
  Response response = json_response(200, std::move(items += ']'));
  if (page.has_more || shown < page.repos.size())
    response.with("Link", next_link(call, page.repos[shown - 1].cursor));
  return response;
}

Response tags_of(Call& call, wire::RepoType type) {
  nlohmann::json answer = nlohmann::json::object();
  for (const RepoTag& tag : call.hub.facts->list_tags(call.who.viewer(), type, kTagsAtMost)) {
    const auto colon = tag.text.find(':');
    const std::string label =
        tag.kind != "other" && colon != std::string::npos ? tag.text.substr(colon + 1) : tag.text;
    answer[tag.kind].push_back({{"id", tag.text}, {"label", label}, {"type", tag.kind}});
  }
  return json_response(200, answer.dump());
}

}  // namespace

std::vector<Route> listing_routes() {
  std::vector<Route> routes;
  const auto add = [&](const char* pattern, std::function<Response(Call&)> handle) {
    Route route;
    route.pattern = pattern;
    route.access = Access::anyone;
    route.run = Run::worker;
    route.handle = std::move(handle);
    routes.push_back(std::move(route));
  };
  add("/api/models-tags-by-type", [](Call& call) { return tags_of(call, wire::RepoType::model); });
  add("/api/datasets-tags-by-type",
      [](Call& call) { return tags_of(call, wire::RepoType::dataset); });
  add("/api/{plural}", list);
  routes.back().is_long = [](const Call& call) {
    const auto expand = call.request->parameters("expand");
    return flag(*call.request, "full") ||
           std::any_of(expand.begin(), expand.end(), [](const std::string& name) {
             return name == "siblings" || name == "usedStorage";
           });
  };
  return routes;
}

}  // namespace mhub::serve
