/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint-rules.c: the rules. Warnings and notes are about options in a QEMU command line that end
 * exactness or repeatability. Refusals are about a node's extra= and a monitor's commands that
 * would take from metronome a part that it controls: the clock, the run state, the monitor, the
 * gdbstub, the process itself. QEMU would carry out most of these commands, and the node would
 * hang, run free, end, jump or outlive its controller.
 *
 * A command has the same name in both of QEMU's monitors, but for dashes and underscores and a few
 * commands that exist in one monitor only (QEMU's hmp-commands.hx, qapi/).
 */
#include "controller/qemu/lint-rules.h"

#include <string.h>

static bool is(const char *value, const char *word)
{
    return value && strcmp(value, word) == 0;
}

/* --- clock, vCPUs, date --- */

static bool is_given_twice(const LintCase *c)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->lint->options->len; i++)
        count += is(g_array_index(c->lint->options, CmdOption, i).name, c->option->name);
    return count > 1;
}

/* Attached nodes only: for all launched nodes together run/sleep-note.c reports it once. */
static bool sleeps_attached(const LintCase *c)
{
    return c->lint->origin == LINT_ATTACHED &&
           (!cmdline_get(c->pairs, "sleep") || cmdline_is_on(c->pairs, "sleep"));
}

static bool is_aligned(const LintCase *c)
{
    return cmdline_is_on(c->pairs, "align");
}

/* Whether a list such as kvm:tcg names hardware virtualisation. QEMU uses the first accelerator of
 * the list that works. */
static bool names_hardware(const LintCase *c)
{
    const char *list = cmdline_get(c->pairs, "accel");
    g_auto(GStrv) parts = g_strsplit(list ? list : "", ":", -1);

    for (char **part = parts; *part; part++)
        if (lint_in("kvm|hvf|whpx|nvmm|hax|xen|mshv", *part))
            return true;
    return false;
}

/* Whether the program's name ends in kvm and no option names an accelerator. QEMU then prefers KVM
 * (configure_accelerators(), softmmu/vl.c). */
static bool prefers_kvm(const LintCase *c)
{
    for (unsigned i = 0; i < c->lint->options->len; i++) {
        const CmdOption *o = &g_array_index(c->lint->options, CmdOption, i);
        g_autoptr(GArray) pairs = cmdline_pairs(o->value, is(o->name, "accel") ? "accel" : "type");

        if (is(o->name, "enable-kvm") ||
            (lint_in("machine|M|accel", o->name) && cmdline_get(pairs, "accel")))
            return false;
    }
    return g_str_has_suffix(c->option->value, "kvm");
}

/* Number of vCPUs of merged -smp options; 0 for sizes that overflow, which QEMU would refuse. */
static int64_t vcpus(const GArray *pairs)
{
    static const char *const levels[] = {"drawers",  "books",   "sockets", "dies",
                                         "clusters", "modules", "cores",   "threads"};
    const char *cpus = cmdline_get(pairs, "cpus"), *max = cmdline_get(pairs, "maxcpus");
    int64_t product = 1;
    bool any = false;

    if (cpus)
        return g_ascii_strtoll(cpus, NULL, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(levels); i++) {
        const char *text = cmdline_get(pairs, levels[i]);

        any = any || text;
        if (text && __builtin_mul_overflow(product, g_ascii_strtoll(text, NULL, 0), &product))
            return 0;
    }
    return any || !max ? product : g_ascii_strtoll(max, NULL, 0);
}

static bool is_smp_in_turn(const LintCase *c)
{
    return vcpus(c->pairs) > 1 && lint_find(c->lint, "icount");
}

static bool is_smp_at_once(const LintCase *c)
{
    return vcpus(c->pairs) > 1 && !lint_find(c->lint, "icount");
}

static bool begins_at_hosts_date(const LintCase *c)
{
    const char *base = cmdline_get(c->pairs, "base");

    return is(cmdline_get(c->pairs, "clock"), "vm") && (!base || lint_in("utc|localtime", base));
}

/* --- options that reach the host --- */

/* Whether the path is a device node of the host. Paths in /dev that lead to no device of the host
 * do not count. */
