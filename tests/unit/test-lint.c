/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-lint.c: every rule, with what it finds and what it leaves alone. */
#include "controller/qemu/lint.h"
#include "controller/qemu/option-keys.h"
#include "controller/qemu/options.h"
#include "controller/qemu/qemu-argv.h"

#include <string.h>

/* Nothing is odd about this. */
#define GOOD                                                                                       \
    "qemu-system-x86_64 -icount shift=0,sleep=off -rtc base=2024-01-01,clock=vm -seed 1 "          \
    "-nodefaults -display none "
/* GOOD without its -icount, and so on. */
#define REST     "-rtc base=2024-01-01,clock=vm -seed 1 -nodefaults -display none "
#define COUNTING "qemu-system-x86_64 -icount shift=0,sleep=off "

static GPtrArray *lint(const char *line, LintOrigin origin)
{
    g_auto(GStrv) argv = NULL;

    g_assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
    return lint_arguments(argv, origin);
}

/* All but the note on sleep, as "warn: WHAT: REASON; MEND" lines. */
static char *findings_of(const char *line, LintOrigin origin)
{
    g_autoptr(GPtrArray) findings = lint(line, origin);
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < findings->len; i++) {
        const LintFinding *f = findings->pdata[i];
        g_autofree char *text = lint_text(f);

        if (!strstr(text, "idle time passes in host time"))
            g_string_append_printf(out, "%s: %s\n", lint_severity_name(f->severity), text);
    }
    return g_string_free(out, FALSE);
}

/* start: of the only finding, with the severity; reason: a part of it. NULL: there is none. */
static void finds(const char *line, const char *start, const char *reason)
{
    g_autofree char *text = findings_of(line, LINT_ATTACHED);

    if (!start) {
        g_assert_cmpstr(text, ==, "");
        return;
    }
    if (!g_str_has_prefix(text, start) || !strstr(text, reason) ||
        strchr(text, '\n') != text + strlen(text) - 1)
        g_error("%s: expected '%s' and '%s', got:\n%s", line, start, reason, text);
}

/* --- rules --- */

typedef struct {
    const char *line, *start, *reason;
} Case;

static void check_cases(const Case *cases, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        finds(cases[i].line, cases[i].start, cases[i].reason);
}

static void test_good(void)
{
    finds(GOOD, NULL, NULL);
    finds(GOOD "-append '-enable-kvm -netdev user' -name user,tap,virtio-rng -kernel usb-host",
          NULL, NULL);
    finds(GOOD "-S", NULL, NULL);
}

/* Of a QEMU that something else started; nothing is said of sleep=off. */
static void sleep_is_noted(const char *line, LintOrigin origin, bool wanted)
{
    g_autoptr(GPtrArray) findings = lint(line, origin);
    const LintFinding *f = findings->len ? findings->pdata[0] : NULL;

    g_assert_cmpuint(findings->len, ==, wanted);
    if (wanted) {
        g_assert_cmpint(f->severity, ==, LINT_NOTE);
        g_assert_nonnull(strstr(f->reason, "idle time passes in host time"));
    }
}

static void test_sleep(void)
{
    sleep_is_noted(GOOD, LINT_ATTACHED, false);
    sleep_is_noted("q -icount 3,sleep=on " REST, LINT_ATTACHED, true);
    sleep_is_noted("q -icount 3 " REST, LINT_ATTACHED, true);
    sleep_is_noted("q -icount 3,nosleep " REST, LINT_ATTACHED, false);
    sleep_is_noted("q -icount 3,sleep=on " REST, LINT_OWN, false);
    sleep_is_noted(GOOD, LINT_OWN, false);
}

