QEMU_MACHINE = microbit
CPU = -mthumb -mcpu=cortex-m0 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_NRF51 -DMICROPY_HW_MCU_NAME='"Cortex-M0"'
# Native modules and viper, which the port leaves out for this core.
CFLAGS += -DMICROPY_EMIT_THUMB=1 -DMICROPY_EMIT_THUMB_ARMV7M=0

# The machine is given 4 MB of RAM at 0x20000000, of which the linker script uses the first 256 KB.
FILES_ADDRESS = 0x20100000
FILES_BYTES = 1048576
HEAP_ADDRESS = 0x20200000
HEAP_BYTES = 1048576

LDSCRIPT = mcu/arm/nrf51.ld
SRC_BOARD_O = shared/runtime/gchelper_thumb1.o
include $(BOARD_DIR)/../common.mk
