#include <mhub/wire/gating.hpp>

#include "gating_json.hpp"

namespace mhub::wire {

std::string_view name_of(Gating gating) {
  switch (gating) {
    case Gating::none:
      return "";
    case Gating::automatic:
      return "auto";
    case Gating::manual:
      return "manual";
  }
  return "";
}

std::optional<Gating> parse_gating(std::string_view name) {
  if (name == "auto") return Gating::automatic;
  if (name == "manual") return Gating::manual;
  return std::nullopt;
}

OrderedJson gating_json(Gating gating) {
  if (gating == Gating::none) return false;
  return name_of(gating);
}

Gating read_gating(const JsonField& field) {
  if (field.value().is_boolean() && !field.boolean()) return Gating::none;
  const auto gating =
      field.value().is_string() ? parse_gating(field.text(16)) : std::optional<Gating>();
  if (!gating) field.fail("is none of false, auto, manual");
  return *gating;
}

Gating read_shown_gating(const JsonField& field) {
  if (field.value().is_boolean() && !field.boolean()) return Gating::none;
  if (!field.value().is_string()) return Gating::manual;
  return parse_gating(field.value().get_ref<const std::string&>()).value_or(Gating::manual);
}

}  // namespace mhub::wire
