/* Marks a region of a program whose instructions the emulator counts.
 *
 * The markers are two moves of a register onto itself, which compilers never generate. They
 * change nothing and are not counted, so an empty region costs exactly 0 instructions. On a host
 * both functions are empty. Regions do not nest.
 *
 * A marker does not stop the compiler from moving pure arithmetic across it: put the work behind a
 * function call.
 */
#ifndef INTEGRAD_REGION_H
#define INTEGRAD_REGION_H

static inline void integrad_region_begin(void) {
#if defined(__arm__)
    __asm__ volatile("mov r9, r9" ::: "memory");
#elif defined(__riscv)
    __asm__ volatile("c.mv s1, s1" ::: "memory");
#endif
}

static inline void integrad_region_end(void) {
#if defined(__arm__)
    __asm__ volatile("mov r10, r10" ::: "memory");
#elif defined(__riscv)
    __asm__ volatile("c.mv s2, s2" ::: "memory");
#endif
}

#endif
