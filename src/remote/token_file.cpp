#include <algorithm>

#include <nlohmann/json.hpp>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/file_lock.hpp>
#include <mhub/remote/token_file.hpp>

namespace mhub::remote {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxTokenBytes = 64000;
constexpr std::chrono::seconds kLockPatience{10};

bool fits_a_header(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string text_of(const Json& entry, const char* key) {
  const auto it = entry.find(key);
  return it != entry.end() && it->is_string() ? it->get<std::string>() : std::string();
}

FileLock locked(FileSystem& fs, const std::filesystem::path& file) {
  fs.create_folders(file.parent_path());
  auto lock = file;
  lock += ".lock";
  return {lock, FileLock::Mode::exclusive, kLockPatience};
}

}  // namespace

TokenFile::TokenFile(FileSystem& fs, std::filesystem::path file)
    : fs_(fs), file_(std::move(file)) {}

std::optional<StoredToken> TokenFile::find(std::string_view origin) const {
  for (StoredToken& token : load()) {
    if (token.origin == origin) return std::move(token);
  }
  return std::nullopt;
}

std::vector<StoredToken> TokenFile::all() const {
  return load();
}

void TokenFile::put(const StoredToken& token) {
  if (!fits_a_header(token.token)) {
    throw Error(ErrorKind::usage, "the token holds spaces or characters that no token has");
  }
  const FileLock lock = locked(fs_, file_);
  std::vector<StoredToken> tokens = load();
  std::erase_if(tokens, [&](const StoredToken& old) { return old.origin == token.origin; });
  tokens.push_back(token);
  save(tokens);
}

bool TokenFile::remove(std::string_view origin) {
  if (!fs_.stat(file_)) return false;
  const FileLock lock = locked(fs_, file_);
  std::vector<StoredToken> tokens = load();
  if (std::erase_if(tokens, [&](const StoredToken& old) { return old.origin == origin; }) == 0) {
    return false;
  }
  save(tokens);
  return true;
}

std::vector<StoredToken> TokenFile::load() const {
  if (file_.empty() || !fs_.stat(file_)) return {};
  const Bytes bytes = read_file(fs_, file_, kMaxFileBytes);
  const Json json = Json::parse(as_text(bytes), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("tokens") || !json["tokens"].is_array()) {
    throw Error(ErrorKind::corrupt, "{} is not a file of tokens", printable(file_.string()))
        .hint("remove it and log in again");
  }
  std::vector<StoredToken> tokens;
  for (const Json& entry : json["tokens"]) {
    if (!entry.is_object()) continue;
    StoredToken token{.origin = text_of(entry, "origin"),
                      .user = text_of(entry, "user"),
                      .token = text_of(entry, "token")};
    if (!token.origin.empty() && fits_a_header(token.token)) tokens.push_back(std::move(token));
  }
  std::ranges::sort(tokens, {}, &StoredToken::origin);
  return tokens;
}

void TokenFile::save(const std::vector<StoredToken>& tokens) {
  Json list = Json::array();
  for (const StoredToken& token : tokens) {
    list.push_back({{"origin", token.origin}, {"user", token.user}, {"token", token.token}});
  }
  const Json json = {{"version", 1}, {"tokens", std::move(list)}};
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  write_file_atomically(fs_, file_, as_bytes(text), 0600);
}

}  // namespace mhub::remote
