#include "hf/repo_facts.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>
#include <mhub/base/log.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/wire/repo_card.hpp>

#include "hf/weights.hpp"
#include "hf/write_target.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

using nlohmann::json;

constexpr std::uint64_t kReadmeBytesAtMost = std::uint64_t{16} << 20;
constexpr std::uint64_t kConfigBytesAtMost = std::uint64_t{1} << 20;
constexpr std::size_t kConfigValues = 100000;
/// Of what is kept of a card.
constexpr std::size_t kCardBytesAtMost = std::size_t{128} << 10;
constexpr std::size_t kKeptConfigBytesAtMost = std::size_t{16} << 10;
constexpr std::size_t kTagsAtMost = 500;
constexpr std::size_t kTagBytes = 200;
constexpr std::size_t kAtOnce = 1000;

/// What a card's key holds: a text or several.
std::vector<std::string> texts_of(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto add = [&](const json& value) {
    if (!value.is_string()) return;
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty() && text.size() <= kTagBytes) texts.push_back(text);
  };
  const auto found = object.find(key);
  if (found == object.end()) return texts;
  if (found->is_array())
    for (const json& value : *found) add(value);
  else
    add(*found);
  return texts;
}

std::string text_of(const json& object, const char* key) {
  auto texts = texts_of(object, key);
  return texts.empty() ? std::string() : std::move(texts.front());
}

/// Tags in the order in which they are shown, each once.
class TagList {
public:
  void add(const std::string& kind, const std::string& text, bool is_shown = true) {
    if (text.empty() || tags_.size() >= kTagsAtMost) return;
    if (known_.insert(lower_case(text)).second) tags_.push_back({kind, text, is_shown});
  }
  void add_all(const std::string& kind, const std::vector<std::string>& texts,
               const std::string& prefix = {}, bool is_shown = true) {
    for (const std::string& text : texts) add(kind, prefix + text, is_shown);
  }
  std::vector<RepoTag> take() { return std::move(tags_); }

private:
  std::vector<RepoTag> tags_;
  std::set<std::string> known_;
};

/// The names in the root folder that say something.
struct Root {
  std::set<std::string> formats;
  std::set<std::string, std::less<>> names;
  std::optional<repo::ObjectId> readme;
  std::optional<repo::ObjectId> config;
  WeightFiles weights;
  bool has(std::string_view name) const { return names.find(name) != names.end(); }
};

Root read_root(repo::Repository& git, const repo::ObjectId& commit) {
  static constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
      {".safetensors", "safetensors"},
      {".gguf", "gguf"},
      {".onnx", "onnx"},
      {".tflite", "tflite"},
      {".keras", "keras"},
      {".msgpack", "jax"},
      {".h5", "tf"},
      {".mlpackage", "coreml"}};
  static constexpr std::string_view kTelling[] = {"adapter_config.json", "modules.json",
                                                  "model_index.json", "config.json"};
  Root root;
  const auto tree = repo::peel_to_tree(git, commit);
  if (!tree) return root;
  for (const repo::TreeEntry& entry : repo::read_tree(git, *tree)) {
    if (!repo::is_file(entry.mode)) continue;
    for (const auto& [ending, format] : kEndings) {
      if (entry.name.ends_with(ending)) root.formats.emplace(format);
    }
    if (entry.name.starts_with("pytorch_model") && entry.name.ends_with(".bin"))
      root.formats.emplace("pytorch");
    if (std::find(std::begin(kTelling), std::end(kTelling), entry.name) != std::end(kTelling))
      root.names.insert(entry.name);
    if (entry.name == "README.md") root.readme = entry.id;
    if (entry.name == "config.json") root.config = entry.id;
    root.weights.add(entry);
  }
  return root;
}