static void test_icount(void)
{
    static const Case cases[] = {
        {"q " REST, "warn: no -icount: ", "best effort, virtual time follows"},
        {"q -icount shift=auto " REST, "warn: -icount shift=auto: ", "the length of an instr"},
        {"q --icount auto,sleep=off " REST, "warn: -icount auto,sleep=off: ", "the host's clock"},
        {"q -icount shift=1,align=on " REST, "warn: -icount shift=1,align=on: ", "delays"},
        {"q -icount shift=1,align=off " REST, NULL, NULL},
        {"q -icount shift=1,rr=record,rrfile=f " REST, "warn: -icount shift=1,rr=", "replay set"},
        {GOOD "-icount sleep=on",
         "warn: -icount shift=0,sleep=off, -icount sleep=on: ", "QEMU merges them"},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_accelerator(void)
{
    static const Case cases[] = {
        {GOOD "-enable-kvm", "warn: -enable-kvm: ", "does not count"},
        {GOOD "--enable-kvm", "warn: -enable-kvm: ", "does not count"},
        {GOOD "-accel kvm", "warn: -accel kvm: ", "does not count"},
        {GOOD "-accel hvf,x=1", "warn: -accel hvf,x=1: ", "does not count"},
        {GOOD "-accel accel=whpx", "warn: -accel accel=whpx: ", "does not count"},
        {GOOD "-machine virt,accel=kvm:tcg", "warn: -machine virt,", "does not count"},
        {GOOD "-M accel=kvm", "warn: -M accel=kvm: ", "does not count"},
        {"/usr/bin/kvm -icount 0 " REST, "warn: /usr/bin/kvm: ", "does not count"},
        {"/usr/bin/kvm -accel tcg -icount 0 " REST, NULL, NULL},
        {GOOD "-accel tcg -machine virt,accel=tcg", NULL, NULL},
        {GOOD "-cpu kvm64 -machine type=kvm", NULL, NULL},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_smp(void)
{
    static const Case cases[] = {
        {GOOD "-smp 1", NULL, NULL},
        {GOOD "-smp cpus=1,maxcpus=4", NULL, NULL},
        {GOOD "-smp 4", "note: -smp 4: ", "zephyr issue 26868"},
        {GOOD "-smp sockets=1,cores=2,threads=1", "note: -smp sockets=1,", "in turn"},
        {GOOD "-smp maxcpus=2", "note: -smp maxcpus=2: ", "in turn"},
        {GOOD "-smp 4 -smp cpus=1", NULL, NULL},
        {GOOD "-smp cores=99999999999,threads=99999999999", NULL, NULL},
    };
    g_autofree char *free_running = findings_of("q -smp 2 " REST, LINT_ATTACHED);

    check_cases(cases, G_N_ELEMENTS(cases));
    g_assert_nonnull(strstr(free_running, "warn: -smp 2: without -icount the vCPUs run at once"));
}

static void test_rtc(void)
{
#define HEAD COUNTING "-seed 1 -nodefaults -display none "
    static const Case cases[] = {
        {HEAD, "warn: no -rtc: ", "follows the host's clock"},
        {HEAD "-rtc base=2024-01-01", "warn: -rtc base=2024-01-01: ", "follows"},
        {HEAD "-rtc base=2024-01-01,clock=host", "warn: -rtc base=", "follows"},
        {HEAD "-rtc clock=rt,base=2024-01-01", "warn: -rtc clock=rt", "follows"},
        {HEAD "-rtc base=utc,clock=vm", "warn: -rtc base=utc", "begins at the host's"},
        {HEAD "-rtc base=localtime,clock=vm", "warn: -rtc base=localtime", "begins"},
        {HEAD "-rtc clock=vm", "warn: -rtc clock=vm: ", "begins"},
        {HEAD "-rtc clock=vm -rtc base=2024-01-01T12:00:00", NULL, NULL},
        {GOOD "-rtc base=utc", "warn: -rtc base=utc: ", "begins"},
        {GOOD "-rtc clock=host", "warn: -rtc clock=host: ", "follows"},
    };
#undef HEAD

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_network(void)
{
    static const Case cases[] = {
        {GOOD "-netdev user,id=n", "warn: -netdev user,id=n: ", "from outside"},
        {GOOD "-netdev id=n,type=tap", "warn: -netdev id=n,type=tap: ", "from outside"},
        {GOOD "-netdev bridge,id=n", "warn: -netdev bridge", "from outside"},
        {GOOD "-netdev vde,id=n", "warn: -netdev vde", "from outside"},
        {GOOD "-netdev l2tpv3,id=n,src=a", "warn: -netdev l2tpv3", "from outside"},
        {GOOD "-netdev passt,id=n", "warn: -netdev passt", "from outside"},
        {GOOD "-netdev socket,id=n,listen=:1234", "warn: -netdev socket", "from outside"},
        {GOOD "-netdev vmnet-shared,id=n", "warn: -netdev vmnet-shared", "from outside"},
        {GOOD "-netdev stream,id=n,addr.type=inet,addr.host=h", "warn: -netdev", "from outside"},
        {GOOD "-netdev dgram,id=n,local.type=inet,local.port=1", "warn: -netdev", "from outside"},
        {GOOD "-netdev dgram,id=n,remote.type=inet,remote.port=1", "warn: -net", "from outside"},
        {GOOD "-netdev '{\"type\":\"stream\",\"id\":\"n\",\"addr\":{\"type\":\"inet\"}}'",
         "warn: -netdev {", "from outside"},
        {GOOD "-netdev '{\"type\":\"user\",\"id\":\"n\"}'", "warn: -netdev {", "from outside"},
        {GOOD "-netdev stream,id=n,addr.type=unix,addr.path=/p", "note: -netdev", "other end"},
        {GOOD "-netdev dgram,id=mtr-n,local.type=unix,local.path=/p", NULL, NULL},
        {GOOD "-netdev hubport,id=user,hubid=0", NULL, NULL},
        {GOOD "-nic user,model=e1000", "warn: -nic user", "from outside"},
        {GOOD "-nic tap", "warn: -nic tap: ", "from outside"},
        {GOOD "-nic none", NULL, NULL},
        {GOOD "-net nic -net user", "warn: -net user: ", "from outside"},
        {GOOD "-net nic,model=user", NULL, NULL},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_defaults(void)
{
#define HEAD COUNTING "-rtc base=2024-01-01,clock=vm "
    static const Case cases[] = {
        {HEAD "-seed 1 -display none", "warn: no -nodefaults: ", "adds a card in a user network"},
        {HEAD "-seed 1 -display none -nic none", NULL, NULL},
        {HEAD "-seed 1 -display none -netdev hubport,id=n,hubid=0", NULL, NULL},
        {HEAD "-nodefaults -display none", "warn: no -seed: ", "differs in every run"},
        {GOOD "-readconfig f.cfg", "note: -readconfig f.cfg: ", "not seen"},
    };
#undef HEAD

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_devices(void)
{
    static const Case cases[] = {
        {GOOD "-object rng-random,id=r,filename=/dev/urandom -device virtio-rng-pci,rng=r",
         "warn: -object rng-random", "random bytes come from the host"},
        {GOOD "-object rng-egd,id=r,chardev=c", "warn: -object rng-egd", "random bytes"},
        {GOOD "-object '{\"qom-type\":\"rng-random\",\"id\":\"r\"}'", "warn: -object {", "random"},
        {GOOD "-object rng-builtin,id=r -device virtio-rng-pci,rng=r", NULL, NULL},
        {GOOD "-object input-linux,id=i,evdev=/dev/input/event0", "warn: -object input", "host"},
        {GOOD "-device usb-host,vendorid=1", "warn: -device usb-host", "a device of the host"},
        {GOOD "-device '{\"driver\":\"usb-host\"}'", "warn: -device {", "a device of the host"},
        {GOOD "-usbdevice host:1.2", "warn: -usbdevice host:1.2", "a device of the host"},
        {GOOD "-usbdevice tablet -usb", NULL, NULL},
        {GOOD "-device vfio-pci,host=01:00.0", "warn: -device vfio-pci", "a device of the host"},
        {GOOD "-device ivshmem-plain,memdev=m", "warn: -device ivshmem", "a device of the host"},
        {GOOD "-device vhost-vsock-pci,guest-cid=3", "warn: -device vhost-vsock", "kernel of"},
        {GOOD "-tpmdev passthrough,id=t", "warn: -tpmdev", "in host time"},
        {GOOD "-device virtio-net-pci,id=vfio-pci -device usb-kbd", NULL, NULL},
        {GOOD "-virtfs local,path=/,mount_tag=t", "warn: -virtfs", "time stamps"},
        {GOOD "-fsdev local,id=f,path=/ -device virtio-9p-pci,fsdev=f", "warn: -fsdev", "stamps"},
        {GOOD "-device vhost-user-fs-pci,chardev=c", "warn: -device vhost-user-fs", "stamps"},
        {GOOD "-audiodev pa,id=a", "warn: -audiodev pa,id=a: ", "sets the pace"},
        {GOOD "-audio driver=alsa,model=hda", "warn: -audio driver=alsa", "sets the pace"},
        {GOOD "-audiodev none,id=a -audiodev driver=wav,id=b", NULL, NULL},
        {GOOD "-semihosting", "note: -semihosting: ", "SYS_ELAPSED"},
        {GOOD "-machine pseries,x=y", "warn: -machine pseries", "its time base"},
        {GOOD "-M pseries-7.2", "warn: -M pseries-7.2", "its time base"},
        {GOOD "-machine hppa", "warn: -machine hppa: ", "the host's date"},
        {GOOD "-M next-cube", "warn: -M next-cube: ", "the host's date"},
        {GOOD "-device m41t80", "warn: -device m41t80: ", "the host's date"},
        {GOOD "-device ipmi-bmc-sim,id=b", "warn: -device ipmi-bmc-sim", "event log"},
        {GOOD "-device isa-ipmi-kcs,bmc=b -machine powernv", NULL, NULL},
        {GOOD "-device vmgenid,guid=auto", "warn: -device vmgenid,guid=auto", "another GUID"},
        {GOOD "-device vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87", NULL, NULL},
        {GOOD "-device virtio-net-pci,guest_rsc_ext=on", "warn: -device virtio-net", "gathered"},
        {GOOD "-device virtio-net-pci,guest_rsc_ext=off", NULL, NULL},
        {GOOD "-device virtio-gpu-gl-pci", "warn: -device virtio-gpu-gl-pci: ", "graphics"},
        {GOOD "-device qxl-vga,id=x", "warn: -device qxl-vga", "graphics"},
        {GOOD "-device virtio-gpu-pci -device VGA", NULL, NULL},
        {GOOD "-device AC97", "warn: -device AC97: ", "a sound system of the host"},
        {GOOD "-audiodev none,id=x -device AC97,audiodev=x", NULL, NULL},
        {GOOD "-device intel-hda", NULL, NULL},
        {GOOD "-object cryptodev-backend-lkcf,id=c", "warn: -object cryptodev", "in host time"},
        {GOOD "-object cryptodev-backend-builtin,id=c", NULL, NULL},
        {GOOD "-object throttle-group,id=t,x-iops-total=1", "warn: -object throttle", "held back"},
        {GOOD "-drive file=d,snapshot=on,iops=20", "warn: -drive file=d", "held back"},
        {GOOD "-drive file=d,snapshot=on,throttling.bps-total=9", "warn: -drive", "held back"},
        {GOOD "-drive file=nbd:unix:/p,snapshot=on", "warn: -drive file=nbd", "has answered"},
        {GOOD "-drive file=https://h/i,media=cdrom", "warn: -drive file=https", "has answered"},
        {GOOD "-drive file.driver=ssh,file.host=h", "warn: -drive file.driver", "has answered"},
        {GOOD "-drive file=nbd,snapshot=on", NULL, NULL},
        {GOOD "-blockdev driver=nbd,node-name=n,path=/p", "warn: -blockdev", "has answered"},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_chardevs(void)
{
    static const Case cases[] = {
        {GOOD "-chardev serial,id=c,path=/dev/ttyS0", "warn: -chardev serial", "a device of"},
        {GOOD "-chardev pipe,id=c,path=/dev/ttyS0", "warn: -chardev pipe", "a device of"},
        {GOOD "-chardev file,id=c,path=/dev/null", NULL, NULL},
        {GOOD "-chardev socket,id=c,host=h,port=1", "warn: -chardev socket", "from a network"},
        {GOOD "-chardev udp,id=c,port=1", "warn: -chardev udp", "from a network"},
        {GOOD "-chardev socket,id=c,port=1,server -mon chardev=c,mode=control", NULL, NULL},
        {GOOD "-chardev socket,id=c,port=1,server -mon c", NULL, NULL},
        {GOOD "-chardev socket,id=c,port=1,server -gdb chardev:c", NULL, NULL},
        {GOOD "-chardev socket,id=c,path=/p -chardev socket,id=d,fd=3", NULL, NULL},
        {GOOD "-chardev stdio,id=c", "note: -chardev stdio", "typed"},
        {GOOD "-serial mon:stdio", "note: -serial mon:stdio: ", "typed"},
        {GOOD "-serial stdio", "note: -serial stdio: ", "typed"},
        {GOOD "-serial tcp:h:1,server", "warn: -serial tcp", "from a network"},
        {GOOD "-serial mon:telnet::1,server", "warn: -serial mon:telnet", "from a network"},
        {GOOD "-serial /dev/ttyUSB0", "warn: -serial /dev/ttyUSB0", "a device of the host"},
        {GOOD "-parallel /dev/parport0", "warn: -parallel /dev/", "a device of the host"},
        {GOOD "-serial unix:/dev/shm/x -serial none -serial pty -serial chardev:c", NULL, NULL},
        {GOOD "-monitor stdio", "note: -monitor stdio: ", "typed"},
        {GOOD "-monitor tcp::1,server -qmp tcp::2 -gdb tcp::3 -s", NULL, NULL},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_display(void)
{
#define HEAD COUNTING "-rtc base=2024-01-01,clock=vm -seed 1 "
    static const Case cases[] = {
        {HEAD "-nodefaults", "note: no -display: ", "keys and mouse"},
        {HEAD "-nodefaults -display gtk,gl=on", "note: -display gtk,gl=on: ", "keys and mouse"},
        {HEAD "-nodefaults -vnc :1", "note: -vnc :1: ", "keys and mouse"},
        {HEAD "-nodefaults -display egl-headless", NULL, NULL},
        {HEAD "-nodefaults -vnc none", NULL, NULL},
        {HEAD "-nodefaults -nographic", NULL, NULL},
        {HEAD "-nic none -nographic", "note: -nographic: ", "typed"},
        {HEAD "-nic none -nographic -serial null", "note: -nographic: ", "typed"},
        {HEAD "-nic none -nographic -serial null -monitor none", NULL, NULL},
    };
#undef HEAD

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_disks(void)
{
    static const Case cases[] = {
        {GOOD "-drive file=a.img", "warn: -drive file=a.img: ", "the run changes the image"},
        {GOOD "-drive file=a.img,snapshot=off", "warn: -drive file=a.img,", "changes"},
        {GOOD "-drive file.driver=file,file.filename=a", "warn: -drive file.driver", "changes"},
        {GOOD "-drive file=snapshot=on,,readonly", "warn: -drive file=snapshot", "changes"},
        {GOOD "-drive file=a.img,snapshot=on", NULL, NULL},
        {GOOD "-drive file=a.img,readonly=on", NULL, NULL},
        {GOOD "-drive file=a.img,read-only=on", NULL, NULL},
        {GOOD "-drive file=a.img,readonly", NULL, NULL},
        {GOOD "-drive file=a.iso,media=cdrom", NULL, NULL},
        {GOOD "-drive if=none,id=empty -drive file=null-co://", NULL, NULL},
        {GOOD "-snapshot -drive file=a.img -hda b.img c.img", NULL, NULL},
        {GOOD "-drive file=/dev/sda,snapshot=on", "warn: -drive file=/dev/sda", "a device of"},
        {GOOD "-drive file=fat:rw:folder", "warn: -drive file=fat:", "time stamps"},
        {GOOD "-hda a.img", "warn: -hda a.img: ", "changes"},
        {GOOD "-pflash vars.fd", "warn: -pflash vars.fd: ", "changes"},
        {GOOD "-cdrom a.iso", NULL, NULL},
        {GOOD "-cdrom /dev/sr0", "warn: -cdrom /dev/sr0: ", "a device of"},
        {GOOD "a.img", "warn: a.img: ", "changes"},
        {GOOD "-blockdev file,node-name=f,filename=a.img", "warn: -blockdev file", "changes"},
        {GOOD "-snapshot -blockdev file,node-name=f,filename=a", "warn: -blockdev", "changes"},
        {GOOD "-blockdev file,node-name=f,filename=a,read-only=on", NULL, NULL},
        {GOOD "-blockdev file,node-name=f,filename=a -blockdev raw,node-name=r,file=f,read-only=on",
         NULL, NULL},
        {GOOD "-blockdev '{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"a\"}}'",
         "warn: -blockdev {", "changes"},
        {GOOD "-blockdev host_device,node-name=f,filename=/x", "warn: -blockdev", "a device of"},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

/* --- what is refused in extra= --- */

static char *refused(const char *line)
{
    g_auto(GStrv) argv = NULL;
    g_autoptr(GPtrArray) findings = NULL;
    GString *out = g_string_new(NULL);

    g_assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
    findings = lint_refused(argv);
    for (unsigned i = 0; i < findings->len; i++) {
        const LintFinding *f = findings->pdata[i];

        g_assert_cmpint(f->severity, ==, LINT_ERROR);
        g_assert_cmpstr(lint_severity_name(f->severity), ==, "error");
        g_assert_true(*f->reason && *f->mend);
        g_string_append_printf(out, "%s%s", out->len ? ", " : "", f->what);
    }
    return g_string_free(out, FALSE);
}

static void test_refused(void)
{
    static const char *const whole[] = {
        "-s",
        "-S",
        "-gdb tcp::1",
        "-qmp stdio",
        "-qmp unix:/tmp/q,server=on",
        "-qmp-pretty stdio",
        "-mon chardev=c,mode=control",
        "-monitor stdio",
        "-daemonize",
        "-icount shift=3",
        "-seed 7",
        "-accel kvm",
        "-accel kvm:tcg",
        "-enable-kvm",
        "-machine virt,accel=kvm",
        "-M accel=tcg",
        "-nographic",
        "-curses",
        "-display curses,charset=x",
        "-serial stdio",
        "-serial mon:stdio",
        "-serial mon:telnet::1,server",
        "-parallel stdio",
        "-debugcon stdio",
        "-chardev stdio,id=c",
        "-chardev backend=stdio,id=c",
        "-incoming defer",
        "-incoming tcp:0:1",
        "-loadvm s1",
        "-preconfig",
        "-action shutdown=poweroff",
        "-action panic=none,shutdown=poweroff",
        "-action watchdog=poweroff",
        "-action watchdog=poweroff,panic=none",
        "-watchdog-action poweroff",
        "-name x,debug-threads=off",
        "-chroot /",
        "-runas nobody",
        "-run-with chroot=/",
        "-run-with user=nobody",
        "-readconfig f.cfg",
        "-h",
        "-help",
        "-version",
        "-audio-help",
        "-dump-vmstate f",
        "-netdev user,id=mtg",
        "-netdev dgram,id=mtr-net0",
        "-netdev {\"type\":\"user\",\"id\":\"mth\"}",
        "-nic user,id=mtr-net3",
        "-chardev null,id=mtr-qmp",
        "-object filter-dump,id=mtn,netdev=n,file=f",
        "-object filter-buffer,id=mr0,netdev=n",
        "-object filter-buffer,id=x,netdev=mtr-net0,interval=1",
        "-object {\"qom-type\":\"filter-mirror\",\"id\":\"x\",\"netdev\":\"mtr-net0\"}",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(whole); i++) {
        g_auto(GStrv) words = g_strsplit(whole[i], " ", 2);
        g_autofree char *quoted = words[1] ? g_shell_quote(words[1]) : g_strdup("");
        g_autofree char *one = g_strdup_printf("q %s %s", words[0], quoted);
        g_autofree char *two = g_strdup_printf("q -%s %s", words[0], quoted);
        g_autofree char *got_one = refused(one), *got_two = refused(two);

        g_assert_cmpstr(got_one, ==, whole[i]);
        g_assert_cmpstr(got_two, ==, whole[i]);
    }
}

static void test_not_refused(void)
{
    static const char *const lines[] = {
        "q",
        "q -append '-s -S' -kernel -gdb -device pvpanic -name -S",
        "q -gdb none -monitor none -qmp none",
        "q -action watchdog=pause -action shutdown=pause,watchdog=reset -watchdog-action shutdown",
        "q -device pvpanic -device i6300esb -watchdog-action pause -action "
        "panic=none,reboot=shutdown",
        "q -semihosting-config enable=on,target=native -device isa-debug-exit -no-reboot "
        "-no-shutdown",
        "q -accel tcg -accel tcg,tb-size=64 -machine virt,gic-version=3 -M usb=on",
        "q -serial file:uart1.log -serial null -serial unix:/p,server=on,wait=off -debugcon file:f",
        "q -chardev file,id=stdio,path=stdio -chardev null,id=mtrx -chardev null,id=m",
        "q -display none -display vnc=:1 -vnc :2 -rtc base=2020-01-01,clock=vm -snapshot -pidfile "
        "f",
        "q -netdev user,id=mine -netdev hubport,id=mr,hubid=1 -object rng-builtin,id=mrx",
        "q -object filter-dump,id=d,netdev=mtr-net0,file=f -object filter-buffer,id=b,netdev=n",
        "q -d int -D log -trace 'x*' -plugin p.so -sandbox on -name x -name x,debug-threads=on",
        "q -run-with async-teardown=on -no-acpi -no-hpet -msg timestamp=on -overcommit mem-lock=on",
        "q -name chroot -smp 2 -m 64 -fw_cfg name=opt/x,string=s -global virtio-net-pci.x=1",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = refused(lines[i]);

        g_assert_cmpstr(text, ==, "");
    }
}

static void test_refused_all(void)
{
    g_autofree char *text = refused("q -s -S -s --daemonize -device x");

    g_assert_cmpstr(text, ==, "-s, -S, -daemonize");
}

static void test_once(void)
{
    finds(GOOD "-nic user -nic user", "warn: -nic user: ", "from outside");
    finds(GOOD "-enable-kvm --enable-kvm", "warn: -enable-kvm: ", "does not count");
}

/* The mend is said in the words that the reader has. */
static void test_mends(void)
{
    g_autofree char *own = findings_of("q " REST, LINT_OWN);
    g_autofree char *attached = findings_of("q " REST, LINT_ATTACHED);

    g_assert_true(g_str_has_suffix(own, "; say icount=shift=0\n"));
    g_assert_true(g_str_has_suffix(attached, "; start it with -icount shift=0,sleep=off\n"));
}

/* --- what metronome launches --- */

static char *findings_of_node(const char *const *pairs)
{
    const NodeWiring wiring = {
        .qmp_fd = 3, .console_fd = 4, .console_path = "/run/console", .gdb_path = "/run/gdb"};
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autoptr(GString) line = g_string_new(NULL);
    g_auto(GStrv) argv = NULL;

    for (; *pairs; pairs += 2)
        g_assert_true(node_options_set(o, pairs[0], pairs[1], NULL));
    g_assert_true(node_options_finish(o, NULL));
    argv = node_options_argv(o, &wiring, NULL);
    for (char **p = argv; *p; p++) {
        g_autofree char *quoted = g_shell_quote(*p);

        g_string_append_printf(line, "%s ", quoted);
    }
    return findings_of(line->str, LINT_OWN);
}

static void test_own(void)
{
    static const char *const archs[] = {"aarch64", "x86_64", "riscv64"};

    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++) {
        const char *const pairs[] = {"arch",      archs[i], "kernel", "/dev/null", "disk",
                                     "/dev/null", "format", "raw",    "initrd",    "/dev/null",
                                     "append",    "user,x", NULL};
        g_autofree char *text = findings_of_node(pairs);

        g_assert_cmpstr(text, ==, "");
    }
}

static void test_own_extra(void)
{
    const char *const pairs[] = {"smp", "2", "extra", "-netdev user,id=u", NULL};
    g_autofree char *text = findings_of_node(pairs);

    g_assert_true(g_str_has_prefix(text, "note: -smp 2: "));
    g_assert_nonnull(strstr(text, "\nwarn: -netdev user,id=u: "));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lint/good", test_good);
    g_test_add_func("/lint/sleep", test_sleep);
    g_test_add_func("/lint/icount", test_icount);
    g_test_add_func("/lint/accelerator", test_accelerator);
    g_test_add_func("/lint/smp", test_smp);
    g_test_add_func("/lint/rtc", test_rtc);
    g_test_add_func("/lint/network", test_network);
    g_test_add_func("/lint/defaults", test_defaults);
    g_test_add_func("/lint/devices", test_devices);
    g_test_add_func("/lint/chardevs", test_chardevs);
    g_test_add_func("/lint/display", test_display);
    g_test_add_func("/lint/disks", test_disks);
    g_test_add_func("/lint/refused", test_refused);
    g_test_add_func("/lint/not-refused", test_not_refused);
    g_test_add_func("/lint/refused-all", test_refused_all);
    g_test_add_func("/lint/once", test_once);
    g_test_add_func("/lint/mends", test_mends);
    g_test_add_func("/lint/own", test_own);
    g_test_add_func("/lint/own-extra", test_own_extra);
    return g_test_run();
}
