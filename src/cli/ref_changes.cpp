#include "ref_changes.hpp"

#include <mhub/base/error.hpp>
#include <mhub/net/url.hpp>
#include <mhub/repo/refs.hpp>

#include "describe.hpp"

namespace mhub::cli {

Json to_json(const sync::FetchReport& report) {
  Json rejected = Json::array();
  for (const auto& ref : report.rejected) {
    rejected.push_back({{"name", ref.ref}, {"reason", ref.reason}});
  }
  return {{"remote", report.remote},
          {"refs", to_json(report.refs)},
          {"rejected", std::move(rejected)},
          {"transfer", to_json(report.transfer)}};
}

void tell(Context& context, const sync::FetchReport& report) {
  if (report.refs.empty() && report.rejected.empty()) return;
  context.summary("From {}", net::parse_url(report.remote) ? net::display_url(report.remote)
                                                           : printable(report.remote));
  for (const sync::RefChange& ref : report.refs) {
    const std::string name = printable(repo::short_ref_name(ref.name));
    if (ref.new_id.empty()) {
      context.summary("  deleted    {}", name);
    } else if (ref.old_id.empty()) {
      context.summary("  new        {} at {}", name, ref.new_id.substr(0, 10));
    } else {
      context.summary("  {}  {} {}..{}", ref.forced ? "forced   " : "updated  ", name,
                      ref.old_id.substr(0, 10), ref.new_id.substr(0, 10));
    }
  }
  for (const auto& ref : report.rejected) {
    context.say("  rejected   {} ({})", printable(repo::short_ref_name(ref.ref)),
                printable(ref.reason));
  }
}

}  // namespace mhub::cli
