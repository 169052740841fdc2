/* A library to preload: makes the operation of a given number on the files below a folder fail.

   It is off until fault_arm() is called, and then counts what changes files: opening for writing,
   write, fsync, ftruncate, close, rename and mkdir. Removing files is not counted, since a program
   cannot clean up if that fails. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS = 4096 };

enum kind { ONCE, FULL, READ_ONLY, SHORT, GONE, STOP };

static char root[PATH_MAX], gone[PATH_MAX + 8];
static int armed, kind, reason, counted, inside[DESCRIPTORS];
static long number;

/* From now on, operation `at` (from 1) below `folder` fails. kind ONCE: it alone, with the error
   `code`. FULL: a write of half the bytes, then everything that needs room. READ_ONLY: it and all
   later ones. SHORT: a write writes half of the bytes, no error. GONE: the folder is renamed
   before. STOP: the signal `code` before. */
void fault_arm(const char *folder, long at, int how, int code) {
    snprintf(root, sizeof root, "%s", folder);
    snprintf(gone, sizeof gone, "%s.gone", folder);
    armed = 1;
    number = at;
    kind = how;
    reason = code;
    counted = 0;
}

/* Operations so far. */
int fault_count(void) {
    return counted;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, #name))

typedef int (*renaming)(const char *, const char *);

static int below(const char *path) {
    char whole[2 * PATH_MAX];
    size_t length = strlen(root);

    if (!armed) {
        return 0;
    }
    if (path[0] == '/') {
        return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
    }
    if (getcwd(whole, PATH_MAX) == NULL) {
        return 1; /* the folder is gone */
    }
    return strncmp(whole, root, length) == 0;
}

/* Whether the operation that begins now fails; errno says why. */
static int fails(int needs_room) {
    counted++;
    if (counted < number ||
        (counted > number && (kind == ONCE || kind == SHORT || kind == GONE || kind == STOP))) {
        return 0;
    }
    switch (kind) {
    case FULL:
        errno = ENOSPC;
        return needs_room;
    case READ_ONLY:
        errno = EROFS;
        return 1;
    case GONE:
        REAL(rename, renaming)(root, gone);
        return 0;
    case STOP:
        kill(getpid(), reason);
        return 0;
    case SHORT:
        return 0;
    default:
        errno = reason;
        return 1;
    }
}

static int opened(int at, const char *path, int flags, mode_t mode) {
    int watched = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 && below(path), handle;

    if (watched && fails((flags & O_CREAT) != 0 && faccessat(at, path, F_OK, 0) != 0)) {
        return -1;
    }
    handle = REAL(openat, int (*)(int, const char *, int, ...))(at, path, flags, mode);
    if (handle >= 0 && handle < DESCRIPTORS) {
        inside[handle] = watched;
    }
    return handle;
}

#define MODE(flags, mode)                                                                          \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(AT_FDCWD, path, flags, mode);
}

static int is_inside(int handle) {
    return armed && handle >= 0 && handle < DESCRIPTORS && inside[handle];
}

ssize_t write(int handle, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = REAL(write, ssize_t(*)(int, const void *, size_t));

    if (is_inside(handle)) {
        if ((kind == SHORT || kind == FULL) && counted + 1 == number && count > 1) {
            counted++;
            return real(handle, bytes, count / 2);
        }
        if (fails(1)) {
            return -1;
        }
    }
    return real(handle, bytes, count);
}

int fsync(int handle) {
    return is_inside(handle) && fails(1) ? -1 : REAL(fsync, int (*)(int))(handle);
}

int ftruncate64(int handle, off64_t size) {
    return is_inside(handle) && fails(0) ? -1
                                         : REAL(ftruncate64, int (*)(int, off64_t))(handle, size);
}

int close(int handle) {
    const int failing = is_inside(handle) && fails(0), why = errno;

    if (handle >= 0 && handle < DESCRIPTORS) {
        inside[handle] = 0;
    }
    if (REAL(close, int (*)(int))(handle) != 0) {
        return -1;
    }
    errno = why;
    return failing ? -1 : 0;
}

int rename(const char *from, const char *to) {
    return below(to) && fails(0) ? -1 : REAL(rename, renaming)(from, to);
}

int mkdir(const char *path, mode_t mode) {
    return below(path) && fails(1) ? -1 : REAL(mkdir, int (*)(const char *, mode_t))(path, mode);
}
