/* SPDX-License-Identifier: Apache-2.0 */
/* FlexSPI, the controller of the flash chip of an i.MX RT1062: instructions and registers. */
#ifndef INTEGRAD_BOARD_IMXRT1062_FLEXSPI_H
#define INTEGRAD_BOARD_IMXRT1062_FLEXSPI_H

#include "driver.h"

/* Where the chip appears to the program, and its size. */
#define FLASH_START 0x60000000u
#define FLASH_BYTES (8u << 20)

/* The controller executes sequences of up to eight instructions from a look-up table. An
 * instruction has 16 bits, and a word of the table holds two; 0 is STOP. */
#define INSTRUCTION(operation, pads, operand)                                                      \
    ((uint32_t)(operation) << 10 | (pads) << 8 | (operand))
#define PAIR(first, second) ((first) | (second) << 16)

enum { COMMAND = 0x01, ADDRESS = 0x02, MODE = 0x07, WRITE = 0x08, READ = 0x09, DUMMY = 0x0C };
enum { ONE_PAD = 0, FOUR_PADS = 2 };

#define FLEXSPI(offset) REGISTER(0x402A8000u + (offset))

#define FLEXSPI_MCR0 FLEXSPI(0x00)
#define FLEXSPI_INTR FLEXSPI(0x14)
#define FLEXSPI_LUTKEY FLEXSPI(0x18)
#define FLEXSPI_LUTCR FLEXSPI(0x1C)
#define FLEXSPI_IPCR0 FLEXSPI(0xA0)
#define FLEXSPI_IPCR1 FLEXSPI(0xA4)
#define FLEXSPI_IPCMD FLEXSPI(0xB0)
#define FLEXSPI_IPRXFCR FLEXSPI(0xB8)
#define FLEXSPI_IPTXFCR FLEXSPI(0xBC)
#define FLEXSPI_STS0 FLEXSPI(0xE0)
#define FLEXSPI_RFDR0 FLEXSPI(0x100)
#define FLEXSPI_TFDR0 FLEXSPI(0x180)
#define FLEXSPI_TFDR1 FLEXSPI(0x184)
#define FLEXSPI_LUT(word) FLEXSPI(0x200 + 4 * (word))

#define MCR0_SWRESET (1u << 0)
#define INTR_IPCMDDONE (1u << 0)
#define INTR_IPCMDGE (1u << 1)
#define INTR_IPCMDERR (1u << 3)
#define INTR_IPTXWE (1u << 6)
#define LUTKEY_KEY 0x5AF05AF0u
#define LUTCR_LOCK (1u << 0)
#define LUTCR_UNLOCK (1u << 1)
#define IPCMD_TRG (1u << 0)
#define IPFCR_CLEAR (1u << 0) /* of either FIFO; the rest: a watermark of 8 bytes, no DMA */
#define STS0_SEQIDLE (1u << 0)
#define STS0_ARBIDLE (1u << 1)

#endif
