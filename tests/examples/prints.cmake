# cmake -DPROGRAM=… -DEXPECTED=… [-DARGUMENTS=…] -P prints.cmake: the program ends with 0 and prints just that.
execute_process(COMMAND "${PROGRAM}" ${ARGUMENTS} OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE status)
file(READ "${EXPECTED}" expected)
if(NOT status EQUAL 0 OR NOT errors STREQUAL "" OR NOT printed STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}\n--- it said\n${errors}\n--- it printed\n${printed}\n--- expected\n${expected}")
endif()
