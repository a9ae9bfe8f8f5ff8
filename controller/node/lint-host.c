/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint-host.c: rules on what lets the host's data, or the time at which they come, reach the guest:
 * networks, devices, files, terminals.
 */
#include "controller/node/lint-rules.h"

static const LintVerdict network = {
    LINT_WARN, "packets come from outside whenever the host likes, so runs are not repeatable",
    "use -nic none, or -netdev hubport for a card without a cable", NULL};
static const LintVerdict far_end = {
    LINT_NOTE, "packets from what is at the other end come whenever the host likes",
    "use -nic none, or -netdev hubport for a card without a cable", NULL};
static const LintVerdict default_card = {
    LINT_WARN, "without it and without a network option QEMU adds a card in a user network",
    "add -nic none", NULL};
static const LintVerdict randomness = {LINT_WARN,
                                       "random bytes come from the host and differ in every run",
                                       "use -object rng-builtin with -seed", NULL};
static const LintVerdict device = {
    LINT_WARN, "a device of the host acts in host time, so runs are not repeatable",
    "leave it away, or use an emulated device", NULL};
static const LintVerdict outside = {
    LINT_WARN, "a process or kernel of the host serves it in host time, so runs are not repeatable",
    "leave it away, or use an emulated device", NULL};
static const LintVerdict shared_files = {
    LINT_WARN, "the guest sees the host's files with the host's time stamps",
    "put them into an image or an initramfs", NULL};
static const LintVerdict peer = {
    LINT_WARN, "bytes come from a network whenever the host likes, so runs are not repeatable",
    "use a unix socket, and send at chosen virtual times", "use `send`"};
static const LintVerdict terminal = {LINT_NOTE,
                                     "what is typed on the host's terminal comes in host time",
                                     "type nothing while it must be repeatable", "use `send`"};
static const LintVerdict window = {LINT_NOTE, "keys and mouse of the host come in host time",
                                   "use -display none", NULL};
static const LintVerdict sound = {LINT_WARN,
                                  "the host's sound system sets the pace of the guest's sound card",
                                  "use -audiodev none", NULL};
static const LintVerdict changes_disk = {
    LINT_WARN, "the run changes the image, so the next run starts from another one",
    "add snapshot=on or readonly=on, or -snapshot",
    "use disk= without persist=on, or add snapshot=on or readonly=on"};
static const LintVerdict changes_node = {
    LINT_WARN, "the run changes the image, so the next run starts from another one",
    "add read-only=on (-snapshot does not reach it), or use -drive with snapshot=on", NULL};
static const LintVerdict semihosting = {LINT_NOTE,
                                        "the guest may ask for the host's files and time",
                                        "leave it away if it need not", NULL};

/* A NULL-terminated list; an entry that ends in `*` stands for all that begin so. */
static bool in_list(const char *const *list, const char *text)
{
    for (; text && *list; list++) {
        size_t length = strlen(*list);

        if ((*list)[length - 1] == '*' ? strncmp(*list, text, length - 1) == 0
                                       : strcmp(*list, text) == 0)
            return true;
    }
    return false;
}

/* A device node of the host; what of /dev holds no device of it is left aside. */
static bool is_device_path(const char *path)
{
    static const char *const harmless[] = {"/dev/null",   "/dev/zero",   "/dev/full",  "/dev/fd*",
                                           "/dev/stdin*", "/dev/stdout", "/dev/shm/*", NULL};

    return path && g_str_has_prefix(path, "/dev/") && !in_list(harmless, path);
}

/* --- networks --- */

static bool is_inet(const GArray *pairs, const char *address)
{
    g_autofree char *key = g_strconcat(address, ".type", NULL);
    const char *type = cmdline_get(pairs, key);

    return type && strcmp(type, "inet") == 0;
}

static void check_network(Lint *l, const CmdOption *o)
{
    static const char *const foreign[] = {"user",   "tap",     "bridge",     "vde",        "l2tpv3",
                                          "passt",  "netmap",  "af-xdp",     "vmnet-*",    "socket",
                                          "slirp*", "channel", "vhost-user", "vhost-vdpa", NULL};
    static const char *const streams[] = {"stream", "dgram", NULL};
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "type");
    const char *type = cmdline_get(pairs, "type"), *id = cmdline_get(pairs, "id");

    if (in_list(foreign, type))
        lint_say_option(l, o, &network);
    else if (!in_list(streams, type))
        return;
    else if (is_inet(pairs, "addr") || is_inet(pairs, "local") || is_inet(pairs, "remote"))
        lint_say_option(l, o, &network);
    else if (!id || !g_str_has_prefix(id, "mtr-")) /* the controller's own */
        lint_say_option(l, o, &far_end);
}

static void rule_networks(Lint *l)
{
    static const char *const names[] = {"netdev", "nic", "net", NULL};
    bool any = lint_find(l, "nodefaults");

    for (unsigned i = 0; i < l->options->len; i++) {
        if (!in_list(names, lint_option(l, i)->name))
            continue;
        any = true;
        check_network(l, lint_option(l, i));
    }
    if (!any)
        lint_say(l, "no -nodefaults", &default_card);
}

