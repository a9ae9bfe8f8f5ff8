/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-log.c: levels, subsystems, stamps; lines of several threads. */
#include "controller/base/log.h"

#include <string.h>

static GString *written;
static GMutex lock;

static void on_line(const char *line)
{
    g_mutex_lock(&lock);
    g_string_append(written, line);
    g_mutex_unlock(&lock);
}

static VTime now(void)
{
    return vtime(1234000000);
}

static void begin(LogLevel level)
{
    g_string_truncate(written, 0);
    log_set_level(level);
    log_set_virtual(NULL);
}

static void matches(const char *pattern)
{
    if (!g_regex_match_simple(pattern, written->str, 0, 0))
        g_error("'%s' does not match:\n%s", pattern, written->str);
}

static void test_plain(void)
{
    begin(LOG_DEBUG);
    log_set_virtual(now);
    log_warn("of %d", 5);
    log_write(LOG_ERROR, "no");
    g_assert_cmpstr(written->str, ==, "metronome: warn: of 5\nmetronome: error: no\n");
}

/* What a message quotes is no message of its own, and does nothing to a terminal. */
static void test_foreign(void)
{
    begin(LOG_WARN);
    log_warn("it said: %s", "one\r\nmetronome: error: two\033[2J\302\233\nthree");
    g_assert_cmpstr(written->str, ==,
                    "metronome: warn: it said: one\n"
                    "    metronome: error: two\\x1b[2J\\u{009b}\n"
                    "    three\n");
}

static void test_stamp(void)
{
    begin(LOG_DEBUG);
    log_message(LOG_INFO, "controller/engine/worker.c", "x %s", "y");
    matches("^metronome: info: \\[\\d+\\.\\d{6}\\] engine: x y\\n$");
    begin(LOG_DEBUG);
    log_set_virtual(now);
    log_message(LOG_DEBUG, "controller/session/session.c", "z");
    matches("^metronome: debug: \\[\\d+\\.\\d{6} \\| 1\\.234000000s\\] session: z\\n$");
}

static void test_levels(void)
{
    begin(LOG_WARN);
    log_info("i");
    log_debug("d");
    g_assert_cmpstr(written->str, ==, "");
    begin(LOG_ERROR);
    log_warn("w");
    g_assert_cmpstr(written->str, ==, "");
    g_assert_cmpint(log_get_level(), ==, LOG_ERROR);
    begin(LOG_INFO);
    log_info("i");
    log_debug("d");
    matches("^metronome: info: \\[[^]]*\\] other: i\\n$");
}

static void test_subsystem_level(void)
{
    begin(LOG_WARN);
    g_assert_true(log_set_subsystem_level("engine", LOG_DEBUG));
    g_assert_cmpint(log_get_level(), ==, LOG_DEBUG);
    log_message(LOG_DEBUG, "controller/engine/worker.c", "one");
    log_message(LOG_INFO, "controller/qemu/node.c", "two");
    matches("^metronome: debug: \\[[^]]*\\] engine: one\\n$");
    log_set_level(LOG_WARN);
    log_message(LOG_INFO, "controller/engine/worker.c", "three");
    g_assert_null(strstr(written->str, "three"));
    g_assert_false(log_set_subsystem_level("kitchen", LOG_DEBUG));
    g_assert_cmpint(log_get_level(), ==, LOG_WARN);
}

static void test_subsystem_of(void)
{
    static const char *const files[][2] = {
        {"controller/engine/worker.c", "engine"},
        {"./controller/engine/worker.c", "engine"},
        {"/home/controller/x/controller/qemu/node.c", "qemu"},
        {"controller/session/events.c", "session"},
        {"/controller/remote/agent/agent.c", "remote"},
        {"controller/session.c", "session"},
        {"/x/controller/main.c", "main"},
        {"qmp/client.c", "qmp"},
        {"gdbstub-client/packet.c", "gdbstub-client"},
        {"tests/unit/test-log.c", "other"},
        {"controller/new.c", "other"},
        {"controller/eng/x.c", "other"},
        {"controller/session-x.c", "session"},
        {"worker.c", "other"},
        {"/worker.c", "other"},
        {"controller/.c", "other"},
        {"", "other"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
        g_assert_cmpstr(log_subsystem_of(files[i][0]), ==, files[i][1]);
}

static void look_through(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            look_through(path);
        else if (g_str_has_suffix(name, ".c") && strcmp(log_subsystem_of(path), "other") == 0)
            g_error("subsystems in controller/base/log.c lacks that of '%s'", path);
    }
}

/* Every part of the controller can be named. */
static void test_source_tree(void)
{
    look_through("controller");
}

static void *log_many(void *data)
{
    for (unsigned i = 0; i < 200; i++)
        log_message(LOG_INFO, "controller/engine/worker.c", "from %s", (const char *)data);
    return NULL;
}

static void test_threads(void)
{
    GThread *a, *b;
    g_auto(GStrv) lines = NULL;

    begin(LOG_INFO);
    a = g_thread_new("a", log_many, (void *)"a");
    b = g_thread_new("b", log_many, (void *)"b");
    for (unsigned i = 0; i < 1000; i++) {
        log_set_subsystem_level("engine", LOG_INFO);
        log_set_virtual(i % 2 ? now : NULL);
    }
    g_thread_join(a);
    g_thread_join(b);
    lines = g_strsplit(written->str, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 401);
    for (unsigned i = 0; i < 400; i++)
        g_assert_true(g_regex_match_simple("^metronome: info: \\[[^]]*\\] engine: from [ab]$",
                                           lines[i], 0, 0));
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    written = g_string_new(NULL);
    log_set_writer(on_line);
    g_test_add_func("/log/plain", test_plain);
    g_test_add_func("/log/foreign", test_foreign);
    g_test_add_func("/log/stamp", test_stamp);
    g_test_add_func("/log/levels", test_levels);
    g_test_add_func("/log/subsystem/level", test_subsystem_level);
    g_test_add_func("/log/subsystem/of", test_subsystem_of);
    g_test_add_func("/log/subsystem/source-tree", test_source_tree);
    g_test_add_func("/log/threads", test_threads);
    status = g_test_run();
    log_set_writer(NULL);
    g_string_free(written, TRUE);
    return status;
}
