// Small builders for what studies say about themselves: marks of figures, axes, claims.
#pragma once

#include "study/description.h"

#include <string_view>

namespace reprise {

/// A line through a series.
Mark line_mark(std::string_view series, std::string_view label, std::string_view style = "solid");

/// Points of a series, with bars where it has y_low and y_high.
Mark point_mark(std::string_view series, std::string_view label);

/// The band between y_low and y_high of a series.
Mark band_mark(std::string_view series, std::string_view label);

/// Lines through the rows of a table, one a value of `group` (empty: one line).
Mark table_mark(Mark::Kind kind, std::string_view table, std::string_view x, std::string_view y,
                std::string_view group = "");

/// A straight line of that slope through the middle of the data.
Mark slope_mark(double slope, std::string_view label);

/// A reference line at one value of an axis, 'x' or 'y'.
Mark rule_mark(char axis, FigureNumber at, std::string_view label);

Axis axis(std::string_view label, std::string_view unit = "", bool logarithmic = false);

ClaimSpec claim_spec(std::string_view id, std::string_view statement, Relation relation, double threshold,
                     std::string_view why);

/// Of a claim that not every run judges: what has to be chosen, and settings that do it.
ClaimSpec judged_when(ClaimSpec spec, std::string_view words, Json settings = nullptr);

}  // namespace reprise
