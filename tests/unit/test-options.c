/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-options.c: the keys of `node add`, what is refused and why, and the QEMU command line. */
#include "controller/base/units.h"
#include "controller/qemu/exit-device.h"
#include "controller/qemu/nic-options.h"
#include "controller/qemu/onboard.h"
#include "controller/qemu/option-keys.h"
#include "controller/qemu/options.h"
#include "controller/qemu/qemu-argv.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A file that is there, with a comma in its name; set up by main. */
static char *dir, *image;

static void set_good(NodeOptions *o, const char *key, const char *value)
{
    g_autoptr(GError) error = NULL;
    bool ok = node_options_set(o, key, value, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

static void set_bad(const char *key, const char *value, GQuark domain, int code,
                    const char *message)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autoptr(GError) error = NULL;

    g_assert_false(node_options_set(o, key, value, &error));
    g_assert_error(error, domain, code);
    g_assert_cmpstr(error->message, ==, message);
}

static void refused(const char *key, const char *value, const char *message)
{
    set_bad(key, value, NODE_ERROR, NODE_ERROR_OPTION, message);
}

/* --- keys and values --- */

static void test_defaults(void)
{
    g_autoptr(NodeOptions) o = node_options_new("node-1");

    g_assert_cmpstr(o->name, ==, "node-1");
    g_assert_cmpstr(o->arch, ==, "aarch64");
    g_assert_cmpint(o->smp, ==, 1);
    g_assert_cmpint(o->memory, ==, INT64_C(536870912));
    g_assert_cmpint(o->seed, ==, 1);
    g_assert_cmpint(o->nics, ==, 1);
    g_assert_true(o->icount.enabled && o->icount.sleep_on);
    g_assert_cmpint(o->icount.shift, ==, 0);
    g_assert_null(o->machine);
    g_assert_null(o->kernel);
    g_assert_null(o->extra);
}

static void test_keys(void)
{
    g_autofree char *all = g_strjoinv(" ", (char **)node_option_keys());

    g_assert_cmpstr(all, ==,
                    "arch qemu machine cpu smp memory kernel initrd append files disk format "
                    "persist disk-mode cdrom firmware serial icount seed nic nic-model mac host "
                    "on-exit agent extra uarts semihosting");
}

static void test_texts(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "arch", "riscv64");
    set_good(o, "machine", "virt,highmem=off");
    set_good(o, "cpu", "max");
    set_good(o, "append", "console=ttyS0 quiet");
    set_good(o, "extra", "-device 'x y'");
    set_good(o, "host", "local");
    g_assert_cmpstr(o->arch, ==, "riscv64");
    g_assert_cmpstr(o->machine, ==, "virt,highmem=off");
    g_assert_cmpstr(o->cpu, ==, "max");
    g_assert_cmpstr(o->append, ==, "console=ttyS0 quiet");
    g_assert_cmpstr(o->extra, ==, "-device 'x y'");
    /* The last one counts. */
    set_good(o, "cpu", "cortex-a53");
    g_assert_cmpstr(o->cpu, ==, "cortex-a53");
}

static void test_numbers(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "smp", "512");
    set_good(o, "memory", "2G");
    set_good(o, "seed", "4294967295");
    set_good(o, "nic", "off");
    g_assert_cmpint(o->smp, ==, 512);
    g_assert_cmpint(o->memory, ==, INT64_C(2147483648));
    g_assert_cmpint(o->seed, ==, INT64_C(4294967295));
    g_assert_cmpint(o->nics, ==, 0);
    set_good(o, "nic", "on");
    g_assert_cmpint(o->nics, ==, 1);
    g_assert_cmpint(o->on_exit, ==, ON_EXIT_STOP);
}

static void test_files(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "kernel", image);
    set_good(o, "initrd", image);
    set_good(o, "disk", image);
    set_good(o, "firmware", image);
    g_assert_cmpstr(o->kernel, ==, image);
    g_assert_cmpstr(o->initrd, ==, image);
    g_assert_cmpstr(o->disk, ==, image);
    g_assert_cmpstr(o->firmware, ==, image);
}

