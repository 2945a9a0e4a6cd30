// Values from a visitor's files, with the place of what is wrong.
#pragma once

#include "base/byte_source.h"
#include "base/json.h"
#include "study/study.h"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::diffusion {

/// Bytes of a JSON file that are read at most.
inline constexpr std::size_t most_json_bytes = 64'000'000;

/// InputError "file place: found; allowed: …".
[[noreturn]] void refuse(const std::string& file, const std::string& place, const std::string& found,
                         const std::string& allowed);
/// The name of an input's file; the input's own name where there is none.
std::string file_name_of(const TaskContext& context, std::string_view input);

enum class FileKind { Npy, Json, Csv };
/// By the first bytes.
FileKind kind_of(const ByteSource& source);

/// InputError: too many bytes, no UTF-8, no JSON.
Json read_json(const ByteSource& source, const std::string& file);
/// InputError: a key that is not one of them.
void check_keys(const Json& object, const std::string& file, std::initializer_list<std::string_view> keys);
/// InputError: no number.
double number_at(const Json& value, const std::string& file, const std::string& place);
/// A list of numbers; InputError names the first entry (counted from 1) that is none.
std::vector<double> numbers_at(const Json& object, std::string_view key, const std::string& file);
/// A whole number in [0, below).
std::size_t symbol_of(double value, std::size_t below, const std::string& file, const std::string& place);
/// A whole number in [low, high].
std::size_t count_of(double value, double low, double high, const std::string& file,
                     const std::string& place);

}  // namespace reprise::diffusion
