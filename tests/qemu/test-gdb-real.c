/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-gdb-real.c: the gdbstub client against a real QEMU.
 *
 * Each test starts its own QEMU, stopped, in a directory of its own; the guest's program is
 * written through the client. QEMU dies with the test (PDEATHSIG). METRONOME_QEMU_DIR names the
 * folder of the binaries, otherwise they come from PATH; a missing one is a failure.
 */
#include "gdbstub-client/gdbstub.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT 20000 /* ms for one call; generous, since hosts that build are slow */
#define CODE  UINT64_C(0x40100000)
#define DATA  UINT64_C(0x40200000)

typedef struct {
    char *dir;
    char *gdb_path;
    char *qmp_path;
    pid_t pid;
    GdbClient *client;
} Machine;

static void die_with_parent(gpointer parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != GPOINTER_TO_INT(parent)) {
        _exit(1);
    }
}

static char *binary_path(const char *arch)
{
    const char *folder = g_getenv("METRONOME_QEMU_DIR");
    g_autofree char *name = g_strconcat("qemu-system-", arch, NULL);

    return folder && *folder ? g_build_filename(folder, name, NULL) : g_steal_pointer(&name);
}

static void machine_start(Machine *machine, const char *arch, const char *model)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *binary = binary_path(arch);

    machine->dir = g_dir_make_tmp("metronome-gdb-XXXXXX", &error);
    g_assert_no_error(error);
    machine->gdb_path = g_build_filename(machine->dir, "gdb", NULL);
    machine->qmp_path = g_build_filename(machine->dir, "qmp", NULL);
    g_autofree char *command =
        g_strdup_printf("%s %s -S -nodefaults -display none -icount shift=0,sleep=off "
                        "-gdb unix:%s,server=on,wait=off -qmp unix:%s,server=on,wait=off",
                        binary, model, machine->gdb_path, machine->qmp_path);
    g_auto(GStrv) argv = g_strsplit(command, " ", -1);

    g_spawn_async(NULL, argv, NULL,
                  G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
                  die_with_parent, GINT_TO_POINTER(getpid()), &machine->pid, &error);
    g_assert_no_error(error);
    machine->client = gdb_client_connect(machine->gdb_path, LIMIT, &error);
    g_assert_no_error(error);
}

static void machine_stop(Machine *machine)
{
    gdb_client_free(machine->client);
    kill(machine->pid, SIGKILL);
    waitpid(machine->pid, NULL, 0);
    g_unlink(machine->gdb_path);
    g_unlink(machine->qmp_path);
    g_rmdir(machine->dir);
    g_free(machine->gdb_path);
    g_free(machine->qmp_path);
    g_free(machine->dir);
}

static const GdbThread cpu0 = {1, 1};

static uint64_t get(Machine *machine, const char *name)
{
    g_autoptr(GError) error = NULL;
    uint64_t value = 0;

    gdb_register_read(machine->client, &cpu0, name, &value, LIMIT, &error);
    g_assert_no_error(error);
    return value;
}

static void set(Machine *machine, const char *name, uint64_t value)
{
    g_autoptr(GError) error = NULL;

    gdb_register_write(machine->client, &cpu0, name, value, LIMIT, &error);
    g_assert_no_error(error);
}

/* Two vCPUs; the second is powered off. The first is at CODE: count x0, store it, count x2. */
static void start_loop(Machine *machine)
{
    static const uint32_t code[] = {
        GUINT32_TO_LE(0x91000400), /* add x0, x0, #1 */
        GUINT32_TO_LE(0xf9000020), /* str x0, [x1] */
        GUINT32_TO_LE(0x91000442), /* add x2, x2, #1 */
        GUINT32_TO_LE(0x17fffffd), /* b   CODE */
    };
    g_autoptr(GError) error = NULL;

    machine_start(machine, "aarch64", "-M virt -cpu cortex-a57 -smp 2");
    gdb_memory_write(machine->client, CODE, (const uint8_t *)code, sizeof(code), LIMIT, &error);
    g_assert_no_error(error);
    set(machine, "pc", CODE);
    set(machine, "x0", 0);
    set(machine, "x1", DATA);
}

