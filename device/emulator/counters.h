/* What both plugins of QEMU need: counters to which executed instructions add, which QEMU keeps in
 * different ways, and the reading of arguments.
 */
#ifndef INTEGRAD_COUNTERS_H
#define INTEGRAD_COUNTERS_H

#include "qemu_plugin.h"

#include <stdlib.h>
#include <string.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API;

#if QEMU_PLUGIN_API == 1
static uint64_t *counters;

static int make_counters(size_t buckets) {
    counters = calloc(buckets, sizeof *counters);
    return counters != NULL;
}

static void count_execution(struct qemu_plugin_insn *instruction, size_t bucket) {
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                               &counters[bucket], 1);
}

static uint64_t read_counter(size_t bucket) {
    return counters[bucket];
}
#else
static struct qemu_plugin_scoreboard *counters;

static int make_counters(size_t buckets) {
    counters = qemu_plugin_scoreboard_new(buckets * sizeof(uint64_t));
    return counters != NULL;
}

static qemu_plugin_u64 counter(size_t bucket) {
    return (qemu_plugin_u64){counters, bucket * sizeof(uint64_t)};
}

static void count_execution(struct qemu_plugin_insn *instruction, size_t bucket) {
    qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                                        counter(bucket), 1);
}

static uint64_t read_counter(size_t bucket) {
    return qemu_plugin_u64_sum(counter(bucket));
}
#endif

/* The text after `name`= if the argument is of that name, or NULL. */
static const char *value_of(const char *argument, const char *name) {
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1
                                                                           : NULL;
}

#endif
