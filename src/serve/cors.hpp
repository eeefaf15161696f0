#pragma once
// What lets pages of other origins use the hub from a browser. The hub knows its callers by tokens
// that the page itself sends, never by cookies; a page without one may not read its answers.

#include "http/message.hpp"

namespace mhub::serve {

/// True for the question that a browser asks before a request.
bool is_preflight(const Request& request);
Response preflight_answer();

/// Adds to any answer what the page of `request` needs to read it, headers included. Does nothing
/// for what is not from a page, or from one that brings neither a token nor a signed address.
void allow_origin(const Request& request, Response& response);

}  // namespace mhub::serve
