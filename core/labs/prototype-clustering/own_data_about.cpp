#include "labs/prototype-clustering/own_data_about.h"

namespace reprise::protoclust {

void describe_label_column(ParameterBuilder builder, std::string_view help, std::string_view selector) {
  builder.may_be_empty().label("Column of labels").help(help).allowed_text("a column of data, or empty");
  if (!selector.empty()) builder.only_when(selector, {"upload"});
}

void describe_standardise(ParameterBuilder builder, std::string_view selector) {
  builder.label("Standardise columns")
      .help(
          "Own data: subtract each column’s mean and divide by its standard deviation; distances are then in "
          "standard units.");
  if (!selector.empty()) builder.only_when(selector, {"upload"});
}

}  // namespace reprise::protoclust