/* --- devices --- */

static void check_device(Lint *l, const CmdOption *o)
{
    static const char *const passed[] = {
        "usb-host",       "usb-redir",  "u2f-passthru",       "ccid-card-passthru",
        "vfio-*",         "pci-assign", "scsi-block",         "scsi-generic",
        "kvm-pci-assign", "ivshmem*",   "virtio-input-host*", NULL};
    static const char *const files[] = {"usb-mtp", "vhost-user-fs-*", NULL};
    static const char *const served[] = {"vhost-*", NULL};
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "driver");
    const char *driver = cmdline_get(pairs, "driver");

    if (in_list(files, driver))
        lint_say_option(l, o, &shared_files);
    else if (in_list(passed, driver))
        lint_say_option(l, o, &device);
    else if (in_list(served, driver))
        lint_say_option(l, o, &outside);
}

static void check_object(Lint *l, const CmdOption *o)
{
    static const char *const random[] = {"rng-random", "rng-egd", NULL};
    static const char *const devices[] = {"input-linux", "input-barrier", "can-host-socketcan",
                                          NULL};
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "qom-type");
    const char *type = cmdline_get(pairs, "qom-type");

    if (in_list(random, type))
        lint_say_option(l, o, &randomness);
    else if (in_list(devices, type))
        lint_say_option(l, o, &device);
}

static void check_audio(Lint *l, const CmdOption *o)
{
    static const char *const silent[] = {"none", "wav", NULL};
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "driver");

    if (!in_list(silent, cmdline_get(pairs, "driver")))
        lint_say_option(l, o, &sound);
}

static void rule_devices(Lint *l)
{
    static const char *const folders[] = {"virtfs", "fsdev", NULL};

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);

        if (lint_is(o, "device"))
            check_device(l, o);
        else if (lint_is(o, "object"))
            check_object(l, o);
        else if (lint_is(o, "usbdevice") && o->value && g_str_has_prefix(o->value, "host:"))
            lint_say_option(l, o, &device);
        else if (lint_is(o, "tpmdev"))
            lint_say_option(l, o, &outside);
        else if (in_list(folders, o->name))
            lint_say_option(l, o, &shared_files);
        else if (lint_is(o, "audiodev") || lint_is(o, "audio"))
            check_audio(l, o);
        else if (lint_is(o, "soundhw"))
            lint_say_option(l, o, &sound);
        else if (lint_is(o, "semihosting") || lint_is(o, "semihosting-config"))
            lint_say_option(l, o, &semihosting);
    }
}

/* --- character devices and windows --- */

/* Whether a monitor or the gdbstub speaks through it: none of it reaches the guest by itself. */
static bool is_monitor(const Lint *l, const char *id)
{
    for (unsigned i = 0; id && i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);
        g_autoptr(GArray) pairs = lint_is(o, "mon") ? cmdline_pairs(o->value, "chardev") : NULL;
        const char *used = pairs ? cmdline_get(pairs, "chardev") : NULL;

        if (lint_is(o, "gdb") && o->value && g_str_has_prefix(o->value, "chardev:"))
            used = o->value + strlen("chardev:");
        if (used && strcmp(used, id) == 0)
            return true;
    }
    return false;
}

static const char *const device_backends[] = {"serial",  "tty",     "parallel", "parport",
                                              "braille", "msmouse", "wctablet", NULL};

static void check_chardev(Lint *l, const CmdOption *o)
{
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "backend");
    const char *backend = cmdline_get(pairs, "backend");
    bool inet = backend && (strcmp(backend, "udp") == 0 ||
                            (strcmp(backend, "socket") == 0 && cmdline_get(pairs, "port")));

    if (in_list(device_backends, backend) || is_device_path(cmdline_get(pairs, "path")) ||
        is_device_path(cmdline_get(pairs, "input-path")))
        lint_say_option(l, o, &device);
    else if (inet && !is_monitor(l, cmdline_get(pairs, "id")))
        lint_say_option(l, o, &peer);
    else if (backend && strcmp(backend, "stdio") == 0)
        lint_say_option(l, o, &terminal);
}

/* The short form: "mon:stdio", "tcp:host:port", "/dev/ttyS0". */
static void check_serial(Lint *l, const CmdOption *o)
{
    static const char *const inet[] = {"tcp:*", "udp:*", "telnet:*", "websocket:*", NULL};
    const char *to = o->value ? o->value : "";

    to += g_str_has_prefix(to, "mon:") ? strlen("mon:") : 0;
    if (strcmp(to, "stdio") == 0)
        lint_say_option(l, o, &terminal);
    else if (in_list(inet, to))
        lint_say_option(l, o, &peer);
    else if (is_device_path(to) || in_list(device_backends, to) ||
             (g_str_has_prefix(to, "pipe:") && is_device_path(to + strlen("pipe:"))))
        lint_say_option(l, o, &device);
}