/// Empty for one that is larger.
std::string small_blob(repo::Repository& git, const std::optional<repo::ObjectId>& blob,
                       std::uint64_t at_most) {
  if (!blob || repo::object_size(git, *blob) > at_most) return {};
  std::string text;
  repo::use_blob(git, *blob, at_most, [&](ByteView content) { text = as_text(content); });
  return text;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json read_card(repo::Repository& git, const Root& root) {
  const auto card = wire::parse_repo_card(small_blob(git, root.readme, kReadmeBytesAtMost));
  return card.json.empty() ? json::object() : json::parse(card.json);
}

/// Without what takes most of the space of a large one.
std::string kept_card(json card) {
  if (card.empty()) return {};
  std::string text = dump(card);
  for (const char* bulky : {"dataset_info", "configs", "model-index", "widget"}) {
    if (text.size() <= kCardBytesAtMost) return text;
    if (card.erase(bulky) > 0) text = dump(card);
  }
  return text.size() <= kCardBytesAtMost ? text : std::string();
}

json read_config(repo::Repository& git, const Root& root) {
  const std::string text = small_blob(git, root.config, kConfigBytesAtMost);
  json kept = json::object();
  if (text.empty() || !is_within_json_bounds(text, kConfigValues)) return kept;
  const json config = json::parse(text, nullptr, false);
  if (!config.is_object()) return kept;
  for (const char* key : {"architectures", "model_type", "quantization_config", "auto_map"}) {
    if (const auto found = config.find(key); found != config.end()) kept[key] = *found;
  }
  return kept;
}

std::string library_of(const json& card, const json& config, const Root& root) {
  if (std::string named = text_of(card, "library_name"); !named.empty()) return named;
  if (root.has("adapter_config.json")) return "peft";
  if (root.has("modules.json")) return "sentence-transformers";
  if (root.has("model_index.json")) return "diffusers";
  if (config.contains("architectures") || config.contains("model_type")) return "transformers";
  return {};
}

std::string pipeline_of(const json& card, const json& config, const std::string& library) {
  static constexpr std::pair<std::string_view, std::string_view> kArchitectures[] = {
      {"ForCausalLM", "text-generation"},
      {"LMHeadModel", "text-generation"},
      {"ForMaskedLM", "fill-mask"},
      {"ForSequenceClassification", "text-classification"},
      {"ForTokenClassification", "token-classification"},
      {"ForQuestionAnswering", "question-answering"},
      {"ForImageClassification", "image-classification"},
      {"ForObjectDetection", "object-detection"},
      {"ForSpeechSeq2Seq", "automatic-speech-recognition"},
      {"ForCTC", "automatic-speech-recognition"}};
  if (std::string named = text_of(card, "pipeline_tag"); !named.empty()) return named;
  if (library == "sentence-transformers") return "sentence-similarity";
  if (library != "transformers") return {};
  for (const std::string& architecture : texts_of(config, "architectures")) {
    for (const auto& [ending, pipeline] : kArchitectures) {
      if (architecture.ends_with(ending)) return std::string(pipeline);
    }
  }
  return {};
}

void add_model_tags(const json& card, const Root& root, const RepoFacts& facts, TagList& tags) {
  tags.add("library", facts.library_name);
  for (const std::string& format : root.formats) tags.add("library", format);
  tags.add("pipeline_tag", facts.pipeline_tag);
  tags.add_all("other", texts_of(card, "tags"));
  tags.add_all("language", texts_of(card, "language"));
  tags.add_all("dataset", texts_of(card, "datasets"), "dataset:");
  tags.add_all("other", texts_of(card, "base_model"), "base_model:");
  tags.add_all("license", texts_of(card, "license"), "license:");
  // Longer names of the same, by which clients may look for them.
  if (!facts.library_name.empty()) tags.add("", "library:" + facts.library_name, false);
  if (!facts.pipeline_tag.empty()) tags.add("", "pipeline_tag:" + facts.pipeline_tag, false);
  tags.add_all("", texts_of(card, "language"), "language:", false);
}

void add_dataset_tags(const json& card, TagList& tags) {
  for (const char* key :
       {"task_categories", "task_ids", "language", "license", "size_categories", "multilinguality",
        "annotations_creators", "language_creators", "source_datasets", "benchmark"})
    tags.add_all(key, texts_of(card, key), std::string(key) + ":");
  tags.add_all("other", texts_of(card, "tags"));
}

void add_space_tags(const json& card, const RepoFacts& facts, TagList& tags) {
  tags.add("sdk", facts.sdk);
  tags.add_all("other", texts_of(card, "tags"));
  tags.add_all("license", texts_of(card, "license"), "license:");
  const auto models = texts_of(card, "models");
  const auto datasets = texts_of(card, "datasets");
  tags.add_all("", models, "model:", false);
  tags.add_all("", datasets, "dataset:", false);
  if (!models.empty() || !datasets.empty()) tags.add("", std::string(kLinkedTag), false);
}

/// The default branch's commit.
std::optional<repo::ObjectId> head_of(repo::Repository& git) {
  const auto ref = repo::find_ref(git, std::string(kMainRef));
  if (!ref || ref->target.is_zero()) return std::nullopt;
  return ref->target;
}

/// So that no list tries again.
void keep_nothing(const FactsPlace& place, const RepoInfo& repo) noexcept {
  try {
    if (place.table.find(repo.id)) return;
    place.table.put(repo.id, facts_without_commits(repo));
  } catch (const std::exception& error) {
    log_warning("nothing can be kept of repository {}: {}", repo.id, error.what());
  }
}

RepoFacts facts_of(repo::Repository& git, const RepoInfo& repo, const repo::ObjectId& commit,
                   const Root& root) {
  RepoFacts facts;
  facts.head = commit.hex();
  facts.modified_unix_s = repo::read_commit(git, commit).committer.time_s;
  const json card = read_card(git, root);
  TagList tags;
  switch (repo.name.type) {
    case wire::RepoType::model: {
      const json config = read_config(git, root);
      facts.library_name = library_of(card, config, root);
      facts.pipeline_tag = pipeline_of(card, config, facts.library_name);
      if (!config.empty()) facts.config_json = dump(config);
      if (facts.config_json.size() > kKeptConfigBytesAtMost) facts.config_json.clear();
      add_model_tags(card, root, facts, tags);
      break;
    }
    case wire::RepoType::dataset:
      add_dataset_tags(card, tags);
      break;
    case wire::RepoType::space:
      facts.sdk = text_of(card, "sdk");
      if (facts.sdk.empty()) facts.sdk = repo.sdk;
      add_space_tags(card, facts, tags);
      break;
  }
  facts.card_json = kept_card(card);
  facts.tags = tags.take();
  return facts;
}

/// Of what the repository itself holds: a pointer to another's file must tell nothing of that.
ReadLarge reader_of(const FactsPlace& place, std::int64_t repo) {
  return [&place, repo](const WalkedPointer& pointer, std::uint64_t offset,
                        std::uint64_t length) -> std::optional<Bytes> {
    const auto held = place.catalog.find_file(repo, pointer.sha256);
    if (!held || held->size_bytes != pointer.size_bytes) return std::nullopt;
    const auto record = place.store().find_file(pointer.sha256);
    if (!record || record->size_bytes != pointer.size_bytes) return std::nullopt;
    Bytes bytes;
    bytes.reserve(length);
    place.store().read_file(*record, offset, length, [&](ByteView piece) { append(bytes, piece); });
    if (bytes.size() != length) return std::nullopt;
    return bytes;
  };
}

/// Where the weights are those of before, what was counted in them is taken over.
void add_parameters(const FactsPlace& place, repo::Repository& git, const RepoInfo& repo,
                    const WeightFiles& weights, RepoFacts& facts) {
  facts.weights = weights.id();
  if (facts.weights.empty()) return;
  auto kept = place.table.find(repo.id);
  if (kept && kept->weights == facts.weights && !kept->parameters.empty()) {
    facts.parameters = std::move(kept->parameters);
    return;
  }
  try {
    if (auto counts = count_parameters(weights, git, reader_of(place, repo.id)))
      facts.parameters = std::move(*counts);
  } catch (const Error& error) {
    log_warning("the parameters of repository {} cannot be counted: {}", repo.id, error.what());
  }
}

}  // namespace

