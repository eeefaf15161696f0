# Outside libraries, one dep_* target each, all from the distribution (see scripts/dependencies.txt).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

function(mhub_pkg name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(dep_${name} ALIAS PkgConfig::${name})
endfunction()

mhub_pkg(curl libcurl)
mhub_pkg(microhttpd libmicrohttpd)
mhub_pkg(git2 libgit2)
mhub_pkg(sqlite sqlite3)
mhub_pkg(crypto libcrypto)
mhub_pkg(zstd libzstd)
mhub_pkg(lz4 liblz4)
mhub_pkg(zlib zlib)
mhub_pkg(xxhash libxxhash)
mhub_pkg(yaml yaml-0.1)

# BLAKE3's official C code. Debian 12 ships it inside the Rust crate's package; a system library is
# taken where there is one.
pkg_check_modules(blake3_system IMPORTED_TARGET libblake3)
if(blake3_system_FOUND)
  add_library(dep_blake3 ALIAS PkgConfig::blake3_system)
else()
  file(GLOB blake3_dirs /usr/share/cargo/registry/blake3-*/c)
  if(NOT blake3_dirs)
    message(FATAL_ERROR "BLAKE3's C sources are missing: install librust-blake3-dev (or libblake3-dev)")
  endif()
  list(GET blake3_dirs -1 blake3_dir)
  add_library(blake3_bundled STATIC ${blake3_dir}/blake3.c ${blake3_dir}/blake3_dispatch.c
              ${blake3_dir}/blake3_portable.c)
  target_include_directories(blake3_bundled SYSTEM PUBLIC ${blake3_dir})
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_sources(blake3_bundled PRIVATE
      ${blake3_dir}/blake3_sse2_x86-64_unix.S ${blake3_dir}/blake3_sse41_x86-64_unix.S
      ${blake3_dir}/blake3_avx2_x86-64_unix.S ${blake3_dir}/blake3_avx512_x86-64_unix.S)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    target_sources(blake3_bundled PRIVATE ${blake3_dir}/blake3_neon.c)
  endif()
  add_library(dep_blake3 ALIAS blake3_bundled)
endif()

if(MHUB_TESTS)
  find_package(Catch2 2.13 REQUIRED)
  include(Catch)
endif()
