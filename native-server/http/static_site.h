// The page's files: types, entity tags, precompressed siblings, and the policy that the page runs under.
#pragma once

#include "http/message.h"

#include <filesystem>

namespace reprise {

class StaticSite {
 public:
  /// `root` may be empty: then / is a line of text that names the API.
  explicit StaticSite(std::filesystem::path root) : root_(std::move(root)) {}

  /// GET and HEAD. "a/b" is answered by the file, or by a/b/index.html after a redirect to "a/b/", so that
  /// relative addresses in pages work. HttpError 404 when there is neither.
  Response answer(const Request& request) const;

 private:
  Response file(const Request& request, const std::filesystem::path& path) const;

  std::filesystem::path root_;
};

}  // namespace reprise