static bool is_device_path(const char *path)
{
    return path && g_str_has_prefix(path, "/dev/") &&
           !lint_in("/dev/null|/dev/zero|/dev/full|/dev/fd*|/dev/stdin*|/dev/stdout|/dev/shm/*",
                    path);
}

static bool is_inet(const LintCase *c)
{
    return is(cmdline_get(c->pairs, "addr.type"), "inet") ||
           is(cmdline_get(c->pairs, "local.type"), "inet") ||
           is(cmdline_get(c->pairs, "remote.type"), "inet");
}

static bool is_of_others(const LintCase *c)
{
    return !lint_in("mtr-*", cmdline_get(c->pairs, "id"));
}

#define DEVICE_BACKENDS "serial|tty|parallel|parport|braille|msmouse|wctablet"

static bool has_device_path(const LintCase *c)
{
    return is_device_path(cmdline_get(c->pairs, "path")) ||
           is_device_path(cmdline_get(c->pairs, "input-path"));
}

/* The short form of a device: "mon:stdio", "tcp:host:port", "/dev/ttyS0". */
static bool is_device_port(const LintCase *c)
{
    const char *to = c->option->value ? c->option->value : "";

    to += g_str_has_prefix(to, "mon:") ? strlen("mon:") : 0;
    return lint_in(DEVICE_BACKENDS, to) ||
           is_device_path(to + (g_str_has_prefix(to, "pipe:") ? strlen("pipe:") : 0));
}

/* Whether bytes of a network reach the guest. A chardev of a monitor or of the gdbstub does not
 * count: none of its bytes reaches the guest by itself. */
static bool is_inet_peer(const LintCase *c)
{
    const char *backend = cmdline_get(c->pairs, "backend"), *id = cmdline_get(c->pairs, "id");

    for (unsigned i = 0; id && i < c->lint->options->len; i++) {
        const CmdOption *o = &g_array_index(c->lint->options, CmdOption, i);
        g_autoptr(GArray) of = cmdline_pairs(is(o->name, "mon") ? o->value : NULL, "chardev");
        const char *used = cmdline_get(of, "chardev");

        if (is(o->name, "gdb") && o->value && g_str_has_prefix(o->value, "chardev:"))
            used = o->value + strlen("chardev:");
        if (is(used, id))
            return false;
    }
    return is(backend, "udp") || (is(backend, "socket") && cmdline_get(c->pairs, "port"));
}

/* Whether QEMU puts a serial port or a monitor on the terminal itself
 * (qemu_create_default_devices(), softmmu/vl.c). */
static bool nographic_reads(const LintCase *c)
{
    return !lint_find(c->lint, "nodefaults") &&
           !(lint_find(c->lint, "serial") && lint_find(c->lint, "monitor|mon|qmp"));
}

/* --- disks --- */

static const char *file_of(const LintCase *c)
{
    const char *key = is(c->option->name, "blockdev") ? "filename" : "file";
    const char *file = cmdline_get(c->pairs, key);

    return file ? file : cmdline_get(c->pairs, "file.filename");
}

static bool is_host_drive(const LintCase *c)
{
    const char *file = file_of(c);

    return is_device_path(file) || lint_in("host_device:*|host_cdrom:*", file) ||
           lint_in("host_device|host_cdrom", cmdline_get(c->pairs, "driver")) ||
           lint_in("host_device|host_cdrom", cmdline_get(c->pairs, "file.driver"));
}

static bool is_device_image(const LintCase *c)
{
    return is_device_path(c->option->value);
}

static bool is_folder(const LintCase *c)
{
    return lint_in("fat:*", file_of(c));
}

/* Whether the disk's requests are held back, by a clock of the host (block/throttle-groups.c). */
static bool is_throttled(const LintCase *c)
{
    for (unsigned i = 0; i < c->pairs->len; i++)
        if (lint_in("throttling.*|bps*|iops*", g_array_index(c->pairs, CmdPair, i).key))
            return true;
    return false;
}

#define NETWORK_DRIVERS "nbd|http|https|ftp|ftps|ssh|iscsi|iser|rbd|nfs|gluster|gluster+*|sheepdog"

