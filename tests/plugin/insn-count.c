/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * insn-count.c: counts the instructions that a guest executes, independently of icount. The plugin
 * puts code of its own in front of each translated instruction.
 *
 *     -plugin insn-count.so,to=FILE[,mode=inline|callback|both][,hold=N]
 *
 * FILE is mapped, so FILE has the live counts at any moment; a program that stopped the VM can read
 * them. FILE is an array of uint64_t in the host's byte order: the instructions in all, the number
 * of vCPUs, and with mode=callback the instructions of each vCPU. (An inline operation, the default
 * and ten times as fast, has one fixed address and so can't distinguish vCPUs.) With mode=both the
 * sum comes from inline operations and the vCPUs' counts come from callbacks, so that each checks
 * the other.
 *
 * Under icount all vCPUs share one thread, and no count is lost to a race. Without icount, QEMU's
 * inline operation is a plain addition, which loses some counts; the callbacks here are atomic.
 *
 * hold=N, for callbacks only: no callback returns once N instructions were begun, so each vCPU
 * stands in front of the next instruction that it would execute. A QEMU without icount can't come
 * nearer to "stop at instruction N", because a running vCPU notices the limit only at its next
 * instruction. A held QEMU can only be killed.
 *
 * The plugin counts begun instructions. An instruction that ends in an exception of its own before
 * it has done its work, such as a load from an unmapped page, is begun, but QEMU subtracts it from
 * icount.
 */
#include "tests/plugin/qemu-plugin-api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef struct {
    uint64_t all, vcpus;
    uint64_t of[];
} Counts;

EXPORT int qemu_plugin_version = PLUGIN_API;

static Counts *counts;
static bool inlined = true, called;
static uint64_t hold, begun;

static void on_insn(unsigned int vcpu, void *data)
{
    (void)data;
    if (!inlined)
        counts->all++;
    counts->of[vcpu]++;
}

/* Each vCPU has its own count, so the vCPUs share only `begun`, and the sum if it is not inline. */
static void on_insn_until(unsigned int vcpu, void *data)
{
    (void)data;
    if (!inlined)
        __atomic_add_fetch(&counts->all, 1, __ATOMIC_RELAXED);
    counts->of[vcpu]++;
    if (__atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED) >= hold)
        for (;;)
            pause();
}

static void on_translated(PLUGIN_TRANSLATED(tb))
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

#if PLUGIN_API == 1
        if (inlined)
            qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_ADD, &counts->all, 1);
#endif
        if (called)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, hold ? on_insn_until : on_insn,
                                                   PLUGIN_NO_REGISTERS, NULL);
    }
}

static bool map_counts(const char *path, size_t vcpus)
{
    size_t size = sizeof(*counts) + vcpus * sizeof(counts->of[0]);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *mapped = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
        mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        fprintf(stderr, "insn-count: to='%s': %s\n", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (mapped == MAP_FAILED)
        return false;
    counts = mapped;
    counts->vcpus = vcpus;
    return true;
}

/* The value of "KEY=VALUE", or NULL. */
static const char *value_of(const char *argument, const char *key)
{
    size_t length = strlen(key);

    return strncmp(argument, key, length) == 0 && argument[length] == '=' ? argument + length + 1
                                                                          : NULL;
}

static bool parse(const char *argument, const char **path)
{
    const char *value;

    if ((value = value_of(argument, "to"))) {
        *path = value;
        return true;
    }
    if ((value = value_of(argument, "mode")) && strcmp(value, "inline") == 0)
        return true;
    if (value && (strcmp(value, "callback") == 0 || strcmp(value, "both") == 0)) {
        inlined = value[0] == 'b';
        called = true;
        return true;
    }
    if ((value = value_of(argument, "hold")) && (hold = strtoull(value, NULL, 10)) > 0)
        return true;
    fprintf(stderr, "insn-count: '%s': to=FILE, mode=inline|callback|both and hold=N are known\n",
            argument);
    return false;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    const char *path = NULL;

    if (PLUGIN_API < info->api.oldest || PLUGIN_API > info->api.newest || !info->whole_system) {
        fprintf(stderr, "insn-count: needs a whole system and version %d of the interface\n",
                PLUGIN_API);
        return -1;
    }
    for (int i = 0; i < argc; i++)
        if (!parse(argv[i], &path))
            return -1;
    if (PLUGIN_API > 1) { /* have only callbacks */
        inlined = false;
        called = true;
    }
    if (!path || (hold && !called)) {
        fprintf(stderr, "insn-count: %s\n", path ? "hold= needs callbacks" : "to=FILE is missing");
        return -1;
    }
    if (!map_counts(path, (size_t)info->system.max_vcpus))
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated, NULL);
    return 0;
}
