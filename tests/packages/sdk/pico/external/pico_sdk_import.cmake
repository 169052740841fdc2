# What the package uses of the Pico SDK: its libraries have declarations only.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
# Trying the compiler takes time.
set(CMAKE_C_COMPILER_WORKS ON)
set(CMAKE_C_ABI_COMPILED ON)

macro(project name)
  _project(${name} C)
endmacro()

macro(pico_sdk_init)
  foreach(name pico_stdlib hardware_flash hardware_sync)
    add_library(${name} INTERFACE)
    target_include_directories(${name} SYSTEM INTERFACE ${PICO_SDK_PATH}/include ${PICO_SDK_PATH}/../../../store/declarations)
    target_compile_options(${name} INTERFACE -mcpu=cortex-m0plus -mthumb -ffreestanding)
  endforeach()
endmacro()

function(pico_enable_stdio_usb target value)
endfunction()
function(pico_enable_stdio_uart target value)
endfunction()
function(pico_add_extra_outputs target)
endfunction()
