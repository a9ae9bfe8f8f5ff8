/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qemu-plugin-api.h: the parts of QEMU's interface for TCG plugins that our tests use. Debian's
 * packages of QEMU have no header for the interface.
 *
 * QEMU checks the number that a plugin exports as qemu_plugin_version against the versions that
 * QEMU supports, and refuses other plugins.
 *
 *  version 1    QEMU 7.2 to 8.2.
 *  version 2    The least version for QEMU 9.0 and later. Inline counters belong to one vCPU, and
 *               only QEMU can access them. So plugins with PLUGIN_API=2 have only callbacks.
 *  version 7    For QEMU 11.0 and later (tried on 11.1). Each callback gets data of its plugin in
 *               place of the plugin's number.
 */
#ifndef TESTS_PLUGIN_API_H
#define TESTS_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef PLUGIN_API
#define PLUGIN_API 1
#endif

typedef uint64_t qemu_plugin_id_t;

struct qemu_plugin_tb;   /* a translated block; opaque */
struct qemu_plugin_insn; /* an instruction in it; opaque */

/* QEMU's description of itself. */
typedef struct {
    const char *target; /* "aarch64" */
    struct {
        int oldest, newest; /* versions of the interface that QEMU supports */
    } api;
    bool whole_system; /* system emulation, not a single user program; if true, `system` is valid */
    struct {
        int vcpus;     /* at the start */
        int max_vcpus; /* the most at any time */
    } system;
} qemu_info_t;

/* Access of a callback to the guest's registers: none. */
enum qemu_plugin_cb_flags { PLUGIN_NO_REGISTERS = 0 };

/* The inline operation: adds a number to an uint64_t. */
enum qemu_plugin_op { PLUGIN_ADD = 0 };

/* Parameters of a callback for translated blocks. */
#if PLUGIN_API < 7
#define PLUGIN_TRANSLATED(tb)                                                                      \
    __attribute__((unused)) qemu_plugin_id_t plugin_id, struct qemu_plugin_tb *tb
#else
#define PLUGIN_TRANSLATED(tb) struct qemu_plugin_tb *tb, __attribute__((unused)) void *plugin_data
#endif
typedef void (*qemu_plugin_trans_func)(PLUGIN_TRANSLATED(tb));
typedef void (*qemu_plugin_vcpu_func)(unsigned int vcpu, void *data);

/* Exported by a plugin. */
extern int qemu_plugin_version;
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

/* Exported by QEMU. */
/* data: since version 7; QEMUs before ignore the additional argument. */
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_trans_func func,
                                           void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            qemu_plugin_vcpu_func func,
                                            enum qemu_plugin_cb_flags flags, void *data);
#if PLUGIN_API == 1
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
                                                enum qemu_plugin_op op, void *counter,
                                                uint64_t add);
#endif

#endif
