#include "json_reader.hpp"

#include <algorithm>

#include <mhub/base/json_bounds.hpp>
#include <mhub/wire/xet_token.hpp>

namespace mhub::wire {

JsonField JsonField::at(std::string_view key) const {
  if (auto field = find(key)) return *field;
  throw Error(ErrorKind::corrupt, "{} has no field {}", path(), key);
}

std::optional<JsonField> JsonField::find(std::string_view key) const {
  if (!value_.is_object()) fail("is not an object");
  const auto it = value_.find(key);
  if (it == value_.end() || it->is_null()) return std::nullopt;
  return JsonField(*it, *this, key);
}

std::uint64_t JsonField::unsigned_number(std::uint64_t max) const {
  if (!value_.is_number_unsigned()) fail("is not a whole number");
  const auto number = value_.get<std::uint64_t>();
  if (number > max) fail(fmt::format("is over {}", max));
  return number;
}

std::int64_t JsonField::signed_number() const {
  if (value_.is_number_unsigned() &&
      value_.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    fail("is too large");
  }
  if (!value_.is_number_integer()) fail("is not a whole number");
  return value_.get<std::int64_t>();
}

bool JsonField::boolean() const {
  if (!value_.is_boolean()) fail("is neither true nor false");
  return value_.get<bool>();
}

const std::string& JsonField::text(std::size_t max_bytes) const {
  if (!value_.is_string()) fail("is not text");
  const auto& text = value_.get_ref<const std::string&>();
  if (text.size() > max_bytes) fail(fmt::format("is longer than {} bytes", max_bytes));
  return text;
}

const std::string& JsonField::url() const {
  const std::string& url = text(kUrlMaxBytes);
  if (!is_http_url(url)) fail("is not an http or https URL");
  return url;
}

const std::string& JsonField::header_value(std::size_t max_bytes) const {
  const std::string& value = text(max_bytes);
  if (!is_header_value(value)) fail("cannot stand in a header line");
  return value;
}

Sha256 JsonField::sha256() const {
  const auto digest = Sha256::parse(text(64));
  if (!digest) fail("is not 64 hexadecimal digits");
  return *digest;
}

std::string JsonField::text_or(std::string_view key, std::size_t max_bytes) const {
  const auto field = find(key);
  return field ? field->text(max_bytes) : std::string();
}

std::uint64_t JsonField::unsigned_or(std::string_view key, std::uint64_t max,
                                     std::uint64_t fallback) const {
  const auto field = find(key);
  return field ? field->unsigned_number(max) : fallback;
}

bool JsonField::boolean_or(std::string_view key, bool fallback) const {
  const auto field = find(key);
  return field ? field->boolean() : fallback;
}

void JsonField::fail(std::string_view problem) const {
  throw Error(ErrorKind::corrupt, "{} {}", path(), problem);
}

void JsonField::check_array(std::size_t max_count) const {
  if (!value_.is_array()) fail("is not an array");
  if (value_.size() > max_count) fail(fmt::format("has more than {} elements", max_count));
}

void JsonField::check_object(std::size_t max_count) const {
  if (!value_.is_object()) fail("is not an object");
  if (value_.size() > max_count) fail(fmt::format("has more than {} members", max_count));
}

std::string JsonField::path() const {
  if (parent_ == nullptr) return std::string(key_);
  const std::string above = parent_->path();
  const char* separator = parent_->parent_ == nullptr ? ": " : ".";
  if (key_.data() == nullptr) {
    return fmt::format("{}{}[{}]", above, parent_->parent_ == nullptr ? ": " : "", index_);
  }
  return above + separator + printable(key_.substr(0, 100));
}

Json parse_json(std::string_view text, const JsonLimits& limits, std::string_view what) {
  if (text.size() > limits.bytes) {
    throw Error(ErrorKind::corrupt, "{} is longer than {} bytes", what, limits.bytes);
  }
  if (!is_within_json_bounds(text, limits.values)) {
    throw Error(ErrorKind::corrupt, "{} holds more than {} values or is nested deeper than {}",
                what, limits.values, kJsonMaxDepth);
  }
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw Error(ErrorKind::corrupt, "{} is not JSON", what);
  return json;
}

std::string dump(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

bool is_header_value(std::string_view text) {
  if (!text.empty() && (text.front() == ' ' || text.back() == ' ')) return false;
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_header_name(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_http_url(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return false;
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return !authority.empty() && authority.find('@') == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

}  // namespace mhub::wire
