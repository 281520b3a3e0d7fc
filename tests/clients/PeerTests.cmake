# Tests that a client program drives against a server, once for each kind of server that is here.
find_program(LARDER_REDIS_SERVER redis-server)
execute_process(COMMAND "${LARDER_PYTHON}" -c "import redis" RESULT_VARIABLE no_redis_py ERROR_QUIET)
set(LARDER_PEER_KINDS larder)
if(LARDER_REDIS_SERVER)
  list(APPEND LARDER_PEER_KINDS redis)
endif()
if(no_redis_py)
  set(LARDER_PEER_KINDS)
  message(STATUS "tests/clients, tests/projects: no python3-redis, so none of them (./test installs it)")
endif()

# larder_peer_test(<folder> <subject> [VARIABLE=value ...]): <subject>_test.py beside the caller, label clients.
function(larder_peer_test folder subject)
  foreach(kind ${LARDER_PEER_KINDS})
    set(name "${folder}.${subject}.${kind}")
    add_test(NAME "${name}" COMMAND "${LARDER_PYTHON}" -B "${CMAKE_CURRENT_SOURCE_DIR}/${subject}_test.py")
    set_tests_properties("${name}" PROPERTIES LABELS clients TIMEOUT 120
      ENVIRONMENT "LARDER=$<TARGET_FILE:larder_app>;LARDER_PEER=${kind};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/clients;${ARGN}")
  endforeach()
endfunction()