/* What QEMU would have put on the terminal itself (qemu_create_default_devices(), softmmu/vl.c). */
static bool nographic_reads(const Lint *l)
{
    bool monitor = lint_find(l, "monitor") || lint_find(l, "mon") || lint_find(l, "qmp");

    return !lint_find(l, "nodefaults") && !(lint_find(l, "serial") && monitor);
}

static void check_display(Lint *l, const CmdOption *o)
{
    static const char *const blind[] = {"none", "egl-headless", NULL};
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "type");

    if (!in_list(blind, cmdline_get(pairs, "type")))
        lint_say_option(l, o, &window);
}

static void rule_inputs(Lint *l)
{
    static const char *const serial[] = {"serial", "parallel", "debugcon", "virtioconsole", NULL};
    static const char *const windows[] = {"vnc", "spice", "sdl", "curses", NULL};
    bool chosen = lint_find(l, "display") || lint_find(l, "nographic");

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);

        if (lint_is(o, "chardev"))
            check_chardev(l, o);
        else if (in_list(serial, o->name))
            check_serial(l, o);
        else if (lint_is(o, "monitor") && o->value && strcmp(o->value, "stdio") == 0)
            lint_say_option(l, o, &terminal);
        else if (lint_is(o, "display"))
            check_display(l, o);
        else if (lint_is(o, "nographic") && nographic_reads(l))
            lint_say_option(l, o, &terminal);
        else if (in_list(windows, o->name) && !(o->value && strcmp(o->value, "none") == 0))
            lint_say_option(l, o, &window);
        chosen = chosen || in_list(windows, o->name);
    }
    if (!chosen)
        lint_say(l, "no -display", &window);
}

/* --- disks --- */

static bool is_host_drive(const GArray *pairs, const char *file)
{
    static const char *const drivers[] = {"host_device", "host_cdrom", NULL};

    return is_device_path(file) || in_list(drivers, cmdline_get(pairs, "driver")) ||
           in_list(drivers, cmdline_get(pairs, "file.driver")) ||
           (file &&
            (g_str_has_prefix(file, "host_device:") || g_str_has_prefix(file, "host_cdrom:")));
}

static const char *file_of(const GArray *pairs, const char *key)
{
    const char *file = cmdline_get(pairs, key);

    return file ? file : cmdline_get(pairs, "file.filename");
}

static void check_drive(Lint *l, const CmdOption *o)
{
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, NULL);
    const char *file = file_of(pairs, "file"), *media = cmdline_get(pairs, "media");

    if (is_host_drive(pairs, file))
        lint_say_option(l, o, &device);
    else if (!file || !*file || g_str_has_prefix(file, "null-"))
        return;
    else if (g_str_has_prefix(file, "fat:"))
        lint_say_option(l, o, &shared_files);
    else if (!lint_find(l, "snapshot") && !cmdline_is_on(pairs, "snapshot") &&
             !cmdline_is_on(pairs, "readonly") && !cmdline_is_on(pairs, "read-only") &&
             !(media && strcmp(media, "cdrom") == 0))
        lint_say_option(l, o, &changes_disk);
}

/* Whether a block node lies below one that is read-only. */
static bool is_shielded(const Lint *l, const char *node)
{
    for (unsigned i = 0; node && i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);
        g_autoptr(GArray) pairs = NULL;
        const char *below;

        if (!lint_is(o, "blockdev"))
            continue;
        pairs = cmdline_pairs(o->value, "driver");
        below = cmdline_get(pairs, "file");
        if (below && strcmp(below, node) == 0 && cmdline_is_on(pairs, "read-only"))
            return true;
    }
    return false;
}

static void check_blockdev(Lint *l, const CmdOption *o)
{
    g_autoptr(GArray) pairs = cmdline_pairs(o->value, "driver");
    const char *file = file_of(pairs, "filename");

    if (is_host_drive(pairs, file))
        lint_say_option(l, o, &device);
    else if (file && !cmdline_is_on(pairs, "read-only") &&
             !is_shielded(l, cmdline_get(pairs, "node-name")))
        lint_say_option(l, o, &changes_node);
}

static void rule_disks(Lint *l)
{
    static const char *const images[] = {"hda", "hdb", "hdc",    "hdd",      "fda",
                                         "fdb", "sd",  "pflash", "mtdblock", NULL};

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);
        bool image = !*o->name || in_list(images, o->name);

        if (lint_is(o, "drive"))
            check_drive(l, o);
        else if (lint_is(o, "blockdev"))
            check_blockdev(l, o);
        else if ((image || lint_is(o, "cdrom")) && is_device_path(o->value))
            lint_say_option(l, o, &device);
        else if (image && o->value && !lint_find(l, "snapshot"))
            lint_say_option(l, o, &changes_disk);
    }
}

void lint_host(Lint *l)
{
    rule_networks(l);
    rule_devices(l);
    rule_inputs(l);
    rule_disks(l);
}
