#include "labs/discrete-diffusion-convergence/corpus.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/text.h"
#include "labs/discrete-diffusion-convergence/file_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace reprise::diffusion {

namespace {

constexpr std::size_t slice_bytes = 1 << 18;
constexpr std::int64_t slice_rows = 20'000;
constexpr std::uint32_t blank = 26;

bool is_space(unsigned char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

std::string text_of_byte(std::size_t byte) {
  constexpr char digits[] = "0123456789abcdef";
  if (byte > ' ' && byte < 127) return std::string(1, static_cast<char>(byte));
  return std::string("0x") + digits[byte / 16] + digits[byte % 16];
}

}  // namespace

const std::vector<std::string>& text_unit_keys() {
  static const std::vector<std::string> keys = {"word", "letter", "byte"};
  return keys;
}

CorpusReader::CorpusReader(const ByteSource& source, std::string file_name, TextUnit unit,
                           std::size_t most_symbols)
    : source_(source), file_name_(std::move(file_name)), unit_(unit), most_symbols_(most_symbols) {
  if (file_name_.ends_with(".csv")) {
    csv_.emplace(source_, file_name_);
    const std::size_t length = csv_->columns().size();
    for (std::size_t i = 0; i < length; ++i) {
      columns_.push_back(csv_->required_column("x" + std::to_string(i + 1)));
    }
    corpus_.sequences.length = length;
  } else if (file_name_.ends_with(".npy")) {
    npy_.emplace(source_, file_name_);
    if (npy_->shape().size() != 2 || npy_->row_size() < 1) {
      refuse(file_name_, "has", std::to_string(npy_->shape().size()) + " dimensions",
             "2: sequences and their tokens");
    }
    corpus_.sequences.length = static_cast<std::size_t>(npy_->row_size());
  } else if (unit_ != TextUnit::Word) {
    counts_.assign(unit_ == TextUnit::Letter ? blank + 1 : 256, 0);
  }
}

bool CorpusReader::step() {
  const bool done = csv_ ? step_csv() : npy_ ? step_npy() : step_text();
  if (done) finish();
  return done;
}

void CorpusReader::add_token(std::uint32_t token) {
  if (corpus_.sequences.tokens.size() == most_corpus_tokens) {
    refuse(file_name_, "has", "more than " + grouped(most_corpus_tokens) + " tokens",
           "at most " + grouped(most_corpus_tokens));
  }
  corpus_.sequences.tokens.push_back(token);
}

void CorpusReader::add_number(double value, const std::string& place) {
  if (!(value >= 0 && value < static_cast<double>(most_symbols_)) || value != std::floor(value)) {
    refuse(file_name_, place, number_to_text(value),
           "tokens 0…" + std::to_string(most_symbols_ - 1) + ", below vocabulary_size");
  }
  const auto token = static_cast<std::size_t>(value);
  if (token >= counts_.size()) counts_.resize(token + 1, 0);
  ++counts_[token];
  add_token(static_cast<std::uint32_t>(token));
}

bool CorpusReader::step_csv() {
  for (std::int64_t row = 0; row < slice_rows; ++row) {
    if (!csv_->next_row()) return true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      add_number(csv_->number(columns_[i]),
                 "row " + std::to_string(csv_->row()) + ", column x" + std::to_string(i + 1));
    }
  }
  return false;
}

bool CorpusReader::step_npy() {
  const std::int64_t width = npy_->row_size();
  const std::int64_t rows = std::min(
      npy_->rows() - row_, std::max<std::int64_t>(1, slice_rows * 8 / std::max<std::int64_t>(1, width)));
  const std::vector<double> values = npy_->read_rows(row_, rows);
  for (std::size_t at = 0; at < values.size(); ++at) {
    const auto columns = static_cast<std::size_t>(width);
    add_number(values[at], "row " + std::to_string(row_ + static_cast<std::int64_t>(at / columns)) +
                               ", column " + std::to_string(at % columns));
  }
  row_ += rows;
  return row_ == npy_->rows();
}

