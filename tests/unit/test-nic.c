/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-nic.c: frames of an exact card against a QEMU that does nothing but say yes, and takes frames
 * whenever it is given a turn. What it is told is written down: "+50" is a filter-buffer that fires
 * in 50 µs, "-" one that is deleted, "=" one whose interval is set, a letter is a frame.
 */
#include "controller/fabric/card.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/dump.h"
#include "tests/lib/fake-monitor.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_SIZE 60

typedef struct {
    Node node;
    Nic *nic;
    GArray *flights;
    FakeMonitor *monitor;
    int card; /* QEMU's end */
    GMutex lock;
    GString *told;
} Fixture;

/* --- the QEMU --- */

static void add(Fixture *f, json_object *args)
{
    static const uint8_t header[DUMP_FILE_HEADER];
    int fd;

    if (strcmp(fake_monitor_text(args, "qom-type"), "filter-dump") != 0) {
        g_string_append_printf(f->told, "+%s", fake_monitor_text(args, "interval"));
        return;
    }
    fd = open(fake_monitor_text(args, "file"), O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(write(fd, header, sizeof(header)), ==, sizeof(header));
    close(fd);
}

static void take_frames(Fixture *f)
{
    char bytes[FRAME_SIZE];

    while (recv(f->card, bytes, sizeof(bytes), MSG_DONTWAIT) == FRAME_SIZE)
        g_string_append_c(f->told, bytes[0]);
}

static char *on_command(const char *what, json_object *args, void *data)
{
    Fixture *f = data;

    g_mutex_lock(&f->lock);
    if (strcmp(what, "object-add") == 0)
        add(f, args);
    else if (strcmp(what, "object-del") == 0)
        g_string_append_c(f->told, '-');
    else if (strcmp(what, "qom-set") == 0)
        g_string_append_c(f->told, '=');
    else
        take_frames(f);
    g_mutex_unlock(&f->lock);
    return g_strdup("{}");
}

/* --- the card --- */

static void begin(Fixture *f, IntervalKind interval)
{
    GError *error = NULL;
    int card[2];

    *f = (Fixture){.told = g_string_new(NULL)};
    g_mutex_init(&f->lock);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, card), ==, 0);
    f->card = card[1];
    f->node.interval = interval;
    f->node.fifos = g_dir_make_tmp("nic-XXXXXX", NULL);
    f->node.cables = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_append_val(f->node.cables, card[0]);
    f->monitor = fake_monitor_new(&f->node.qmp, on_command, f);
    f->flights = g_array_new(FALSE, TRUE, sizeof(Flight));
    f->nic = nic_new(&f->node, 0, f->flights, &error);
    g_assert_no_error(error);
    g_assert_nonnull(f->nic);
    nic_set_exact(f->nic, true);
}

static void end(Fixture *f)
{
    g_autofree char *fifo = g_build_filename(f->node.fifos, "x0", NULL);

    nics_free(&f->node);
    g_array_unref(f->flights);
    g_ptr_array_unref(f->node.nics);
    qmp_client_free(f->node.qmp);
    fake_monitor_free(f->monitor);
    close(f->card);
    close(g_array_index(f->node.cables, int, 0));
    g_array_unref(f->node.cables);
    g_unlink(fifo);
    g_rmdir(f->node.fifos);
    g_free(f->node.fifos);
    g_string_free(f->told, TRUE);
    g_mutex_clear(&f->lock);
}

static void put(const Fixture *f, char letter, int64_t at_us)
{
    static uint8_t frames['z' + 1][FRAME_SIZE];
    Flight flight = {.data = frames[(uint8_t)letter], .size = FRAME_SIZE};

    frames[(uint8_t)letter][0] = (uint8_t)letter;
    g_array_append_val(f->flights, flight);
    g_assert_true(nic_put(f->nic, at_us));
}

