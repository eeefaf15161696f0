#include "describe.hpp"
#include "support/catch.hpp"

using namespace mhub;
using namespace mhub::cli;

TEST_CASE("times are shown in their own zone", "[cli][describe]") {
  repo::Signature who;
  who.time_s = 1'769'857'200;  // 2026-01-31 11:00:00 UTC
  who.offset_minutes = 90;
  CHECK(git_time(who) == "Sat Jan 31 12:30:00 2026 +0130");
  CHECK(iso_time(who.time_s, 90) == "2026-01-31T12:30:00+01:30");
  CHECK(iso_time(who.time_s, -330) == "2026-01-31T05:30:00-05:30");
  CHECK(iso_time(-1, 0) == "1969-12-31T23:59:59+00:00");
}

TEST_CASE("a line of a diff names the change, the path and the sizes", "[cli][describe]") {
  sync::FileDiff diff;
  diff.path = "model.bin";
  diff.change = sync::Change::modified;
  diff.large = true;
  diff.old_size_bytes = 1024;
  diff.new_size_bytes = 2048;
  CHECK(diff_line(diff) == "M  model.bin  (1.00 KiB -> 2.00 KiB, large)");
  diff.change = sync::Change::deleted;
  diff.large = false;
  diff.new_size_bytes.reset();
  CHECK(diff_line(diff) == "D  model.bin  (1.00 KiB)");
  diff.path = "a\nb";
  CHECK(diff_line(diff).find('\n') == std::string::npos);
}

TEST_CASE("what was done to the work tree is one line, or none", "[cli][describe]") {
  sync::CheckoutReport report;
  CHECK(checkout_line(report).empty());
  report.files_written = 1;
  report.pointers_left = {"a", "b"};
  CHECK(checkout_line(report) == "1 file written, 2 large files left as pointers");
}
