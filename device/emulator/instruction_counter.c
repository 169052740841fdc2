/* Counts executed instructions exactly, by bucket and by region; a plugin of QEMU.
 *
 *     -plugin instruction_counter.so,map=MAP,out=OUT
 *
 * MAP describes each address of the program. It is little-endian: the first address (uint32),
 * the number of halfwords that follow (uint32), and for each halfword from that address on a
 * uint16: the bucket to which an instruction that begins there belongs, or one of the two markers.
 * The meaning of a bucket is up to the creator of the map, for example "loads of the function
 * conv1". Bucket 0 is for instructions outside the map.
 *
 * OUT gets one line for each region (from a begin marker to the next end marker; markers are not
 * counted), and at the end one for the whole run:
 *
 *     region 3:120 7:4096
 *     total 0:12 3:120 7:5000
 *
 * that is, bucket:count for every bucket that was used.
 */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKER_BEGIN = 0xFFFE, MARKER_END = 0xFFFF };

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API;

static uint32_t first_address, halfwords;
static uint16_t *meanings;
static size_t buckets; /* one more than the highest bucket in the map */
static uint64_t *at_begin;
static int inside_region;
static FILE *out;

#if QEMU_PLUGIN_API == 1
static uint64_t *counters;

static int make_counters(void) {
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

static int make_counters(void) {
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

/* since: counts to subtract, or NULL. */
static void print_counts(const char *name, const uint64_t *since) {
    fputs(name, out);
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        uint64_t count = read_counter(bucket) - (since != NULL ? since[bucket] : 0);
        if (count != 0) {
            fprintf(out, " %zu:%" PRIu64, bucket, count);
        }
    }
    fputc('\n', out);
}

static void begin_region(unsigned int cpu, void *user) {
    (void)cpu;
    (void)user;
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        at_begin[bucket] = read_counter(bucket);
    }
    inside_region = 1;
}

static void end_region(unsigned int cpu, void *user) {
    (void)cpu;
    (void)user;
    if (inside_region) {
        print_counts("region", at_begin);
    }
    inside_region = 0;
}

static size_t meaning_of(uint64_t address) {
    uint64_t halfword = (address - first_address) / 2;
    return address >= first_address && halfword < halfwords ? meanings[halfword] : 0;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        size_t meaning = meaning_of(qemu_plugin_insn_vaddr(instruction));
        if (meaning == MARKER_BEGIN) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin_region,
                                                   QEMU_PLUGIN_CB_NO_REGS, NULL);
        } else if (meaning == MARKER_END) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end_region, QEMU_PLUGIN_CB_NO_REGS,
                                                   NULL);
        } else {
            count_execution(instruction, meaning);
        }
    }
}

static void finish(qemu_plugin_id_t id, void *user) {
    (void)id;
    (void)user;
    print_counts("total", NULL);
    fclose(out);
}

static int read_map(const char *path) {
    FILE *file = fopen(path, "rb");
    uint32_t header[2];
    int good = file != NULL && fread(header, sizeof header, 1, file) == 1;
    if (good) {
        first_address = header[0];
        halfwords = header[1];
        meanings = calloc(halfwords, sizeof *meanings);
        good = meanings != NULL && fread(meanings, sizeof *meanings, halfwords, file) == halfwords;
    }
    if (file != NULL) {
        fclose(file);
    }
    buckets = 1;
    for (size_t i = 0; good && i < halfwords; i++) {
        if (meanings[i] < MARKER_BEGIN && meanings[i] >= buckets) {
            buckets = meanings[i] + (size_t)1;
        }
    }
    at_begin = calloc(buckets, sizeof *at_begin);
    return good && at_begin != NULL && make_counters();
}

/* The text after `name`= if the argument is of that name, or NULL. */
static const char *value_of(const char *argument, const char *name) {
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1
                                                                           : NULL;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    (void)info;
    const char *map = NULL;
    const char *result = NULL;
    for (int i = 0; i < argc; i++) {
        const char *value = value_of(argv[i], "map");
        map = value != NULL ? value : map;
        value = value_of(argv[i], "out");
        result = value != NULL ? value : result;
    }
    if (map == NULL || result == NULL || !read_map(map)) {
        fputs("instruction counter: needs a readable map=FILE, and out=FILE\n", stderr);
        return -1;
    }
    out = fopen(result, "w");
    if (out == NULL) {
        fprintf(stderr, "instruction counter: cannot write %s\n", result);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