/* Whether the disk is elsewhere: "nbd:unix:/p", "https://host/image". */
static bool is_network_drive(const LintCase *c)
{
    const char *file = file_of(c);
    g_autofree char *protocol = g_strndup(file ? file : "", strcspn(file ? file : "", ":"));

    return (file && strchr(file, ':') && lint_in(NETWORK_DRIVERS "|nbd+*|nbds*", protocol)) ||
           lint_in(NETWORK_DRIVERS, cmdline_get(c->pairs, "driver")) ||
           lint_in(NETWORK_DRIVERS, cmdline_get(c->pairs, "file.driver"));
}

/* --- sound --- */

/* Whether QEMU looks itself for a sound system of the host (audio_init(), audio/audio.c). */
static bool takes_any_sound(const LintCase *c)
{
    return !cmdline_get(c->pairs, "audiodev") && !lint_find(c->lint, "audiodev|audio");
}

static bool changes_drive(const LintCase *c)
{
    const char *file = file_of(c);

    return file && *file && !lint_in("null-*", file) && !lint_find(c->lint, "snapshot") &&
           !cmdline_is_on(c->pairs, "snapshot") && !cmdline_is_on(c->pairs, "readonly") &&
           !cmdline_is_on(c->pairs, "read-only") && !is(cmdline_get(c->pairs, "media"), "cdrom");
}

static bool changes_image(const LintCase *c)
{
    return c->option->value && !lint_find(c->lint, "snapshot");
}

/* Whether the guest can write to a block node. A node below a read-only one can't be written. */
static bool changes_node(const LintCase *c)
{
    const char *name = cmdline_get(c->pairs, "node-name");

    for (unsigned i = 0; name && i < c->lint->options->len; i++) {
        const CmdOption *o = &g_array_index(c->lint->options, CmdOption, i);
        g_autoptr(GArray) above =
            cmdline_pairs(is(o->name, "blockdev") ? o->value : NULL, "driver");

        if (is(cmdline_get(above, "file"), name) && cmdline_is_on(above, "read-only"))
            return false;
    }
    return file_of(c) && !cmdline_is_on(c->pairs, "read-only");
}

/* --- parts that metronome controls --- */

static bool hides_threads(const LintCase *c)
{
    return cmdline_get(c->pairs, "debug-threads") && !cmdline_is_on(c->pairs, "debug-threads");
}

/* Whether the object is a filter on a NIC that moves frames, at times of its own. filter-dump only
 * reads frames. */
static bool filters_card(const LintCase *c)
{
    const char *type = cmdline_get(c->pairs, "qom-type");

    return lint_in("filter-*", type) && !is(type, "filter-dump") &&
           lint_in("@own", cmdline_get(c->pairs, "netdev"));
}

/* Whether the device is metronome's. Devices of a node's own command line have an id of metronome
 * or none. */
static bool is_own_device(const LintCase *c)
{
    const char *id = cmdline_get(c->pairs, "id");

    return lint_in("@own", id) || (id && strstr(id, "peripheral-anon/"));
}

static bool ends_with_guest(const LintCase *c)
{
    return is(cmdline_get(c->pairs, "shutdown"), "poweroff") ||
           is(cmdline_get(c->pairs, "watchdog"), "poweroff") ||
           is(cmdline_get(c->pairs, "action"), "poweroff");
}

static bool changes_user(const LintCase *c)
{
    return cmdline_get(c->pairs, "chroot") || cmdline_get(c->pairs, "user");
}

/* --- the table --- */

#define RULE(level, why, how) .severity = (level), .reason = why, .mend = how
#define NOTE(why, how)        RULE(LINT_NOTE, why, how)
#define WARN(why, how)        RULE(LINT_WARN, why, how)
#define REFUSED(why, how)     RULE(LINT_ERROR, why, how), .place = LINT_AT_EXTRA
#define BARRED(why, how)      RULE(LINT_ERROR, why, how), .place = LINT_AT_MONITOR

#define HARDWARE                                                                                   \
    WARN("hardware virtualisation does not count instructions, so nothing is exact",               \
         "use -accel tcg"),                                                                        \
        .own_mend = "leave it away: nodes run with -accel tcg"
