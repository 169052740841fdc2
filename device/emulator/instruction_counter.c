/* Counts executed instructions exactly, by bucket and by region; a plugin of QEMU.
 *
 *     -plugin instruction_counter.so,map=MAP,out=OUT
 *
 * MAP describes each address of the program. It is little-endian: the first address (uint32),
 * the number of halfwords that follow (uint32), and for each halfword from that address on a
 * uint16: the bucket to which an instruction that begins there belongs, or one of the two markers.
 * The meaning of a bucket is up to the creator of the map, for example "loads of the function
 * conv1". Bucket 0 is for instructions outside the map. The file may end with as many uint16 more,
 * which say where calls begin and end: 0 for most instructions, 1 + n for the instruction that
 * begins call n, and 1 for the one to which calls return. What is executed from that instruction on
 * belongs to call n, or to none if n is 0. As many more may follow: 0 for most instructions, and
 * for a branch the bucket that counts how often it is taken, which is when another instruction than
 * the next one is executed after it.
 *
 * OUT gets one line for each region (from a begin marker to the next end marker; markers are not
 * counted), followed by one for each of its calls in the order of their first execution, and at the
 * end one for the whole run:
 *
 *     region 3:120 7:4096
 *     call 2 7:4000
 *     total 0:12 3:120 7:5000
 *
 * that is, bucket:count for every bucket that was used.
 */
#include "counters.h"

#include <inttypes.h>
#include <stdio.h>

enum { MARKER_BEGIN = 0xFFFE, MARKER_END = 0xFFFF };

static uint32_t first_address, halfwords;
static uint16_t *meanings, *calls_at, *taken_at; /* NULL if the map says nothing of them */
static size_t buckets;                           /* one more than the highest bucket in the map */
static size_t calls;                             /* one more than the highest call */
static uint64_t *at_begin, *at_change, *extra, *of_calls;
static size_t current, *order,
    entered; /* order: the calls of this region by their first execution */
static int inside_region;
static FILE *out;

/* A translated block: its first halfword, and the branch at its end, `halfwords` if there is none.
 */
struct block {
    size_t first, branch, after;
};
static const struct block *last; /* the block that is being executed, if it ends with a branch */

/* Instructions at which the call changes are counted by change_call(), taken branches by
 * begin_block(). */
static uint64_t executed(size_t bucket) {
    return read_counter(bucket) + extra[bucket];
}

static void print_count(size_t bucket, uint64_t count) {
    if (count != 0) {
        fprintf(out, " %zu:%" PRIu64, bucket, count);
    }
}

/* since: counts to subtract, or NULL. */
static void print_counts(const char *name, const uint64_t *since) {
    fputs(name, out);
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        print_count(bucket, executed(bucket) - (since != NULL ? since[bucket] : 0));
    }
    fputc('\n', out);
}

/* Adds what was executed since the last change to the current call. */
static void settle(void) {
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        uint64_t now = executed(bucket);
        of_calls[current * buckets + bucket] += now - at_change[bucket];
        at_change[bucket] = now;
    }
}

static void print_calls(void) {
    for (size_t i = 0; i < entered; i++) {
        fprintf(out, "call %zu", order[i]);
        for (size_t bucket = 0; bucket < buckets; bucket++) {
            print_count(bucket, of_calls[order[i] * buckets + bucket]);
        }
        fputc('\n', out);
    }
}

/* Begins call `call`, or none if it is 0. */
static void enter(size_t call) {
    current = call;
    size_t i = 0;
    while (i < entered && order[i] != call) {
        i++;
    }
    if (call != 0 && i == entered) {
        order[entered++] = call;
    }
}

/* user: the index of the instruction's halfword. */
static void change_call(unsigned int cpu, void *user) {
    (void)cpu;
    size_t halfword = (size_t)user;
    if (inside_region) {
        settle();
        enter(calls_at[halfword] - (size_t)1);
    }
    extra[meanings[halfword]]++;
}

