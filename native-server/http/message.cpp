#include "http/message.h"

#include "base/number_text.h"
#include "study/study.h"

#include <algorithm>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace reprise {

namespace {

const std::string empty_text;

// A header's value must not start a new line.
void append_header(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) head += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  head += "\r\n";
}

std::vector<std::string_view> list_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\t')) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

// One "bytes=…" range of RFC 9110. Outer nothing: no range, or a form that may be ignored (several ranges).
// `length` 0: it cannot be satisfied.
std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size) {
  if (header.substr(0, 6) != "bytes=") return std::nullopt;
  header.remove_prefix(6);
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return std::nullopt;
  const std::string_view left = header.substr(0, dash);
  const std::string_view right = header.substr(dash + 1);
  const auto digits = [](std::string_view text) {
    return text.size() <= 18 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(left) || !digits(right) || (left.empty() && right.empty())) return std::nullopt;
  const auto number = [](std::string_view text) { return static_cast<std::uint64_t>(*parse_integer(text)); };
  if (left.empty()) {
    const std::uint64_t length = std::min(number(right), size);
    return ByteRange{size - length, length};
  }
  const std::uint64_t first = number(left);
  if (!right.empty() && number(right) < first) return std::nullopt;
  if (first >= size) return ByteRange{};
  const std::uint64_t last = right.empty() ? size - 1 : std::min(number(right), size - 1);
  return ByteRange{first, last - first + 1};
}

}  // namespace

const std::string& Request::header(std::string_view lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? empty_text : found->second;
}

const std::string& Request::argument(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? empty_text : found->second;
}

std::shared_ptr<const OpenFile> OpenFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return nullptr;
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor);
    return nullptr;
  }
  const std::int64_t changed = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return std::shared_ptr<const OpenFile>(
      new OpenFile(descriptor, static_cast<std::uint64_t>(status.st_size), changed));
}

OpenFile::~OpenFile() {
  close(descriptor_);
}

std::string OpenFile::entity_tag(std::string_view suffix) const {
  return "\"" + std::to_string(size_) + "-" + std::to_string(changed_) + std::string(suffix) + "\"";
}

std::size_t OpenFile::read(std::uint64_t offset, std::span<char> target) const {
  const ssize_t count = pread(descriptor_, target.data(), target.size(), static_cast<off_t>(offset));
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

Response json_response(int status, const Json& body) {
  Response response;
  response.status = status;
  response.with("Content-Type", "application/json");
  std::string text;
  body.dump_to(text);
  text += '\n';
  response.body = std::move(text);
  return response;
}

Response problem_response(const HttpError& error) {
  Json body = Json::object({{"type", "urn:reprise:problem:" + error.kind},
                            {"title", reason_phrase(error.status)},
                            {"status", error.status},
                            {"detail", error.what()}});
  if (!error.problems.empty()) body["errors"] = to_json(error.problems);
  Response response = json_response(error.status, body);
  response.headers.front().second = "application/problem+json";
  response.with("Cache-Control", "no-store");
  for (const auto& [name, value] : error.headers) response.with(name, value);
  return response;
}

std::uint64_t body_length(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body)) {
    return (*shared)->size();
  }
  if (const auto* slice = std::get_if<FileSlice>(&response.body)) return slice->length;
  return 0;
}

std::string response_head(const Response& response, std::uint64_t length, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head.append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  const bool endless = std::holds_alternative<std::shared_ptr<EventStream>>(response.body);
  if (!endless && response.status != 204 && response.status != 304) {
    append_header(head, "Content-Length", std::to_string(length));
  }
  if (!keep_alive || endless) append_header(head, "Connection", "close");
  head += "\r\n";
  return head;
}

bool matches_entity_tag(const Request& request, std::string_view entity_tag) {
  for (std::string_view candidate : list_of(request.header("if-none-match"))) {
    if (candidate.substr(0, 2) == "W/") candidate.remove_prefix(2);
    if (candidate == "*" || candidate == entity_tag) return true;
  }
  return false;
}

bool accepts_gzip(const Request& request) {
  for (const std::string_view coding : list_of(request.header("accept-encoding"))) {
    const std::string_view name = coding.substr(0, coding.find_first_of("; "));
    if (name != "gzip" && name != "*") continue;
    const std::size_t quality = coding.find("q=");
    if (quality == std::string_view::npos) return true;
    return parse_number(coding.substr(quality + 2)).value_or(0.0) > 0;
  }
  return false;
}

Response file_response(const Request& request, std::shared_ptr<const OpenFile> file,
                       std::string_view media_type, const std::string& entity_tag) {
  Response response;
  response.with("ETag", entity_tag);
  if (matches_entity_tag(request, entity_tag)) {
    response.status = 304;
    return response;
  }
  response.with("Content-Type", std::string(media_type));
  response.with("Accept-Ranges", "bytes");
  FileSlice slice{std::move(file), 0, 0};
  const std::uint64_t size = slice.file->size();
  slice.length = size;
  const std::string& condition = request.header("if-range");
  if (condition.empty() || condition == entity_tag) {
    if (const auto range = parse_range(request.header("range"), size)) {
      if (range->length == 0) {
        HttpError error(416, "range-not-satisfiable",
                        "the range lies behind the end: there are " + std::to_string(size) + " bytes");
        error.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
        throw error;
      }
      slice.offset = range->first;
      slice.length = range->length;
      response.status = 206;
      response.with("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                         std::to_string(range->first + range->length - 1) + "/" +
                                         std::to_string(size));
    }
  }
  response.body = std::move(slice);
  return response;
}

}  // namespace reprise
