#pragma once
// What a request asks for: Booleans and numbers of its query, its body of JSON.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "router.hpp"

namespace mhub::serve {

/// A Boolean of the query: true, True, 1.
bool flag(const Request& request, std::string_view name);
/// A number of the query, at most `at_most`; `fallback` if it is missing, 0 or none.
std::size_t number(const Request& request, std::string_view name, std::size_t fallback,
                   std::size_t at_most);

/// The "cursor" of a list in order of such numbers; 0: from its start.
std::int64_t cursor_number(const Request& request);

/// The Link header of an answer after which a page follows: the request's own address with `cursor`
/// in place of its own.
std::string next_link(const Call& call, std::string_view cursor);

/// What `parse` makes of the call's body. Throws Refused 400 with what the parser found wrong.
template <class Parse>
auto parse_body(const Call& call, Parse parse) {
  try {
    return parse(call.body);
  } catch (const Error& error) {
    throw Refused(400, error.message());
  }
}

}  // namespace mhub::serve