static void begin_region(unsigned int cpu, void *user) {
    (void)cpu;
    (void)user;
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        at_begin[bucket] = at_change[bucket] = executed(bucket);
    }
    memset(of_calls, 0, calls * buckets * sizeof *of_calls);
    current = entered = 0;
    inside_region = 1;
}

static void end_region(unsigned int cpu, void *user) {
    (void)cpu;
    (void)user;
    if (inside_region) {
        print_counts("region", at_begin);
        settle();
        print_calls();
        fflush(out);
    }
    inside_region = 0;
}

/* Index of a halfword of the map, or `halfwords` outside of it. */
static size_t halfword_of(uint64_t address) {
    uint64_t halfword = (address - first_address) / 2;
    return address >= first_address && halfword < halfwords ? (size_t)halfword : halfwords;
}

/* user: the block that begins. A branch is always the last instruction of a block. */
static void begin_block(unsigned int cpu, void *user) {
    (void)cpu;
    const struct block *block = user;
    if (last != NULL && block->first != last->after) {
        extra[taken_at[last->branch]]++;
    }
    last = block->branch < halfwords ? block : NULL;
}

/* What is kept of a block lives as long as the program, since its translation may. */
static void watch_branches(struct qemu_plugin_tb *translated, size_t count) {
    struct qemu_plugin_insn *end = qemu_plugin_tb_get_insn(translated, count - 1);
    struct block *block = malloc(sizeof *block);
    if (block == NULL) {
        abort();
    }
    block->first = halfword_of(qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(translated, 0)));
    block->branch = halfword_of(qemu_plugin_insn_vaddr(end));
    block->after = block->branch + qemu_plugin_insn_size(end) / 2;
    if (block->branch < halfwords && taken_at[block->branch] == 0) {
        block->branch = halfwords;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(translated, begin_block, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    if (taken_at != NULL && count != 0) {
        watch_branches(block, count);
    }
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        size_t halfword = halfword_of(qemu_plugin_insn_vaddr(instruction));
        size_t meaning = halfword < halfwords ? meanings[halfword] : 0;
        if (meaning == MARKER_BEGIN) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin_region,
                                                   QEMU_PLUGIN_CB_NO_REGS, NULL);
        } else if (meaning == MARKER_END) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end_region, QEMU_PLUGIN_CB_NO_REGS,
                                                   NULL);
        } else if (calls_at != NULL && halfword < halfwords && calls_at[halfword] != 0) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, change_call, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)halfword);
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

/* A further number for each halfword, or NULL if the file ends before. */
static uint16_t *read_more(FILE *file) {
    uint16_t *numbers = calloc(halfwords, sizeof *numbers);
    size_t found = numbers != NULL ? fread(numbers, sizeof *numbers, halfwords, file) : 0;
    if (found != halfwords) {
        free(numbers);
        numbers = NULL;
    }
    return numbers;
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
    if (good) {
        calls_at = read_more(file);
        taken_at = calls_at != NULL ? read_more(file) : NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    buckets = calls = 1;
    for (size_t i = 0; good && i < halfwords; i++) {
        if (meanings[i] < MARKER_BEGIN && meanings[i] >= buckets) {
            buckets = meanings[i] + (size_t)1;
        }
        if (taken_at != NULL && taken_at[i] >= buckets) {
            buckets = taken_at[i] + (size_t)1;
        }
        if (calls_at != NULL && calls_at[i] > calls) {
            calls = calls_at[i];
        }
    }
    at_begin = calloc(buckets, sizeof *at_begin);
    at_change = calloc(buckets, sizeof *at_change);
    extra = calloc(buckets, sizeof *extra);
    of_calls = calloc(calls * buckets, sizeof *of_calls);
    order = calloc(calls, sizeof *order);
    return good && at_begin != NULL && at_change != NULL && extra != NULL && of_calls != NULL &&
           order != NULL && make_counters(buckets);
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
