/* Functions that compilers may call implicitly, even in freestanding programs. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

/* A word that may alias any object, since these functions copy objects of any type. */
typedef uint32_t __attribute__((may_alias)) word;

enum { WORD = sizeof(word) };

static int both_aligned(const void *a, const void *b) {
    return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (both_aligned(out, in)) {
        for (; count >= WORD; count -= WORD, out += WORD, in += WORD) {
            *(word *)(void *)out = *(const word *)(const void *)in;
        }
    }
    for (; count > 0; count--) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    uint8_t *out = to;
    const uint8_t *in = from;
    /* Upwards if that does not overwrite data before it is read. */
    if ((uintptr_t)out - (uintptr_t)in >= count) {
        for (; count > 0; count--) {
            *out++ = *in++;
        }
    } else {
        for (; count > 0; count--) {
            out[count - 1] = in[count - 1];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t count) {
    uint8_t *out = to;
    uint8_t byte = (uint8_t)value;
    for (; count > 0 && ((uintptr_t)out & (WORD - 1)) != 0; count--) {
        *out++ = byte;
    }
    uint32_t pattern = byte * 0x01010101u;
    for (; count >= WORD; count -= WORD, out += WORD) {
        *(word *)(void *)out = pattern;
    }
    for (; count > 0; count--) {
        *out++ = byte;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (; count > 0; count--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}