/* The node at rest there: what QEMU is told, and where it is to stop next. */
static void aim(Fixture *f, int64_t now_us, const char *told, int64_t next_stop_us)
{
    f->node.clock.virtual_time = vtime(now_us * NS_PER_US);
    g_string_truncate(f->told, 0);
    g_assert_true(nics_aim(&f->node, NULL));
    g_mutex_lock(&f->lock);
    g_assert_cmpstr(f->told->str, ==, told);
    g_mutex_unlock(&f->lock);
    g_assert_cmpint(nics_next_stop(&f->node), ==, next_stop_us);
}

static void assert_given(const Fixture *f, unsigned count, int64_t last_us)
{
    g_assert_cmpuint(nic_taken(f->nic), ==, count);
    if (count > 0)
        g_assert_cmpint(g_array_index(f->flights, Flight, count - 1).given_us, ==, last_us);
}

/* Frames of one time are handed in together; the next ones once the node stands there. */
static void test_groups(void)
{
    Fixture f;

    begin(&f, INTERVAL_HOLDS);
    aim(&f, 1000, "", INT64_MAX);
    g_assert_false(nics_want_rest(&f.node, 1000));
    put(&f, 'a', 1100);
    put(&f, 'b', 1100);
    put(&f, 'c', 1350);
    put(&f, 'd', 2000);
    g_assert_true(nics_want_rest(&f.node, 1000));
    aim(&f, 1000, "+100=ab", 1100);
    assert_given(&f, 0, 0);
    aim(&f, 1050, "", 1100); /* a stop for another reason: they stay where they are */
    g_assert_true(nic_holds(f.nic));
    aim(&f, 1100, "-+250=c", 1350);
    assert_given(&f, 2, 1100);
    aim(&f, 1351, "-+649=d", INT64_MAX);
    assert_given(&f, 3, 1350);
    nics_reached(&f.node, 2000);
    assert_given(&f, 4, 2000);
    g_assert_false(nic_holds(f.nic));
    nic_forget(f.nic, 4, true);
    g_assert_cmpuint(nic_sent(f.nic), ==, 0);
    g_assert_false(nics_want_rest(&f.node, 1000)); /* it fires no more */
    end(&f);
}

/* An idle node may stand a µs past its stop, one with sleep=on farther: what is due by there it gets
 * before anything else, and late is what is late. */
static void test_due_already(void)
{
    Fixture f;

    begin(&f, INTERVAL_HOLDS);
    put(&f, 'a', 1001);
    put(&f, 'b', 1002);
    aim(&f, 1001, "+4294967295=a-+1=b", INT64_MAX);
    assert_given(&f, 1, 1001);
    put(&f, 'c', 1003);
    aim(&f, 1070, "c-", INT64_MAX);
    assert_given(&f, 3, 1070);
    g_assert_cmpint(g_array_index(f.flights, Flight, 1).given_us, ==, 1002);
    end(&f);
}

/* Where setting an interval re-arms, the timer fires on at the distance of its first firing. */
static void test_rearms(void)
{
    Fixture f;

    begin(&f, INTERVAL_REARMS);
    put(&f, 'a', 1010);
    aim(&f, 1000, "+10a", INT64_MAX);
    nics_reached(&f.node, 2000);
    assert_given(&f, 1, 1010);
    nic_forget(f.nic, 1, true);
    g_assert_true(nics_want_rest(&f.node, 1000));
    g_assert_false(nics_want_rest(&f.node, 20));
    aim(&f, 2000, "-", INT64_MAX);
    g_assert_false(nics_want_rest(&f.node, 1000));
    end(&f);
}

