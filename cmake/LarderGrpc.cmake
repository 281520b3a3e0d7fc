# gRPC, where Debian's packages are: the generated code of proto/ as one library, and the DNS service's face over it.

# larder_grpc_face(): the library larder_dns_grpc, from src/dns/grpc/ and proto/larder/dns/v1/resolver.proto.
function(larder_grpc_face)
  set(proto "${PROJECT_SOURCE_DIR}/proto/larder/dns/v1/resolver.proto")
  set(out "${PROJECT_BINARY_DIR}/generated")
  set(stem "${out}/larder/dns/v1/resolver")
  file(MAKE_DIRECTORY "${out}")
  add_custom_command(
    OUTPUT "${stem}.pb.cc" "${stem}.pb.h" "${stem}.grpc.pb.cc" "${stem}.grpc.pb.h"
    COMMAND "${LARDER_PROTOC}" --proto_path "${PROJECT_SOURCE_DIR}/proto" --cpp_out "${out}" --grpc_out "${out}"
      "--plugin=protoc-gen-grpc=${LARDER_GRPC_PLUGIN}" "${proto}"
    DEPENDS "${proto}" VERBATIM)
  # For who reads the sources without building them, as clang-tidy does.
  add_custom_target(larder_generated DEPENDS "${stem}.pb.h" "${stem}.grpc.pb.h")
  add_library(larder_dns_proto STATIC "${stem}.pb.cc" "${stem}.grpc.pb.cc")
  target_compile_features(larder_dns_proto PUBLIC cxx_std_20)
  # Not our code: neither warned about nor optimised.
  target_compile_options(larder_dns_proto PRIVATE -w $<$<CONFIG:Release>:-O1>)
  target_include_directories(larder_dns_proto SYSTEM PUBLIC "${out}" "${out}/larder/dns/v1")
  target_link_libraries(larder_dns_proto PUBLIC PkgConfig::GRPC)

  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/dns/grpc/*.cpp")
  add_library(larder_dns_grpc STATIC ${sources})
  target_link_libraries(larder_dns_grpc PUBLIC larder_dns PRIVATE larder_dns_proto "${LARDER_GRPC_REFLECTION}")
  target_compile_definitions(larder_dns_grpc PUBLIC LARDER_GRPC)
  larder_unity(larder_dns_proto)
  larder_unity(larder_dns_grpc)
endfunction()
