// What a study says about itself: parameters, presets, inputs, figures, claims. All of it becomes static
// JSON, so that a page can show a study before any WebAssembly is loaded.
#pragma once

#include "base/json.h"
#include "study/assets.h"
#include "study/parameters.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reprise {

inline const std::vector<std::string> preset_names = {"widget", "browser", "paper"};

/// A user's file that a study reads.
struct InputSpec {
  std::string name;
  bool required = false;
  std::vector<std::string> formats;  // "csv", "npy", …
  std::string description;           // what it holds
  std::string columns;               // what each column means, in words
  std::string example;               // the first lines of a valid file
};

/// A number in a figure: a constant, or looked up in the finished report.
struct FigureNumber {
  enum class From { Constant, Metric, Config };
  From from = From::Constant;
  double value = 0;
  std::string name;
  static FigureNumber constant(double value);
  static FigureNumber metric(std::string_view name);
  static FigureNumber config(std::string_view name);
};

struct Axis {
  std::string label;  // "labels n"
  std::string unit;   // "squared probability"; empty: a plain number
  bool logarithmic = false;
  std::optional<double> low, high;  // fixed ends; default: from the data
};

/// One layer of a figure. Data comes from a series (columns x, y, y_low, y_high), a table or a grid of the
/// report.
struct Mark {
  enum class Kind {
    Line,      // x, y; one line a value of `group`
    Points,    // x, y; bars from low to high when given
    Band,      // x, low, high
    Bars,      // x (category or number), y; grouped by `group`
    Heat,      // grid: dims[0] = x, dims[1] = y, values = colour; or table: x, y, color
    Rule,      // `at` on axis `rule_axis`
    Slope,     // straight line of slope `at` in log–log (or linear) axes through the middle of the data
    Diagonal,  // y = x
  };
  Kind kind = Kind::Line;
  std::string series, table, grid;            // exactly one for data marks
  std::string x, y, low, high, color, group;  // columns; for a series the defaults above
  std::string filter_column, filter_value;    // only rows where column == value ("max": its largest value)
  std::string label;                          // at the end of the line, or in the legend
  std::string style;                          // "solid" (default), "dashed", "dotted", "thin", "muted"
  char rule_axis = 'x';
  std::optional<FigureNumber> at;

  // Compiled once, in description.cpp: hundreds of files would each carry a copy.
  Mark();
  ~Mark();
  Mark(const Mark& other);
  Mark(Mark&& other) noexcept;
  Mark& operator=(const Mark& other);
  Mark& operator=(Mark&& other) noexcept;
};

struct Figure {
  std::string id;
  std::string question;  // the title while nothing has run
  std::string title;     // with {metrics.name:.2f} and {config.name}; shown when all of them are known
  std::string subtitle;  // what is plotted
  Axis x, y;
  std::optional<Axis> color;  // heat maps
  std::vector<Mark> marks;

  Figure();
  ~Figure();
  Figure(const Figure& other);
  Figure(Figure&& other) noexcept;
  Figure& operator=(const Figure& other);
  Figure& operator=(Figure&& other) noexcept;
};

enum class Relation { AtMost, AtLeast, Below, Above, Equal, Within };

struct ClaimSpec {
  std::string id;
  std::string statement;  // a sentence that a run can confirm or refute
  Relation relation = Relation::AtMost;
  double threshold = 0;
  double threshold_high = 0;        // Within: [threshold, threshold_high]
  std::string threshold_parameter;  // when set: the threshold is this parameter of the config
  std::string why;                  // why this threshold
  std::string judged_when;          // of claims that not every run judges: what has to be chosen, in words
  Json judged_with;                 // settings that do it, an object; null: only a visitor's files can

  ClaimSpec();
  ~ClaimSpec();
  ClaimSpec(const ClaimSpec& other);
  ClaimSpec(ClaimSpec&& other) noexcept;
  ClaimSpec& operator=(const ClaimSpec& other);
  ClaimSpec& operator=(ClaimSpec&& other) noexcept;
};

struct Description {
  std::string study;  // "lab/study"
  int revision = 1;   // rises when numbers change
  std::string title;
  std::string question;
  std::string summary;  // two or three sentences
  std::vector<Parameter> parameters;
  std::vector<InputSpec> inputs;
  std::vector<AssetUse> assets;  // bundled data that runs read
  std::vector<Figure> figures;
  std::vector<ClaimSpec> claims;
  std::string guarantee = "exact";  // or "per-level"

  Description();
  ~Description();
  Description(const Description& other);
  Description(Description&& other) noexcept;
  Description& operator=(const Description& other);
  Description& operator=(Description&& other) noexcept;

  std::string lab() const;
  const ClaimSpec& claim(std::string_view id) const;  ///< std::logic_error when undeclared
  /// The contract's describe(): `lab_json` adds the paper.
  Json to_json(const Json& lab_json) const;
};

std::string_view text_of(Relation relation);  ///< "<=", ">=", "<", ">", "==", "in"

}  // namespace reprise

extern template class std::vector<reprise::InputSpec>;
extern template class std::vector<reprise::Mark>;
extern template class std::vector<reprise::Figure>;
extern template class std::vector<reprise::ClaimSpec>;
