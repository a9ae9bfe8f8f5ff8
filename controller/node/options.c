/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: key=value pairs of `node add`, checked one by one, and the argv they make. */
#include "controller/node/options.h"

#include "controller/base/near.h"
#include "controller/base/units.h"
#include "controller/node/cmdline.h"
#include "controller/node/drives.h"
#include "controller/node/nic-options.h"
#include "controller/node/preflight.h"
#include "controller/node/serial.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* No static variable, as G_DEFINE_QUARK has: threads ask at once. */
GQuark node_error_quark(void)
{
    return g_quark_from_static_string("metronome-node-error-quark");
}

typedef struct {
    const char *arch;
    const char *machine, *cpu, *disk, *scsi, *serial;
} Arch;

/* What a node gets where the user says nothing. */
static const Arch archs[] = {
    {"aarch64", "virt", "cortex-a57", "virtio-blk-device", "virtio-scsi-device",
     "virtio-serial-device"},
    {"x86_64", "pc", "qemu64", "virtio-blk-pci", "virtio-scsi-pci", "virtio-serial-pci"},
    {"riscv64", "virt", "rv64", "virtio-blk-device", "virtio-scsi-device", "virtio-serial-device"},
};

static const Arch *find_arch(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++)
        if (strcmp(archs[i].arch, name) == 0)
            return &archs[i];
    return NULL;
}

/* No PCI there unless it is asked for, as with the virt machines. */
static const Arch microvm = {"x86_64",
                             "microvm",
                             "qemu64",
                             "virtio-blk-device",
                             "virtio-scsi-device",
                             "virtio-serial-device"};

bool node_options_is_microvm(const NodeOptions *o)
{
    const char *type =
        o->machine && g_str_has_prefix(o->machine, "type=") ? o->machine + 5 : o->machine;

    return type && strcspn(type, ",") == strlen(microvm.machine) &&
           g_str_has_prefix(type, microvm.machine);
}

static const char *const keys[] = {
    "arch",      "qemu",   "machine", "cpu",     "smp",      "memory", "kernel", "initrd", "append",
    "disk",      "format", "persist", "cdrom",   "firmware", "serial", "icount", "seed",   "nic",
    "nic-model", "mac",    "host",    "on-exit", "agent",    "extra",  NULL};

const char *const *node_option_keys(void)
{
    return keys;
}

NodeOptions *node_options_new(const char *name)
{
    NodeOptions *o = g_new0(NodeOptions, 1);

    o->name = g_strdup(name);
    o->given = g_ptr_array_new_with_free_func(g_free);
    o->arch = g_strdup("aarch64");
    o->smp = 1;
    o->memory = INT64_C(512) << 20;
    o->icount = icount_usual();
    o->seed = 1;
    o->nics = 1;
    return o;
}

void node_options_free(NodeOptions *o)
{
    if (!o)
        return;
    g_free(o->name);
    g_free(o->host);
    g_ptr_array_unref(o->given);
    g_free(o->arch);
    g_free(o->qemu);
    g_free(o->machine);
    g_free(o->cpu);
    g_free(o->kernel);
    g_free(o->initrd);
    g_free(o->append);
    g_free(o->disk);
    g_free(o->format);
    g_free(o->cdrom);
    g_free(o->firmware);
    g_free(o->serial);
    g_free(o->extra);
    g_free(o);
}

static bool bad_option(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool bad_option(GError **error, const char *format, ...)
{
    va_list args;
    GError *e;

    va_start(args, format);
    e = g_error_new_valist(NODE_ERROR, NODE_ERROR_OPTION, format, args);
    va_end(args);
    g_propagate_error(error, e);
    return false;
}

/* A value that is none of those that are listed in `right`. */
static bool bad_choice(const char *key, const char *value, const char *right,
                       const char *const *choices, GError **error)
{
    g_autofree char *meant = near_meant(value, choices);

    return bad_option(error, "%s='%s'%s%s", key, value, right, meant);
}

static const char *const onoff[] = {"on", "off", NULL};

bool node_options_onoff(const char *key, const char *value, bool *out, GError **error)
{
    if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0) {
        *out = value[1] == 'n';
        return true;
    }
    return bad_choice(key, value, ": on or off is expected", onoff, error);
}

static bool parse_on_exit(const char *value, bool *goes_on, GError **error)
{
    static const char *const choices[] = {"stop", "continue", NULL};

    if (strcmp(value, "stop") != 0 && strcmp(value, "continue") != 0)
        return bad_choice("on-exit", value, ": stop or continue is expected", choices, error);
    *goes_on = value[0] == 'c';
    return true;
}

static bool set_icount(NodeOptions *o, const char *value, GError **error)
{
    Icount icount = o->icount;

    if (!icount_change(value, &icount, error))
        return false;
    o->icount = icount;
    o->sleep_said = o->sleep_said || strstr(value, "sleep=");
    return true;
}

