/* Runs a core as far as it is told to; a plugin of QEMU for one core.
 *
 *     -plugin stepper.so,commands=FD,reports=FD[,mark=ADDRESS…]
 *
 * The core stands still before its first instruction, and whenever it has stopped, and takes
 * commands from the pipe `commands`, one per line:
 *
 *     mark ADDRESS            stop at this instruction whenever it is reached
 *     break ADDRESS TIMES     stop there at the n-th time, once; 0 times: never
 *     share POINTER BYTES FD  replace memory of QEMU by that of a file
 *     run LIMIT               go on until so many instructions are executed in all
 *
 * When it stops it writes a line to the pipe `reports`, with the reason, the instructions executed
 * so far and the address of the next one:
 *
 *     spent 200003 2644
 *     mark 712 52
 *     break 90114 3104
 *
 * Other lines are no stops: `idle` says that the core has executed nothing for a while, because it
 * waits for an interrupt or QEMU for the host; `shared` and `refused` answer `share`; `exit` says
 * that QEMU ends. All numbers are decimal.
 *
 * Whether the limit is reached is looked at before each basic block, and registers in QEMU have
 * their values of the beginning of a block. When the other end of `commands` is closed, QEMU is
 * ended.
 */
#define _GNU_SOURCE /* for POLLHUP, MAP_SHARED and fcntl() in C99 */

#include "counters.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_MARKS = 64, LINE = 128, IDLE_MILLISECONDS = 20 };

static FILE *commands;
static int reports;
static uint64_t limit;
static uint64_t marks[MOST_MARKS], break_address;
static size_t mark_count;
static uint64_t break_times; /* how often it must still be reached; 0: no break */
static volatile int is_running;
static qemu_plugin_id_t self;

static void listen_to_core(qemu_plugin_id_t id);

static void report(const char *reason, uint64_t address) {
    char line[LINE];
    int length = snprintf(line, sizeof line, "%s %" PRIu64 " %" PRIu64 "\n", reason,
                          read_counter(0), address);
    if (write(reports, line, (size_t)length) != length) {
        /* Nobody reads, and the end of `commands` will be noticed. */
    }
}

static void share(uint64_t pointer, uint64_t bytes, int file) {
    void *wanted = (void *)(uintptr_t)pointer;
    void *got =
        mmap(wanted, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    report(got == wanted ? "shared" : "refused", 0);
}

/* Whether the address is one whose instruction is looked at when it is executed. */
static int is_marked(uint64_t address) {
    for (size_t i = 0; i < mark_count; i++) {
        if (marks[i] == address) {
            return 1;
        }
    }
    return break_times != 0 && break_address == address;
}

/* Takes commands until there is one to go on. New places to stop are in code that is translated
 * from now on, so what has been translated before is thrown away. */
static void take_commands(void) {
    char line[LINE];
    int changed = 0;
    while (fgets(line, sizeof line, commands) != NULL) {
        uint64_t first = 0, second = 0;
        int file = -1;
        if (sscanf(line, "run %" SCNu64, &limit) == 1) {
            if (changed) {
                qemu_plugin_reset(self, listen_to_core);
            }
            is_running = 1;
            return;
        }
        if (sscanf(line, "mark %" SCNu64, &first) == 1 && mark_count < MOST_MARKS) {
            marks[mark_count++] = first;
            changed = 1;
        } else if (sscanf(line, "break %" SCNu64 " %" SCNu64, &first, &second) == 2) {
            break_address = first;
            break_times = second;
            changed = 1;
        } else if (sscanf(line, "share %" SCNu64 " %" SCNu64 " %d", &first, &second, &file) == 3) {
            share(first, second, file);
        }
    }
    _exit(0);
}

static void stop(const char *reason, void *address) {
    is_running = 0;
    report(reason, (uint64_t)(uintptr_t)address);
    take_commands();
}

/* user, here and below: the address of the instruction. */
static void at_block(unsigned int cpu, void *user) {
    (void)cpu;
    if (read_counter(0) >= limit) {
        stop("spent", user);
    }
}

static void at_marked(unsigned int cpu, void *user) {
    (void)cpu;
    uint64_t address = (uint64_t)(uintptr_t)user;
    if (break_times != 0 && address == break_address) {
        if (--break_times == 0) {
            stop("break", user);
        }
        return;
    }
    if (is_marked(address)) {
        stop("mark", user);
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        void *user = (void *)(uintptr_t)address;
        if (i == 0) {
            qemu_plugin_register_vcpu_tb_exec_cb(block, at_block, QEMU_PLUGIN_CB_NO_REGS, user);
        }
        if (is_marked(address)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_marked, QEMU_PLUGIN_CB_NO_REGS,
                                                   user);
        }
        count_execution(instruction, 0);
    }
}

static void finish(qemu_plugin_id_t id, void *user) {
    (void)id;
    (void)user;
    report("exit", 0);
}

static void listen_to_core(qemu_plugin_id_t id) {
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
}

/* Ends QEMU when nobody can send commands any more, even if the core never asks for one, and tells
 * when the core executes nothing. */
static void *watch(void *unused) {
    struct pollfd pipe = {.fd = fileno(commands), .events = 0};
    uint64_t before = 0;
    while (poll(&pipe, 1, IDLE_MILLISECONDS) <= 0) {
        uint64_t now = read_counter(0);
        if (is_running && now == before) {
            report("idle", 0);
        }
        before = now;
    }
    _exit(0);
    return unused;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    (void)info;
    const char *input = NULL;
    const char *output = NULL;
    for (int i = 0; i < argc; i++) {
        const char *value = value_of(argv[i], "commands");
        input = value != NULL ? value : input;
        value = value_of(argv[i], "reports");
        output = value != NULL ? value : output;
        value = value_of(argv[i], "mark");
        if (value != NULL && mark_count < MOST_MARKS) {
            marks[mark_count++] = strtoull(value, NULL, 10);
        }
    }
    commands = input != NULL ? fdopen(atoi(input), "r") : NULL;
    reports = output != NULL ? atoi(output) : -1;
    pthread_t watcher;
    if (commands == NULL || fcntl(reports, F_GETFD) == -1 || !make_counters(1) ||
        pthread_create(&watcher, NULL, watch, NULL) != 0) {
        fputs("stepper: needs two open pipes, commands=FD and reports=FD\n", stderr);
        return -1;
    }
    self = id;
    listen_to_core(id);
    return 0;
}
