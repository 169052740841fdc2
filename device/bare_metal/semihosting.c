/* Semihosting calls, and the transport over the files session.in and session.out. */
#include "bare_metal/semihosting.h"

#include "transport.h"

enum {
    OPERATION_OPEN = 0x01,
    OPERATION_PRINT = 0x04,
    OPERATION_WRITE = 0x05,
    OPERATION_READ = 0x06,
    OPERATION_EXIT = 0x20,
    MODE_READ_BINARY = 1,
    MODE_WRITE_BINARY = 5,
    REASON_APPLICATION_EXIT = 0x20026
};

/* Value of a file handle before its file is opened, and after opening has failed. */
enum { NOT_YET = 0, FAILED = -1 };

#if defined(__riscv)
/* The breakpoint of a call lies between two instructions without effect, on one page of memory. */
static int32_t call(uint32_t operation, const void *arguments) {
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = arguments;
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".balign 16\n\t"
                     "slli zero, zero, 0x1f\n\t"
                     "ebreak\n\t"
                     "srai zero, zero, 7\n\t"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return (int32_t)a0;
}
#else
static int32_t call(uint32_t operation, const void *arguments) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}
#endif

void semihosting_exit(int code) {
    uint32_t arguments[2] = {REASON_APPLICATION_EXIT, (uint32_t)code};
    for (;;) {
        (void)call(OPERATION_EXIT, arguments);
    }
}

void semihosting_print(const char *text) {
    (void)call(OPERATION_PRINT, text);
}

static int32_t open_file(const char *name, uint32_t length, uint32_t mode) {
    uint32_t arguments[3] = {(uint32_t)(uintptr_t)name, mode, length};
    int32_t handle = call(OPERATION_OPEN, arguments);
    return handle > 0 ? handle : FAILED;
}

/* Reads or writes; 0 when all bytes were moved (the host returns how many were not). */
static int move_bytes(uint32_t operation, int32_t handle, uintptr_t bytes, size_t count) {
    uint32_t arguments[3] = {(uint32_t)handle, (uint32_t)bytes, count};
    if (handle < 0) {
        return INTEGRAD_TRANSPORT_CLOSED;
    }
    return call(operation, arguments) == 0 ? 0 : INTEGRAD_TRANSPORT_SHORT;
}

int integrad_read(void *bytes, size_t count) {
    static const char name[] = "session.in";
    static int32_t handle = NOT_YET;
    if (handle == NOT_YET) {
        handle = open_file(name, sizeof name - 1, MODE_READ_BINARY);
    }
    return move_bytes(OPERATION_READ, handle, (uintptr_t)bytes, count);
}

int integrad_write(const void *bytes, size_t count) {
    static const char name[] = "session.out";
    static int32_t handle = NOT_YET;
    if (handle == NOT_YET) {
        handle = open_file(name, sizeof name - 1, MODE_WRITE_BINARY);
    }
    return move_bytes(OPERATION_WRITE, handle, (uintptr_t)bytes, count);
}