static bool set_file(char **slot, const char *key, const char *value, GError **error)
{
    if (access(value, R_OK) != 0)
        return bad_option(error, "%s='%s': %s", key, value, g_strerror(errno));
    if (g_file_test(value, G_FILE_TEST_IS_DIR))
        return bad_option(error, "%s='%s' is a directory", key, value);
    g_free(*slot);
    *slot = g_strdup(value);
    return true;
}

static bool set_text(char **slot, const char *value)
{
    g_free(*slot);
    *slot = g_strdup(value);
    return true;
}

static bool set_arch(NodeOptions *o, const char *value, GError **error)
{
    static const char *const choices[] = {"aarch64", "x86_64", "riscv64", NULL};

    if (!find_arch(value))
        return bad_choice("arch", value, " is unknown: aarch64, x86_64 or riscv64", choices, error);
    return set_text(&o->arch, value);
}

static bool set_qemu(NodeOptions *o, const char *value, GError **error)
{
    g_autofree char *path = o->host ? g_strdup(value) : g_find_program_in_path(value);

    if (!path)
        return bad_option(error, "qemu='%s' is no program: a path, or a name that PATH has", value);
    return set_text(&o->qemu, path);
}

static bool set_extra(NodeOptions *o, const char *value, GError **error)
{
    GError *e = NULL;

    /* Empty is fine; g_shell_parse_argv() calls it an error. */
    if (*value && !g_shell_parse_argv(value, NULL, NULL, &e)) {
        bad_option(error, "extra='%s': %s", value, e->message);
        g_error_free(e);
        return false;
    }
    return set_text(&o->extra, value);
}

static bool set(NodeOptions *o, const char *key, const char *value, GError **error)
{
    g_autofree char *hint = NULL;

    if (strcmp(key, "arch") == 0)
        return set_arch(o, value, error);
    if (strcmp(key, "qemu") == 0)
        return set_qemu(o, value, error);
    if (strcmp(key, "machine") == 0)
        return set_text(&o->machine, value);
    if (strcmp(key, "cpu") == 0)
        return set_text(&o->cpu, value);
    if (strcmp(key, "smp") == 0)
        return units_parse_int(value, "smp", 1, 512, &o->smp, error);
    if (strcmp(key, "memory") == 0)
        return units_parse_size(value, &o->memory, error);
    if (strcmp(key, "kernel") == 0)
        return set_file(&o->kernel, key, value, error);
    if (strcmp(key, "initrd") == 0)
        return set_file(&o->initrd, key, value, error);
    if (strcmp(key, "append") == 0)
        return set_text(&o->append, value);
    if (strcmp(key, "disk") == 0)
        return set_file(&o->disk, key, value, error);
    if (strcmp(key, "format") == 0)
        return set_text(&o->format, value);
    if (strcmp(key, "persist") == 0)
        return node_options_onoff(key, value, &o->persist, error);
    if (strcmp(key, "cdrom") == 0)
        return set_file(&o->cdrom, key, value, error);
    /* -bios none: the kernel is all there is */
    if (strcmp(key, "firmware") == 0 && (strcmp(value, "none") == 0 || strcmp(value, "uefi") == 0))
        return set_text(&o->firmware, value);
    if (strcmp(key, "firmware") == 0)
        return set_file(&o->firmware, key, value, error);
    if (strcmp(key, "serial") == 0)
        return serial_check(value, error) && set_text(&o->serial, value);
    if (strcmp(key, "icount") == 0)
        return set_icount(o, value, error);
    if (strcmp(key, "seed") == 0)
        return units_parse_int(value, "seed", 0, UINT32_MAX, &o->seed, error);
    if (nic_options_key(key))
        return nic_options_set(o, key, value, error);
    if (strcmp(key, "on-exit") == 0)
        return parse_on_exit(value, &o->on_exit_continue, error);
    if (strcmp(key, "agent") == 0)
        return node_options_onoff(key, value, &o->agent, error);
    if (strcmp(key, "host") == 0)
        return set_text(&o->host, strcmp(value, "local") == 0 ? NULL : value);
    if (strcmp(key, "extra") == 0)
        return set_extra(o, value, error);
    hint = near_hint(key, keys, "`help node add` lists the keys");
    return bad_option(error, "unknown key '%s': %s", key, hint);
}

/* The last value of a key is the one that counts. */
static void remember(GPtrArray *given, const char *key, const char *value)
{
    for (guint i = 0; i + 1 < given->len; i += 2) {
        if (strcmp(given->pdata[i], key) == 0) {
            g_free(given->pdata[i + 1]);
            given->pdata[i + 1] = g_strdup(value);
            return;
        }
    }
    g_ptr_array_add(given, g_strdup(key));
    g_ptr_array_add(given, g_strdup(value));
}

