// The OpenAPI document and the table of routes say the same, in both directions.

#include "api/api.h"
#include "api/openapi_document.h"
#include "server_under_test.h"
#include "test_studies.h"

#include <set>

namespace reprise::testing {
namespace {

void collect_references(const Json& json, std::set<std::string>& references) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.as_object()) {
      if (key == "$ref") references.insert(value.as_string());
      collect_references(value, references);
    }
  } else if (json.is_array()) {
    for (const Json& value : json.as_array()) collect_references(value, references);
  }
}

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
  const TemporaryFolder folder;
  const Registry registry = make_test_registry();
  const DataFolder data(folder.path());
  Store store(data.root());
  EventHub events;
  Engine engine(registry, store, data, events, 1, {"/bin/false"});
  Api api({registry, store, data, events, engine});
  Router router;
  api.add_routes(router);
  std::set<std::string> routes;
  for (const Route& route : router.routes()) {
    EXPECT_TRUE(routes.insert(route.method + " " + route.pattern).second) << "twice: " << route.pattern;
  }

  const Json document = Json::parse(openapi_document);
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  std::set<std::string> described;
  std::set<std::string> operations;
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      described.insert(upper + " " + path);
      EXPECT_TRUE(operations.insert(operation.at("operationId").as_string()).second);
      // Every {name} of the path is a declared parameter.
      std::set<std::string> declared;
      if (const Json* parameters = operation.find("parameters")) {
        for (const Json& parameter : parameters->as_array()) {
          if (parameter.at("in").as_string() == "path") declared.insert(parameter.at("name").as_string());
        }
      }
      std::set<std::string> used;
      for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
        used.insert(path.substr(at + 1, path.find('}', at) - at - 1));
      }
      EXPECT_EQ(declared, used) << path;
    }
  }
  EXPECT_EQ(routes, described);

  std::set<std::string> references;
  collect_references(document, references);
  for (const std::string& reference : references) {
    ASSERT_EQ(reference.rfind("#/components/", 0), 0U);
    const std::string rest = reference.substr(13);
    const std::size_t slash = rest.find('/');
    EXPECT_NE(document.at("components").at(rest.substr(0, slash)).find(rest.substr(slash + 1)), nullptr)
        << reference;
  }
}

// What the server says of a job has exactly the members that the document requires, or allows.
TEST(OpenApi, AnswersHaveTheDescribedMembers) {
  const TemporaryFolder folder;
  const ServerUnderTest server(folder.path());
  const std::string id = server.submit("{}");
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  const Json document = Json::parse(openapi_document);
  const Json& schemas = document.at("components").at("schemas");
  const auto check = [&](const std::string& name, const Json& value) {
    const Json& schema = schemas.at(name);
    for (const Json& key : schema.at("required").as_array()) {
      EXPECT_NE(value.find(key.as_string()), nullptr) << name << " lacks " << key.as_string();
    }
    for (const auto& [key, member] : value.as_object()) {
      EXPECT_NE(schema.at("properties").find(key), nullptr) << name << " has an undescribed " << key;
    }
  };
  check("Job", server.job(id));
  check("Progress", server.job(id).at("progress"));
  check("Health", server.get("/api/v1/health").json());
  check("Dataset", server.upload("1\n").json());
  check("EstimateAnswer", server.post("/api/v1/studies/test/work/estimate", "{}").json());
  check("Problem", server.get("/api/v1/jobs/0").json());
  check("StudyEntry", server.get("/api/v1/studies").json().as_array()[0]);
}

}  // namespace
}  // namespace reprise::testing
