// netrc: words separated by white space, a word in double quotes may hold spaces and backslash
// escapes, "#" at the start of a line begins a comment, and a macro runs to the next empty line.

#include <mhub/remote/credentials.hpp>

namespace mhub::remote {
namespace {

class Words {
public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::optional<std::string> next() {
    skip_space_and_comments();
    if (rest_.empty()) return std::nullopt;
    if (rest_.front() == '"') return quoted();
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n"), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    at_line_start_ = false;
    return word;
  }

  void skip_macro() {
    const std::size_t end = rest_.find("\n\n");
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 2);
    at_line_start_ = true;
  }

private:
  void skip_space_and_comments() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '\n') {
        at_line_start_ = true;
      } else if (c == '#' && at_line_start_) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        continue;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
      rest_.remove_prefix(1);
    }
  }

  std::string quoted() {
    std::string word;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front();
        rest_.remove_prefix(1);
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
        if (c == 'r') c = '\r';
      }
      word += c;
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    at_line_start_ = false;
    return word;
  }

  std::string_view rest_;
  bool at_line_start_ = true;
};

}  // namespace

std::optional<Credential> find_in_netrc(std::string_view netrc, std::string_view host,
                                        std::string_view user) {
  std::optional<Credential> of_host;
  std::optional<Credential> of_default;
  struct Entry {
    std::optional<Credential>* place = nullptr;  ///< null: about something else
    std::string login;
    std::string password;
  };
  Entry entry;
  const auto finish = [&] {
    if (entry.place && !*entry.place && !entry.password.empty() &&
        (user.empty() || entry.login == user)) {
      *entry.place = Credential{
          .user = entry.login, .secret = entry.password, .source = Credential::Source::netrc};
    }
    entry = Entry{};
  };
  Words words(netrc);
  while (auto word = words.next()) {
    if (*word == "machine") {
      finish();
      if (words.next() == host) entry.place = &of_host;
    } else if (*word == "default") {
      finish();
      entry.place = &of_default;
    } else if (*word == "login") {
      entry.login = words.next().value_or("");
    } else if (*word == "password") {
      entry.password = words.next().value_or("");
    } else if (*word == "account") {
      words.next();
    } else if (*word == "macdef") {
      words.skip_macro();
    }
  }
  finish();
  return of_host ? of_host : of_default;
}

}  // namespace mhub::remote
