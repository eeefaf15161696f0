#pragma once
// Reads JSON from outside with bounds, and names the field that is wrong.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <mhub/base/error.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::wire {

using Json = nlohmann::json;
/// For writing: keeps the order in which fields were set.
using OrderedJson = nlohmann::ordered_json;

/// One value of a document and how it was reached. Children point to their parent, which must
/// outlive them. All accessors throw Error: corrupt with the field's path.
class JsonField {
public:
  JsonField(const Json& value, std::string_view what) : value_(value), key_(what) {}

  /// A required member. JSON null counts as absent.
  JsonField at(std::string_view key) const;
  /// An optional member.
  std::optional<JsonField> find(std::string_view key) const;

  /// Calls `use(JsonField)` for each element of an array of at most `max_count`.
  template <class Use>
  void each(std::size_t max_count, Use&& use) const {
    check_array(max_count);
    std::size_t index = 0;
    for (const Json& element : value_) use(JsonField(element, *this, index++));
  }
  /// Calls `use(key, JsonField)` for each member of an object of at most `max_count`.
  template <class Use>
  void each_member(std::size_t max_count, Use&& use) const {
    check_object(max_count);
    for (auto it = value_.begin(); it != value_.end(); ++it) {
      use(it.key(), JsonField(it.value(), *this, it.key()));
    }
  }

  std::uint64_t unsigned_number(std::uint64_t max) const;
  std::int64_t signed_number() const;
  bool boolean() const;
  const std::string& text(std::size_t max_bytes) const;
  /// An http or https URL without control characters, spaces or user information.
  const std::string& url() const;
  /// Text that may stand as the value of a header line: printable ASCII, no spaces at its ends.
  const std::string& header_value(std::size_t max_bytes) const;
  Sha256 sha256() const;
  /// Any of the hash types of the xet layer.
  template <class HashType>
  HashType xet_hash() const {
    const auto hash = HashType::parse(text(64));
    if (!hash) fail("is not 64 hexadecimal digits");
    return *hash;
  }

  std::string text_or(std::string_view key, std::size_t max_bytes) const;
  std::uint64_t unsigned_or(std::string_view key, std::uint64_t max, std::uint64_t fallback) const;
  bool boolean_or(std::string_view key, bool fallback) const;

  [[noreturn]] void fail(std::string_view problem) const;
  const Json& value() const { return value_; }

private:
  JsonField(const Json& value, const JsonField& parent, std::string_view key)
      : value_(value), parent_(&parent), key_(key) {}
  JsonField(const Json& value, const JsonField& parent, std::size_t index)
      : value_(value), parent_(&parent), index_(index) {}

  void check_array(std::size_t max_count) const;
  void check_object(std::size_t max_count) const;
  std::string path() const;

  const Json& value_;
  const JsonField* parent_ = nullptr;
  std::string_view key_;  ///< for the root: what the document is
  std::size_t index_ = 0;
};

struct JsonLimits {
  std::size_t bytes;   ///< of the text
  std::size_t values;  ///< see is_within_json_bounds()
};

/// Throws Error: corrupt if `text` is beyond `limits`, nested deeper than kJsonMaxDepth or not
/// JSON. `what` begins messages.
Json parse_json(std::string_view text, const JsonLimits& limits, std::string_view what);

/// Compact text; bytes that are not UTF-8 are replaced.
std::string dump(const OrderedJson& json);
/// The same with the fields in alphabetical order.
template <std::same_as<Json> Sorted>
std::string dump(const Sorted& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// True if `text` may be the value of a header line: printable ASCII, no space at either end.
bool is_header_value(std::string_view text);
/// True for a header name (RFC 9110 token).
bool is_header_name(std::string_view text);
bool is_http_url(std::string_view text);

}  // namespace mhub::wire
