/* Runs a core as far as it is told to; a plugin of QEMU for one core.
 *
 *     -plugin stepper.so,commands=FD,reports=FD[,mark=ADDRESS…][,watch=ADDRESS…]
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
 * A place for a break is found at once if `watch` has named it, or an earlier break: QEMU puts a
 * look at an instruction into the basic block that contains it, and the block in which the core
 * stands is not made again. Registers in QEMU have their values of the beginning of the block, and
 * whether the limit is reached is looked at before each block.
 *
 * Other lines are no stops: `idle` says that the core has executed nothing for a while, because it
 * waits for an interrupt or QEMU for the host; `paused`, that a command has arrived while the core
 * ran or waited, so that it will stop at its next block; `shared` and `refused` answer `share`;
 * `exit` says that QEMU ends. All numbers are decimal. When the other end of `commands` is closed,
 * QEMU is ended.
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

enum { MOST_PLACES = 256, LINE = 128, IDLE_MILLISECONDS = 20 };

static FILE *commands;
static int reports;
static volatile uint64_t limit;
static struct {
    uint64_t address;
    int always; /* whether to stop whenever it is reached */
} places[MOST_PLACES];
static size_t place_count;
static uint64_t break_address;
static uint64_t break_times; /* how often it must still be reached; 0: no break */
static pthread_mutex_t change = PTHREAD_MUTEX_INITIALIZER;
static int is_running, is_paused; /* changed by both threads */
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

/* Index of a place, or `place_count`. */
static size_t place_of(uint64_t address) {
    size_t i = 0;
    while (i < place_count && places[i].address != address) {
        i++;
    }
    return i;
}

/* Returns whether it is a new place. The last one gives way if there are too many. */
static int add_place(uint64_t address, int always) {
    size_t i = place_of(address);
    if (i < place_count) {
        places[i].always |= always;
        return 0;
    }
    i = i < MOST_PLACES ? i : MOST_PLACES - 1;
    places[i].address = address;
    places[i].always = always;
    place_count = i + 1;
    return 1;
}

/* Takes commands until there is one to go on. New places to stop are in code that is translated
 * from now on, so what has been translated before is thrown away. */
static void take_commands(void) {
    char line[LINE];
    int changed = 0;
    while (fgets(line, sizeof line, commands) != NULL) {
        uint64_t first = 0, second = 0;
        int file = -1;
        if (sscanf(line, "run %" SCNu64, &first) == 1) {
            if (changed) {
                qemu_plugin_reset(self, listen_to_core);
            }
            pthread_mutex_lock(&change);
            limit = first;
            is_running = 1;
            is_paused = 0;
            pthread_mutex_unlock(&change);
            return;
        }
        if (sscanf(line, "mark %" SCNu64, &first) == 1) {
            changed |= add_place(first, 1);
        } else if (sscanf(line, "break %" SCNu64 " %" SCNu64, &first, &second) == 2) {
            break_address = first;
            break_times = second;
            changed |= second != 0 && add_place(first, 0);
        } else if (sscanf(line, "share %" SCNu64 " %" SCNu64 " %d", &first, &second, &file) == 3) {
            share(first, second, file);
        }
    }
    _exit(0);
}

static void stop(const char *reason, void *address) {
    pthread_mutex_lock(&change);
    is_running = 0;
    pthread_mutex_unlock(&change);
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

static void at_place(unsigned int cpu, void *user) {
    (void)cpu;
    uint64_t address = (uint64_t)(uintptr_t)user;
    size_t i = place_of(address);
    if (break_times != 0 && address == break_address && --break_times == 0) {
        stop("break", user);
    } else if (i < place_count && places[i].always) {
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
        if (place_of(address) < place_count) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_place, QEMU_PLUGIN_CB_NO_REGS,
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

static int has_command(void) {
    struct pollfd pipe = {.fd = fileno(commands), .events = POLLIN};
    return poll(&pipe, 1, 0) > 0;
}

/* Looks after a core that does not ask for commands: ends QEMU when nobody can send any more, and
 * tells when the core executes nothing. */
static void *watch(void *unused) {
    (void)unused;
    uint64_t before = 0;
    for (;;) {
        pthread_mutex_lock(&change);
        struct pollfd pipe = {.fd = fileno(commands), .events = 0};
        if (is_running && !is_paused) {
            pipe.events = POLLIN;
        }
        pthread_mutex_unlock(&change);
        int events = poll(&pipe, 1, IDLE_MILLISECONDS);
        if (pipe.revents & (POLLHUP | POLLERR | POLLNVAL)) {
            _exit(0);
        }
        uint64_t now = read_counter(0);
        pthread_mutex_lock(&change);
        if (is_running && !is_paused && has_command()) {
            limit = 0;
            is_paused = 1;
            report("paused", 0);
        } else if (is_running && events == 0 && now == before) {
            report("idle", 0);
        }
        pthread_mutex_unlock(&change);
        before = now;
    }
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
        const char *always = value_of(argv[i], "mark");
        value = always != NULL ? always : value_of(argv[i], "watch");
        if (value != NULL) {
            add_place(strtoull(value, NULL, 10), always != NULL);
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
