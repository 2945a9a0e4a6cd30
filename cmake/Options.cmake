# reprise_options: what every translation unit of ours is compiled with.
add_library(reprise_options INTERFACE)
target_compile_options(reprise_options INTERFACE
  -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Werror
  -ffp-contract=off  # a fused multiply-add changes bits; it is used only where it is written
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(reprise_options INTERFACE -Wno-restrict)  # GCC bug 105651: false alarms on std::string
endif()
if(EMSCRIPTEN)
  target_compile_options(reprise_options INTERFACE -fwasm-exceptions -msimd128 -Wno-unused-command-line-argument
                         -Wno-shorten-64-to-32)  # sizes are 32 bits here; what fits into memory fits into them
  target_link_options(reprise_options INTERFACE -fwasm-exceptions)
endif()
if(REPRISE_SANITIZE)
  target_compile_options(reprise_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                         -fno-omit-frame-pointer -g)
  target_link_options(reprise_options INTERFACE -fsanitize=address,undefined)
endif()
if(REPRISE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "REPRISE_FUZZ needs clang (libFuzzer); use the preset 'fuzz'")
  endif()
  target_compile_options(reprise_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For code in which no time is spent (tests, descriptions of studies, the server's own code): compiles in two thirds
# of the time. Comes after CMAKE_CXX_FLAGS_RELEASE and so replaces its -O3.
set(reprise_cold_flags -O1)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND reprise_cold_flags -Wno-array-bounds -Wno-stringop-overflow)  # GCC bug 105651: false alarms, too
endif()
