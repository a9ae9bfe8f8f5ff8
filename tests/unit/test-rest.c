/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-rest.c: what a stop counts as, at once and once somebody looks, against a QEMU that does
 * nothing but write the device state that it is given.
 */
#include "controller/engine/rest.h"
#include "tests/lib/fake-monitor.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BOUNDARY_NS (1000 * NS_PER_US)

typedef struct {
    Node node;
    NodeStats stats;
    FakeMonitor *monitor;
    int64_t icount, bias; /* as QEMU has them */
    bool halted;
    unsigned asked;
} Fixture;

static void put(GByteArray *s, uint64_t value, unsigned bytes)
{
    uint64_t be = GUINT64_TO_BE(value);

    g_byte_array_append(s, (const uint8_t *)&be + 8 - bytes, bytes);
}

static void put_name(GByteArray *s, const char *name)
{
    put(s, strlen(name), 1);
    g_byte_array_append(s, (const uint8_t *)name, (guint)strlen(name));
}

static void put_section(GByteArray *s, uint32_t id, const char *name, uint32_t version)
{
    put(s, 0x04, 1);
    put(s, id, 4);
    put_name(s, name);
    put(s, 0, 4);
    put(s, version, 4);
}

static void put_footer(GByteArray *s, uint32_t id)
{
    put(s, 0x7e, 1);
    put(s, id, 4);
}

/* As the parser wants it (qemu/devstate.h). */
static char *on_command(const char *what, json_object *args, void *data)
{
    g_autoptr(GByteArray) s = g_byte_array_new();
    Fixture *f = data;

    (void)args;
    if (strcmp(what, "xen-save-devices-state") != 0)
        return NULL;
    f->asked++;
    put(s, 0x5145564d, 4);
    put(s, 3, 4);
    put_section(s, 1, "timer", 2);
    put(s, 0, 8);
    put(s, 0, 8);
    put(s, 0, 8);
    put(s, 0x05, 1);
    put_name(s, "timer/icount");
    put(s, 1, 4);
    put(s, (uint64_t)f->bias, 8);
    put(s, (uint64_t)f->icount, 8);
    put_footer(s, 1);
    put_section(s, 2, "cpu_common", 1);
    put(s, f->halted, 4);
    put(s, 2, 4);
    put_footer(s, 2);
    put(s, 0, 1);
    g_assert_cmpint(ftruncate(f->node.devices_fd, 0), ==, 0);
    g_assert_cmpint(pwrite(f->node.devices_fd, s->data, s->len, 0), ==, s->len);
    return g_strdup("{}");
}

static void begin(Fixture *f, bool sleep_on)
{
    *f = (Fixture){.icount = 0};
    f->node.name = (char *)"n";
    f->node.icount = (Icount){.enabled = true, .shift = 0, .sleep_on = sleep_on};
    f->node.state = NODE_PAUSED;
    f->node.pid = getpid();
    f->node.devices_path = (char *)"devices";
    f->node.devices_fd = memfd_create("devices", MFD_CLOEXEC);
    f->monitor = fake_monitor_new(&f->node.qmp, on_command, f);
}

static void end(Fixture *f)
{
    qmp_client_free(f->node.qmp);
    fake_monitor_free(f->monitor);
    close(f->node.devices_fd);
    dist_clear(&f->stats.overshoot);
    dist_clear(&f->stats.idle_skip);
}

/* It has stopped there, as its µs tells; what QEMU knows more of it. */
static void stop(Fixture *f, int64_t about_us, int64_t icount, int64_t bias, bool halted)
{
    const RestPlan plan = {
        .boundary = {BOUNDARY_NS}, .planned = true, .quantum = {NS_PER_MS}, .left = {-1}};

    f->icount = icount;
    f->bias = bias;
    f->halted = halted;
    f->node.clock = (Clock){.virtual_time = {about_us * NS_PER_US}, .rough = true};
    rest_count(&f->node, &f->stats, &plan);
}