static void test_bad_values(void)
{
    refused("arch", "x86-64",
            "arch='x86-64': the end of a qemu-system-ARCH is expected; did you mean "
            "'x86_64'?");
    refused("arch", "", "arch='': the end of a qemu-system-ARCH is expected");
    refused("nic", "yes", "nic='yes': on or off is expected, or a number of cards");
    refused("nic-model", "3c509",
            "nic-model='3c509' is unknown: virtio-mmio, virtio-pci, onboard, or another of QEMU's "
            "cards, such as e1000");
    refused("mac", "52:54:00:12:34",
            "mac='52:54:00:12:34': '52:54:00:12:34' is no card's address; one such as "
            "52:54:00:12:34:56 is expected for each card, with commas between them");
    refused("mac", "52:54:00:12:34:56,ff:ff:ff:ff:ff:ff",
            "mac='52:54:00:12:34:56,ff:ff:ff:ff:ff:ff': 'ff:ff:ff:ff:ff:ff' is no card's address; "
            "one such as 52:54:00:12:34:56 is expected for each card, with commas between them");
    refused("mac", "00:00:00:00:00:00",
            "mac='00:00:00:00:00:00': '00:00:00:00:00:00' is no card's address; one such as "
            "52:54:00:12:34:56 is expected for each card, with commas between them");
    refused("mac", "", "mac= is empty: an address such as 52:54:00:12:34:56 is expected");
    refused("extra", "-a 'b",
            "extra='-a 'b': Text ended before matching quote was found for '. (The text was "
            "\u201c-a 'b\u201d)");
    set_bad("smp", "0", UNITS_ERROR, UNITS_ERROR_RANGE,
            "smp '0' is out of range: 1 to 512 is allowed");
    set_bad("smp", "513", UNITS_ERROR, UNITS_ERROR_RANGE,
            "smp '513' is out of range: 1 to 512 is allowed");
    set_bad("smp", "two", UNITS_ERROR, UNITS_ERROR_SYNTAX, "smp 'two' is not a whole number");
    set_bad("seed", "-1", UNITS_ERROR, UNITS_ERROR_RANGE,
            "seed '-1' is out of range: 0 to 4294967295 is allowed");
    set_bad("memory", "much", UNITS_ERROR, UNITS_ERROR_SYNTAX,
            "'much' is not a size: write it as 512M or 4G (K, M, G, T)");
}

static void test_on_exit(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    g_assert_cmpint(o->on_exit, ==, ON_EXIT_STOP);
    set_good(o, "on-exit", "continue");
    g_assert_cmpint(o->on_exit, ==, ON_EXIT_CONTINUE);
    set_good(o, "on-exit", "fail");
    g_assert_cmpint(o->on_exit, ==, ON_EXIT_FAIL);
    set_good(o, "on-exit", "stop");
    g_assert_cmpint(o->on_exit, ==, ON_EXIT_STOP);
    refused("on-exit", "", "on-exit='': stop, continue or fail is expected");
    refused("on-exit", "go", "on-exit='go': stop, continue or fail is expected");
    refused("on-exit", "stopped",
            "on-exit='stopped': stop, continue or fail is expected; did you mean 'stop'?");
}

static void test_unknown_key(void)
{
    refused("colour", "red", "unknown key 'colour': `help node add` lists the keys");
    refused("Arch", "aarch64", "unknown key 'Arch': did you mean 'arch'?");
    refused("krenel", "x", "unknown key 'krenel': did you mean 'kernel'?");
    refused("nic_model", "x", "unknown key 'nic_model': did you mean 'nic-model'?");
}

