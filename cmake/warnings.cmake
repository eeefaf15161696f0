# Compiler flags that every target of the project gets.
add_library(mhub_flags INTERFACE)
target_compile_options(mhub_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough>)
if(MHUB_WERROR)
  target_compile_options(mhub_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(MHUB_SANITIZE)
  # Global, so that the C parts (BLAKE3) are instrumented as well.
  add_compile_options(-fsanitize=${MHUB_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MHUB_SANITIZE})
  if(MHUB_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  if(MHUB_SANITIZE MATCHES thread)
    # GCC warns that fences are not instrumented; libstdc++'s shared_ptr has one.
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
if(MHUB_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
