#include "store_findings.hpp"

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>

#include "describe.hpp"

namespace mhub::cli {

void print_findings(Context& context, const store::CheckReport& report) {
  context.summary("checked {} in {}, {}", count_words(report.chunks_checked, "chunk", "chunks"),
                  count_words(report.xorbs_checked, "xorb", "xorbs"),
                  human_bytes(report.bytes_checked));
  for (const store::DamagedXorb& xorb : report.damaged) {
    context.out().print("damaged: xorb {}: {}", xorb.xorb.text(), printable(xorb.reason));
    if (!xorb.chunks.empty()) {
      context.out().print(" ({})", count_words(xorb.chunks.size(), "chunk", "chunks"));
    }
    context.out().print("\n");
  }
  for (const xet::XorbHash& xorb : report.missing) {
    context.out().print("missing: xorb {}\n", xorb.text());
  }
  for (const std::string& fault : report.index_faults) {
    context.out().print("index: {}\n", printable(fault));
  }
  for (const std::string& stray : report.strays) {
    context.summary("stray file, harmless: {}", printable(stray));
  }
}

}  // namespace mhub::cli
