// A visitor's sequences or text as tokens.
#pragma once

#include "base/byte_source.h"
#include "data/csv.h"
#include "data/npy.h"
#include "markov/score_model.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::diffusion {

enum class TextUnit {
  Word,    ///< what stands between white space, ASCII letters lowered
  Letter,  ///< a…z in either case, everything else is a blank: 27 symbols, the blank last
  Byte
};

struct TokenCorpus {
  markov::TokenBatch sequences;     ///< a text is one sequence
  std::vector<std::string> symbol;  ///< what each token stands for
  std::vector<std::int64_t> count;
};

/// Tokens of a corpus.
inline constexpr std::size_t most_corpus_tokens = 50'000'000;
/// Different words that are counted.
inline constexpr std::size_t most_words = 2'000'000;
/// Bytes of one word.
inline constexpr std::size_t longest_word = 1000;

/// Reads by the file's ending: .csv columns x1, …, xd, one sequence a row; .npy whole numbers (rows, d);
/// anything else as text. Words and bytes are numbered by how often they occur (then by text); of more than
/// `most_symbols` the rarest become one symbol, the last. InputError: no tokens, tokens that are no whole
/// numbers in 0 … most_symbols − 1 (row and column), text that is not UTF-8, the limits above.
class CorpusReader {
 public:
  /// `source` outlives the reader.
  CorpusReader(const ByteSource& source, std::string file_name, TextUnit unit, std::size_t most_symbols);
  /// Reads some more; true when all is read.
  bool step();
  TokenCorpus take() { return std::move(corpus_); }

 private:
  bool step_text();
  bool step_csv();
  bool step_npy();
  void add_byte(unsigned char byte);
  void end_word();
  void add_token(std::uint32_t token);
  void add_number(double value, const std::string& place);
  void number_by_count(const std::vector<std::string>& names, std::vector<std::int64_t> counts);
  void finish();

  const ByteSource& source_;
  std::string file_name_;
  TextUnit unit_;
  std::size_t most_symbols_;
  std::uint64_t offset_ = 0;
  std::int64_t row_ = 0;
  std::optional<CsvReader> csv_;
  std::vector<std::size_t> columns_;
  std::optional<NpyReader> npy_;
  std::string word_;
  std::map<std::string, std::uint32_t, std::less<>> known_;  // in the order of their first occurrence
  std::vector<std::int64_t> counts_;
  TokenCorpus corpus_;
};

/// The keys "word", "letter", "byte".
const std::vector<std::string>& text_unit_keys();

}  // namespace reprise::diffusion
