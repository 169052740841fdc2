# An emulated board of MicroPython's port for QEMU. integrad.build.micropython_firmware passes what tells one
# board from another, from the table of cores: MCU (Cortex-M4), CPU (the compiler's flags), QEMU_ARCH (arm or
# riscv32), QEMU_MACHINE, SOC, MCU_SCRIPT (the linker script, of the port for Arm), THUMB (1 or 2, 0 if it is no Arm), and
# FILES_ADDRESS, FILES_BYTES, HEAP_ADDRESS, HEAP_BYTES: memory that the linker script leaves alone.

HERE := $(patsubst %/,%,$(dir $(realpath $(dir $(lastword $(MAKEFILE_LIST))))))

CFLAGS += -DQEMU_SOC_$(SOC) -DMICROPY_HW_MCU_NAME='"$(MCU)"'
CFLAGS += -DHEAP_ADDRESS=$(HEAP_ADDRESS) -DHEAP_BYTES=$(HEAP_BYTES)
CFLAGS += -DFILES_ADDRESS=$(FILES_ADDRESS) -DFILES_BYTES=$(FILES_BYTES)

ifeq ($(QEMU_ARCH),arm)
LDSCRIPT = mcu/arm/$(MCU_SCRIPT).ld
CFLAGS += $(CPU)
LDFLAGS += $(CPU) -Wl,-T,$(HERE)/board/no_unwinding.ld
SRC_BOARD_O = shared/runtime/gchelper_thumb$(THUMB).o
endif

ifeq ($(QEMU_ARCH),riscv32)
LDSCRIPT = $(HERE)/board/$(MCU_SCRIPT).ld
# The port compiles for its own choice of extensions; its start-up code needs the instructions of Zicsr.
RV32_ARCH = rv32imc_zicsr
CFLAGS += $(filter-out -march=%,$(CPU))
LDFLAGS += -nostdlib
LIBS = $(shell $(CC) $(CPU) -print-libgcc-file-name)
SRC_BOARD_O = shared/runtime/gchelper_rv32i.o
endif

# Native modules and viper, which the port leaves out for Thumb-1.
ifeq ($(THUMB),1)
CFLAGS += -DMICROPY_EMIT_THUMB=1 -DMICROPY_EMIT_THUMB_ARMV7M=0
endif

# Our main program beside the port's, which goes by another name and is left out by the linker.
$(BUILD)/main.o: CFLAGS += -Dmain=port_main
# Likewise what waits for a character.
$(BUILD)/mphalport.o: CFLAGS += -Dmp_hal_stdin_rx_chr=port_stdin_rx_chr
SRC_BOARD_O += shared/runtime/gchelper_native.o shared/timeutils/timeutils.o $(HERE)/firmware.o
SRC_QSTR += $(HERE)/firmware.c

MICROPY_VFS_LFS2 = 1
# The port's own heap, which its main program would use.
MICROPY_HEAP_SIZE = 16
