#include <algorithm>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/file_lock.hpp>
#include <mhub/base/log.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/serve/server.hpp>

#include "cas/cas_face.hpp"
#include "cas/tokens.hpp"
#include "catalog/schema.hpp"
#include "cors.hpp"
#include "git/git_face.hpp"
#include "hf/commit_face.hpp"
#include "hf/compare.hpp"
#include "hf/discussions.hpp"
#include "hf/file_copies.hpp"
#include "hf/hub_face.hpp"
#include "hf/lfs_files.hpp"
#include "hf/likes.hpp"
#include "hf/listing.hpp"
#include "hf/model_card.hpp"
#include "hf/people_face.hpp"
#include "hf/preupload_face.hpp"
#include "hf/read_face.hpp"
#include "hf/ref_edits.hpp"
#include "hf/repo_edits.hpp"
#include "http/http_server.hpp"
#include "hub.hpp"
#include "lfs/lfs_face.hpp"
#include "periodic.hpp"
#include "routes.hpp"
#include "webhooks/webhook_routes.hpp"

namespace mhub::serve {

namespace {

constexpr std::uint64_t kPemBytesAtMost = 1 << 20;
constexpr std::string_view kFirstUser = "admin";

std::string read_pem(const std::filesystem::path& path) {
  const Bytes bytes = read_file(real_file_system(), path, kPemBytesAtMost);
  return std::string(as_text(bytes));
}

void prepare_folders(const DataFolder& folder) {
  FileSystem& fs = real_file_system();
  const bool is_new = !fs.stat(folder.root);
  fs.create_folders(folder.root);
  const auto only_for_us = [](const std::filesystem::path& path) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  };
  // Private repositories lie below: not for other users of the machine. A root that was there
  // before may be shared on purpose, so it keeps its mode.
  if (is_new) only_for_us(folder.root);
  for (const auto& path :
       {folder.git(), folder.store(), folder.hooks(), folder.home(), folder.tmp()}) {
    fs.create_folders(path);
    only_for_us(path);
  }
}

/// A connection takes up to two descriptors, and the store, the catalog and git's pipes take some.
unsigned connections_within_file_limit(unsigned wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 && ::getrlimit(RLIMIT_NOFILE, &limit) != 0)
      return wanted;
  }
  if (limit.rlim_cur == RLIM_INFINITY || wanted <= limit.rlim_cur / 2) return wanted;
  const auto fitting = static_cast<unsigned>(limit.rlim_cur / 2);
  log_warning("{} connections do not go with a limit of {} open files (ulimit -n): taking {}",
              wanted, limit.rlim_cur, fitting);
  return fitting;
}

/// What a stopped server left half done.
void sweep(const DataFolder& folder) {
  std::error_code ignored;
  for (const std::string& name : real_file_system().list(folder.tmp()))
    std::filesystem::remove_all(folder.tmp() / name, ignored);
}