static void test_meant(void)
{
    refused("icount", "shift=0,sleep=onn",
            "icount sleep='onn': on or off is expected; did you mean 'on'?");
    refused("icount", "shift=0,slep=on",
            "icount 'slep=on': shift=0..10, sleep=on|off, align=off or just 'off' is expected; did "
            "you mean 'sleep'?");
    refused("icount", "shift=0,sleep=on,shift=1",
            "icount 'shift=0' and 'shift=1': each may be given once");
    refused("persist", "offf", "persist='offf': on or off is expected; did you mean 'off'?");
    refused("nic-model", "virtio-pcie",
            "nic-model='virtio-pcie' is unknown: virtio-mmio, virtio-pci, onboard, or another "
            "of QEMU's cards, such as e1000; did you mean 'virtio-pci'?");
}

static void test_missing_file(void)
{
    static const char *const keys[] = {"kernel", "initrd", "disk", "firmware"};

    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *missing =
            g_strdup_printf("%s='/nonexistent/Image': No such file or directory", keys[i]);
        g_autofree char *folder = g_strdup_printf("%s='%s' is a directory", keys[i], dir);

        refused(keys[i], "/nonexistent/Image", missing);
        refused(keys[i], dir, folder);
    }
    refused("kernel", "", "kernel='': No such file or directory");
}

/* --- icount --- */

static void icount_is(const char *text, bool enabled, int shift, bool sleep_on)
{
    g_autoptr(GError) error = NULL;
    Icount icount = {.shift = 77};

    g_assert_true(icount_parse(text, &icount, &error));
    g_assert_no_error(error);
    g_assert_true(icount.enabled == enabled);
    g_assert_cmpint(icount.shift, ==, shift);
    g_assert_true(icount.sleep_on == sleep_on);
}

static void test_icount(void)
{
    icount_is("shift=0,sleep=on", true, 0, true);
    icount_is("shift=10,sleep=off", true, 10, false);
    icount_is("sleep=off", true, 0, false);
    icount_is("7", true, 7, true); /* as QEMU takes it */
    icount_is("3,sleep=off,align=off", true, 3, false);
    icount_is("off", false, 0, true);
}

static void test_icount_refused(void)
{
    refused("icount", "shift=auto",
            "icount shift=auto is refused: QEMU would change the length of an instruction by the "
            "host's clock, so nothing would be exact or repeatable; give a number from 0 to 10");
    refused("icount", "auto",
            "icount shift=auto is refused: QEMU would change the length of an instruction by the "
            "host's clock, so nothing would be exact or repeatable; give a number from 0 to 10");
    refused("icount", "shift=0,align=on",
            "icount align=on is refused: QEMU would delay the guest by the host's clock; leave it "
            "away or write align=off");
}

static void test_icount_bad(void)
{
    refused("icount", "shift=0,rr=record",
            "icount 'rr=record': shift=0..10, sleep=on|off, align=off or just 'off' is expected");
    refused("icount", "sleep=maybe", "icount sleep='maybe': on or off is expected");
    refused("icount", "align=2", "icount align='2': on or off is expected");
    set_bad("icount", "shift=11", UNITS_ERROR, UNITS_ERROR_RANGE,
            "icount shift '11' is out of range: 0 to 10 is allowed");
    set_bad("icount", "shift=-1", UNITS_ERROR, UNITS_ERROR_RANGE,
            "icount shift '-1' is out of range: 0 to 10 is allowed");
    set_bad("icount", "shift=0,", UNITS_ERROR, UNITS_ERROR_SYNTAX,
            "icount shift '' is not a whole number");
    set_bad("icount", "off,shift=0", UNITS_ERROR, UNITS_ERROR_SYNTAX,
            "icount shift 'off' is not a whole number");
}

/* --- combinations --- */

