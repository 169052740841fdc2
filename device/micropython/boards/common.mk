# What the emulated boards share. HERE: this folder's parent.
HERE := $(patsubst %/,%,$(dir $(realpath $(dir $(lastword $(MAKEFILE_LIST))))))

QEMU_ARCH = arm
CFLAGS += $(CPU) -DHEAP_ADDRESS=$(HEAP_ADDRESS) -DHEAP_BYTES=$(HEAP_BYTES)
CFLAGS += -DFILES_ADDRESS=$(FILES_ADDRESS) -DFILES_BYTES=$(FILES_BYTES)
LDFLAGS += $(CPU) -Wl,-T,$(HERE)/boards/no_unwinding.ld

# Our main program beside the port's, which goes by another name and is left out by the linker.
$(BUILD)/main.o: CFLAGS += -Dmain=port_main
SRC_BOARD_O += shared/runtime/gchelper_native.o shared/timeutils/timeutils.o $(HERE)/firmware.o
SRC_QSTR += $(HERE)/firmware.c

MICROPY_VFS_LFS2 = 1
# The port's own heap, which its main program would use.
MICROPY_HEAP_SIZE = 16