/* What QEMU does not hold can be taken back, and be put again. */
static void test_taken_back(void)
{
    Fixture f;

    begin(&f, INTERVAL_HOLDS);
    put(&f, 'a', 1100);
    put(&f, 'b', 1200);
    aim(&f, 1000, "+100=a", 1100);
    nic_recall(f.nic);
    g_array_set_size(f.flights, nic_n_put(f.nic));
    g_assert_cmpint(nics_next_stop(&f.node), ==, INT64_MAX);
    put(&f, 'c', 1150);
    aim(&f, 1100, "-+50=c", INT64_MAX);
    assert_given(&f, 1, 1100);
    end(&f);
}

/* --- a card --- */

static void grant(Port *p, const uint8_t *bytes, int64_t due_ns)
{
    port_grant(p, &(Flight){.due = {due_ns}, .data = bytes, .size = FRAME_SIZE});
}

static void assert_settled(const Port *p, unsigned i, int64_t at_ns)
{
    const Flight *f = &g_array_index(p->settled, Flight, i);

    g_assert_true(f->taken && !f->carried);
    g_assert_cmpint(f->at.ns, ==, at_ns);
    g_assert_cmpint(f->boundary.ns, ==, 2 * NS_PER_MS);
}

/* Each has the first whole µs that is not before its due time, in the ensemble's time, and is told
 * at the barrier; nothing is handed in before its quantum. */
static void test_card(void)
{
    static uint8_t bytes[4][FRAME_SIZE] = {"a", "b", "c", "d"};
    static const int64_t due_ns[] = {1000001, 1000999, 1250000, 2000001};
    const VTime quantum = {NS_PER_MS}, barrier = {NS_PER_MS}, next = {2 * NS_PER_MS};
    Fixture f;
    Port *p;

    begin(&f, INTERVAL_HOLDS);
    f.node.epoch = vtime(7 * NS_PER_US);
    f.node.state = NODE_PAUSED;
    nics_free(&f.node);
    p = port_new(&f.node, 0, 0, NULL);
    p->mode = PORT_AHEAD;
    for (unsigned i = 0; i < 4; i++)
        grant(p, bytes[i], due_ns[i]);
    g_assert_true(card_open(p, vtime(0), NULL));
    card_set_exact(p, true);
    card_fill(p, barrier, vtime(1100 * NS_PER_US), quantum); /* a segment that ends in between */
    aim(&f, 1007, "+1=ab", INT64_MAX);
    aim(&f, 1107, "-", INT64_MAX);
    card_fill(p, vtime(1100 * NS_PER_US), next, quantum);
    aim(&f, 1107, "+150=c", INT64_MAX);
    nics_reached(&f.node, 2007);
    card_reach(p, next);
    g_assert_cmpuint(p->sent->len, ==, 0);
    g_assert_cmpuint(p->settled->len, ==, 3);
    assert_settled(p, 0, 1001000);
    assert_settled(p, 1, 1001000);
    assert_settled(p, 2, 1250000);
    g_assert_cmpuint(p->flights->len, ==, 0);
    /* Another quantum comes, and a frame that is due before one that was taken back. */
    card_fill(p, next, vtime(3 * NS_PER_MS), quantum);
    nic_recall(p->nic);
    grant(p, bytes[0], 2000000);
    card_fill(p, vtime(1999 * NS_PER_US), vtime(3 * NS_PER_MS), vtime(NS_PER_US));
    g_assert_cmpint(p->flights->len, ==, 2);
    g_assert_cmpint(g_array_index(p->flights, Flight, 0).due.ns, ==, 2000000);
    g_free((void *)g_array_index(p->flights, Flight, 0).data);
    nic_recall(p->nic);
    g_array_remove_index(p->flights, 0);
    card_fill(p, next, vtime(3 * NS_PER_MS), quantum);
    aim(&f, 2007, "-+1=d", INT64_MAX);
    port_free(p);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nic/groups", test_groups);
    g_test_add_func("/nic/due-already", test_due_already);
    g_test_add_func("/nic/rearms", test_rearms);
    g_test_add_func("/nic/taken-back", test_taken_back);
    g_test_add_func("/nic/card", test_card);
    return g_test_run();
}