static void finish_fails(NodeOptions *o, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(node_options_finish(o, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_finish(void)
{
    static const char *const archs[][3] = {
        {"aarch64", "virt", "cortex-a57"}, {"arm", "virt", "cortex-a15"},
        {"i386", "pc", "qemu32"},          {"riscv32", "virt", "rv32"},
        {"riscv64", "virt", "rv64"},       {"x86_64", "pc", "qemu64"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++) {
        g_autoptr(NodeOptions) o = node_options_new("a");

        set_good(o, "arch", archs[i][0]);
        g_assert_true(node_options_finish(o, NULL));
        g_assert_cmpstr(o->machine, ==, archs[i][1]);
        g_assert_cmpstr(o->cpu, ==, archs[i][2]);
    }
}

static void test_finish_keeps(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "machine", "raspi3b");
    set_good(o, "cpu", "cortex-a53");
    g_assert_true(node_options_finish(o, NULL));
    g_assert_cmpstr(o->machine, ==, "raspi3b");
    g_assert_cmpstr(o->cpu, ==, "cortex-a53");
}

/* A board has its own CPU and RAM, and the card that is on it. */
static void test_finish_board(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a"), bare = node_options_new("b"),
                           ram = node_options_new("c"), own = node_options_new("d"),
                           older = node_options_new("e");

    set_good(o, "arch", "arm");
    set_good(o, "machine", "mps2-an385");
    g_assert_true(node_options_finish(o, NULL));
    g_assert_null(o->cpu);
    g_assert_cmpint(o->nics, ==, 1);
    g_assert_true(node_options_onboard(o));
    set_good(bare, "arch", "arm");
    set_good(bare, "machine", "type=microbit,memory-backend=x");
    g_assert_true(node_options_finish(bare, NULL));
    g_assert_cmpint(bare->nics, ==, 0);
    set_good(ram, "arch", "arm");
    set_good(ram, "machine", "lm3s6965evb");
    set_good(ram, "memory", "1M");
    finish_fails(ram, "memory= is fixed by machine=lm3s6965evb: leave it away");
    set_good(own, "arch", "arm");
    set_good(own, "machine", "a-new-board");
    set_good(own, "cpu", "cortex-m33");
    set_good(own, "nic-model", "usb-net");
    g_assert_true(node_options_finish(own, NULL));
    g_assert_cmpint(own->nics, ==, 1);
    g_assert_false(node_options_onboard(own));
    set_good(older, "arch", "x86_64");
    set_good(older, "machine", "pc-i440fx-7.2");
    g_assert_true(node_options_finish(older, NULL));
    g_assert_cmpstr(older->cpu, ==, "qemu64");
}

/* An architecture without a default machine is taken if its QEMU can be. */
static void test_finish_other(void)
{
    g_autoptr(NodeOptions) typo = node_options_new("a"), none = node_options_new("b"),
                           o = node_options_new("c");

    set_good(typo, "arch", "aarch46");
    finish_fails(typo,
                 "arch='aarch46' is unknown: aarch64, arm, i386, riscv32, riscv64, x86_64, or "
                 "another one whose qemu-system-aarch46 is in PATH; did you mean 'aarch64'?");
    set_good(none, "arch", "none");
    set_good(none, "qemu", "true");
    g_assert_false(node_options_finish(none, NULL));
    set_good(o, "arch", "none");
    set_good(o, "qemu", "true");
    set_good(o, "machine", "a-board");
    g_assert_true(node_options_finish(o, NULL));
    g_assert_null(o->cpu);
}

static void test_finish_bad(void)
{
    g_autoptr(NodeOptions) small = node_options_new("a");
    g_autoptr(NodeOptions) initrd = node_options_new("a");
    g_autoptr(NodeOptions) append = node_options_new("a");

    set_good(small, "memory", "512K");
    finish_fails(small, "memory of 524288 bytes is too small: 1M at least");
    set_good(initrd, "initrd", image);
    finish_fails(initrd, "initrd= and append= need kernel=");
    set_good(append, "append", "quiet");
    finish_fails(append, "initrd= and append= need kernel=");
}

/* --- the command line --- */

static const NodeWiring wiring = {.qmp_fd = 3,
                                  .console_fd = 4,
                                  .nic_fd = 6,
                                  .console_path = "/run/m,1/console",
                                  .gdb_path = "/run/m,1/gdb",
                                  .index = 0x123};

/* Words separated by newlines, as a failing comparison shows them best. */
static char *argv_of(NodeOptions *o, const NodeWiring *w)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) argv = NULL;

    g_assert_true(node_options_finish(o, &error));
    argv = node_options_argv(o, w, &error);
    g_assert_no_error(error);
    return g_strjoinv("\n", argv);
}

/* In front of the drives. */
#define POOL "-object\nmain-loop,id=mtr-loop,thread-pool-min=2\n"

static char *expected(const char *head, const char *icount, const char *images, const char *nic)
{
    return g_strconcat(
        head, "-accel\ntcg\n-nodefaults\n-no-user-config\n-display\nnone\n", icount,
        "-rtc\nbase=2024-01-01,clock=vm\n-seed\n1\n", images, strstr(images, POOL) ? "" : POOL,
        "-S\n-name\nguest=a,debug-threads=on\n-no-shutdown\n"
        "-chardev\nsocket,id=mtr-qmp,fd=3\n-qmp\nchardev:mtr-qmp\n"
        "-chardev\npipe,id=mtr-console,path=/run/m,,1/console\n-serial\nchardev:mtr-console\n"
        "-chardev\nsocket,id=mtr-gdb,path=/run/m,,1/gdb,server=on,wait=off\n"
        "-gdb\nchardev:mtr-gdb",
        nic, NULL);
}

static void argv_is(NodeOptions *o, const char *head, const char *icount, const char *images,
                    const char *nic)
{
    g_autofree char *got = argv_of(o, &wiring);
    g_autofree char *want = expected(head, icount, images, nic);

    g_assert_cmpstr(got, ==, want);
}

#define NETDEV "\n-netdev\ndgram,id=mtr-net0,local.type=fd,local.str=6\n"

static void test_argv_aarch64(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    argv_is(o, "qemu-system-aarch64\n-machine\nvirt\n-cpu\ncortex-a57\n-smp\n1\n-m\n536870912B\n",
            "-icount\nshift=0,sleep=on\n", "",
            NETDEV "-device\nvirtio-net-device,netdev=mtr-net0,mac=52:54:00:6d:01:23,id=mtr-card0,"
                   "rx_queue_size=1024");
}

static void test_argv_x86_64(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "arch", "x86_64");
    set_good(o, "smp", "4");
    set_good(o, "memory", "1G");
    set_good(o, "icount", "shift=3,sleep=off");
    argv_is(o, "qemu-system-x86_64\n-machine\npc\n-cpu\nqemu64\n-smp\n4\n-m\n1073741824B\n",
            "-icount\nshift=3,sleep=off\n", "",
            NETDEV "-device\nvirtio-net-pci,netdev=mtr-net0,mac=52:54:00:6d:01:23,id=mtr-card0,rx_"
                   "queue_size=1024");
}

