/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-monitor.c: what a user may not say to QEMU's monitors, however it is written. */
#include "controller/qemu/monitor.h"

#include "controller/qemu/options.h"

#include <string.h>

typedef bool (*Check)(const char *line, GError **error);

/* A line is a command, and after a space its arguments. */
static bool check_qmp(const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 2);

    return monitor_check_qmp(words[0] ? words[0] : "", words[0] ? words[1] : NULL, error);
}

static void refused(bool ok, const GError *error, const char *text)
{
    if (ok)
        g_test_message("not refused: '%s'", text);
    g_assert_false(ok);
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_true(error->message[0] == '`');
    g_assert_nonnull(strstr(error->message, "` is refused: "));
    g_assert_nonnull(strstr(error->message, "; "));
    g_assert_cmpuint(strlen(error->message), <, 300);
}

static void all_refused(Check check, const char *const lines[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        bool ok = check(lines[i], &error);

        refused(ok, error, lines[i]);
    }
}

static void all_pass(Check check, const char *const lines[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        bool ok = check(lines[i], &error);

        g_assert_no_error(error);
        g_assert_true(ok);
    }
}

static void test_hmp_refused(void)
{
    static const char *const lines[] = {
        "cont",
        "c",
        " c",
        "\tcont \n",
        "\v\fc",
        "c/x",
        "stop",
        "s",
        "quit",
        "q",
        "system_wakeup",
        "loadvm s1",
        "savevm",
        "savevm s1",
        "migrate -d tcp:0:1",
        "migrate_incoming tcp:0:1",
        "migrate_set_capability auto-converge on",
        "migrate_set_parameter max-bandwidth 1",
        "migrate_start_postcopy",
        "migrate_continue device",
        "replay_seek 5",
        "replay_break 5",
        "replay_delete_break",
        "exit_preconfig",
        "gdbserver",
        "gdbserver none",
        "gdbserver tcp::1",
        "watchdog_action poweroff",
        "x_colo_lost_heartbeat",
        "object_del mt0",
        "object_del \"mt0\"",
        "object_del  mr12",
        "object_add filter-buffer,id=mtb,netdev=x",
        "object_add filter-buffer,id=x,netdev=mtr-net0,interval=1000",
        "object_add filter-mirror,outdev=a b,id=mtz,netdev=x",
        "object_add {\"qom-type\":\"filter-drop\",\"id\":\"x\",\"netdev\":\"mtg\"}",
        "netdev_del mtg",
        "netdev_del mtr-net0",
        "netdev_add user,id=mth",
        "netdev_add \"user,id=mtr-net1\"",
        "device_del mtr-disk",
        "device_del /machine/peripheral/mtr-disk",
        "device_del /machine/peripheral-anon/device[0]",
        "device_add e1000,id=mtr-x",
        "chardev-remove mtr-console",
        "chardev-change mtr-gdb null",
        "chardev-add null,id=mtr-qmp",
        "qom-set mt0 interval 5",
        "qom-set -j /objects/mt0 interval 5",
        "qom-set \"/objects/mtd\" status off",
        "set_link mtr-net0 off",
    };

    all_refused(monitor_check_hmp, lines, G_N_ELEMENTS(lines));
}

static void test_hmp_passes(void)
{
    static const char *const lines[] = {
        "",
        " ",
        "\"",
        "/",
        "info status",
        "info registers",
        "system_reset",
        "system_powerdown",
        "nmi",
        "sendkey c",
        "x/4xw 0",
        "print $pc",
        "p $pc",
        "help cont",
        "? quit",
        "screendump f",
        "stopcapture 0",
        "commit all",
        "continue", /* QEMU knows no such command, and no abbreviations */
        "sto",
        "singlestep on",
        "watchdog_action pause",
        "watchdog_action",
        "object_del mine",
        "object_add filter-dump,id=d,netdev=mtr-net0,file=f",
        "object_add filter-buffer,id=b,netdev=mine,interval=1000",
        "object_add rng-builtin,id=r",
        "netdev_del mine",
        "netdev_add user,id=mine",
        "device_del mine",
        "device_del /machine/peripheral/mine",
        "device_add pvpanic,id=mine",
        "chardev-remove mine",
        "chardev-send-break mtr-console",
        "qom-set /machine/peripheral/mine x mt0",
        "qom-get mt0 interval",
        "set_link mine off",
        "set_password vnc x",
    };

    all_pass(monitor_check_hmp, lines, G_N_ELEMENTS(lines));
}

