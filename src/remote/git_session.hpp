#pragma once
// One conversation with one git remote: libgit2's smart protocol above, our HTTP client below.
//
// libgit2 knows the protocol (advertisement, negotiation, packs, side bands) and asks a
// "subtransport" for streams: GET info/refs, then one POST for each round. Exceptions cannot pass
// through libgit2, so the first is parked here and thrown again by check().

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <git2.h>
#include <git2/sys/transport.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/remote/git_transport.hpp>

namespace mhub::remote {

using GitRepository = CHandle<git_repository, git_repository_free>;
using GitRemote = CHandle<git_remote, git_remote_free>;
using GitReference = CHandle<git_reference, git_reference_free>;
using GitOdb = CHandle<git_odb, git_odb_free>;
using GitObject = CHandle<git_object, git_object_free>;
using GitRefspec = CHandle<git_refspec, git_refspec_free>;

/// Opens the repository whose git folder or work tree is `folder`. Throws Error: not_found, io.
GitRepository open_repository(const std::filesystem::path& folder);
std::string hex_of(const git_oid& id);
/// Throws Error: usage unless `hex` is 40 hexadecimal digits.
git_oid require_oid(const std::string& hex);
/// The Error for libgit2's last failure.
[[nodiscard]] Error git_failure(int code, std::string_view doing);

/// A list of strings in the form that libgit2 takes; refers to `texts`.
class StringArray {
public:
  explicit StringArray(std::vector<std::string>& texts);
  const git_strarray* get() const { return &array_; }

private:
  std::vector<char*> pointers_;
  git_strarray array_{};
};

struct GitAdvertisement {
  std::string text;
  std::string base_url;  ///< where redirects led
};

/// For one thread; at a fixed address while libgit2 uses it.
class GitSession {
public:
  /// `repository` may be null for listing only. Throws Error: usage (URL).
  GitSession(HubConnection& hub, const std::string& url, git_repository* repository);
  GitSession(const GitSession&) = delete;
  GitSession& operator=(const GitSession&) = delete;

  /// Reads the hub's refs, or takes them from `advertised`. Throws as in git_transport.hpp.
  RemoteRefs connect(git_direction direction,
                     std::shared_ptr<const GitAdvertisement> advertised = {});
  /// Brings the objects of the advertised refs that match `refspecs` (sources only). After
  /// connect(), once.
  void download(std::vector<std::string> refspecs);
  /// True if the hub's advertisement names `capability` ("side-band-64k"). After connect().
  bool hub_can(std::string_view capability) const;
  /// A POST to receive-pack with the body that `write_body` pushes; again from the front if the hub
  /// wants other credentials. The answer's head is checked.
  net::HttpExchange push(const std::function<void(net::HttpExchange&)>& write_body);
  /// Words that the hub sent beside the protocol; whole lines go to Progress.
  void take_message(std::string_view text);

  std::uint64_t received_bytes() const { return received_bytes_; }
  std::uint64_t received_objects() const { return received_objects_; }

private:
  friend struct SessionCallbacks;

  net::Request make_request(std::string method, std::string url) const;
  /// Asks for advertised_, unless it is given, and goes on from there.
  const std::string& read_advertisement(bool for_push);
  std::shared_ptr<const GitAdvertisement> get_advertisement(bool for_push);
  net::Request make_post(std::string_view service) const;
  net::HttpExchange negotiate(net::Body body);
  void check_answer(const net::Response& response, std::string_view service,
                    std::string_view doing) const;
  git_remote_callbacks callbacks();
  /// Throws the parked exception, or what libgit2 says, if `code` is a failure.
  void check(int code, std::string_view doing);
  void park() noexcept { failure_ = failure_ ? failure_ : std::current_exception(); }

  HubConnection& hub_;
  std::string base_url_;
  std::string shown_url_;
  std::shared_ptr<const GitAdvertisement> advertised_;
  std::string capabilities_;  ///< as advertised, a space before and after each
  GitRemote remote_;
  std::exception_ptr failure_;
  std::string message_line_;
  std::string last_message_;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t received_objects_ = 0;
};

}  // namespace mhub::remote