static void test_argv_microvm(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a"), other = node_options_new("b");

    set_good(o, "arch", "x86_64");
    set_good(o, "machine", "microvm,rtc=on");
    argv_is(o,
            "qemu-system-x86_64\n-machine\nmicrovm,rtc=on\n-cpu\nqemu64\n-smp\n1\n-m\n536870912B"
            "\n",
            "-icount\nshift=0,sleep=on\n", "",
            NETDEV "-device\nvirtio-net-device,netdev=mtr-net0,mac=52:54:00:6d:01:23,id=mtr-card0,"
                   "rx_queue_size=1024");
    set_good(other, "arch", "x86_64");
    set_good(other, "machine", "microvm");
    set_good(other, "nic-model", "virtio-mmio");
    g_assert_true(node_options_finish(other, NULL));
    g_free(other->machine);
    other->machine = g_strdup("microvmx");
    g_assert_false(node_options_finish(other, NULL));
}

static void test_argv_cards(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "nic", "3");
    set_good(o, "nic-model", "virtio-pci");
    set_good(o, "mac", "52:54:00:00:00:Fe,02:00:00:00:00:01");
    argv_is(o, "qemu-system-aarch64\n-machine\nvirt\n-cpu\ncortex-a57\n-smp\n1\n-m\n536870912B\n",
            "-icount\nshift=0,sleep=on\n", "",
            NETDEV "-device\nvirtio-net-pci,netdev=mtr-net0,mac=52:54:00:00:00:fe,id=mtr-card0,rx_"
                   "queue_size=1024"
                   "\n-netdev\ndgram,id=mtr-net1,local.type=fd,local.str=7\n"
                   "-device\nvirtio-net-pci,netdev=mtr-net1,mac=02:00:00:00:00:01,id=mtr-card1,rx_"
                   "queue_size=1024"
                   "\n-netdev\ndgram,id=mtr-net2,local.type=fd,local.str=8\n"
                   "-device\nvirtio-net-pci,netdev=mtr-net2,mac=52:54:00:6f:01:23,id=mtr-card2,rx_"
                   "queue_size=1024");
}

