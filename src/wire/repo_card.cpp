#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <yaml.h>

#include <mhub/base/error.hpp>
#include <mhub/wire/repo_card.hpp>

#include "json_reader.hpp"

namespace mhub::wire {

namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 50000;
constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  return line;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<Json> integer_from(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(value);
}

std::optional<Json> number_from(std::string_view text) {
  // Words that are numbers to from_chars ("inf", "nan") are text here.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos ||
      text.find_first_of("0123456789") == std::string_view::npos)
    return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return Json(value);
}

Json plain_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (auto value = integer_from(text)) return std::move(*value);
  if (auto value = number_from(text)) return std::move(*value);
  return std::string(text);
}

/// What ends the reading of a card.
struct Fault {
  std::string text;
};

struct Parser {
  explicit Parser(std::string_view text) {
    if (yaml_parser_initialize(&handle) == 0) throw Fault{"out of memory"};
    yaml_parser_set_encoding(&handle, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&handle, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Parser() { yaml_parser_delete(&handle); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  yaml_parser_t handle;
};

struct Event {
  explicit Event(Parser& parser) {
    if (yaml_parser_parse(&parser.handle, &handle) == 0) {
      const char* problem = parser.handle.problem;
      // The first line of the file is the "---" before the block.
      throw Fault{fmt::format("line {}: {}", parser.handle.problem_mark.line + 2,
                              problem == nullptr ? "this is no YAML" : problem)};
    }
  }
  ~Event() { yaml_event_delete(&handle); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_t handle;
};

class Reader {
public:
  explicit Reader(std::string_view text) : parser_(text) {}

  Json read() {
    while (true) {
      const Event event(parser_);
      switch (event.handle.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
          continue;
        case YAML_STREAM_END_EVENT:
          return nullptr;
        default:
          return value(event.handle, 0);
      }
    }
  }

private:
  struct Anchor {
    Json value;
    std::size_t values = 0;
  };

  static std::string text_of(const yaml_char_t* text) {
    return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
  }

  void count(std::size_t values) {
    values_ += values;
    if (values_ > kMaxValues) throw Fault{"the metadata has too many values"};
  }

  Json scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    bytes_ += text.size();
    if (bytes_ > kMaxJsonBytes) throw Fault{"the metadata is too large"};
    if (scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nullptr) return plain_scalar(text);
    return std::string(text);
  }

  Json sequence(std::size_t depth) {
    Json list = Json::array();
    while (true) {
      const Event event(parser_);
      if (event.handle.type == YAML_SEQUENCE_END_EVENT) return list;
      list.push_back(value(event.handle, depth + 1));
    }
  }

  Json mapping(std::size_t depth) {
    Json object = Json::object();
    while (true) {
      const Event event(parser_);
      if (event.handle.type == YAML_MAPPING_END_EVENT) return object;
      if (event.handle.type != YAML_SCALAR_EVENT) throw Fault{"a key is not a plain word"};
      const auto& key = event.handle.data.scalar;
      std::string name(reinterpret_cast<const char*>(key.value), key.length);
      bytes_ += name.size();
      const Event next(parser_);
      object[std::move(name)] = value(next.handle, depth + 1);
    }
  }

  Json value(const yaml_event_t& event, std::size_t depth) {
    if (depth > kMaxDepth) throw Fault{"the metadata is nested too deeply"};
    count(1);
    const std::size_t before = values_;
    std::string anchor;
    Json result;
    switch (event.type) {
      case YAML_ALIAS_EVENT: {
        const auto found = anchors_.find(text_of(event.data.alias.anchor));
        if (found == anchors_.end()) throw Fault{"an alias stands for nothing"};
        count(found->second.values);
        bytes_ += found->second.value.dump().size();
        if (bytes_ > kMaxJsonBytes) throw Fault{"the metadata is too large"};
        return found->second.value;
      }
      case YAML_SCALAR_EVENT:
        anchor = text_of(event.data.scalar.anchor);
        result = scalar(event);
        break;
      case YAML_SEQUENCE_START_EVENT:
        anchor = text_of(event.data.sequence_start.anchor);
        result = sequence(depth);
        break;
      case YAML_MAPPING_START_EVENT:
        anchor = text_of(event.data.mapping_start.anchor);
        result = mapping(depth);
        break;
      default:
        throw Fault{"the metadata ends early"};
    }
    if (!anchor.empty()) anchors_[anchor] = {result, values_ - before};
    return result;
  }

  Parser parser_;
  std::map<std::string, Anchor> anchors_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::optional<CardBlock> find_card_block(std::string_view readme) {
  if (readme.starts_with("\xef\xbb\xbf")) readme.remove_prefix(3);
  if (take_line(readme) != "---") return std::nullopt;
  const char* begin = readme.data();
  while (!readme.empty()) {
    const char* end = readme.data();
    if (take_line(readme) == "---")
      return CardBlock{std::string_view(begin, static_cast<std::size_t>(end - begin)), true};
  }
  return CardBlock{std::string_view(begin, static_cast<std::size_t>(readme.data() - begin)), false};
}

RepoCard parse_repo_card(std::string_view readme) {
  const auto block = find_card_block(readme.substr(0, kCardMaxMetadataBytes));
  if (!block || !block->is_closed) return {};
  try {
    const Json json = Reader(block->text).read();
    if (json.is_null()) return {};
    if (!json.is_object()) return {{}, "the metadata is not a list of keys and values"};
    return {json.dump(-1, ' ', false, Json::error_handler_t::replace), {}};
  } catch (const Fault& fault) {
    return {{}, fault.text};
  }
}

}  // namespace mhub::wire
