/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-qmp-real.c: the QMP client against a real QEMU.
 *
 * Each test has a QEMU of its own in a private directory, which dies with the test. A missing QEMU
 * fails the test: what this file promises can't be kept without one. METRONOME_QEMU_DIR names the
 * directory to take the binary from, otherwise PATH decides.
 */
#include "qmp/qmp.h"
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define PATIENCE_MS 30000

typedef struct {
    char *dir, *socket;
    GSubprocess *qemu;
    QmpClient *client;
    GString *events;
} Fixture;

static void die_with_parent(G_GNUC_UNUSED void *data)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void log_event(G_GNUC_UNUSED QmpClient *client, const char *event,
                      G_GNUC_UNUSED const char *data_json, void *data)
{
    g_string_append_printf(data, "%s ", event);
}

static void set_up(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const char name[] = "qemu-system-aarch64";
    const char *qemu_dir = g_getenv("METRONOME_QEMU_DIR");
    g_autofree char *binary =
        qemu_dir ? g_build_filename(qemu_dir, name, NULL) : g_find_program_in_path(name);
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autoptr(GError) error = NULL;
    g_autofree char *address = NULL;

    g_assert_nonnull(binary);
    g_assert_true(g_file_test(binary, G_FILE_TEST_IS_EXECUTABLE));
    f->dir = g_dir_make_tmp("qmp-real-XXXXXX", &error);
    g_assert_no_error(error);
    f->socket = g_build_filename(f->dir, "qmp", NULL);
    address = g_strdup_printf("unix:%s,server=on,wait=off", f->socket);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    f->qemu = g_subprocess_launcher_spawn(launcher, &error, binary, "-M", "virt", "-cpu",
                                          "cortex-a57", "-S", "-nodefaults", "-display", "none",
                                          "-icount", "shift=0,sleep=off", "-qmp", address, NULL);
    g_assert_no_error(error);
    f->client = qmp_client_connect(f->socket, PATIENCE_MS, &error);
    g_assert_no_error(error);
    f->events = g_string_new(NULL);
    qmp_client_on_event(f->client, NULL, log_event, f->events);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GDir) dir = g_dir_open(f->dir, 0, NULL);
    const char *name;

    qmp_client_free(f->client);
    g_subprocess_force_exit(f->qemu);
    g_assert_true(g_subprocess_wait(f->qemu, NULL, NULL));
    while (dir && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(f->dir, name, NULL);

        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(f->dir), ==, 0);
    g_object_unref(f->qemu);
    g_string_free(f->events, TRUE);
    g_free(f->socket);
    g_free(f->dir);
}

