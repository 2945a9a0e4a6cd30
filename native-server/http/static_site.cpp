#include "http/static_site.h"

#include "data/text.h"

#include <map>

namespace reprise {

namespace {

// Scripts and WebAssembly of our own only; any page may embed a widget.
constexpr std::string_view content_security_policy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors *";

std::string_view media_type_of(const std::filesystem::path& path) {
  static const std::map<std::string, std::string_view> types = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".wasm", "application/wasm"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/markdown; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".xml", "application/xml"},
      {".webmanifest", "application/manifest+json"},
  };
  const auto found = types.find(path.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

/// The build names what it bundles after its content, "app/lab-3JVKSV4X.js": such a name never means other
/// bytes. The hash is eight letters of base 32, or ten hexadecimal digits for the WebAssembly and bundled
/// assets (web/scripts/bundle.mjs).
bool named_after_content(const std::vector<std::string>& segments) {
  if (segments.size() != 2) return false;
  const std::string& folder = segments[0];
  if (folder != "app" && folder != "assets" && folder != "engines" && folder != "styles") return false;
  const std::string_view name = std::string_view(segments[1]).substr(0, segments[1].find('.'));
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || name.size() == segments[1].size()) return false;
  const std::string_view hash = name.substr(dash + 1);
  const auto consists_of = [&](std::string_view letters) {
    return hash.find_first_not_of(letters) == std::string_view::npos;
  };
  return (hash.size() == 8 && consists_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")) ||
         (hash.size() == 10 && consists_of("0123456789abcdef"));
}

}  // namespace

Response StaticSite::answer(const Request& request) const {
  if (root_.empty()) {
    if (request.segments != std::vector<std::string>{""}) {
      throw HttpError(404, "not-found", "this server was started without a site; its API is at /api/v1");
    }
    Response response;
    response.with("Content-Type", "text/plain; charset=utf-8");
    response.body =
        std::string("Reprise. This server was started without a site; its API is at /api/v1/openapi.json\n");
    return response;
  }
  std::filesystem::path path = root_;
  for (const std::string& segment : request.segments) {
    // parse_target has refused "..", '/' and control characters; hidden files stay hidden.
    if (!segment.empty() && segment.front() == '.') {
      throw HttpError(404, "not-found", "there is nothing at " + in_quotes(request.target));
    }
    if (!segment.empty()) path /= segment;
  }
  const bool as_folder = request.segments.back().empty();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    if (!as_folder) {
      Response response;
      response.status = 308;
      // Relative, so that it also holds behind a proxy's prefix.
      const std::string_view sent =
          std::string_view(request.target).substr(0, request.target.find_first_of("?#"));
      response.with("Location", "./" + std::string(sent.substr(sent.rfind('/') + 1)) + "/");
      return response;
    }
    return file(request, path / "index.html");
  }
  if (as_folder) throw HttpError(404, "not-found", "there is nothing at " + in_quotes(request.target));
  return file(request, path);
}

Response StaticSite::file(const Request& request, const std::filesystem::path& path) const {
  std::shared_ptr<const OpenFile> opened = OpenFile::open(path.string());
  if (!opened) throw HttpError(404, "not-found", "there is nothing at " + in_quotes(request.target));
  bool compressed = false;
  if (accepts_gzip(request) && request.header("range").empty()) {
    if (auto sibling = OpenFile::open(path.string() + ".gz")) {
      opened = std::move(sibling);
      compressed = true;
    }
  }
  const std::string entity_tag = opened->entity_tag(compressed ? "-gz" : "");
  Response response = file_response(request, std::move(opened), media_type_of(path), entity_tag);
  if (compressed) response.with("Content-Encoding", "gzip");
  response.with("Vary", "Accept-Encoding");
  response.with("Cache-Control", named_after_content(request.segments)
                                     ? "public, max-age=31536000, immutable"
                                     : "no-cache");  // kept, but asked for by its entity tag
  response.with("Content-Security-Policy", std::string(content_security_policy));
  response.with("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace reprise