bool node_options_set(NodeOptions *o, const char *key, const char *value, GError **error)
{
    g_autofree char *icount = NULL;

    if (!set(o, key, value, error))
        return false;
    icount = strcmp(key, "icount") == 0 ? icount_text(&o->icount) : NULL;
    remember(o->given, key, icount ? icount : value);
    return true;
}

bool node_options_is_file(const char *key, const char *value)
{
    static const char *const files[] = {"kernel", "initrd", "disk", "cdrom", NULL};

    return g_strv_contains(files, key) ||
           (strcmp(key, "firmware") == 0 && strcmp(value, "none") != 0 &&
            strcmp(value, "uefi") != 0);
}

bool node_options_check_alone(const NodeOptions *o, GError **error)
{
    if (o->memory < (INT64_C(1) << 20))
        return bad_option(error, "memory of %" PRId64 " bytes is too small: 1M at least",
                          o->memory);
    return drives_check_format(o, error) && preflight_options(o, error);
}

bool node_options_finish(NodeOptions *o, GError **error)
{
    const Arch *arch = find_arch(o->arch);

    if (!o->machine)
        o->machine = g_strdup(arch->machine);
    if (!o->cpu)
        o->cpu = g_strdup(arch->cpu);
    if (!node_options_check_alone(o, error))
        return false;
    if (o->host && o->persist)
        return bad_option(error, "persist=on is for nodes of this host: a disk elsewhere is a copy "
                                 "whose changes are not brought back");
    if ((o->initrd || o->append) && !o->kernel)
        return bad_option(error, "initrd= and append= need kernel=");
    return nic_options_finish(o, error) && drives_finish(o, error);
}

static void add(GPtrArray *argv, const char *option, char *value)
{
    g_ptr_array_add(argv, g_strdup(option));
    if (value)
        g_ptr_array_add(argv, value);
}

static void add_machine(GPtrArray *argv, const NodeOptions *o)
{
    add(argv, "-machine", g_strdup(o->machine));
    add(argv, "-cpu", g_strdup(o->cpu));
    add(argv, "-smp", g_strdup_printf("%" PRId64, o->smp));
    add(argv, "-m", g_strdup_printf("%" PRId64 "B", o->memory));
    add(argv, "-accel", g_strdup("tcg"));
    add(argv, "-nodefaults", NULL);
    add(argv, "-no-user-config", NULL);
    add(argv, "-display", g_strdup("none"));
    if (o->icount.enabled)
        add(argv, "-icount", icount_text(&o->icount));
    /* What the guest can see of the outside is the same in every run. */
    add(argv, "-rtc", g_strdup("base=2024-01-01,clock=vm"));
    add(argv, "-seed", g_strdup_printf("%" PRId64, o->seed));
}

static void add_images(GPtrArray *argv, const NodeOptions *o, const Arch *arch)
{
    if (o->firmware && strcmp(o->firmware, "uefi") != 0)
        add(argv, "-bios", g_strdup(o->firmware));
    if (o->kernel)
        add(argv, "-kernel", g_strdup(o->kernel));
    if (o->initrd)
        add(argv, "-initrd", g_strdup(o->initrd));
    if (o->append)
        add(argv, "-append", g_strdup(o->append));
    drives_argv(argv, o, arch->disk, arch->scsi);
}

static void add_wiring(GPtrArray *argv, const NodeOptions *o, const Arch *arch, const NodeWiring *w)
{
    g_autofree char *gdb = cmdline_escape(w->gdb_path);
    g_autofree char *console = cmdline_escape(w->console_path);

    add(argv, "-S", NULL);
    add(argv, "-name", g_strdup_printf("guest=%s,debug-threads=on", o->name)); /* rank.h */
    add(argv, "-no-shutdown", NULL); /* a guest that powers off can still be read */
    add(argv, "-chardev", g_strdup_printf("socket,id=mtr-qmp,fd=%d", w->qmp_fd));
    add(argv, "-qmp", g_strdup("chardev:mtr-qmp")); /* -mon is deprecated since QEMU 11.1 */
    add(argv, "-chardev",
        o->serial ? serial_chardev(o->serial, w->console_fd)
                  : g_strdup_printf("pipe,id=mtr-console,path=%s", console));
    add(argv, "-serial", g_strdup("chardev:mtr-console"));
    add(argv, "-chardev", g_strdup_printf("socket,id=mtr-gdb,path=%s,server=on,wait=off", gdb));
    add(argv, "-gdb", g_strdup("chardev:mtr-gdb"));
    for (unsigned i = 0; i < o->nics; i++)
        nic_options_argv(argv, o, w, i);
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
    const Arch *arch = node_options_is_microvm(o) ? &microvm : find_arch(o->arch);
    g_auto(GStrv) extra = NULL;

    g_ptr_array_add(argv, node_options_program(o, w->qemu));
    add_machine(argv, o);
    add_images(argv, o, arch);
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
