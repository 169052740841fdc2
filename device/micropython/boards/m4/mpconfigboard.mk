QEMU_MACHINE = mps2-an386
CPU = -mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
CFLAGS += -DQEMU_SOC_MPS2 -DMICROPY_HW_MCU_NAME='"Cortex-M4"'

FILES_ADDRESS = 0x21800000
FILES_BYTES = 1048576
HEAP_ADDRESS = 0x21900000
HEAP_BYTES = 4194304

LDSCRIPT = mcu/arm/mps2.ld
SRC_BOARD_O = shared/runtime/gchelper_thumb2.o
include $(BOARD_DIR)/../common.mk
