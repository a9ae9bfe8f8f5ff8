/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option-keys.c: one function or one branch for each key. `given` keeps each value as text for
 * remote hosts. */
#include "controller/qemu/option-keys.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"
#include "controller/qemu/board.h"
#include "controller/qemu/drives.h"
#include "controller/qemu/guest-files.h"
#include "controller/qemu/initrd.h"
#include "controller/qemu/nic-options.h"
#include "controller/qemu/option-value.h"
#include "controller/qemu/preflight.h"
#include "controller/qemu/serial.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char *const keys[] = {
    "arch",   "qemu",   "machine", "cpu",         "smp",       "memory",    "kernel", "initrd",
    "append", "files",  "disk",    "format",      "persist",   "disk-mode", "cdrom",  "firmware",
    "serial", "icount", "seed",    "nic",         "nic-model", "mac",       "host",   "on-exit",
    "agent",  "extra",  "uarts",   "semihosting", NULL};

const char *const *node_option_keys(void)
{
    return keys;
}

static bool parse_on_exit(const char *value, OnExit *on_exit, GError **error)
{
    static const char *const choices[] = {
        [ON_EXIT_STOP] = "stop", [ON_EXIT_CONTINUE] = "continue", [ON_EXIT_FAIL] = "fail", NULL};

    for (unsigned i = 0; choices[i]; i++)
        if (strcmp(value, choices[i]) == 0) {
            *on_exit = (OnExit)i;
            return true;
        }
    return option_bad_choice("on-exit", value, ": stop, continue or fail is expected", choices,
                             error);
}

static bool parse_semihosting(const char *value, Semihosting *semihosting, GError **error)
{
    static const char *const choices[] = {[SEMIHOSTING_OFF] = "off",
                                          [SEMIHOSTING_ON] = "on",
                                          [SEMIHOSTING_USERSPACE] = "userspace",
                                          NULL};

    for (unsigned i = 0; choices[i]; i++)
        if (strcmp(value, choices[i]) == 0) {
            *semihosting = (Semihosting)i;
            return true;
        }
    return option_bad_choice("semihosting", value, ": on, userspace or off is expected", choices,
                             error);
}

static bool parse_disk_mode(const char *value, DiskMode *mode, GError **error)
{
    static const char *const choices[] = {"memory", "host", NULL};

    if (strcmp(value, "memory") != 0 && strcmp(value, "host") != 0)
        return option_bad_choice("disk-mode", value, ": memory or host is expected", choices,
                                 error);
    *mode = value[0] == 'm' ? DISK_MEMORY : DISK_HOST;
    return true;
}

static bool set_icount(NodeOptions *o, const char *value, GError **error)
{
    Icount icount = o->icount;

    if (!icount_change(value, &icount, error))
        return false;
    o->icount = icount;
    o->sleep_given = o->sleep_given || strstr(value, "sleep=");
    return true;
}

