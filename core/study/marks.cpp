#include "study/marks.h"

#include <utility>

namespace reprise {

Mark line_mark(std::string_view series, std::string_view label, std::string_view style) {
  Mark mark;
  mark.kind = Mark::Kind::Line;
  mark.series = series;
  mark.label = label;
  mark.style = style;
  return mark;
}

Mark point_mark(std::string_view series, std::string_view label) {
  Mark mark = line_mark(series, label, "");
  mark.kind = Mark::Kind::Points;
  return mark;
}

Mark band_mark(std::string_view series, std::string_view label) {
  Mark mark = line_mark(series, label, "");
  mark.kind = Mark::Kind::Band;
  return mark;
}

Mark table_mark(Mark::Kind kind, std::string_view table, std::string_view x, std::string_view y,
                std::string_view group) {
  Mark mark;
  mark.kind = kind;
  mark.table = table;
  mark.x = x;
  mark.y = y;
  mark.group = group;
  return mark;
}

Mark slope_mark(double slope, std::string_view label) {
  Mark mark;
  mark.kind = Mark::Kind::Slope;
  mark.at = FigureNumber::constant(slope);
  mark.label = label;
  mark.style = "dashed";
  return mark;
}

Mark rule_mark(char axis, FigureNumber at, std::string_view label) {
  Mark mark;
  mark.kind = Mark::Kind::Rule;
  mark.rule_axis = axis;
  mark.at = std::move(at);
  mark.label = label;
  return mark;
}

Axis axis(std::string_view label, std::string_view unit, bool logarithmic) {
  Axis result;
  result.label = label;
  result.unit = unit;
  result.logarithmic = logarithmic;
  return result;
}

ClaimSpec claim_spec(std::string_view id, std::string_view statement, Relation relation, double threshold,
                     std::string_view why) {
  ClaimSpec spec;
  spec.id = id;
  spec.statement = statement;
  spec.relation = relation;
  spec.threshold = threshold;
  spec.why = why;
  return spec;
}

ClaimSpec judged_when(ClaimSpec spec, std::string_view words, Json settings) {
  spec.judged_when = words;
  spec.judged_with = std::move(settings);
  return spec;
}

}  // namespace reprise