static void test_queries(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) cpus = NULL;
    g_autofree char *status = NULL;
    g_autofree char *text = NULL;
    QmpVersion version = {0};
    bool running = true;
    int64_t icount = -1;

    g_assert_true(qmp_query_version(f->client, &version, PATIENCE_MS, &error));
    g_assert_cmpint(version.major, >=, 7);
    g_assert_nonnull(version.package);
    qmp_version_clear(&version);
    g_assert_true(qmp_query_status(f->client, &running, &status, PATIENCE_MS, &error));
    g_assert_false(running);
    g_assert_cmpstr(status, ==, "prelaunch");
    cpus = qmp_query_cpus_fast(f->client, PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(cpus->len, ==, 1);
    g_assert_cmpint(g_array_index(cpus, QmpCpu, 0).index, ==, 0);
    g_assert_cmpint(g_array_index(cpus, QmpCpu, 0).thread_id, >, 0);
    g_assert_cmpstr(g_array_index(cpus, QmpCpu, 0).target, ==, "aarch64");
    g_assert_true(g_str_has_prefix(g_array_index(cpus, QmpCpu, 0).qom_path, "/machine/"));
    g_assert_true(qmp_query_replay(f->client, &icount, PATIENCE_MS, &error));
    g_assert_cmpint(icount, ==, 0);
    text = qmp_hmp(f->client, "info version", PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_true(g_ascii_isdigit(text[0]));
    g_assert_true(g_str_has_suffix(text, "\r\n"));
}

static void test_errors(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(qmp_client_call(f->client, "no-such", NULL, PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
    g_assert_true(g_str_has_prefix(error->message, "CommandNotFound: "));
    g_clear_error(&error);
    g_assert_false(qmp_object_del(f->client, "no-such", PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
    g_assert_true(g_str_has_prefix(error->message, "GenericError: "));
    g_clear_error(&error);
    g_assert_true(qmp_client_post(f->client, "query-status", NULL, &error));
    g_assert_true(qmp_client_post(f->client, "no-such", NULL, &error));
    g_assert_true(qmp_client_post(f->client, "query-status", NULL, &error));
    g_assert_false(qmp_client_settle(f->client, PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
    g_assert_true(g_str_has_prefix(error->message, "no-such: CommandNotFound: "));
}

static void test_save_devices_state(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree char *path = g_build_filename(f->dir, "state", NULL);
    g_autofree char *bytes = NULL;
    g_autoptr(GError) error = NULL;
    size_t size = 0;

    g_assert_true(qmp_save_devices_state(f->client, path, PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(path, &bytes, &size, &error));
    g_assert_cmpuint(size, >, 8);
    g_assert_cmpmem(bytes, 4, "QEVM", 4);
    g_assert_false(qmp_save_devices_state(f->client, "/nowhere/state", PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
}

static void test_network(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree char *local = g_build_filename(f->dir, "local", NULL);
    g_autofree char *remote = g_build_filename(f->dir, "remote", NULL);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;
    QmpClient *client = f->client;

    g_assert_true(qmp_netdev_add_dgram(client, "n0", local, remote, PATIENCE_MS, &error));
    g_assert_true(g_file_test(local, G_FILE_TEST_EXISTS));
    g_assert_true(qmp_netdev_add_hubport(client, "h0", 0, "n0", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_add_hubport(client, "h1", 0, NULL, PATIENCE_MS, &error));
    g_assert_true(qmp_object_add(client, "filter-buffer", "f0",
                                 "{\"netdev\":\"n0\",\"interval\":1000}", PATIENCE_MS, &error));
    before = qmp_qom_get(client, "/objects/f0", "interval", PATIENCE_MS, &error);
    g_assert_cmpstr(before, ==, "1000");
    g_assert_true(
        qmp_qom_set(client, "/objects/f0", "interval", "4294967295", PATIENCE_MS, &error));
    after = qmp_qom_get(client, "/objects/f0", "interval", PATIENCE_MS, &error);
    g_assert_cmpstr(after, ==, "4294967295");
    g_assert_false(qmp_qom_set(client, "/objects/f0", "interval", "0", PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
    g_clear_error(&error);
    g_assert_true(qmp_object_del(client, "f0", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_del(client, "h1", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_del(client, "h0", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_del(client, "n0", PATIENCE_MS, &error));
    g_assert_no_error(error);
}

static void test_run_and_quit(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *status = NULL;
    bool running = false;

    g_assert_true(qmp_cont(f->client, PATIENCE_MS, &error));
    g_assert_true(qmp_query_status(f->client, &running, &status, PATIENCE_MS, &error));
    g_assert_true(running);
    g_assert_true(qmp_stop(f->client, PATIENCE_MS, &error));
    g_clear_pointer(&status, g_free);
    g_assert_true(qmp_query_status(f->client, &running, &status, PATIENCE_MS, &error));
    g_assert_false(running);
    g_assert_cmpstr(status, ==, "paused");
    g_assert_true(qmp_quit(f->client, PATIENCE_MS, &error));
    g_assert_no_error(error);
    while (qmp_client_pump(f->client, PATIENCE_MS, &error))
        ;
    g_assert_error(error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    g_assert_true(g_subprocess_wait(f->qemu, NULL, NULL));
    g_assert_true(g_subprocess_get_successful(f->qemu));
    g_assert_cmpstr(f->events->str, ==, "RESUME STOP SHUTDOWN ");
}

static void count_end(G_GNUC_UNUSED QmpClient *client, const char *result, const GError *error,
                      void *data)
{
    g_assert_null(result);
    g_assert_error((GError *)error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    ++*(int *)data;
}

/* Sends the signal itself, GSubprocess would leave that to another thread, and waits until all of
 * the process stands. */
static void freeze(GSubprocess *process)
{
    const char *pid = g_subprocess_get_identifier(process);
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
    gint64 deadline = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    bool stands = false;

    g_assert_cmpint(kill((pid_t)g_ascii_strtoll(pid, NULL, 10), SIGSTOP), ==, 0);
    while (!stands) {
        g_autofree char *text = NULL;

        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        stands = strstr(text, ") T ") != NULL;
    }
}

/* Stopped first, so that neither call can be answered before the kill. */
static void test_kill(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GError) error = NULL;
    int ends = 0;

    freeze(f->qemu);
    g_assert_null(qmp_client_call(f->client, "query-status", NULL, 50, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_assert_true(qmp_client_send(f->client, "stop", NULL, -1, count_end, &ends, &error));
    g_assert_true(qmp_client_send(f->client, "cont", NULL, -1, count_end, &ends, &error));
    g_subprocess_send_signal(f->qemu, SIGKILL);
    while (qmp_client_pump(f->client, PATIENCE_MS, &error))
        ;
    g_assert_error(error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    g_assert_cmpint(ends, ==, 2);
    g_assert_cmpuint(qmp_client_pending(f->client), ==, 0);
}

/* QEMU serves one client a socket: a second one connects, but is never greeted. */
static void test_second_client(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(qmp_client_connect(f->socket, 100, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_clear_pointer(&f->client, qmp_client_free);
    f->client = qmp_client_connect(f->socket, PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_true(qmp_stop(f->client, PATIENCE_MS, &error));
}

#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/qmp/real/queries", test_queries);
    ADD("/qmp/real/errors", test_errors);
    ADD("/qmp/real/save-devices-state", test_save_devices_state);
    ADD("/qmp/real/network", test_network);
    ADD("/qmp/real/run-and-quit", test_run_and_quit);
    ADD("/qmp/real/kill", test_kill);
    ADD("/qmp/real/second-client", test_second_client);
    return g_test_run();
}
