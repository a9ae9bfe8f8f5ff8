/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu-argv.c: the arguments in groups: machine, images, wiring, then the user's extra=. */
#include "controller/qemu/qemu-argv.h"

#include "controller/qemu/board.h"
#include "controller/qemu/cmdline.h"
#include "controller/qemu/drives.h"
#include "controller/qemu/nic-options.h"
#include "controller/qemu/serial.h"
#include "controller/qemu/uart.h"

#include <inttypes.h>
#include <string.h>

static void add(GPtrArray *argv, const char *option, char *value)
{
    g_ptr_array_add(argv, g_strdup(option));
    if (value)
        g_ptr_array_add(argv, value);
}

/* Puts the guest's RAM into a file that this program holds. */
static void add_ram(GPtrArray *argv, const NodeOptions *o, const NodeWiring *w)
{
    add(argv, "-object",
        g_strdup_printf("memory-backend-file,id=mtr-ram,size=%" PRId64 "B,mem-path=/dev/fd/%d,"
                        "share=on",
                        o->memory, w->ram_fd));
    add(argv, "-machine", g_strdup_printf("%s,memory-backend=mtr-ram", o->machine));
}

static void add_machine(GPtrArray *argv, const NodeOptions *o, const NodeWiring *w)
{
    if (w->ram_fd > 0)
        add_ram(argv, o, w);
    else
        add(argv, "-machine", g_strdup(o->machine));
    if (o->cpu)
        add(argv, "-cpu", g_strdup(o->cpu));
    add(argv, "-smp", g_strdup_printf("%" PRId64, o->smp));
    if (o->memory_given || board_of(o->machine).general) /* a board has RAM of its own */
        add(argv, "-m", g_strdup_printf("%" PRId64 "B", o->memory));
    add(argv, "-accel", g_strdup("tcg"));
    add(argv, "-nodefaults", NULL);
    add(argv, "-no-user-config", NULL);
    add(argv, "-display", g_strdup("none"));
    if (o->icount.enabled)
        add(argv, "-icount", icount_text(&o->icount));
    /* The guest sees the same date and the same random bytes in every run. */
    add(argv, "-rtc", g_strdup("base=2024-01-01,clock=vm"));
    add(argv, "-seed", g_strdup_printf("%" PRId64, o->seed));
}

static void add_images(GPtrArray *argv, const NodeOptions *o, const ArchDefaults *arch,
                       const NodeWiring *w)
{
    const char *initrd = w->initrd ? w->initrd : o->initrd;

    if (o->firmware && strcmp(o->firmware, "uefi") != 0)
        add(argv, "-bios", g_strdup(o->firmware));
    if (o->kernel)
        add(argv, "-kernel", g_strdup(o->kernel));
    if (initrd)
        add(argv, "-initrd", g_strdup(initrd));
    if (o->append)
        add(argv, "-append", g_strdup(o->append));
    drives_argv_pool(argv, o);
    drives_argv(argv, o, arch->disk, arch->scsi);
}

/* UARTs of which each has a socket to the network layer (uart.h), and a log that is the console. */
static void add_uarts(GPtrArray *argv, const NodeOptions *o, const NodeWiring *w)
{
    for (unsigned i = 0; i < o->uarts; i++) {
        unsigned index = (unsigned)o->nics + i;
        int fd = w->uart_fd + (int)i * UART_FDS;

        add(argv, "-chardev",
            g_strdup_printf("socket,id=mtr-uart%u,fd=%d,logfile=/dev/fd/%d", index, fd,
                            i == 0 ? w->console_fd : fd + 3));
        add(argv, "-serial", g_strdup_printf("chardev:mtr-uart%u", index));
    }
}

/* A null chardev: it takes all at once, and nothing comes by it. Its log is the console (semi.h). */
static void add_semihosting(GPtrArray *argv, const NodeOptions *o, const NodeWiring *w)
{
    if (o->semihosting == SEMIHOSTING_OFF)
        return;
    add(argv, "-chardev", g_strdup_printf("null,id=mtr-semi,logfile=/dev/fd/%d", w->semi_fd));
    add(argv, "-semihosting-config",
        g_strdup_printf("enable=on,target=native,chardev=mtr-semi%s",
                        o->semihosting == SEMIHOSTING_USERSPACE ? ",userspace=on" : ""));
}

static void add_wiring(GPtrArray *argv, const NodeOptions *o, const ArchDefaults *arch,
                       const NodeWiring *w)
{
    g_autofree char *gdb = cmdline_escape(w->gdb_path);
    g_autofree char *console = cmdline_escape(w->console_path);

    add(argv, "-S", NULL);
    if (w->incoming)
        add(argv, "-incoming", g_strdup("defer"));
    add(argv, "-name", g_strdup_printf("guest=%s,debug-threads=on", o->name)); /* sched.h */
    add(argv, "-no-shutdown", NULL); /* a guest that powers off can still be read */
    add(argv, "-chardev", g_strdup_printf("socket,id=mtr-qmp,fd=%d", w->qmp_fd));
    add(argv, "-qmp", g_strdup("chardev:mtr-qmp")); /* -mon is deprecated since QEMU 11.1 */
    if (o->uarts > 0) {
        add_uarts(argv, o, w);
    } else {
        add(argv, "-chardev",
            o->serial ? serial_chardev(o->serial, w->console_fd)
                      : g_strdup_printf("pipe,id=mtr-console,path=%s", console));
        add(argv, "-serial", g_strdup("chardev:mtr-console"));
    }
    add_semihosting(argv, o, w);
    add(argv, "-chardev", g_strdup_printf("socket,id=mtr-gdb,path=%s,server=on,wait=off", gdb));
    add(argv, "-gdb", g_strdup("chardev:mtr-gdb"));
    for (unsigned i = 0; i < o->nics; i++)
        nic_options_argv(argv, o, i, w->index, w->nic_fd + (int)i);
    if (o->agent) {
        add(argv, "-chardev", g_strdup_printf("socket,id=mtr-agent,fd=%d", w->agent_fd));
        add(argv, "-device", g_strdup(arch->serial));
        add(argv, "-device", g_strdup("virtserialport,chardev=mtr-agent,name=metronome.agent"));
    }
}

char *node_options_program(const NodeOptions *o, const char *qemu)
{
    if (o->qemu || qemu)
        return g_strdup(o->qemu ? o->qemu : qemu);
    return g_strdup_printf("qemu-system-%s", o->arch);
}

char **node_options_argv(const NodeOptions *o, const NodeWiring *w, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    const ArchDefaults *arch = node_options_arch(o);
    g_auto(GStrv) extra = NULL;

    g_ptr_array_add(argv, node_options_program(o, w->qemu));
    add_machine(argv, o, w);
    add_images(argv, o, arch, w);
    add_wiring(argv, o, arch, w);
    if (o->extra && *o->extra) {
        if (!g_shell_parse_argv(o->extra, NULL, &extra, error))
            return NULL;
        for (char **p = extra; *p; p++)
            g_ptr_array_add(argv, g_strdup(*p));
    }
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}
