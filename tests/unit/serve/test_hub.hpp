#pragma once
// A real hub on a loopback port, and git and curl to talk to it.

#include <filesystem>
#include <memory>
#include <string>

#include <mhub/serve/admin.hpp>
#include <mhub/serve/server.hpp>

#include "support/http_request.hpp"
#include "support/matchers.hpp"
#include "support/run.hpp"
#include "support/sqlite.hpp"

namespace mhub::test {

/// What stands for the mhub binary as git's hook (hook_program.cpp).
std::filesystem::path hook_program();

/// Bytes that neither compress nor repeat.
inline Bytes noise_bytes(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}
inline std::string noise(std::size_t size) {
  return std::string(as_text(noise_bytes(size)));
}

class TestHub {
public:
  explicit TestHub(const std::function<void(serve::ServeOptions&)>& adjust = {}) {
    options_.data_folder = folder_ / "data";
    options_.listen = "127.0.0.1:0";
    options_.hook_program = hook_program();
    options_.durable = false;
    if (adjust) adjust(options_);
    start();
    admin_token_ = *server_->first_admin_token();
    admin_ = serve::Admin::open(options_.data_folder);
  }

  void start() { server_ = serve::Server::start(options_); }
  void stop() { server_.reset(); }

  const std::string& url() const { return server_->url(); }
  const std::string& admin_token() const { return admin_token_; }
  serve::Server& server() { return *server_; }
  serve::Admin& admin() { return *admin_; }
  const serve::ServeOptions& options() const { return options_; }
  const TemporaryFolder& folder() const { return folder_; }

  /// A user with one token.
  std::string make_user(const std::string& name,
                        serve::TokenScope scope = serve::TokenScope::write) {
    admin_->create_user(name, false);
    return admin_->create_token(name, "test", scope, std::nullopt);
  }
  serve::RepoInfo make_repo(const std::string& id, bool is_private = false,
                            wire::RepoType type = wire::RepoType::model) {
    return admin_->create_repo(*wire::parse_repo_id(id, type), is_private);
  }

  HttpAnswer ask(const std::string& method, const std::string& path, const std::string& token = {},
                 const std::string& body = {}, std::vector<std::string> headers = {}) const {
    HttpQuestion question;
    question.method = method;
    question.url = path.starts_with("http") ? path : url() + path;
    question.headers = std::move(headers);
    if (!token.empty()) question.headers.push_back("Authorization: Bearer " + token);
    question.body = body;
    question.has_body = method == "POST" || method == "PUT" || method == "DELETE";
    return test::ask(question);
  }

  /// As if all that is in the store had been there, unused, for years.
  void age_store() const {
    run_sql(options_.data_folder / "store/index.db",
            "UPDATE files SET added = 1000; UPDATE xorbs SET last_used = 1000");
  }
  /// What garbage collection does to the store if it looked at the catalog when it was empty.
  void collect_unlisted() const {
    const auto store = store::Store::open(options_.data_folder / "store");
    store::collect_garbage(*store, {}, {}, silent_progress(), never_stopped());
  }

  /// Address of a repository with a token as password.
  std::string git_url(const std::string& path, const std::string& token) const {
    if (token.empty()) return url() + "/" + path;
    return "http://any:" + token + "@" + url().substr(7) + "/" + path;
  }

  /// git in `folder` with settings of its own.
  RunResult git(const std::filesystem::path& folder, std::vector<std::string> words) const {
    words.insert(words.begin(), "git");
    RunOptions options;
    options.folder = folder;
    options.env = {{"HOME", folder_.path().string()},
                   {"GIT_CONFIG_NOSYSTEM", "1"},
                   {"GIT_TERMINAL_PROMPT", "0"},
                   {"GIT_AUTHOR_NAME", "A"},
                   {"GIT_AUTHOR_EMAIL", "a@example.com"},
                   {"GIT_COMMITTER_NAME", "A"},
                   {"GIT_COMMITTER_EMAIL", "a@example.com"},
                   {"GIT_ASKPASS", "/bin/false"}};
    return run(words, options);
  }

private:
  TemporaryFolder folder_;
  serve::ServeOptions options_;
  std::unique_ptr<serve::Server> server_;
  std::unique_ptr<serve::Admin> admin_;
  std::string admin_token_;
};

}  // namespace mhub::test
