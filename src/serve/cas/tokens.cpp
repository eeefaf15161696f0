#include "cas/tokens.hpp"

#include "hub.hpp"

namespace mhub::serve {

namespace {

Response token_response(Call& call, CasScope scope) {
  const wire::XetToken token = issue_cas_token(call, scope);
  Response response = json_response(200, wire::to_json(token));
  for (const auto& [name, value] : wire::xet_token_headers(token)) response.with(name, value);
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace

wire::XetToken issue_cas_token(const Call& call, CasScope scope) {
  CasGrant grant;
  grant.scope = scope;
  grant.repo_id = call.repo->id;
  grant.token_id = call.who.token ? call.who.token->id : 0;
  grant.expires_unix_s = unix_now() + kCasTokenLifetimeS;
  // A hub token that ends sooner takes its CAS tokens along.
  if (call.who.token && call.who.token->expires_unix_s)
    grant.expires_unix_s = std::min(grant.expires_unix_s, *call.who.token->expires_unix_s);
  return {call.hub.signer.cas_token(grant), call.url(), grant.expires_unix_s};
}

CasScope upload_scope(const Call& call) {
  return call.who.may_write(*call.repo) ? CasScope::write : CasScope::propose;
}

std::vector<Route> cas_token_routes() {
  Route read;
  read.pattern = "/api/{api_repo}/xet-read-token/*";
  read.access = Access::repo_content;
  read.handle = [](Call& call) {
    call.hub.downloads.note(call.repo->id, call.holder());
    return token_response(call, CasScope::read);
  };
  Route write;
  write.pattern = "/api/{api_repo}/xet-write-token/*";
  write.access = Access::repo_commit;
  write.handle = [](Call& call) { return token_response(call, upload_scope(call)); };
  return {read, write};
}

}  // namespace mhub::serve
