# Every header must compile as the only thing in its file, with nothing but its own includes. The target header_check
# compiles one such file for each, unoptimised; ./check builds it.
function(larder_header_check)
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
    "${PROJECT_SOURCE_DIR}/include/larder/*.hpp" "${PROJECT_SOURCE_DIR}/include/larder/*/*.hpp" "${PROJECT_SOURCE_DIR}/src/*/*.hpp"
    "${PROJECT_SOURCE_DIR}/src/*/*/*.hpp")
  # What includes gRPC is included by that face's own files alone, and takes seconds each.
  list(FILTER headers EXCLUDE REGEX "^src/dns/grpc/(convert|resolve_service|admin_service)\\.hpp$")
  set(sources)
  foreach(header IN LISTS headers)
    string(REPLACE "/" "_" name "${header}")
    set(source "${PROJECT_BINARY_DIR}/header_check/${name}.cpp")
    if(NOT EXISTS "${source}")
      file(WRITE "${source}" "#include \"${PROJECT_SOURCE_DIR}/${header}\"\n")
    endif()
    list(APPEND sources "${source}")
  endforeach()
  get_property(rooms GLOBAL PROPERTY LARDER_ROOMS)
  add_library(header_check OBJECT EXCLUDE_FROM_ALL ${sources})
  target_compile_options(header_check PRIVATE -O0 -g0)
  set_target_properties(header_check PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
  foreach(room IN LISTS rooms)
    target_include_directories(header_check PRIVATE $<TARGET_PROPERTY:${room},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(header_check PRIVATE $<TARGET_PROPERTY:${room},INTERFACE_COMPILE_DEFINITIONS>)
  endforeach()
  target_link_libraries(header_check PRIVATE larder_settings)
endfunction()