/* -m, -cpu and -device of the card would be refused, or another machine. */
static void test_argv_board(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a"), more = node_options_new("b");

    set_good(o, "arch", "arm");
    set_good(o, "machine", "mps2-an385");
    argv_is(o, "qemu-system-arm\n-machine\nmps2-an385\n-smp\n1\n", "-icount\nshift=0,sleep=on\n",
            "", NETDEV "-net\nnic,netdev=mtr-net0,macaddr=52:54:00:6d:01:23");
    set_good(more, "arch", "arm");
    set_good(more, "machine", "xilinx-zynq-a9");
    set_good(more, "memory", "1M");
    set_good(more, "nic", "2");
    g_free(more->name);
    more->name = g_strdup("a");
    argv_is(more, "qemu-system-arm\n-machine\nxilinx-zynq-a9\n-smp\n1\n-m\n1048576B\n",
            "-icount\nshift=0,sleep=on\n", "",
            NETDEV "-net\nnic,netdev=mtr-net0,macaddr=52:54:00:6d:01:23"
                   "\n-netdev\ndgram,id=mtr-net1,local.type=fd,local.str=7\n"
                   "-net\nnic,netdev=mtr-net1,macaddr=52:54:00:6e:01:23");
}

static void test_bound(void)
{
    const char *text = "lan9118.0: index=0,type=nic,model=lan9118,macaddr=52:54:00:6d:00:00\r\n"
                       " \\ mtr-net0: index=0,type=dgram,fd=6\r\n"
                       "mtr-net1: index=0,type=dgram,fd=7\r\n";

    g_assert_true(onboard_is_bound(text, 0));
    g_assert_false(onboard_is_bound(text, 1));
    g_assert_false(onboard_is_bound("", 0));
}

static void test_exit_device(void)
{
    g_assert_true(
        exit_device_is_in("      dev: isa-debug-exit, id \"\"\r\n        iobase = 1281\r\n"));
    g_assert_true(exit_device_is_in("  dev: riscv.sifive.test, id \"\"\r\n"));
    g_assert_false(exit_device_is_in("  dev: isa-debugcon, id \"isa-debug-exit\"\r\n"));
    g_assert_false(exit_device_is_in(""));
}

static void semihosting_fails(NodeOptions *o, const char *why)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(node_options_finish(o, &error));
    g_assert_nonnull(strstr(error->message, why));
}

static void test_semihosting(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a"), user = node_options_new("a");
    g_autofree char *on = NULL, *both = NULL;

    g_assert_cmpint(o->semihosting, ==, SEMIHOSTING_OFF);
    set_good(o, "semihosting", "on");
    on = argv_of(o, &wiring);
    g_assert_nonnull(strstr(on,
                            "\n-chardev\nnull,id=mtr-semi,logfile=/dev/fd/0\n-semihosting-config\n"
                            "enable=on,target=native,chardev=mtr-semi\n"));
    refused("semihosting", "yes", "semihosting='yes': on, userspace or off is expected");
    set_good(user, "semihosting", "userspace");
    both = argv_of(user, &wiring);
    g_assert_nonnull(strstr(both, ",chardev=mtr-semi,userspace=on\n"));
    set_good(user, "extra", "-semihosting");
    semihosting_fails(user, "exclude each other");
    set_good(user, "extra", "");
    set_good(user, "arch", "x86_64");
    semihosting_fails(user, "QEMU has none with arch=x86_64");
}