RepoFacts derive_facts(repo::Repository& git, const RepoInfo& repo, const repo::ObjectId& commit) {
  return facts_of(git, repo, commit, read_root(git, commit));
}

RepoFacts facts_without_commits(const RepoInfo& repo) {
  RepoFacts facts;
  facts.modified_unix_s = repo.created_unix_s;
  facts.sdk = repo.sdk;
  TagList tags;
  tags.add("sdk", facts.sdk);
  facts.tags = tags.take();
  return facts;
}

void refresh_facts(const FactsPlace& place, const RepoInfo& repo) {
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto git = repo::Repository::open(place.folder.repo(repo.id));
    const auto head = head_of(git);
    RepoFacts facts = facts_without_commits(repo);
    if (head) {
      const Root root = read_root(git, *head);
      facts = facts_of(git, repo, *head, root);
      if (repo.name.type == wire::RepoType::model)
        add_parameters(place, git, repo, root.weights, facts);
    }
    place.table.put(repo.id, facts);
    // Of two pushes at once the one that read first may write last; it then sees it here.
    git.refresh();
    if (head_of(git) == head) return;
  }
}

void refresh_facts_quietly(const FactsPlace& place, const RepoInfo& repo) noexcept {
  try {
    refresh_facts(place, repo);
  } catch (const std::exception& error) {
    log_warning("what lists show of repository {} is out of date: {}", repo.id, error.what());
    keep_nothing(place, repo);
  }
}

void fill_missing_facts(const FactsPlace& place, std::size_t at_most) {
  for (const std::int64_t id : place.table.repos_without(at_most)) {
    if (const auto repo = place.catalog.find_repo(id)) refresh_facts_quietly(place, *repo);
  }
}

void refresh_stale_facts(const FactsPlace& place, const StopToken& stop) {
  std::int64_t after = 0;
  while (true) {
    const auto page = place.table.kept_heads(after, kAtOnce);
    for (const auto& kept : page) {
      if (stop.stop_requested()) return;
      after = kept.repo_id;
      try {
        auto git = repo::Repository::open(place.folder.repo(kept.repo_id));
        const auto head = head_of(git);
        if (kept.head == (head ? head->hex() : "")) continue;
      } catch (const std::exception&) {
        // Missing or damaged: told by what follows.
      }
      if (const auto repo = place.catalog.find_repo(kept.repo_id))
        refresh_facts_quietly(place, *repo);
    }
    if (page.size() < kAtOnce) return;
  }
}

}  // namespace mhub::serve
