# mhub_layer(NAME FILES a.cpp … LAYERS base … LIBS dep_x …)
#
# One static library per layer. LAYERS are the layers that it links, LIBS its outside libraries, private
# to the layer. What a layer may include at most is the table in scripts/check-layers.py, which a test
# holds the #include lines to; LAYERS names what of that is in use, and a turned arrow fails to link.
function(mhub_layer name)
  cmake_parse_arguments(arg "" "" "FILES;LAYERS;LIBS" ${ARGN})
  add_library(mhub_${name} STATIC ${arg_FILES})
  target_include_directories(mhub_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(mhub_${name} PRIVATE mhub_flags ${arg_LIBS})
  foreach(layer IN LISTS arg_LAYERS)
    target_link_libraries(mhub_${name} PUBLIC mhub_${layer})
  endforeach()
endfunction()

# mhub_unit_tests(LAYER FILES test_a.cpp …): one Catch2 binary that links this layer alone.
function(mhub_unit_tests layer)
  cmake_parse_arguments(arg "" "" "FILES;LIBS" ${ARGN})
  add_executable(test_${layer} ${arg_FILES})
  target_include_directories(test_${layer} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_${layer} PRIVATE mhub_flags mhub_${layer} Catch2::Catch2WithMain ${arg_LIBS})
  catch_discover_tests(test_${layer} TEST_PREFIX "${layer}: " PROPERTIES LABELS "unit;${layer}" TIMEOUT 300)
endfunction()