#define DATE      "use -rtc base=2024-01-01,clock=vm"
#define OWN_DATE  "leave it away: nodes have -rtc base=2024-01-01,clock=vm"
#define HOST_DATE WARN("the guest's date follows the host's clock", DATE), .own_mend = OWN_DATE
#define OUTSIDE                                                                                    \
    WARN("packets come from outside whenever the host likes, so runs are not repeatable",          \
         "use -nic none, or -netdev hubport for a card without a cable")
#define DEVICE                                                                                     \
    WARN("a device of the host acts in host time, so runs are not repeatable",                     \
         "leave it away, or use an emulated device")
#define SERVED                                                                                     \
    WARN("a process or kernel of the host serves it in host time, so runs are not repeatable",     \
         "leave it away, or use an emulated device")
#define FILES                                                                                      \
    WARN("the guest sees the host's files with the host's time stamps",                            \
         "put them into an image or an initramfs")
#define PEER                                                                                       \
    WARN("bytes come from a network whenever the host likes, so runs are not repeatable",          \
         "use a unix socket, and send at chosen virtual times"),                                   \
        .own_mend = "use `send`"
#define TYPED                                                                                      \
    NOTE("what is typed on the host's terminal comes in host time",                                \
         "type nothing while it must be repeatable"),                                              \
        .own_mend = "use `send`"
#define WINDOW NOTE("keys and mouse of the host come in host time", "use -display none")
#define SOUND                                                                                      \
    WARN("the host's sound system sets the pace of the guest's sound card", "use -audiodev none")
#define SHOWS_DATE                                                                                 \
    WARN("its clock shows the host's date, whatever -rtc says",                                    \
         "use another one, or let the guest not look at the date")
#define THROTTLED                                                                                  \
    WARN("its requests are held back by the host's clock, so runs are not repeatable",             \
         "leave its limits away")
#define ELSEWHERE                                                                                  \
    WARN("its requests are over when another program or host has answered, so runs are not "       \
         "repeatable",                                                                             \
         "use a local image: disk=, or -drive file=…,snapshot=on")
#define RENDERED                                                                                   \
    WARN("the host's graphics does its work, in host time", "use virtio-gpu-pci, or VGA")
#define CARDS                                                                                      \
    "AC97|ES1370|hda-duplex|hda-output|hda-micro|sb16|adlib|cs4231a|gus|usb-audio|virtio-sound*"
#define CHANGED "the run changes the image, so the next run starts from another one"
#define DISK                                                                                       \
    WARN(CHANGED, "add snapshot=on or readonly=on, or -snapshot"),                                 \
        .own_mend = "use disk= without persist=on, or add snapshot=on or readonly=on"
#define IMAGES "|hda|hdb|hdc|hdd|fda|fdb|sd|pflash|mtdblock"
#define FOREIGN                                                                                    \
    "user|tap|bridge|vde|l2tpv3|passt|netmap|af-xdp|vmnet-*|socket|slirp*|channel|vhost-user|"     \
    "vhost-vdpa"
#define PASSED                                                                                     \
    "usb-host|usb-redir|u2f-passthru|ccid-card-passthru|vfio-*|pci-assign|scsi-block|"             \
    "scsi-generic|kvm-pci-assign|ivshmem*|virtio-input-host*"
#define PORTS "serial|parallel|debugcon|virtioconsole"
#define INET_PORTS                                                                                 \
    "tcp:*|udp:*|telnet:*|websocket:*|mon:tcp:*|mon:udp:*|mon:telnet:*|mon:websocket:*"

#define STUB      "each node's gdbstub is metronome's, which passes your gdb on"
#define GDB       "use `gdb NODE port=1234`"
#define MONITOR   "through a monitor of its own somebody could stop or end the node unseen"
#define MONITORS  "use `qmp NODE …` and `hmp NODE …`"
#define AWAY      "leave it away"
#define NO_ACCEL  "leave it away: nodes run with -accel tcg"
#define BEGINNING "a node begins at virtual time 0, with nothing executed"
#define ENDS      "QEMU tells something and ends: nothing would run"
#define CALL      "leave it away, or call QEMU yourself"
#define PRIVATE   "QEMU could not open the files in metronome's private directory any more"
#define TERMINAL                                                                                   \
    "QEMU's terminal is metronome's: its input is empty, its output is an error message"
