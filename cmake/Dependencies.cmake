# Header-only libraries come from the system. Emscripten must not see /usr/include as a whole, so the few
# folders it needs are linked into one of our own.
function(reprise_find_headers variable header)
  find_path(${variable} ${header} PATHS /usr/include /usr/local/include /opt/homebrew/include ${ARGN}
            NO_CMAKE_FIND_ROOT_PATH)
  if(NOT ${variable})
    message(FATAL_ERROR "${header} was not found; scripts/bootstrap installs it")
  endif()
endfunction()

reprise_find_headers(NLOHMANN_INCLUDE nlohmann/json.hpp)
reprise_find_headers(FAST_FLOAT_INCLUDE fast_float/fast_float.h)
reprise_find_headers(FMT_INCLUDE fmt/format.h)
reprise_find_headers(EIGEN_INCLUDE Eigen/Core /usr/include/eigen3 /usr/local/include/eigen3)

set(third_party ${CMAKE_BINARY_DIR}/third_party)
file(MAKE_DIRECTORY ${third_party})
foreach(pair "${NLOHMANN_INCLUDE}/nlohmann" "${FAST_FLOAT_INCLUDE}/fast_float" "${FMT_INCLUDE}/fmt")
  get_filename_component(name ${pair} NAME)
  file(CREATE_LINK ${pair} ${third_party}/${name} SYMBOLIC)
endforeach()

add_library(reprise_headers INTERFACE)
target_include_directories(reprise_headers SYSTEM INTERFACE ${third_party} ${EIGEN_INCLUDE})
target_compile_definitions(reprise_headers INTERFACE FMT_HEADER_ONLY)