void install_hooks(const DataFolder& folder, const std::filesystem::path& program) {
  if (program.empty() || ::access(program.c_str(), X_OK) != 0)
    throw Error(ErrorKind::config, "the hook program {} cannot be run",
                printable(program.string()));
  for (const char* name : {"pre-receive", "post-receive"}) {
    const auto fresh = folder.hooks() / unique_name(name);
    std::filesystem::create_symlink(std::filesystem::absolute(program), fresh);
    real_file_system().rename(fresh, folder.hooks() / name);
  }
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

class HubServer : public Server, private Application {
public:
  explicit HubServer(ServeOptions options) {
    if (options.tls_certificate.empty() != options.tls_key.empty())
      throw Error(ErrorKind::config, "TLS needs both a certificate and a key");
    options.data_folder = std::filesystem::absolute(options.data_folder);
    options.public_url = without_slash(std::move(options.public_url));
    const std::string git = find_program(options.git_program, options.search_path);
    const DataFolder folder{options.data_folder};
    prepare_folders(folder);
    if (auto lock = FileLock::try_lock(folder.lock(), FileLock::Mode::exclusive))
      lock_.emplace(std::move(*lock));
    else
      throw Error(ErrorKind::busy, "another server runs on {}", printable(folder.root.string()))
          .hint("stop it first, or give this one a data folder of its own");
    sweep(folder);
    install_hooks(folder, options.hook_program);
    store::StoreOptions store_options;
    store_options.durable = options.durable;
    // Before SQLite makes it: its other files get the same permissions.
    real_file_system().open_write(folder.catalog(), 0600);
    auto database = open_catalog_database(folder.catalog());
    auto store = store::Store::open(folder.store(), store_options);
    hub_ = std::make_unique<Hub>(options, database, std::move(store));
    hub_->git_program = git;
    hub_->repacker.set_git(git_setup(*hub_));
    make_missing_folders({*hub_->catalog, hub_->folder, git_setup(*hub_)});
    router_ = std::make_unique<Router>(all_routes(options.limits));

    HttpOptions http;
    http.listen = options.listen;
    http.public_url = options.public_url;
    if (!options.tls_certificate.empty()) {
      http.tls_certificate_pem = read_pem(options.tls_certificate);
      http.tls_key_pem = read_pem(options.tls_key);
    }
    http.loops = options.loops > 0 ? options.loops : std::max(2U, default_jobs());
    http.connections = connections_within_file_limit(options.limits.connections);
    http.connections_per_address = options.limits.connections_per_address;
    http.idle_timeout = options.limits.idle_timeout;
    http.header_bytes = options.limits.header_bytes;
    http_ = HttpServer::start(http, *this);
    hub_->slow_workers.post([hub = hub_.get()] {
      try {
        refresh_stale_facts(hub->facts_place(), hub->stopping);
      } catch (const std::exception& error) {
        log_warning("lists of repositories may be out of date: {}", error.what());
      }
    });
    downloads_writer_ =
        std::make_unique<Periodic>(kDownloadsWrittenEvery, [this] { write_downloads(); });
    // Last: a start that fails must not use up the one showing of the token.
    make_first_user();
    url_ = options.public_url.empty() ? http_->local_url() : options.public_url;
  }

  ~HubServer() override { stop(std::chrono::milliseconds(0)); }

  const std::string& url() const override { return url_; }
  const std::optional<std::string>& first_admin_token() const override { return first_token_; }

  void stop(std::chrono::milliseconds patience) override {
    if (!http_) return;
    http_->stop(patience);
    hub_->stopping.request_stop();
    http_.reset();
    hub_->verifiers.stop();
    hub_->slow_workers.stop();
    hub_->workers.stop();
    downloads_writer_.reset();
    write_downloads();
  }

  void run_until(const StopToken& stop_token, std::chrono::milliseconds patience) override {
    while (!stop_token.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop(patience);
  }

private:
  void write_downloads() noexcept {
    try {
      hub_->downloads.flush(*hub_->facts);
    } catch (const std::exception& error) {
      log_warning("downloads cannot be counted: {}", error.what());
    }
  }

  void make_first_user() {
    if (!hub_->catalog->list_users().empty()) return;
    const UserInfo admin = hub_->catalog->create_user(std::string(kFirstUser), true);
    first_token_ = new_token_text();
    hub_->catalog->add_token(admin.id, "first", token_hash(*first_token_), TokenScope::admin,
                             std::nullopt);
  }

  std::unique_ptr<BodySink> begin(const std::shared_ptr<const Request>& request) override {
    return dispatch(*hub_, *router_, request);
  }

  Response error_response(const Request& request, const std::exception& error) noexcept override {
    int status = 500;
    std::string code;
    std::string message = "internal error";
    if (const auto* refused = dynamic_cast<const Refused*>(&error)) {
      status = refused->status();
      code = refused->code();
      message = refused->message();
    } else if (const auto* known = dynamic_cast<const Error*>(&error)) {
      status = status_for(*known);
      // What the disk or a bug says is for the log, not for strangers.
      if (status < 500) message = known->message();
      if (status >= 500) log_warning("{} {}: {}", request.method_text, request.path, known->what());
    } else {
      log_warning("{} {}: {}", request.method_text, request.path, error.what());
    }
    return refusal(face_of(request.path), status, code, message, request);
  }

  void complete(const Request& request, Response& response) override {
    allow_origin(request, response);
  }

  void finished(const AccessRecord& record) noexcept override {
    try {
      // The query may hold a signature and stays out.
      log_info("{} {} {} in={} out={} {}ms id={}", record.request->method_text,
               record.request->path, record.status, record.received_bytes, record.sent_bytes,
               record.duration_ms, record.request->request_id);
    } catch (...) {
      // A line of the log less.
    }
  }

  std::optional<FileLock> lock_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<Periodic> downloads_writer_;
  std::string url_;
  std::optional<std::string> first_token_;
};

}  // namespace

std::vector<Route> all_routes(const ServeLimits& limits) {
  // First, since /api/{plural} would take some of their paths.
  std::vector<Route> routes = hub_read_routes(limits);
  for (auto more :
       {hub_routes(limits), cas_token_routes(), cas_routes(limits), lfs_routes(limits),
        git_routes(limits), commit_routes(), preupload_routes(), ref_edit_routes(),
        repo_edit_routes(limits), file_copy_routes(limits), model_card_routes(limits),
        listing_routes(), like_routes(), webhook_routes(limits), compare_routes(),
        lfs_file_routes(limits), overview_routes(), access_request_routes(), discussion_routes()})
    routes.insert(routes.end(), more.begin(), more.end());
  return routes;
}

std::unique_ptr<Server> Server::start(const ServeOptions& options) {
  return std::make_unique<HubServer>(options);
}

}  // namespace mhub::serve
