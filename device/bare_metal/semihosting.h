/* Semihosting: calls to an emulator, or to a debugger of a real board.
 *
 * "Semihosting for AArch32 and AArch64", Arm, and "RISC-V Semihosting". A call is a breakpoint with
 * the number 0xAB, or one between two instructions without effect; the first register of arguments
 * says which operation, the second points at its arguments, the result comes back in the first.
 */
#ifndef INTEGRAD_SEMIHOSTING_H
#define INTEGRAD_SEMIHOSTING_H

#include <stdint.h>

/* Ends the program; `code` modulo 256 becomes the emulator's exit status. Does not return. */
void semihosting_exit(int code) __attribute__((noreturn));

/* Prints a text on the console of the emulator or debugger. */
void semihosting_print(const char *text);

#endif