static void test_exact(void)
{
    Fixture f;

    begin(&f, false);
    stop(&f, 1000, BOUNDARY_NS, 0, false);
    g_assert_cmpuint(f.asked, ==, 0);
    g_assert_cmpuint(f.stats.overshot, ==, 0);
    rest_settle(&f.node);
    g_assert_cmpuint(f.asked, ==, 1);
    g_assert_false(f.node.clock.rough);
    g_assert_cmpint(f.node.clock.icount.n, ==, BOUNDARY_NS);
    g_assert_cmpuint(f.stats.overshot, ==, 0);
    rest_settle(&f.node); /* it is known */
    g_assert_cmpuint(f.asked, ==, 1);
    end(&f);
}

/* QEMU answers while others are asked; it is asked once for each stop. */
static void test_asked_ahead(void)
{
    Fixture f;

    begin(&f, false);
    stop(&f, 1000, BOUNDARY_NS, 0, false);
    rest_ask(&f.node);
    rest_ask(&f.node);
    g_assert_true(f.node.clock.rough);
    rest_settle(&f.node);
    g_assert_false(f.node.clock.rough);
    g_assert_cmpint(f.node.clock.icount.n, ==, BOUNDARY_NS);
    rest_ask(&f.node); /* it is known */
    g_assert_false(f.node.clock_asked);
    g_assert_cmpuint(f.asked, ==, 1);
    end(&f);
}

/* Within its µs, or, as if it were idle, in the next one: found where somebody looks, once. */
static void test_executed_more(void)
{
    Fixture f;

    begin(&f, false);
    stop(&f, 1000, BOUNDARY_NS + 3, 0, false);
    g_assert_cmpuint(f.stats.overshot, ==, 0);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 1);
    g_assert_cmpint(dist_max(&f.stats.overshoot), ==, 3);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 1);
    stop(&f, 1001, BOUNDARY_NS + 1000, 0, false);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 2);
    end(&f);
}

static void test_idle(void)
{
    Fixture f;

    begin(&f, false);
    stop(&f, 1001, 500000, 501000, true);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 0);
    g_assert_cmpint(dist_max(&f.stats.idle_skip), ==, NS_PER_US);
    g_assert_true(f.node.clock.idle);
    end(&f);
}

/* Farther than a brake lets an idle clock go: no look is needed. */
static void test_too_far(void)
{
    Fixture f;

    begin(&f, false);
    stop(&f, 1002, BOUNDARY_NS + 2000, 0, false);
    g_assert_cmpuint(f.stats.overshot, ==, 1);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 1);
    stop(&f, 999, BOUNDARY_NS - 1000, 0, false);
    g_assert_cmpuint(f.stats.overshot, ==, 2);
    end(&f);
}

/* With sleep=on the clock of an idle node follows the host's. */
static void test_slept(void)
{
    Fixture f;

    begin(&f, true);
    stop(&f, 1070, 500000, 570123, true);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 0);
    stop(&f, 1070, BOUNDARY_NS + 70123, 0, false);
    rest_settle(&f.node);
    g_assert_cmpuint(f.stats.overshot, ==, 1);
    end(&f);
}

static void test_other_time(void)
{
    Fixture f;
    GError *error = NULL;

    begin(&f, false);
    stop(&f, 1000, BOUNDARY_NS + 1000, 0, false);
    g_assert_false(rest_read(&f.node, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_STATE);
    g_assert_cmpstr(error->message, ==,
                    "QEMU's own figures differ: it stands at 1000 us by its filters, and by its "
                    "device state at 1001");
    g_error_free(error);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rest/exact", test_exact);
    g_test_add_func("/rest/asked-ahead", test_asked_ahead);
    g_test_add_func("/rest/executed-more", test_executed_more);
    g_test_add_func("/rest/idle", test_idle);
    g_test_add_func("/rest/too-far", test_too_far);
    g_test_add_func("/rest/slept", test_slept);
    g_test_add_func("/rest/other-time", test_other_time);
    return g_test_run();
}