static void test_handshake(void)
{
    g_autoptr(GError) error = NULL;
    GdbStop stop;
    Machine m = {0};

    machine_start(&m, "aarch64", "-M virt -cpu cortex-a57 -smp 2");
    g_assert_cmpuint(gdb_client_packet_size(m.client), >=, 1024);
    g_assert_true(gdb_query_halt_reason(m.client, &stop, LIMIT, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    g_autoptr(GArray) threads = gdb_threads(m.client, LIMIT, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(threads->len, ==, 2);
    g_assert_cmpint(g_array_index(threads, GdbThread, 0).tid, ==, 1);
    g_assert_cmpint(g_array_index(threads, GdbThread, 1).tid, ==, 2);
    g_assert_cmpint(g_array_index(threads, GdbThread, 1).pid, ==, 1);
    bool halted = true;
    g_assert_true(gdb_thread_halted(m.client, &cpu0, &halted, LIMIT, &error));
    g_assert_false(halted);
    g_assert_true(gdb_thread_halted(m.client, &(GdbThread){1, 2}, &halted, LIMIT, &error));
    g_assert_true(halted);
    g_assert_false(gdb_thread_halted(m.client, &(GdbThread){1, 9}, &halted, LIMIT, &error));
    g_clear_error(&error);
    machine_stop(&m);
}

static void test_registers(void)
{
    g_autoptr(GError) error = NULL;
    uint8_t vector[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, back[16];
    uint64_t value = 0;
    Machine m = {0};

    start_loop(&m);
    const GArray *list = gdb_register_list(m.client, LIMIT, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, >, 100);
    set(&m, "x5", UINT64_C(0x123456789abcdef0));
    g_assert_cmphex(get(&m, "x5"), ==, UINT64_C(0x123456789abcdef0));
    g_assert_true(gdb_register_read(m.client, &(GdbThread){1, 2}, "x5", &value, LIMIT, &error));
    g_assert_cmphex(value, ==, 0);
    g_assert_true(gdb_register_write_bytes(m.client, &cpu0, "v3", vector, 16, LIMIT, &error));
    g_assert_true(gdb_register_read_bytes(m.client, &cpu0, "v3", back, 16, LIMIT, &error));
    g_assert_cmpmem(back, 16, vector, 16);

    /* cortex-a57's system counter runs at 62.5 MHz in QEMU 7.2, at 1 GHz from 9.1 on */
    g_assert_cmpuint(get(&m, "CNTFRQ_EL0"), >=, 62500000);
    get(&m, "PMCCNTR_EL0");
    g_assert_false(gdb_register_write(m.client, &cpu0, "TPIDR_EL1", 0x77, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_clear_error(&error);
    g_assert_false(gdb_register_read(m.client, &(GdbThread){1, 9}, "x0", &value, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    machine_stop(&m);
}

static void test_x86_64(void)
{
    g_autoptr(GError) error = NULL;
    uint64_t done = 0;
    Machine m = {0};

    machine_start(&m, "x86_64", "-M pc");
    g_assert_cmphex(get(&m, "rip"), ==, 0xfff0);
    /* in real mode QEMU keeps, or shows, 32 bits */
    set(&m, "rbx", 0x76543210);
    g_assert_cmphex(get(&m, "rbx"), ==, 0x76543210);
    g_assert_true(gdb_step_many(m.client, NULL, 10, LIMIT, NULL, NULL, NULL, &done, &error));
    g_assert_cmpuint(done, ==, 10);
    g_assert_cmphex(get(&m, "rip"), !=, 0xfff0);
    machine_stop(&m);
}

static void test_memory(void)
{
    g_autoptr(GError) error = NULL;
    size_t len = 100001;
    g_autofree uint8_t *bytes = g_malloc(len), *back = g_malloc0(len);
    bool physical = false;
    Machine m = {0};

    machine_start(&m, "aarch64", "-M virt -cpu cortex-a57 -smp 2");
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    gdb_memory_write(m.client, DATA + 3, bytes, len, LIMIT, &error);
    g_assert_no_error(error);
    gdb_memory_read(m.client, DATA + 3, back, len, LIMIT, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(back, len, bytes, len);

    /* outside of everything: an error; in physical mode there is none before QEMU 11 */
    g_assert_false(gdb_memory_read(m.client, UINT64_C(0xf000000000000000), back, 8, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_clear_error(&error);
    g_assert_true(gdb_phy_mem_mode_set(m.client, true, LIMIT, &error));
    g_assert_true(gdb_phy_mem_mode_get(m.client, &physical, LIMIT, &error));
    g_assert_true(physical);
    if (!gdb_memory_read(m.client, UINT64_C(0xfffffffff000), back, 8, LIMIT, &error)) {
        g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
        g_clear_error(&error);
    }
    g_assert_true(gdb_memory_read(m.client, DATA + 3, back, len, LIMIT, &error));
    g_assert_cmpmem(back, len, bytes, len);
    g_assert_true(gdb_phy_mem_mode_set(m.client, false, LIMIT, &error));
    machine_stop(&m);
}

static void test_sstep(void)
{
    g_autoptr(GError) error = NULL;
    unsigned bits = 0, flags = 0;
    Machine m = {0};

    machine_start(&m, "aarch64", "-M virt -cpu cortex-a57 -smp 2");
    g_assert_true(gdb_sstep_bits(m.client, &bits, LIMIT, &error));
    g_assert_cmpuint(bits, ==, GDB_SSTEP_ENABLE | GDB_SSTEP_NOIRQ | GDB_SSTEP_NOTIMER);
    g_assert_true(gdb_sstep_get(m.client, &flags, LIMIT, &error));
    g_assert_cmpuint(flags, ==, bits);
    g_assert_true(gdb_sstep_set(m.client, GDB_SSTEP_ENABLE, LIMIT, &error));
    g_assert_true(gdb_sstep_get(m.client, &flags, LIMIT, &error));
    g_assert_cmpuint(flags, ==, GDB_SSTEP_ENABLE);
    g_assert_false(gdb_sstep_set(m.client, 0x100, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    machine_stop(&m);
}

static void check_steps(Machine *m, const GdbThread *thread, uint64_t count)
{
    g_autoptr(GError) error = NULL;
    uint64_t x0 = get(m, "x0"), done = 0;
    GdbStop stop;

    int64_t start = g_get_monotonic_time();
    gdb_step_many(m->client, thread, count, LIMIT, NULL, NULL, &stop, &done, &error);
    int64_t took = g_get_monotonic_time() - start;
    g_assert_no_error(error);
    g_assert_cmpuint(done, ==, count);
    g_assert_cmpint(stop.thread.tid, ==, 1);
    g_assert_cmphex(get(m, "pc"), ==, CODE);
    g_assert_cmpuint(get(m, "x0"), ==, x0 + count / 4);
    g_test_message("%s: %.0f steps/s", thread ? "vCont;s:p1.1" : "vCont;s",
                   (double)count * 1e6 / (double)took);
}

static void test_steps(void)
{
    g_autoptr(GError) error = NULL;
    GdbStop stop;
    Machine m = {0};

    start_loop(&m);
    for (unsigned i = 1; i <= 4; i++) {
        g_assert_true(gdb_step(m.client, &cpu0, LIMIT, &stop, &error));
        g_assert_cmphex(get(&m, "pc"), ==, CODE + 4 * (i % 4));
    }
    check_steps(&m, &cpu0, 1000);
    check_steps(&m, NULL, g_test_perf() ? 40000 : 1000);
    /* steps of a vCPU without power never end; the client must come back from that */
    g_assert_false(gdb_step(m.client, &(GdbThread){1, 2}, 100, &stop, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_assert_true(gdb_resync(m.client, LIMIT, &error));
    g_assert_cmphex(get(&m, "pc"), ==, CODE);
    check_steps(&m, &cpu0, 8);
    machine_stop(&m);
}

static void test_points(void)
{
    g_autoptr(GError) error = NULL;
    GdbClient *c;
    GdbStop stop;
    Machine m = {0};

    start_loop(&m);
    c = m.client;
    g_assert_true(gdb_point_insert(c, GDB_POINT_HARDWARE, CODE + 8, 4, LIMIT, &error));
    g_assert_true(gdb_continue_send(c, NULL, LIMIT, &error));
    g_assert_true(gdb_stop_wait(c, &stop, LIMIT, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    g_assert_cmphex(get(&m, "pc"), ==, CODE + 8);
    g_assert_true(gdb_point_remove(c, GDB_POINT_HARDWARE, CODE + 8, 4, LIMIT, &error));
    g_assert_false(gdb_point_remove(c, GDB_POINT_HARDWARE, CODE + 8, 4, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_clear_error(&error);

    g_assert_true(gdb_point_insert(c, GDB_POINT_WRITE, DATA, 8, LIMIT, &error));
    g_assert_true(gdb_continue_send(c, &cpu0, LIMIT, &error));
    g_assert_true(gdb_stop_wait(c, &stop, LIMIT, &error));
    g_assert_cmpint(stop.watch, ==, GDB_WATCH_WRITE);
    g_assert_cmphex(stop.address, ==, DATA);
    g_test_message("write watchpoint of the store at +4 stops at +%u",
                   (unsigned)(get(&m, "pc") - CODE));
    g_assert_true(gdb_point_remove(c, GDB_POINT_WRITE, DATA, 8, LIMIT, &error));
    machine_stop(&m);
}

static void test_interrupt(void)
{
    g_autoptr(GError) error = NULL;
    GdbStop stop;
    Machine m = {0};

    start_loop(&m);
    for (int i = 0; i < 20; i++) {
        g_assert_true(gdb_continue_send(m.client, NULL, LIMIT, &error));
        g_assert_false(gdb_stop_wait(m.client, &stop, 5, &error));
        g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
        g_clear_error(&error);
        g_assert_true(gdb_interrupt(m.client, LIMIT, &error));
        g_assert_true(gdb_stop_wait(m.client, &stop, LIMIT, &error));
        g_assert_cmpint(stop.code, ==, GDB_SIGNAL_INT);
        g_assert_cmpuint(get(&m, "x0"), >, 0);
    }
    machine_stop(&m);
}

static int qmp_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

/* Waits for `returns` more answers. */
static void qmp_run(int fd, const char *commands, int returns)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_cmpint(write(fd, commands, strlen(commands)), ==, (gssize)strlen(commands));
    while (returns > 0) {
        char byte;

        g_assert_cmpint(read(fd, &byte, 1), ==, 1);
        g_string_append_c(text, byte);
        if (g_str_has_suffix(text->str, "\"return\"")) {
            returns--;
            g_string_truncate(text, 0);
        }
    }
}

/* A resume that was sent is not yet one that QEMU has seen: QMP could overtake it. */
static void qmp_await_running(int fd)
{
    static const char query[] = "{\"execute\":\"query-status\"}";

    for (;;) {
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_cmpint(write(fd, query, strlen(query)), ==, (gssize)strlen(query));
        while (!g_str_has_suffix(text->str, "\"running\": true") &&
               !g_str_has_suffix(text->str, "\"running\": false")) {
            char byte;

            g_assert_cmpint(read(fd, &byte, 1), ==, 1);
            g_string_append_c(text, byte);
        }
        if (g_str_has_suffix(text->str, "true")) {
            return;
        }
    }
}

/* QMP stops the VM behind the client's back: before requests, and while a resume is under way. */
static void test_qmp_stops(void)
{
    g_autoptr(GError) error = NULL;
    GdbStop stop;
    Machine m = {0};

    start_loop(&m);
    int qmp = qmp_connect(m.qmp_path);
    qmp_run(qmp, "{\"execute\":\"qmp_capabilities\"}", 1);
    for (int i = 0; i < 20; i++) {
        qmp_run(qmp, "{\"execute\":\"cont\"}{\"execute\":\"stop\"}", 2);
        qmp_run(qmp, "{\"execute\":\"cont\"}{\"execute\":\"stop\"}", 2);
        uint64_t before = get(&m, "pc");
        g_assert_true(gdb_step(m.client, NULL, LIMIT, &stop, &error));
        g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
        g_assert_cmpuint(get(&m, "pc"), !=, before);

        qmp_run(qmp, "{\"execute\":\"cont\"}{\"execute\":\"stop\"}", 2);
        g_assert_true(gdb_step(m.client, NULL, LIMIT, &stop, &error));
        g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);

        g_assert_true(gdb_continue_send(m.client, NULL, LIMIT, &error));
        qmp_await_running(qmp);
        qmp_run(qmp, "{\"execute\":\"stop\"}", 1);
        g_assert_true(gdb_stop_wait(m.client, &stop, LIMIT, &error));
        g_assert_cmpint(stop.code, ==, GDB_SIGNAL_INT);
        qmp_run(qmp, "{\"execute\":\"cont\"}", 1);
        g_assert_true(gdb_interrupt(m.client, LIMIT, &error));
        g_assert_true(gdb_stop_wait(m.client, &stop, LIMIT, &error));
        g_assert_cmpint(stop.code, ==, GDB_SIGNAL_INT);
    }
    g_test_message("unasked stops: %d of 60", (int)gdb_client_unasked_stops(m.client));
    close(qmp);
    machine_stop(&m);
}

static void test_kill(void)
{
    g_autoptr(GError) error = NULL;
    GdbStop stop;
    unsigned flags;
    Machine m = {0};

    start_loop(&m);
    g_assert_true(gdb_continue_send(m.client, NULL, LIMIT, &error));
    kill(m.pid, SIGKILL);
    g_assert_false(gdb_stop_wait(m.client, &stop, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_DISCONNECTED);
    g_clear_error(&error);
    g_assert_false(gdb_sstep_get(m.client, &flags, LIMIT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_DISCONNECTED);
    machine_stop(&m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb/real/handshake", test_handshake);
    g_test_add_func("/gdb/real/registers", test_registers);
    g_test_add_func("/gdb/real/x86_64", test_x86_64);
    g_test_add_func("/gdb/real/memory", test_memory);
    g_test_add_func("/gdb/real/sstep", test_sstep);
    g_test_add_func("/gdb/real/steps", test_steps);
    g_test_add_func("/gdb/real/points", test_points);
    g_test_add_func("/gdb/real/interrupt", test_interrupt);
    g_test_add_func("/gdb/real/qmp-stops", test_qmp_stops);
    g_test_add_func("/gdb/real/kill", test_kill);
    return g_test_run();
}