static bool set_file(char **slot, const char *key, const char *value, GError **error)
{
    if (access(value, R_OK) != 0)
        return option_bad(error, "%s='%s': %s", key, value, g_strerror(errno));
    if (g_file_test(value, G_FILE_TEST_IS_DIR))
        return option_bad(error, "%s='%s' is a directory", key, value);
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

/* Any architecture of QEMU's. Whether its QEMU is there is checked with all other keys. */
static bool set_arch(NodeOptions *o, const char *value, GError **error)
{
    if (!*value || strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(value))
        return option_bad_choice("arch", value, ": the end of a qemu-system-ARCH is expected",
                                 arch_names(), error);
    return set_text(&o->arch, value);
}

/* An architecture that metronome does not know is one if its QEMU is there. */
static bool check_arch(const NodeOptions *o, GError **error)
{
    g_autofree char *name = g_strconcat("qemu-system-", o->arch, NULL), *known = NULL, *text = NULL;
    g_autofree char *path = g_find_program_in_path(name);

    if (path || arch_defaults(o->arch) || o->host || o->qemu)
        return true;
    known = g_strjoinv(", ", (char **)arch_names());
    text = g_strdup_printf(" is unknown: %s, or another one whose %s is in PATH", known, name);
    return option_bad_choice("arch", o->arch, text, arch_names(), error);
}

static bool set_qemu(NodeOptions *o, const char *value, GError **error)
{
    g_autofree char *path = o->host ? g_strdup(value) : g_find_program_in_path(value);

    if (!path)
        return option_bad(error, "qemu='%s' is no program: a path, or a name that PATH has", value);
    return set_text(&o->qemu, path);
}

static bool set_extra(NodeOptions *o, const char *value, GError **error)
{
    GError *e = NULL;

    /* An empty text is allowed, but g_shell_parse_argv() makes an error of it. */
    if (*value && !g_shell_parse_argv(value, NULL, NULL, &e)) {
        option_bad(error, "extra='%s': %s", value, e->message);
        g_error_free(e);
        return false;
    }
    return set_text(&o->extra, value);
}

static bool set_files(NodeOptions *o, const char *value, GError **error)
{
    g_autoptr(GPtrArray) list = guest_files_list(value, error);

    return list && set_text(&o->files, value);
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
        return (o->memory_given = units_parse_size(value, &o->memory, error));
    if (strcmp(key, "kernel") == 0)
        return set_file(&o->kernel, key, value, error);
    if (strcmp(key, "initrd") == 0)
        return set_file(&o->initrd, key, value, error);
    if (strcmp(key, "append") == 0)
        return set_text(&o->append, value);
    if (strcmp(key, "files") == 0)
        return set_files(o, value, error);
    if (strcmp(key, "disk") == 0)
        return set_file(&o->disk, key, value, error);
    if (strcmp(key, "format") == 0)
        return set_text(&o->format, value);
    if (strcmp(key, "persist") == 0)
        return option_onoff(key, value, &o->persist, error);
    if (strcmp(key, "disk-mode") == 0)
        return parse_disk_mode(value, &o->disk_mode, error);
    if (strcmp(key, "cdrom") == 0)
        return set_file(&o->cdrom, key, value, error);
    /* firmware=none is -bios none: the guest has only its kernel */
    if (strcmp(key, "firmware") == 0 && (strcmp(value, "none") == 0 || strcmp(value, "uefi") == 0))
        return set_text(&o->firmware, value);
    if (strcmp(key, "firmware") == 0)
        return set_file(&o->firmware, key, value, error);
    if (strcmp(key, "serial") == 0)
        return serial_check(value, error) && set_text(&o->serial, value);
    if (strcmp(key, "uarts") == 0)
        return units_parse_int(value, "uarts", 1, NODE_MAX_UARTS, &o->uarts, error);
    if (strcmp(key, "semihosting") == 0)
        return parse_semihosting(value, &o->semihosting, error);
    if (strcmp(key, "icount") == 0)
        return set_icount(o, value, error);
    if (strcmp(key, "seed") == 0)
        return units_parse_int(value, "seed", 0, UINT32_MAX, &o->seed, error);
    if (nic_options_key(key))
        return nic_options_set(o, key, value, error);
    if (strcmp(key, "on-exit") == 0)
        return parse_on_exit(value, &o->on_exit, error);
    if (strcmp(key, "agent") == 0)
        return option_onoff(key, value, &o->agent, error);
    if (strcmp(key, "host") == 0)
        return set_text(&o->host, strcmp(value, "local") == 0 ? NULL : value);
    if (strcmp(key, "extra") == 0)
        return set_extra(o, value, error);
    hint = suggest_hint(key, keys, "`help node add` lists the keys");
    return option_bad(error, "unknown key '%s': %s", key, hint);
}

/* Stores a key's value in place of an earlier value of the key. */
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

bool node_options_names_files(const char *key, const char *value)
{
    return strcmp(key, "files") == 0 || node_options_is_file(key, value);
}

char *node_options_whole(const char *key, const char *value)
{
    if (strcmp(key, "files") == 0)
        return guest_files_whole(value);
    return node_options_is_file(key, value) ? g_canonicalize_filename(value, NULL)
                                            : g_strdup(value);
}

bool node_options_check_alone(const NodeOptions *o, GError **error)
{
    if (o->memory < (INT64_C(1) << 20))
        return option_bad(error, "memory of %" PRId64 " bytes is too small: 1M at least",
                          o->memory);
    return check_arch(o, error) && drives_check_format(o, error) && preflight_options(o, error);
}

/* A general machine gets a CPU; a board has one. */
static bool finish_machine(NodeOptions *o, GError **error)
{
    const ArchDefaults *arch = node_options_arch(o);
    int length;

    if (!o->machine && !arch->machine)
        return option_bad(error,
                          "arch=%s has no usual machine: machine= is missing (`%s -machine "
                          "help` lists them)",
                          o->arch, o->qemu ? o->qemu : "qemu-system-ARCH");
    if (!o->machine)
        o->machine = g_strdup(arch->machine);
    if (!o->cpu && board_of(o->machine).general)
        o->cpu = g_strdup(arch->cpu);
    if (o->memory_given && board_of(o->machine).fixed_ram) {
        const char *name = board_name(o->machine, &length);

        return option_bad(error, "memory= is fixed by machine=%.*s: leave it away", length, name);
    }
    return true;
}

/* The architectures of QEMU's -semihosting-config (qemu-options.hx). */
static bool finish_semihosting(const NodeOptions *o, GError **error)
{
    static const char *const archs[] = {"arm",    "aarch64",  "riscv32", "riscv64",  "m68k",
                                        "mips",   "mips64",   "mipsel",  "mips64el", "nios2",
                                        "xtensa", "xtensaeb", NULL};

    if (o->semihosting == SEMIHOSTING_OFF)
        return true;
    if (!g_strv_contains(archs, o->arch))
        return option_bad(error,
                          "semihosting= is for arm, aarch64, riscv32, riscv64, m68k, mips, nios2 "
                          "and xtensa: QEMU has none with arch=%s",
                          o->arch);
    if (o->host)
        return option_bad(error, "semihosting= is for nodes of this host: its console does not "
                                 "reach another one; extra=-semihosting gives it without one");
    if (o->extra && strstr(o->extra, "-semihosting"))
        return option_bad(error, "semihosting= and -semihosting in extra= exclude each other: "
                                 "QEMU takes the last one alone");
    return true;
}

bool node_options_finish(NodeOptions *o, GError **error)
{
    if (!node_options_check_alone(o, error) || !finish_machine(o, error))
        return false;
    if (o->host && o->persist)
        return option_bad(error, "persist=on is for nodes of this host: a disk elsewhere is a copy "
                                 "whose changes are not brought back");
    if (o->uarts > 0 && o->host)
        return option_bad(error,
                          "uarts= is for nodes of this host: lines do not reach another one");
    if (o->uarts > 0 && o->serial)
        return option_bad(error, "serial= and uarts= exclude each other: a UART has one other end");
    if ((o->initrd || o->append) && !o->kernel)
        return option_bad(error, "initrd= and append= need kernel=");
    return finish_semihosting(o, error) && initrd_check(o, error) && nic_options_finish(o, error) &&
           drives_finish(o, error);
}