/* A command, and its arguments behind a space. */
static void test_qmp_refused(void)
{
    static const char *const lines[] = {
        "cont",
        "stop",
        "quit",
        "system_wakeup",
        "snapshot-load {\"job-id\":\"j\",\"tag\":\"s\",\"vmstate\":\"v\",\"devices\":[]}",
        "snapshot-save {\"job-id\":\"j\",\"tag\":\"s\",\"vmstate\":\"v\",\"devices\":[]}",
        "migrate {\"uri\":\"tcp:0:1\"}",
        "migrate-incoming {\"uri\":\"tcp:0:1\"}",
        "migrate-set-capabilities {\"capabilities\":[]}",
        "migrate_cancel",
        "xen-save-devices-state {\"filename\":\"f\"}",
        "xen-load-devices-state {\"filename\":\"f\"}",
        "x-exit-preconfig",
        "replay-seek {\"icount\":1}",
        "replay-break {\"icount\":1}",
        "yank {\"instances\":[]}",
        "set-action {\"shutdown\":\"poweroff\"}",
        "set-action {\"panic\":\"none\",\"watchdog\":\"poweroff\"}",
        "watchdog-set-action {\"action\":\"poweroff\"}",
        "object-add {\"qom-type\":\"filter-buffer\",\"id\":\"mt1\",\"netdev\":\"mtg\"}",
        "object-add {\"qom-type\":\"filter-drop\",\"id\":\"x\",\"netdev\":\"mtr-net2\"}",
        "object-del {\"id\":\"mtn\"}",
        "netdev_add {\"type\":\"user\",\"id\":\"mtr-net0\"}",
        "netdev_del {\"id\":\"mth\"}",
        "device_add {\"driver\":\"x\",\"id\":\"mtr-x\"}",
        "device_del {\"id\":\"/machine/peripheral-anon/device[1]\"}",
        "chardev-add {\"id\":\"mtr-gdb\",\"backend\":{\"type\":\"null\",\"data\":{}}}",
        "chardev-remove {\"id\":\"mtr-console\"}",
        "chardev-change {\"id\":\"mtr-console\",\"backend\":{\"type\":\"null\",\"data\":{}}}",
        "qom-set {\"path\":\"/objects/mt0\",\"property\":\"interval\",\"value\":1}",
        "set_link {\"name\":\"mtg\",\"up\":false}",
        "human-monitor-command {\"command-line\":\" c\"}",
        "human-monitor-command {\"cpu-index\":0,\"command-line\":\"loadvm s1\"}",
        "human-monitor-command {\"command-line\":\"object_del \\\"mt0\\\"\"}",
    };

    all_refused(check_qmp, lines, G_N_ELEMENTS(lines));
}

static void test_qmp_passes(void)
{
    static const char *const lines[] = {
        "",
        "query-status",
        "query-migrate",
        "query-commands",
        "system_reset",
        "system_powerdown",
        "inject-nmi",
        "set-action {\"reboot\":\"shutdown\",\"watchdog\":\"pause\"}",
        "watchdog-set-action {\"action\":\"reset\"}",
        "set_password {\"protocol\":\"vnc\",\"password\":\"poweroff\"}",
        "object-del {\"id\":\"mine\"}",
        "netdev_del {\"id\":\"mine\"}",
        "qom-set {\"path\":\"/machine/x\",\"property\":\"mt0\",\"value\":\"mt0\"}",
        "qom-get {\"path\":\"/objects/mt0\",\"property\":\"interval\"}",
        "human-monitor-command",
        "human-monitor-command {}",
        "human-monitor-command {\"command-line\":\"info status\"}",
        "human-monitor-command {\"command-line\":\"\"}",
    };

    all_pass(check_qmp, lines, G_N_ELEMENTS(lines));
}

static void test_message(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(monitor_check_hmp(" c ", &error));
    g_assert_cmpstr(error->message, ==,
                    "`c` is refused: the nodes stop and go on together; use `run`, `barrier` or "
                    "`step NODE`");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/monitor/hmp-refused", test_hmp_refused);
    g_test_add_func("/monitor/hmp-passes", test_hmp_passes);
    g_test_add_func("/monitor/qmp-refused", test_qmp_refused);
    g_test_add_func("/monitor/qmp-passes", test_qmp_passes);
    g_test_add_func("/monitor/message", test_message);
    return g_test_run();
}
