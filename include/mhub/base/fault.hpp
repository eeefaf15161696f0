#pragma once
// Named points where a test can make the process fail or die; compiled out of release builds.
//
// MHUB_FAULT=push.xorb_sent:2=kill  the second time the point is reached, SIGKILL
// MHUB_FAULT=store.seal:1=fail      throws Error: io there
// MHUB_FAULT=store.seal:1=stop      sends itself SIGINT and goes on
// Several, separated by commas. MHUB_FAULT_LOG=PATH appends the name of each point that is reached.

namespace mhub {

#ifdef MHUB_FAULT_POINTS
void fault_point(const char* name);
#else
inline void fault_point(const char*) {}
#endif

}  // namespace mhub
