#include "labs/recalibration/my_scores_data.h"

#include "base/json.h"
#include "base/release_memory.h"
#include "data/safetensors.h"

#include <algorithm>
#include <span>
#include <stdexcept>

namespace reprise::recal {

namespace {

constexpr std::string_view log_ratio_artefact = "log_ratio";

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

std::string rows_artefact(std::size_t chunk) {
  return "rows." + std::to_string(chunk);
}
std::string sorted_artefact(std::size_t chunk) {
  return "sorted." + std::to_string(chunk);
}

/// Arrays of one artefact.
class ChunkReader {
 public:
  ChunkReader(const TaskContext& context, const std::string& name)
      : source_(context.artefact("read", 0, name)), index_(read_safetensors_index(source_, name)) {}

  template <class T>
  std::vector<T> values(std::string_view name) const {
    const TensorInfo* tensor = index_.find(name);
    if (tensor == nullptr) throw std::logic_error("an artefact lacks the array " + std::string(name));
    return read_values<T>(source_, *tensor, 0, static_cast<std::uint64_t>(tensor->shape.at(0)));
  }

 private:
  const ByteSource& source_;
  SafetensorsIndex index_;
};

}  // namespace

std::vector<std::byte> ScoresSummary::to_bytes() const {
  const std::string text = Json::object({{"logit", scale == ScoreScale::Logit},
                                         {"has_split", has_split},
                                         {"rows", rows},
                                         {"fitted", fitted},
                                         {"positives", positives},
                                         {"target_rows", target_rows},
                                         {"target_labelled", target_labelled},
                                         {"target_positives", target_positives},
                                         {"bins", bins},
                                         {"folds", folds}})
                               .dump();
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

std::uint8_t FoldAssigner::next(RowRole role, std::uint8_t label) {
  if (role != judged_ || label == no_label) return not_judged;
  return folds_ == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(seen_[label]++ % folds_);
}

void leave_rows(TaskContext& context, std::size_t chunk, const RowsChunk& rows) {
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(rows.size())};
  const Tensor tensors[] = {
      tensor_of<double>("score", rows.score, shape), tensor_of<std::uint8_t>("label", rows.label, shape),
      tensor_of<std::uint8_t>("role", rows.role, shape), tensor_of<std::uint8_t>("fold", rows.fold, shape)};
  context.leave_artefact(rows_artefact(chunk), write_safetensors(tensors));
}

void leave_sorted(TaskContext& context, std::size_t chunk, std::span<const double> score,
                  std::span<const std::uint8_t> tag) {
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(score.size())};
  const Tensor tensors[] = {tensor_of<double>("score", score, shape),
                            tensor_of<std::uint8_t>("tag", tag, shape)};
  context.leave_artefact(sorted_artefact(chunk), write_safetensors(tensors));
}

void leave_log_ratio(TaskContext& context, double log_ratio) {
  const std::vector<double> value = {log_ratio};
  const Tensor tensors[] = {tensor_of<double>(std::string(log_ratio_artefact), value, {1})};
  context.leave_artefact(std::string(log_ratio_artefact), write_safetensors(tensors));
}

double read_log_ratio(const TaskContext& context) {
  const ByteSource& source = context.artefact("fit", 0, log_ratio_artefact);
  const SafetensorsIndex index = read_safetensors_index(source, log_ratio_artefact);
  return read_values<double>(source, index.tensors.at(0), 0, 1).front();
}

PreparedScores::PreparedScores(const TaskContext& context) : context_(context) {
  const std::vector<std::byte> bytes = read_all(context.artefact("read", 0, summary_artefact));
  summary_ = summary_from_json(
      Json::parse(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
}

RowsChunk PreparedScores::rows(std::size_t chunk) const {
  const ChunkReader reader(context_, rows_artefact(chunk));
  return {reader.values<double>("score"), reader.values<std::uint8_t>("label"),
          reader.values<std::uint8_t>("role"), reader.values<std::uint8_t>("fold")};
}

void PreparedScores::sorted(std::size_t chunk, std::vector<double>& score,
                            std::vector<std::uint8_t>& tag) const {
  const ChunkReader reader(context_, sorted_artefact(chunk));
  score = reader.values<double>("score");
  tag = reader.values<std::uint8_t>("tag");
}

TrainingLoader::TrainingLoader(const PreparedScores& data, std::int64_t left_out, bool sample_split)
    : data_(data), left_out_(left_out), sample_split_(sample_split) {
  const auto fitted = static_cast<std::size_t>(data.summary().fitted);
  const std::int64_t folds = data.summary().folds;
  // Folds differ by a row for each class.
  const bool all = left_out < 0 || folds == 0;
  const std::size_t rows = all ? fitted : fitted - fitted / static_cast<std::size_t>(folds) + 2;
  score_.reserve(rows);
  label_.reserve(rows);
}

bool TrainingLoader::step() {
  if (!sorted_done_) {
    load_sorted();
  } else {
    load_halves();
  }
  return sorted_done_ && (!sample_split_ || training_.value_half.has_value());
}

void TrainingLoader::load_sorted() {
  data_.sorted(chunk_++, chunk_score_, chunk_tag_);
  for (std::size_t row = 0; row < chunk_score_.size(); ++row) {
    if (chunk_tag_[row] / 2 == left_out_) continue;
    score_.push_back(chunk_score_[row]);
    label_.push_back(chunk_tag_[row] % 2);
  }
  if (chunk_ < data_.sorted_chunks()) return;
  training_.sorted = SortedScores::from_sorted(std::move(score_), std::move(label_), data_.summary().scale);
  sorted_done_ = true;
  chunk_ = 0;
  release_memory(score_);
  release_memory(label_);
}

void TrainingLoader::load_halves() {
  const RowsChunk rows = data_.rows(chunk_++);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.role[row] != static_cast<std::uint8_t>(RowRole::Fitted)) continue;
    if (left_out_ >= 0 && rows.fold[row] == left_out_) continue;
    score_.push_back(rows.score[row]);
    label_.push_back(rows.label[row]);
  }
  if (chunk_ < data_.chunks()) return;
  const std::size_t half = score_.size() / 2;
  const std::span<const double> z = score_;
  const std::span<const std::uint8_t> y = label_;
  training_.edge_half = SortedScores(z.first(half), y.first(half), data_.summary().scale);
  training_.value_half = SortedScores(z.subspan(half), y.subspan(half), data_.summary().scale);
  release_memory(score_);
  release_memory(label_);
}

TrainingRows TrainingLoader::take() {
  return std::move(training_);
}

}  // namespace reprise::recal
