// Both texts have a value for every tensor, hundreds of thousands of them in large models, of which
// a few numbers are kept: so they are read as they pass by, without a document in memory.

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include <mhub/wire/safetensors.hpp>

namespace mhub::wire {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxTypes = 64;
constexpr std::size_t kMaxTypeBytes = 32;
constexpr std::size_t kMaxFileNameBytes = 1024;
constexpr std::uint64_t kMaxParameters = std::numeric_limits<std::int64_t>::max();

bool is_type_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxTypeBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

/// Follows a document down to the members of its members. What a function of it returns false for
/// ends the reading: the text is not what it should be.
class Reader : public nlohmann::json_sax<Json> {
public:
  bool null() override { return on_other(); }
  bool boolean(bool) override { return on_other(); }
  bool number_integer(number_integer_t) override { return on_other(); }
  bool number_unsigned(number_unsigned_t number) override { return on_number(number); }
  bool number_float(number_float_t, const string_t&) override { return on_other(); }
  bool string(string_t& text) override { return on_text(text); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return start(false); }
  bool start_array(std::size_t) override { return start(true); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    if (depth_ == 1) outer_ = std::move(name);
    if (depth_ == 2) inner_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

protected:
  virtual bool on_number(std::uint64_t number) = 0;
  virtual bool on_text(std::string& text) = 0;
  /// null, a Boolean, another number.
  virtual bool on_other() = 0;
  /// An object or array has begun: 1 is the document, 2 a member of it, called outer_.
  virtual bool on_start(bool is_array) = 0;
  /// depth_ is that of what holds it.
  virtual bool on_end() { return true; }

  std::size_t depth_ = 0;  ///< within how many objects and arrays
  std::string outer_;      ///< the last key of the document
  std::string inner_;      ///< the last key of a member of it

private:
  bool start(bool is_array) {
    if (++depth_ > kMaxDepth) return false;
    if (depth_ == 2) inner_.clear();
    return on_start(is_array);
  }
  bool end() {
    --depth_;
    return on_end();
  }
};

/// {"name": {"dtype": "F32", "shape": [2, 3], …}, …, "__metadata__": {…}}
class HeaderReader : public Reader {
public:
  ParameterCounts counts;

protected:
  bool on_number(std::uint64_t number) override {
    if (!is_shape()) return depth_ >= 2;
    if (depth_ != 3 || number > kMaxParameters) return false;
    if (number != 0 && size_ > kMaxParameters / number) return false;
    size_ *= number;
    return true;
  }
  bool on_text(std::string& text) override {
    if (is_metadata() || depth_ != 2 || inner_ != "dtype") return on_other();
    type_ = std::move(text);
    return is_type_name(type_);
  }
  bool on_other() override { return depth_ >= 2 && !is_shape(); }
  bool on_start(bool is_array) override {
    if (depth_ == 1) return !is_array;
    if (depth_ == 2) {
      type_.clear();
      has_shape_ = false;
      return !is_array;
    }
    if (!is_shape()) return true;
    has_shape_ = true;
    size_ = 1;
    return depth_ == 3 && is_array;
  }
  bool on_end() override {
    if (depth_ != 1 || is_metadata()) return true;
    return !type_.empty() && has_shape_ && add_counts(counts, {{type_, size_}});
  }

private:
  bool is_metadata() const { return outer_ == "__metadata__"; }
  bool is_shape() const { return depth_ >= 2 && !is_metadata() && inner_ == "shape"; }

  std::string type_;
  bool has_shape_ = false;
  std::uint64_t size_ = 0;
};

/// {"metadata": {…}, "weight_map": {"name": "file", …}}
class IndexReader : public Reader {
public:
  std::set<std::string> files;

protected:
  bool on_number(std::uint64_t) override { return on_other(); }
  bool on_text(std::string& text) override {
    if (!is_map()) return on_other();
    if (depth_ != 2 || text.size() > kMaxFileNameBytes) return false;
    files.insert(std::move(text));
    return files.size() <= kSafetensorsMaxShards;
  }
  bool on_other() override { return depth_ >= 1 && !is_map(); }
  bool on_start(bool is_array) override {
    if (depth_ == 1) return !is_array;
    return !is_map() || (depth_ == 2 && !is_array);
  }

private:
  bool is_map() const { return depth_ >= 1 && outer_ == "weight_map"; }
};

}  // namespace

std::uint64_t total_of(const ParameterCounts& counts) {
  std::uint64_t total = 0;
  for (const auto& [type, count] : counts) total += count;
  return total;
}

bool add_counts(ParameterCounts& counts, const ParameterCounts& more) {
  std::uint64_t total = total_of(counts);
  std::size_t types = counts.size();
  for (const auto& [type, count] : more) {
    if (count > kMaxParameters - total) return false;
    total += count;
    if (!counts.contains(type)) ++types;
  }
  if (types > kMaxTypes) return false;
  for (const auto& [type, count] : more) counts[type] += count;
  return true;
}

std::optional<std::uint64_t> safetensors_header_bytes(ByteView start, std::uint64_t file_bytes) {
  if (start.size() < kSafetensorsLengthBytes || file_bytes < kSafetensorsLengthBytes)
    return std::nullopt;
  const auto length = load_le<std::uint64_t>(start.data());
  if (length > kSafetensorsMaxHeaderBytes || length > file_bytes - kSafetensorsLengthBytes)
    return std::nullopt;
  return length;
}

std::optional<ParameterCounts> count_parameters(std::string_view header_json) {
  HeaderReader reader;
  if (!Json::sax_parse(header_json, &reader)) return std::nullopt;
  return std::move(reader.counts);
}

std::optional<std::set<std::string>> find_safetensors_shards(std::string_view index_json) {
  IndexReader reader;
  if (!Json::sax_parse(index_json, &reader) || reader.files.empty()) return std::nullopt;
  return std::move(reader.files);
}

}  // namespace mhub::wire
