// Small builders for what studies say about themselves: marks of figures, axes, claims.
#pragma once

#include "study/description.h"

#include <string>
#include <utility>

namespace reprise {

/// A line through a series.
inline Mark line_mark(std::string series, std::string label, std::string style = "solid") {
  Mark mark;
  mark.kind = Mark::Kind::Line;
  mark.series = std::move(series);
  mark.label = std::move(label);
  mark.style = std::move(style);
  return mark;
}

/// Points of a series, with bars where it has y_low and y_high.
inline Mark point_mark(std::string series, std::string label) {
  Mark mark = line_mark(std::move(series), std::move(label), "");
  mark.kind = Mark::Kind::Points;
  return mark;
}

/// The band between y_low and y_high of a series.
inline Mark band_mark(std::string series, std::string label) {
  Mark mark = line_mark(std::move(series), std::move(label), "");
  mark.kind = Mark::Kind::Band;
  return mark;
}

/// Lines through the rows of a table, one a value of `group` (empty: one line).
inline Mark table_mark(Mark::Kind kind, std::string table, std::string x, std::string y,
                       std::string group = "") {
  Mark mark;
  mark.kind = kind;
  mark.table = std::move(table);
  mark.x = std::move(x);
  mark.y = std::move(y);
  mark.group = std::move(group);
  return mark;
}

/// A straight line of that slope through the middle of the data.
inline Mark slope_mark(double slope, std::string label) {
  Mark mark;
  mark.kind = Mark::Kind::Slope;
  mark.at = FigureNumber::constant(slope);
  mark.label = std::move(label);
  mark.style = "dashed";
  return mark;
}

/// A reference line at one value of an axis, 'x' or 'y'.
inline Mark rule_mark(char axis, FigureNumber at, std::string label) {
  Mark mark;
  mark.kind = Mark::Kind::Rule;
  mark.rule_axis = axis;
  mark.at = std::move(at);
  mark.label = std::move(label);
  return mark;
}

inline Axis axis(std::string label, std::string unit = "", bool logarithmic = false) {
  Axis result;
  result.label = std::move(label);
  result.unit = std::move(unit);
  result.logarithmic = logarithmic;
  return result;
}

inline ClaimSpec claim_spec(std::string id, std::string statement, Relation relation, double threshold,
                            std::string why) {
  ClaimSpec spec;
  spec.id = std::move(id);
  spec.statement = std::move(statement);
  spec.relation = relation;
  spec.threshold = threshold;
  spec.why = std::move(why);
  return spec;
}

/// Of a claim that not every run judges: what has to be chosen, and settings that do it.
inline ClaimSpec judged_when(ClaimSpec spec, std::string words, Json settings = nullptr) {
  spec.judged_when = std::move(words);
  spec.judged_with = std::move(settings);
  return spec;
}

}  // namespace reprise