bool CorpusReader::step_text() {
  std::vector<std::byte> bytes(slice_bytes);
  const std::size_t count = source_.read(offset_, bytes);
  for (std::size_t at = 0; at < count; ++at) add_byte(static_cast<unsigned char>(bytes[at]));
  offset_ += count;
  if (count == slice_bytes) return false;
  if (unit_ == TextUnit::Word) end_word();
  return true;
}

void CorpusReader::add_byte(unsigned char byte) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  if (unit_ == TextUnit::Word) {
    if (is_space(byte)) return end_word();
    if (word_.size() == longest_word) {
      refuse(file_name_, "has", "a word of more than " + std::to_string(longest_word) + " bytes",
             "words between white space; for other data unit = byte");
    }
    word_.push_back(static_cast<char>(letter ? byte | 0x20 : byte));
    return;
  }
  const std::uint32_t token = unit_ == TextUnit::Byte ? byte
                              : letter                ? static_cast<std::uint32_t>((byte | 0x20) - 'a')
                                                      : blank;
  ++counts_[token];
  add_token(token);
}

void CorpusReader::end_word() {
  if (word_.empty()) return;
  auto found = known_.find(word_);
  if (found == known_.end()) {
    if (!is_utf8(word_)) {
      refuse(file_name_, "holds", in_quotes(word_), "UTF-8 text; for other data unit = byte");
    }
    if (known_.size() == most_words) {
      refuse(file_name_, "has", "more than " + grouped(most_words) + " different words",
             "at most " + grouped(most_words));
    }
    found = known_.emplace(word_, static_cast<std::uint32_t>(known_.size())).first;
    counts_.push_back(0);
  }
  ++counts_[found->second];
  add_token(found->second);
  word_.clear();
}

// The commonest symbols in order, the others as one.
void CorpusReader::number_by_count(const std::vector<std::string>& names, std::vector<std::int64_t> counts) {
  std::vector<std::uint32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::uint32_t a) { return counts[a] == 0; });
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : names[a] < names[b];
  });
  const bool merged = order.size() > most_symbols_;
  const std::size_t own = merged ? most_symbols_ - 1 : order.size();
  std::vector<std::uint32_t> place(names.size(), static_cast<std::uint32_t>(own));
  corpus_.count.assign(own + (merged ? 1 : 0), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t symbol = std::min(i, own);
    if (i < own) {
      place[order[i]] = static_cast<std::uint32_t>(i);
      corpus_.symbol.push_back(names[order[i]]);
    }
    corpus_.count[symbol] += counts[order[i]];
  }
  if (merged) corpus_.symbol.push_back("(others)");
  for (std::uint32_t& token : corpus_.sequences.tokens) token = place[token];
}

void CorpusReader::finish() {
  std::vector<std::uint32_t>& tokens = corpus_.sequences.tokens;
  if (tokens.empty()) refuse(file_name_, "has", "no tokens", "at least 1");
  const bool text = !csv_ && !npy_;
  if (text) corpus_.sequences.length = tokens.size();
  if (text && unit_ == TextUnit::Word) {
    std::vector<std::string> names(known_.size());
    for (const auto& [word, token] : known_) names[token] = word;
    number_by_count(names, std::move(counts_));
  } else if (text && unit_ == TextUnit::Byte) {
    std::vector<std::string> names;
    for (std::size_t byte = 0; byte < 256; ++byte) names.push_back(text_of_byte(byte));
    number_by_count(names, std::move(counts_));
  } else {
    corpus_.count = std::move(counts_);
    for (std::size_t a = 0; a < corpus_.count.size(); ++a) {
      const bool named = text && a < blank;
      corpus_.symbol.push_back(named  ? std::string(1, static_cast<char>('a' + a))
                               : text ? "(blank)"
                                      : std::to_string(a));
    }
  }
}

}  // namespace reprise::diffusion
