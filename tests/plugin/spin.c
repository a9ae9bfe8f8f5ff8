/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spin.c: makes QEMU's main thread wait for its vCPU thread by spinning, as in a sequence lock or a
 * spin lock. The wait begins at the translation of the guest's block number N (argument at=N), and
 * ends as soon as the vCPU thread runs on.
 */
#include "tests/plugin/qemu-plugin-api.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = PLUGIN_API;

static pthread_t main_thread;
static unsigned at, seen;
static atomic_bool held;

static void spin(int number)
{
    (void)number;
    while (atomic_load(&held))
        ;
}

static void on_translated(PLUGIN_TRANSLATED(tb))
{
    (void)tb;
    if (++seen != at)
        return;
    atomic_store(&held, true);
    pthread_kill(main_thread, SIGRTMIN + 5);
    /* Here a main thread of a higher priority on the same CPU has taken over. One on another CPU
     * has seen nothing yet. */
    atomic_store(&held, false);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    struct sigaction action = {.sa_handler = spin, .sa_flags = SA_RESTART};

    (void)info;
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "at=", 3) == 0)
            at = (unsigned)strtoul(argv[i] + 3, NULL, 10);
    main_thread = pthread_self();
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated, NULL);
    return sigaction(SIGRTMIN + 5, &action, NULL);
}
