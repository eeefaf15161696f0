#include <algorithm>
#include <charconv>
#include <cstring>

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>
#include <mhub/base/text.hpp>
#include <mhub/net/http_message.hpp>
#include <mhub/net/url.hpp>

namespace mhub::net {
namespace {

constexpr std::size_t kServerMessageMaxBytes = 1000;
constexpr std::size_t kServerMessageMaxValues = 1000;

class ViewSource : public BodySource {
public:
  explicit ViewSource(ByteView bytes) : rest_(bytes) {}
  std::size_t read(std::span<std::byte> room) override {
    const std::size_t count = std::min(room.size(), rest_.size());
    if (count > 0) std::memcpy(room.data(), rest_.data(), count);
    rest_ = rest_.subspan(count);
    return count;
  }

private:
  ByteView rest_;
};

/// What a person should see of `text`: no surrounding space, bounded, nothing that moves a cursor.
std::string for_a_person(std::string_view text) {
  return printable(trimmed(text, " \t\r\n").substr(0, kServerMessageMaxBytes));
}

std::string message_in_json(const std::string& body) {
  if (!is_within_json_bounds(body, kServerMessageMaxValues)) return {};
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  for (const char* key : {"error", "message", "error_description", "errors"}) {
    const auto found = json.find(key);
    if (found == json.end()) continue;
    if (found->is_string()) return for_a_person(found->get<std::string>());
    if (found->is_object() && found->contains("message") && (*found)["message"].is_string()) {
      return for_a_person((*found)["message"].get<std::string>());
    }
    if (found->is_array()) {
      std::string all;
      for (const auto& each : *found) {
        const auto& line = each.is_object() ? each.value("message", each) : each;
        if (line.is_string()) all += (all.empty() ? "" : "; ") + line.get<std::string>();
      }
      return for_a_person(all);
    }
  }
  return {};
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return ErrorKind::denied;
    case 404:
    case 410:
      return ErrorKind::not_found;
    case 409:
    case 412:
      return ErrorKind::conflict;
    case 408:
    case 425:
    case 429:
      return ErrorKind::network;
    default:
      if (status >= 500) return ErrorKind::network;
      if (status >= 400) return ErrorKind::usage;
      return ErrorKind::corrupt;
  }
}

}  // namespace

const std::string* find_header(const Headers& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

Header basic_authorization(std::string_view user, std::string_view password) {
  const std::string pair = fmt::format("{}:{}", user, password);
  return {"Authorization", "Basic " + to_base64(as_bytes(pair)), true};
}

Header bearer_authorization(std::string_view token) {
  return {"Authorization", fmt::format("Bearer {}", token), true};
}

Body Body::of(std::string text) {
  auto owned = std::make_shared<const std::string>(std::move(text));
  return stream(owned->size(), [owned] { return std::make_unique<ViewSource>(as_bytes(*owned)); });
}

Body Body::of(Bytes bytes) {
  auto owned = std::make_shared<const Bytes>(std::move(bytes));
  return stream(owned->size(), [owned] { return std::make_unique<ViewSource>(ByteView(*owned)); });
}

Body Body::view(ByteView bytes) {
  return stream(bytes.size(), [bytes] { return std::make_unique<ViewSource>(bytes); });
}

Body Body::stream(std::optional<std::uint64_t> size_bytes, Factory make) {
  Body body;
  body.size_bytes_ = size_bytes;
  body.make_ = std::move(make);
  return body;
}

std::optional<std::uint64_t> Response::content_length() const {
  const std::string* text = header("Content-Length");
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

std::string Response::content_type() const {
  const std::string* text = header("Content-Type");
  if (!text) return {};
  return lower_case(trimmed(std::string_view(*text).substr(0, text->find(';'))));
}

std::string server_message(const Response& response) {
  if (const std::string* text = response.header("X-Error-Message")) {
    if (std::string message = for_a_person(*text); !message.empty()) return message;
  }
  const std::string type = response.content_type();
  if (type == "text/plain") return for_a_person(response.body);
  if (type.find("json") != std::string::npos) return message_in_json(response.body);
  return {};
}

Error status_error(const Response& response, std::string_view doing) {
  std::string host = "the server";
  if (const auto url = parse_url(response.url)) host = printable(url->host_and_port());
  const std::string message = server_message(response);
  std::string text = fmt::format("cannot {}: {} answered {}", doing, host, response.status);
  if (!message.empty()) text += ": " + message;
  if (const std::string* id = response.header("X-Request-Id")) {
    text += fmt::format(" (request {})", printable(std::string_view(*id).substr(0, 80)));
  }
  return Error(kind_of(response.status), "{}", text);
}

}  // namespace mhub::net
