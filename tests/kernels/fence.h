/*
 * A fence around the arrays of a call: whoever reads or writes between them faults. On cores of
 * Armv8-M by the memory protection unit, from and to multiples of 32 bytes; on a host by the
 * address sanitizer, from multiples of 8 bytes to any byte. Others have none.
 */
#ifndef FENCE_H
#define FENCE_H

#include <stddef.h>
#include <stdint.h>

enum { FENCE_ALIGNMENT = 32, FENCE_ARRAYS = 5 };

struct fenced {
    int8_t *start;
    size_t bytes;
};

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/asan_interface.h>

static inline void fence_close(int8_t *memory, size_t size, const struct fenced *arrays,
                               size_t count) {
    __asan_poison_memory_region(memory, size);
    for (size_t k = 0; k < count; k++) {
        __asan_unpoison_memory_region(arrays[k].start, arrays[k].bytes);
    }
}

static inline void fence_open(int8_t *memory, size_t size) {
    __asan_unpoison_memory_region(memory, size);
}

#elif defined(__arm__)

/* Registers of the memory protection unit: control, region number, its base, its limit. */
#define MPU ((volatile uint32_t *)0xE000ED94u)

static inline void fence_region(uint32_t number, uintptr_t start, uintptr_t end) {
    MPU[1] = number;
    MPU[2] = ((uint32_t)start & ~31u) | 1u << 1; /* anybody reads and writes */
    MPU[3] = (((uint32_t)end - 1) & ~31u) | 1u;
}

static inline void fence_close(int8_t *memory, size_t size, const struct fenced *arrays,
                               size_t count) {
    uint32_t number = 0;
    fence_region(number++, 0, (uintptr_t)memory);
    fence_region(number++, (uintptr_t)memory + size, 0xE0000000u);
    for (size_t k = 0; k < count; k++) {
        if (arrays[k].bytes > 0) {
            fence_region(number++, (uintptr_t)arrays[k].start,
                         (uintptr_t)arrays[k].start + arrays[k].bytes);
        }
    }
    for (; number < 2 + FENCE_ARRAYS; number++) {
        MPU[1] = number;
        MPU[3] = 0;
    }
    MPU[0] = 1;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static inline void fence_open(int8_t *memory, size_t size) {
    (void)memory;
    (void)size;
    MPU[0] = 0;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#else

static inline void fence_close(int8_t *memory, size_t size, const struct fenced *arrays,
                               size_t count) {
    (void)memory, (void)size, (void)arrays, (void)count;
}

static inline void fence_open(int8_t *memory, size_t size) {
    (void)memory, (void)size;
}

#endif

#endif
