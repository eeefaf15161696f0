#pragma once
// The one place that names Catch's header, so that a later major version is one line.
#include <catch2/catch.hpp>
