#include "labs/recalibration/my_scores_data.h"

#include "base/json.h"

#include <stdexcept>
#include <string>

namespace reprise::recal {

namespace {

constexpr std::string_view summary_key = "reprise.my_scores";

Json to_json(const ScoresSummary& summary) {
  return Json::object({{"logit", summary.scale == ScoreScale::Logit},
                       {"has_split", summary.has_split},
                       {"rows", summary.rows},
                       {"fitted", summary.fitted},
                       {"positives", summary.positives},
                       {"target_rows", summary.target_rows},
                       {"target_labelled", summary.target_labelled},
                       {"target_positives", summary.target_positives},
                       {"bins", summary.bins},
                       {"folds", summary.folds}});
}

ScoresSummary summary_from_json(const Json& json) {
  ScoresSummary summary;
  summary.scale = json.at("logit").as_bool() ? ScoreScale::Logit : ScoreScale::Probability;
  summary.has_split = json.at("has_split").as_bool();
  summary.rows = json.at("rows").as_integer();
  summary.fitted = json.at("fitted").as_integer();
  summary.positives = json.at("positives").as_integer();
  summary.target_rows = json.at("target_rows").as_integer();
  summary.target_labelled = json.at("target_labelled").as_integer();
  summary.target_positives = json.at("target_positives").as_integer();
  summary.bins = json.at("bins").as_integer();
  summary.folds = json.at("folds").as_integer();
  return summary;
}

}  // namespace

std::vector<std::uint8_t> assign_folds(const ScoreTable& table, std::int64_t folds) {
  std::vector<std::uint8_t> fold(table.rows(), not_judged);
  const RowRole judged = table.has_split ? RowRole::Test : RowRole::Fitted;
  std::int64_t seen[2] = {0, 0};
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::uint8_t label = table.label[row];
    if (table.role[row] != judged || label == no_label) continue;
    fold[row] = folds == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(seen[label]++ % folds);
  }
  return fold;
}

std::vector<std::byte> write_scores(const ScoreTable& table, const ScoresSummary& summary,
                                    const std::vector<std::uint8_t>& folds,
                                    const std::vector<double>& sorted_score,
                                    const std::vector<std::uint8_t>& sorted_tag) {
  std::vector<std::uint8_t> roles;
  roles.reserve(table.rows());
  for (const RowRole role : table.role) roles.push_back(static_cast<std::uint8_t>(role));
  const std::vector<std::int64_t> rows = {static_cast<std::int64_t>(table.rows())};
  const std::vector<std::int64_t> fitted = {static_cast<std::int64_t>(sorted_score.size())};
  const Tensor tensors[] = {tensor_of<double>("score", table.score, rows),
                            tensor_of<double>("sorted_score", sorted_score, fitted),
                            tensor_of<std::uint8_t>("label", table.label, rows),
                            tensor_of<std::uint8_t>("role", roles, rows),
                            tensor_of<std::uint8_t>("fold", folds, rows),
                            tensor_of<std::uint8_t>("sorted_tag", sorted_tag, fitted)};
  return write_safetensors(tensors, {{std::string(summary_key), to_json(summary).dump()}});
}

PreparedScores::PreparedScores(const ByteSource& source)
    : source_(source), index_(read_safetensors_index(source, scores_artefact)) {
  const auto found = index_.metadata.find(std::string(summary_key));
  if (found == index_.metadata.end()) throw InputError("the artefact 'scores' has no summary");
  summary_ = summary_from_json(Json::parse(found->second));
}

template <class T>
std::vector<T> PreparedScores::values(std::string_view name) const {
  const TensorInfo* tensor = index_.find(name);
  if (tensor == nullptr) throw InputError("the artefact 'scores' has no array '" + std::string(name) + "'");
  return read_values<T>(source_, *tensor, 0, static_cast<std::uint64_t>(tensor->shape.at(0)));
}

TrainingRows PreparedScores::training(std::int64_t left_out, bool sample_split) const {
  TrainingRows training;
  training.scale = summary_.scale;
  std::vector<double> sorted = values<double>("sorted_score");
  std::vector<std::uint8_t> tags = values<std::uint8_t>("sorted_tag");
  std::size_t kept = 0;
  for (std::size_t row = 0; row < sorted.size(); ++row) {
    if (tags[row] / 2 == left_out) continue;
    sorted[kept] = sorted[row];
    tags[kept++] = tags[row] % 2;
  }
  sorted.resize(kept);
  tags.resize(kept);
  training.score = std::move(sorted);
  training.label = std::move(tags);
  if (!sample_split) return training;

  const std::vector<double> score = scores();
  const std::vector<std::uint8_t> label = labels();
  const std::vector<std::uint8_t> role = roles();
  const std::vector<std::uint8_t> fold = folds();
  std::vector<double> file_score;
  std::vector<std::uint8_t> file_label;
  for (std::size_t row = 0; row < score.size(); ++row) {
    if (role[row] != static_cast<std::uint8_t>(RowRole::Fitted)) continue;
    if (left_out >= 0 && fold[row] == left_out) continue;
    file_score.push_back(score[row]);
    file_label.push_back(label[row]);
  }
  const std::size_t half = file_score.size() / 2;
  const std::span<const double> z = file_score;
  const std::span<const std::uint8_t> y = file_label;
  training.edge_half = SortedScores(z.first(half), y.first(half), training.scale);
  training.value_half = SortedScores(z.subspan(half), y.subspan(half), training.scale);
  return training;
}

}  // namespace reprise::recal
