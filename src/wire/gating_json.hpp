#pragma once
// The field "gated" of repositories in JSON: false, "auto" or "manual".

#include <mhub/wire/gating.hpp>

#include "json_reader.hpp"

namespace mhub::wire {

OrderedJson gating_json(Gating gating);
/// Throws Error: corrupt for anything else.
Gating read_gating(const JsonField& field);
/// In other hubs' answers: what is not known there counts as manual.
Gating read_shown_gating(const JsonField& field);

}  // namespace mhub::wire
