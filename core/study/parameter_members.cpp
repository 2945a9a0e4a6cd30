// Reads and writes the members of a config struct by their place in it: one copy of the code for all studies.
#include "study/parameters.h"

#include <stdexcept>
#include <utility>

namespace reprise {

namespace {

// Where a member lies, as the type that belongs to its kind.
template <class Member>
const Member& member_at(const void* place) {
  return *static_cast<const Member*>(place);
}

Json value_of(ParameterKind kind, const void* member) {
  switch (kind) {
    case ParameterKind::Boolean:
      return member_at<bool>(member);
    case ParameterKind::Integer:
      return member_at<std::int64_t>(member);
    case ParameterKind::Real:
      return member_at<double>(member);
    case ParameterKind::Choice:
    case ParameterKind::Text:
      return member_at<std::string>(member);
    case ParameterKind::Integers:
      return member_at<std::vector<std::int64_t>>(member);
    case ParameterKind::Reals:
      return member_at<std::vector<double>>(member);
    case ParameterKind::Texts:
      return member_at<std::vector<std::string>>(member);
  }
  throw std::logic_error("unknown kind of parameter");
}

template <class Value, class Read>
void store_list(void* member, const Json& value, Read read) {
  auto& values = *static_cast<std::vector<Value>*>(member);
  values.clear();
  for (const Json& entry : value.as_array()) values.push_back(read(entry));
}

void store_value(ParameterKind kind, void* member, const Json& value) {
  switch (kind) {
    case ParameterKind::Boolean:
      *static_cast<bool*>(member) = value.as_bool();
      return;
    case ParameterKind::Integer:
      *static_cast<std::int64_t*>(member) = value.as_integer();
      return;
    case ParameterKind::Real:
      *static_cast<double*>(member) = value.as_number();
      return;
    case ParameterKind::Choice:
    case ParameterKind::Text:
      *static_cast<std::string*>(member) = value.as_string();
      return;
    case ParameterKind::Integers:
      return store_list<std::int64_t>(member, value, [](const Json& entry) { return entry.as_integer(); });
    case ParameterKind::Reals:
      return store_list<double>(member, value, [](const Json& entry) { return entry.as_number(); });
    case ParameterKind::Texts:
      return store_list<std::string>(member, value, [](const Json& entry) { return entry.as_string(); });
  }
}

}  // namespace

ParameterBuilder ParameterList::add(std::string_view key, ParameterKind kind, const void* defaults,
                                    const void* member, std::vector<std::string> choices) {
  Parameter& parameter = list_.emplace_back();
  parameter.key = key;
  parameter.kind = kind;
  parameter.default_value = value_of(kind, member);
  parameter.choices = std::move(choices);
  offsets_.push_back(static_cast<const std::byte*>(member) - static_cast<const std::byte*>(defaults));
  return ParameterBuilder(parameter);
}

void ParameterList::fill(void* target, const Json& config) const {
  for (std::size_t i = 0; i < list_.size(); ++i) {
    store_value(list_[i].kind, static_cast<std::byte*>(target) + offsets_[i], config.at(list_[i].key));
  }
}

}  // namespace reprise