static void test_argv_riscv64(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    set_good(o, "arch", "riscv64");
    set_good(o, "nic", "off");
    set_good(o, "icount", "off");
    argv_is(o, "qemu-system-riscv64\n-machine\nvirt\n-cpu\nrv64\n-smp\n1\n-m\n536870912B\n", "", "",
            "");
}

/* Only a -drive is a list of options in which a comma means something. */
static void test_argv_images(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autofree char *images = g_strdup_printf(
        "-bios\n%s\n-kernel\n%s\n-initrd\n%s\n-append\na=1,b=2 c\n" POOL "-drive\n"
        "file=%s/"
        "im,,age,if=none,id=disk0,format=raw,snapshot=on\n-device\nvirtio-blk-device,drive=disk0\n",
        image, image, image, dir);

    set_good(o, "kernel", image);
    set_good(o, "initrd", image);
    set_good(o, "append", "a=1,b=2 c");
    set_good(o, "disk", image);
    set_good(o, "format", "raw");
    set_good(o, "firmware", image);
    set_good(o, "nic", "off");
    argv_is(o, "qemu-system-aarch64\n-machine\nvirt\n-cpu\ncortex-a57\n-smp\n1\n-m\n536870912B\n",
            "-icount\nshift=0,sleep=on\n", images, "");
}

