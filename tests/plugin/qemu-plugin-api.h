/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qemu-plugin-api.h: the few parts of QEMU's interface for TCG plugins that our tests use. Debian's
 * packages of QEMU have no header for it.
 *
 * Version 1 of that interface: QEMU 7.2 to 8.2 load it. QEMU checks the number that a plugin
 * exports as qemu_plugin_version against those it knows, and refuses the plugin otherwise: since
 * 9.0 it wants version 2 at least, where inline counters belong to one vCPU and lie where only QEMU
 * can see them. With PLUGIN_API=2 there are callbacks alone. 11.0 wants version 7, where each callback
 * gets data of its plugin's in place of the plugin's number (tried on 11.1).
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

/* What QEMU says about itself. */
typedef struct {
    const char *target; /* "aarch64" */
    struct {
        int oldest, newest; /* versions of the interface that it takes */
    } api;
    bool whole_system; /* not a single user program: then the rest counts */
    struct {
        int vcpus;     /* at the start */
        int max_vcpus; /* that there can ever be */
    } system;
} qemu_info_t;

/* What a callback does to the guest's registers: nothing. */
enum qemu_plugin_cb_flags { PLUGIN_NO_REGISTERS = 0 };

/* What an inline operation does: adds a number to an uint64_t. */
enum qemu_plugin_op { PLUGIN_ADD = 0 };

/* What a callback for translated blocks is declared with. */
#if PLUGIN_API < 7
#define PLUGIN_TRANSLATED(tb)                                                                      \
    __attribute__((unused)) qemu_plugin_id_t plugin_id, struct qemu_plugin_tb *tb
#else
#define PLUGIN_TRANSLATED(tb) struct qemu_plugin_tb *tb, __attribute__((unused)) void *plugin_data
#endif
typedef void (*qemu_plugin_trans_func)(PLUGIN_TRANSLATED(tb));
typedef void (*qemu_plugin_vcpu_func)(unsigned int vcpu, void *data);

/* What a plugin exports. */
extern int qemu_plugin_version;
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

/* What QEMU exports. */
/* data: since version 7; one argument more does no harm before. */
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