#define BITES "QEMU would end at once, with status 0, as if its guest had powered off"

#define RUN_STATE "the nodes stop and go on together"
#define MIGRATION "QEMU would stop the node and give its state away, or take another's"
#define SAVES     "use `save NAME` and `restore NAME`, which are of all nodes and the network"
#define OWN       "that one is metronome's, which counts on it"
#define NAMED     "metronome gives such names"
#define FRAMES                                                                                     \
    BARRED("metronome gives such names, and moves the frames of its cards at virtual times",       \
           "choose another id, and `link add … latency= loss=` for what a link does to frames")

/* clang-format off */
const LintRule lint_rules[] = {
    {.names = "icount", .kind = LINT_ABSENT,
     WARN("best effort, virtual time follows the host's clock and stops are late",
          "start it with -icount shift=0,sleep=off"), .own_mend = "say icount=shift=0"},
    {.names = "icount", .kind = LINT_MERGED, .applies = is_given_twice,
     WARN("QEMU merges them, so what it does is not what one of them says", "keep one"),
     .own_mend = "take it out of extra= and say icount="},
    {.names = "icount", .kind = LINT_MERGED, .implied = "shift", .values = "auto",
     WARN("QEMU changes the length of an instruction by the host's clock, so nothing is exact or "
          "repeatable",
          "give shift a number from 0 to 10")},
    {.names = "icount", .kind = LINT_MERGED, .implied = "shift", .applies = is_aligned,
     WARN("QEMU delays the guest by the host's clock", "leave align=on away")},
    {.names = "icount", .kind = LINT_MERGED, .implied = "shift", .key = "rr", .values = "*",
     WARN("record and replay set QEMU's clock themselves", "leave rr= away")},
    {.names = "icount", .kind = LINT_MERGED, .implied = "shift", .applies = sleeps_attached,
     NOTE("idle time passes in host time, with the host's jitter",
          "with sleep=off it is jumped over at once, which is repeatable")},
    {.names = "enable-kvm", HARDWARE},
    {.names = "machine|M", .implied = "type", .applies = names_hardware, HARDWARE},
    {.names = "accel", .implied = "accel", .applies = names_hardware, HARDWARE},
    {.kind = LINT_PROGRAM, .applies = prefers_kvm, HARDWARE},
    {.names = "smp", .kind = LINT_MERGED, .implied = "cpus", .applies = is_smp_in_turn,
     NOTE("with -icount the vCPUs run in turn on one thread, so one that spins on another starves "
          "it until its slice ends (zephyr issue 26868)",
          "a smaller quantum makes slices shorter; let the guest wait with wfe or pause where it "
          "spins")},
    {.names = "smp", .kind = LINT_MERGED, .implied = "cpus", .applies = is_smp_at_once,
     WARN("without -icount the vCPUs run at once on threads of the host, in no fixed order",
          "start it with -icount"), .own_mend = "say icount=shift=0, or smp=1"},
    {.names = "rtc", .kind = LINT_ABSENT, HOST_DATE},
    {.names = "rtc", .kind = LINT_LAST, .key = "clock", .values = "!vm", HOST_DATE},
    {.names = "rtc", .kind = LINT_LAST, .applies = begins_at_hosts_date,
     WARN("the guest's date begins at the host's", DATE), .own_mend = OWN_DATE},
    {.names = "seed", .kind = LINT_ABSENT,
     WARN("what the guest gets as random comes from the host and differs in every run",
          "use -seed 1"), .own_mend = "say seed=1"},
    {.names = "netdev|nic|net", .implied = "type", .values = FOREIGN, OUTSIDE},
    {.names = "netdev|nic|net", .implied = "type", .values = "stream|dgram", .applies = is_inet,
     OUTSIDE},
    {.names = "netdev|nic|net", .implied = "type", .values = "stream|dgram",
     .applies = is_of_others,
     NOTE("packets from what is at the other end come whenever the host likes",
          "use -nic none, or -netdev hubport for a card without a cable")},
    {.names = "nodefaults|netdev|nic|net", .kind = LINT_ABSENT,
     WARN("without it and without a network option QEMU adds a card in a user network",
          "add -nic none")},
    {.names = "machine|M", .implied = "type", .values = "pseries*",
     WARN("its time base goes by a clock of the host whenever QEMU stops and goes on, so runs are "
          "not repeatable",
          "use another machine, such as powernv or mac99")},
    {.names = "machine|M", .implied = "type", .values = "hppa|B160L|next-cube|niagara|sam460ex",
     SHOWS_DATE},
    {.names = "device", .implied = "driver", .values = "m41t80", SHOWS_DATE},
    {.names = "device", .implied = "driver", .values = "ipmi-bmc-sim",
     WARN("the time of its event log is the host's", "leave it away, or let the guest not ask for "
                                                     "that time")},
    {.names = "device", .implied = "driver", .key = "guid", .values = "auto",
     WARN("the host makes another GUID for each run", "give guid= a GUID")},
    {.names = "device", .implied = "driver", .key = "guest_rsc_ext", .values = "on|yes|true",
     WARN("the card hands over what it has gathered when the host's clock says so",
          "leave guest_rsc_ext= away")},
    {.names = "device", .implied = "driver",
     .values = "virtio-gpu-gl*|virtio-vga-gl|virtio-gpu-rutabaga*|virtio-vga-rutabaga|qxl|qxl-vga",
     RENDERED},
    {.names = "device", .implied = "driver", .values = CARDS, .applies = takes_any_sound,
     WARN("QEMU up to 8.1 looks for a sound system of the host, which sets the pace of the guest's "
          "sound card",
          "add -audiodev none,id=x and audiodev=x")},
    {.names = "device", .implied = "driver", .values = "usb-mtp|vhost-user-fs-*", FILES},
    {.names = "device", .implied = "driver", .values = PASSED, DEVICE},
    {.names = "device", .implied = "driver", .values = "vhost-*", SERVED},
    {.names = "object", .implied = "qom-type", .values = "rng-random|rng-egd",
     WARN("random bytes come from the host and differ in every run",
          "use -object rng-builtin with -seed")},
    {.names = "object", .implied = "qom-type",
     .values = "input-linux|input-barrier|can-host-socketcan", DEVICE},
    {.names = "object", .implied = "qom-type",
     .values = "cryptodev-backend-lkcf|cryptodev-vhost-user", SERVED},
    {.names = "object", .implied = "qom-type", .values = "throttle-group", THROTTLED},
    {.names = "usbdevice", .values = "host:*", DEVICE},
    {.names = "tpmdev", SERVED},
    {.names = "virtfs|fsdev", FILES},
    {.names = "audiodev|audio", .implied = "driver", .values = "!none|wav", SOUND},
    {.names = "soundhw", SOUND},
    {.names = "semihosting|semihosting-config",
     NOTE("the guest may open, change and remove files of the host and start programs there, as the "
          "user who runs QEMU, and read the host's time (SYS_TIME, SYS_CLOCK, SYS_ELAPSED), which "
          "is not repeatable",
          "leave it away if the guest need not; take time from the machine's timers"),
     .own_mend = "give it only to guests that you would run as programs; take time from the machine's "
                 "timers"},
    {.names = "chardev", .implied = "backend", .values = DEVICE_BACKENDS, DEVICE},
    {.names = "chardev", .implied = "backend", .applies = has_device_path, DEVICE},
    {.names = "chardev", .implied = "backend", .applies = is_inet_peer, PEER},
    {.names = "chardev", .implied = "backend", .values = "stdio", TYPED},
    {.names = PORTS, .values = "stdio|mon:stdio", TYPED},
    {.names = PORTS, .values = INET_PORTS, PEER},
    {.names = PORTS, .applies = is_device_port, DEVICE},
    {.names = "monitor", .values = "stdio", TYPED},
    {.names = "display", .implied = "type", .values = "!none|egl-headless", WINDOW},
    {.names = "nographic", .applies = nographic_reads, TYPED},
    {.names = "vnc|spice|sdl|curses", .values = "!none", WINDOW},
    {.names = "display|nographic|vnc|spice|sdl|curses", .kind = LINT_ABSENT, WINDOW},
    {.names = "drive", .applies = is_host_drive, DEVICE},
    {.names = "drive", .applies = is_folder, FILES},
    {.names = "drive", .applies = is_network_drive, ELSEWHERE},
    {.names = "drive", .applies = is_throttled, THROTTLED},
    {.names = "drive", .applies = changes_drive, DISK},
    {.names = "blockdev", .implied = "driver", .applies = is_host_drive, DEVICE},
    {.names = "blockdev", .implied = "driver", .applies = is_network_drive, ELSEWHERE},
    {.names = "blockdev", .implied = "driver", .applies = changes_node,
     WARN(CHANGED,
          "add read-only=on (-snapshot does not reach it), or use -drive with snapshot=on")},
    {.names = IMAGES "|cdrom", .applies = is_device_image, DEVICE},
    {.names = IMAGES, .applies = changes_image, DISK},
    {.names = "readconfig", .kind = LINT_LAST,
     NOTE("the options in that file are not seen here", "write them on the command line")},
    {.names = "gdb", .values = "!none", REFUSED(STUB, GDB)},
    {.names = "s", REFUSED(STUB, GDB)},
    {.names = "S", REFUSED("every node begins stopped, and `run` lets all go together", AWAY)},
    {.names = "qmp|qmp-pretty|monitor", .values = "!none", REFUSED(MONITOR, MONITORS)},
    {.names = "mon", REFUSED(MONITOR, MONITORS)},
    {.names = "daemonize",
     REFUSED("QEMU would leave metronome and outlive it",
             "leave it away: metronome starts and ends each QEMU")},
    {.names = "icount",
     REFUSED("what decides how the node's clock runs is metronome's",
             "say icount=shift=0,sleep=off")},
    {.names = "seed", REFUSED("each node has a -seed, and QEMU takes one", "say seed=N")},
    {.names = "accel", .implied = "accel", .values = "!tcg",
     REFUSED("hardware virtualisation does not count instructions", NO_ACCEL)},
    {.names = "enable-kvm",
     REFUSED("hardware virtualisation does not count instructions", NO_ACCEL)},
    {.names = "machine|M", .implied = "type", .key = "accel", .values = "*",
     REFUSED("QEMU refuses accel= beside the -accel tcg of each node",
             "leave accel= away: nodes run with -accel tcg")},
    {.names = "nographic",
     REFUSED("it is about QEMU's terminal, which a node does not have",
             "leave it away: nodes have no display, and the first serial port is the console")},
    {.names = "curses", REFUSED(TERMINAL, "use -vnc, or `node console NODE`")},
    {.names = "display", .implied = "type", .values = "curses",
     REFUSED(TERMINAL, "use -vnc, or `node console NODE`")},
    {.names = "serial", .values = "stdio|mon:*",
     REFUSED(TERMINAL, "use the node's console, or -serial file:PATH for another port")},
    {.names = "parallel", .values = "stdio|mon:*", REFUSED(TERMINAL, "use -parallel file:PATH")},
    {.names = "debugcon", .values = "stdio|mon:*", REFUSED(TERMINAL, "use -debugcon file:PATH")},
    {.names = "chardev", .implied = "backend", .values = "stdio",
     REFUSED(TERMINAL, "use -chardev file,id=…,path=PATH")},
    {.names = "incoming",
     REFUSED("QEMU would wait for another machine's state and never run",
             "leave it away: `restore` and --from begin with a save")},
    {.names = "loadvm",
     REFUSED(BEGINNING, "leave it away: `restore` and --from begin with a save")},
    {.names = "preconfig", REFUSED("QEMU would wait and never run", AWAY)},
    {.names = "action", .implied = "shutdown", .values = "poweroff",
     REFUSED("QEMU would end with its guest, and its last clock could not be read",
             "leave shutdown= away: a guest that powers off stays readable")},
    {.names = "action", .implied = "watchdog", .values = "poweroff",
     REFUSED(BITES, "say watchdog=pause: the node is then `watchdog`, and stays readable")},
    {.names = "watchdog-action", .values = "poweroff",
     REFUSED(BITES, "say -watchdog-action pause: the node is then `watchdog`, and stays readable")},
    {.names = "name", .implied = "guest", .applies = hides_threads,
     REFUSED("QEMU's threads are ranked by their names", "leave debug-threads= away")},
    {.names = "chroot", REFUSED(PRIVATE, AWAY)},
    {.names = "runas", REFUSED(PRIVATE, "leave it away: run metronome as that user")},
    {.names = "run-with", .applies = changes_user, REFUSED(PRIVATE, "leave chroot= and user= away")},
    {.names = "readconfig",
     REFUSED("what the file takes from metronome is not seen here", "write its options in extra=")},
    {.names = "h|help|audio-help|dump-vmstate", REFUSED(ENDS, CALL)},
    {.names = "version", REFUSED(ENDS, "leave it away: `node list` shows the version")},
    {.names = "netdev|nic|chardev|object", .key = "id", .values = "@own",
     REFUSED("that id is one of metronome's", "choose another id")},
    {.names = "object", .implied = "qom-type", .applies = filters_card,
     REFUSED("metronome moves the frames of its cards, at virtual times",
             "use `link add … latency= loss=`")},
    {.names = "cont|c", BARRED(RUN_STATE, "use `run`, `barrier` or `step NODE`")},
    {.names = "stop|s", BARRED(RUN_STATE, "leave it away, or use `pause` in a run")},
    {.names = "quit|q",
     BARRED("QEMU would end while the others count on it",
            "use `node remove NODE`, or `quit` to end all")},
    {.names = "system-wakeup", BARRED("a guest that sleeps has left, and takes part no more", AWAY)},
    {.names = "loadvm|snapshot-load",
     BARRED("the node would jump to another virtual time, and the others and the network would not",
            SAVES)},
    {.names = "savevm|snapshot-save",
     BARRED("a snapshot is of one node, without the others, their clocks and the network", SAVES)},
     {.names = "migrate*|xen-save-devices-state|xen-load-devices-state|xen-set-replication|"
     "xen-colo-do-checkpoint|x-colo-lost-heartbeat", BARRED(MIGRATION, SAVES)},
    {.names = "replay-break|replay-delete-break|replay-seek",
     BARRED("no node records or replays: that clock would not be metronome's",
            "use `run INSTRUCTIONSinsn` or `break`")},
    {.names = "x-exit-preconfig|exit-preconfig", BARRED(RUN_STATE, AWAY)},
    {.names = "gdbserver", BARRED(STUB, GDB)},
    {.names = "yank", BARRED("it cuts QEMU's connections, metronome's among them", AWAY)},
    {.names = "set-action|watchdog-set-action|watchdog-action", .implied = "action",
     .applies = ends_with_guest,
     BARRED("QEMU would end with its guest, and its last clock could not be read",
            "say `pause` in place of `poweroff`")},
    {.names = "object-add", .kind = LINT_LIST, .implied = "qom-type", .key = "id", .values = "@own",
     FRAMES},
    {.names = "object-add", .kind = LINT_LIST, .implied = "qom-type", .applies = filters_card,
     FRAMES},
    {.names = "object-del", .implied = "id", .values = "@own",
     BARRED(OWN, "leave it to `node remove NODE`")},
    {.names = "qom-set", .implied = "path", .values = "@own",
     BARRED(OWN, "use `quantum` and `link set` for what metronome does with it")},
    {.names = "netdev-add", .kind = LINT_LIST, .implied = "type", .key = "id", .values = "@own",
     BARRED(NAMED, "choose another id")},
    {.names = "device-add", .kind = LINT_LIST, .implied = "driver", .key = "id", .values = "@own",
     BARRED(NAMED, "choose another id")},
    {.names = "chardev-add", .kind = LINT_LIST, .implied = "backend", .key = "id", .values = "@own",
     BARRED(NAMED, "choose another id")},
    {.names = "netdev-del|chardev-remove|chardev-change", .implied = "id", .values = "@own",
     BARRED(OWN, "leave it to `node remove NODE`")},
    {.names = "device-del", .implied = "id", .applies = is_own_device,
     BARRED("devices without an id, or with such a one, are metronome's",
            "use `link remove` or `link down`, or give a device of your own an id")},
    {.names = "set-link", .implied = "name", .values = "@own",
     BARRED("the network would not know of it", "use `link down` and `link up`")},
};
/* clang-format on */
const unsigned lint_n_rules = G_N_ELEMENTS(lint_rules);
