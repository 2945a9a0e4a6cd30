// The OpenAPI 3.1 document of the HTTP API (native-server/api/openapi.json), embedded by the build.
#pragma once

#include <string_view>

namespace reprise {

extern const std::string_view openapi_document;

}  // namespace reprise