static void test_argv_serial(void)
{
    static const char *const pairs[][2] = {
        {"unix:/a,b", "path=/a,,b"},
        {"telnet::4444", "host=127.0.0.1,port=4444,telnet=on"},
        {"telnet:h,x:1", "host=h,,x,port=1,telnet=on"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(NodeOptions) o = node_options_new("a");
        g_autofree char *argv = NULL;
        g_autofree char *expected = g_strdup_printf(
            "\n-chardev\nsocket,id=mtr-console,%s,server=on,wait=off,logfile=/dev/fd/%d\n",
            pairs[i][1], wiring.console_fd);

        set_good(o, "serial", pairs[i][0]);
        argv = argv_of(o, &wiring);
        g_assert_nonnull(strstr(argv, expected));
    }
}

static void test_argv_disk_x86_64(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autofree char *argv = NULL;

    set_good(o, "arch", "x86_64");
    set_good(o, "disk", image);
    set_good(o, "format", "raw");
    argv = argv_of(o, &wiring);
    g_assert_nonnull(strstr(argv, "\n-device\nvirtio-blk-pci,drive=disk0\n"));
}

static void test_argv_binary(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    NodeWiring w = wiring;
    g_autofree char *argv = NULL;

    w.qemu = "/opt/my qemu/bin/qemu";
    argv = argv_of(o, &w);
    g_assert_true(g_str_has_prefix(argv, "/opt/my qemu/bin/qemu\n-machine\nvirt\n"));
    /* The node's own comes before it. */
    set_good(o, "qemu", "/bin/true");
    g_free(argv);
    argv = argv_of(o, &w);
    g_assert_true(g_str_has_prefix(argv, "/bin/true\n-machine\nvirt\n"));
}

/* Extra options come last, split as a shell does. */
static void test_extra_refused(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    GError *error = NULL;

    set_good(o, "extra", "-s -device pvpanic --seed 7");
    set_good(o, "machine", "virt,accel=kvm");
    g_assert_false(node_options_finish(o, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_true(g_str_has_prefix(error->message, "refused: -machine virt,accel=kvm: "));
    g_assert_nonnull(strstr(error->message, "; also -s: "));
    g_assert_nonnull(strstr(error->message, "use `gdb NODE port=1234`; also -seed 7: "));
    g_assert_true(g_str_has_suffix(error->message, "; say seed=N"));
    g_error_free(error);
}

static void test_argv_extra(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autofree char *argv = NULL;

    set_good(o, "extra", "-name 'two words' -d  a\\ b\"c\"");
    set_good(o, "nic", "off");
    argv = argv_of(o, &wiring);
    g_assert_true(g_str_has_suffix(argv, "-gdb\nchardev:mtr-gdb\n-name\ntwo words\n-d\na bc"));
    g_clear_pointer(&argv, g_free);
    set_good(o, "extra", "");
    argv = argv_of(o, &wiring);
    g_assert_true(g_str_has_suffix(argv, "-gdb\nchardev:mtr-gdb"));
}

/* Each node of a session has a MAC of its own. */
static void test_argv_mac(void)
{
    static const struct {
        unsigned index;
        const char *end;
    } macs[] = {{0, "mac=52:54:00:6d:00:00,id=mtr-card0,rx_queue_size=1024"},
                {255, "mac=52:54:00:6d:00:ff,id=mtr-card0,rx_queue_size=1024"},
                {511, "mac=52:54:00:6d:01:ff,id=mtr-card0,rx_queue_size=1024"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(macs); i++) {
        g_autoptr(NodeOptions) o = node_options_new("a");
        NodeWiring w = wiring;
        g_autofree char *argv = NULL;

        w.index = macs[i].index;
        argv = argv_of(o, &w);
        g_assert_true(g_str_has_suffix(argv, macs[i].end));
    }
}

static void make_image(void)
{
    dir = g_dir_make_tmp("test-options-XXXXXX", NULL);
    g_assert_nonnull(dir);
    image = g_build_filename(dir, "im,age", NULL);
    g_assert_true(g_file_set_contents(image, "x", 1, NULL));
}

static void add_value_tests(void)
{
    g_test_add_func("/options/defaults", test_defaults);
    g_test_add_func("/options/keys", test_keys);
    g_test_add_func("/options/texts", test_texts);
    g_test_add_func("/options/exit-device", test_exit_device);
    g_test_add_func("/options/semihosting", test_semihosting);
    g_test_add_func("/options/on-exit", test_on_exit);
    g_test_add_func("/options/numbers", test_numbers);
    g_test_add_func("/options/files", test_files);
    g_test_add_func("/options/bad/values", test_bad_values);
    g_test_add_func("/options/bad/unknown-key", test_unknown_key);
    g_test_add_func("/options/meant", test_meant);
    g_test_add_func("/options/bad/file", test_missing_file);
    g_test_add_func("/options/icount/good", test_icount);
    g_test_add_func("/options/icount/refused", test_icount_refused);
    g_test_add_func("/options/icount/bad", test_icount_bad);
    g_test_add_func("/options/finish/defaults", test_finish);
    g_test_add_func("/options/finish/keeps", test_finish_keeps);
    g_test_add_func("/options/finish/bad", test_finish_bad);
    g_test_add_func("/options/finish/board", test_finish_board);
    g_test_add_func("/options/finish/other", test_finish_other);
}

int main(int argc, char **argv)
{
    int status;

    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_test_init(&argc, &argv, NULL);
    make_image();
    add_value_tests();
    g_test_add_func("/options/argv/aarch64", test_argv_aarch64);
    g_test_add_func("/options/argv/x86_64", test_argv_x86_64);
    g_test_add_func("/options/argv/microvm", test_argv_microvm);
    g_test_add_func("/options/argv/riscv64", test_argv_riscv64);
    g_test_add_func("/options/argv/board", test_argv_board);
    g_test_add_func("/options/bound", test_bound);
    g_test_add_func("/options/argv/cards", test_argv_cards);
    g_test_add_func("/options/argv/images", test_argv_images);
    g_test_add_func("/options/argv/disk-x86_64", test_argv_disk_x86_64);
    g_test_add_func("/options/argv/serial", test_argv_serial);
    g_test_add_func("/options/argv/binary", test_argv_binary);
    g_test_add_func("/options/argv/extra", test_argv_extra);
    g_test_add_func("/options/extra-refused", test_extra_refused);
    g_test_add_func("/options/argv/mac", test_argv_mac);
    status = g_test_run();
    g_unlink(image);
    g_rmdir(dir);
    g_free(image);
    g_free(dir);
    return status;
}
