/* Ends an emulated machine at a store into its memory, as a power cut does; a plugin of QEMU.
 *
 *     -plugin power_cut.so,low=ADDRESS,high=ADDRESS,at=N,out=FILE
 *
 * Kills the emulator right after store N into [low, high), counted from 1. If there are fewer, or
 * if N is 0, FILE gets their number when the program ends.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu_plugin.h"

/* What qemu_plugin.h does not declare, since the instruction counter does not use it. */
enum { QEMU_PLUGIN_MEM_W = 2 };
bool qemu_plugin_mem_is_store(uint32_t info);
typedef void (*memory_callback)(unsigned int cpu, uint32_t info, uint64_t address, void *user);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction,
                                      memory_callback callback, int flags, int access, void *user);

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API;

static uint64_t low, high, at, stores;
static const char *out;

static void on_store(unsigned int cpu, uint32_t info, uint64_t address, void *user) {
    (void)cpu;
    (void)user;
    /* Some versions report loads as well. */
    if (qemu_plugin_mem_is_store(info) && address >= low && address < high && ++stores == at) {
        kill(getpid(), SIGKILL);
    }
}

static void on_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), on_store,
                                         QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
    }
}

static void on_exit_of_machine(qemu_plugin_id_t id, void *user) {
    (void)id;
    (void)user;
    FILE *file = fopen(out, "w");
    if (file != NULL) {
        fprintf(file, "%" PRIu64 "\n", stores);
        fclose(file);
    }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        if (value == NULL) {
            return -1;
        } else if (strncmp(argv[i], "low=", 4) == 0) {
            low = strtoull(value + 1, NULL, 0);
        } else if (strncmp(argv[i], "high=", 5) == 0) {
            high = strtoull(value + 1, NULL, 0);
        } else if (strncmp(argv[i], "at=", 3) == 0) {
            at = strtoull(value + 1, NULL, 0);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            out = strdup(value + 1);
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
    qemu_plugin_register_atexit_cb(id, on_exit_of_machine, NULL);
    return 0;
}
