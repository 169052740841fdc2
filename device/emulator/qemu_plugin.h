/* The part of QEMU's plugin interface that our plugins use, in our own declarations:
 * distributions build QEMU with plugins but ship no header.
 *
 * QEMU_PLUGIN_API is the interface version to ask for: 1 for QEMU 5 to 8, where an inline operation
 * adds to a plain variable; 2 or more from QEMU 9, where it adds to a scoreboard.
 */
#ifndef INTEGRAD_QEMU_PLUGIN_H
#define INTEGRAD_QEMU_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifndef QEMU_PLUGIN_API
#error "define QEMU_PLUGIN_API: 1 for QEMU 5 to 8, 2 or more from QEMU 9"
#endif

#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0, QEMU_PLUGIN_CB_NO_REGS = 0 };

typedef void (*qemu_plugin_translate_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*qemu_plugin_execute_callback)(unsigned int cpu, void *user);
typedef void (*qemu_plugin_exit_callback)(qemu_plugin_id_t id, void *user);
typedef void (*qemu_plugin_callback)(qemu_plugin_id_t id);

/* What the plugin itself must offer. */
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           qemu_plugin_translate_callback callback);
void qemu_plugin_reset(qemu_plugin_id_t id, qemu_plugin_callback callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block,
                                          qemu_plugin_execute_callback callback, int flags,
                                          void *user);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            qemu_plugin_execute_callback callback, int flags,
                                            void *user);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_exit_callback callback,
                                    void *user);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);

#if QEMU_PLUGIN_API == 1
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction, int operation,
                                                void *variable, uint64_t operand);
#else
struct qemu_plugin_scoreboard;
typedef struct {
    struct qemu_plugin_scoreboard *score;
    size_t offset;
} qemu_plugin_u64;
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *instruction,
                                                         int operation, qemu_plugin_u64 entry,
                                                         uint64_t operand);
uint64_t qemu_plugin_u64_sum(qemu_plugin_u64 entry);
#endif

#endif
