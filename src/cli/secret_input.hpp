#pragma once
// Asking for a token.

#include <string>

#include "context.hpp"

namespace mhub::cli {

/// One line from stdin, without its end and blanks around it. Throws Error: usage if there is
/// nothing, interrupted.
std::string read_secret(Context& context);

/// The same; on a terminal `prompt` is shown and what is typed is not.
std::string ask_secret(Context& context, const std::string& prompt);

/// Asks on the terminal and waits for "y" or "yes"; false for anything else, and without asking
/// where there is nobody to ask.
bool confirmed(Context& context, const std::string& question);

}  // namespace mhub::cli
