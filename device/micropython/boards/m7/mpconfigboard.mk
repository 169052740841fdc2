QEMU_MACHINE = mps2-an500
CPU = -mthumb -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16
CFLAGS += -DQEMU_SOC_MPS2 -DMICROPY_HW_MCU_NAME='"Cortex-M7"'

FILES_ADDRESS = 0x60800000
FILES_BYTES = 1048576
HEAP_ADDRESS = 0x60900000
HEAP_BYTES = 4194304

LDSCRIPT = mcu/arm/mps2.ld
SRC_BOARD_O = shared/runtime/gchelper_thumb2.o
include $(BOARD_DIR)/../common.mk
