/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-gdb-request.c: packets of a gdb -> typed requests, and what a resume comes to. */
#include "gdbstub-client/packet.h"
#include "gdbstub-client/request.h"

#include <string.h>

static void append_thread(GString *text, const GdbThread *t)
{
    g_string_append_printf(text, " %d.%d", (int)t->pid, (int)t->tid);
}

/* A request in words, as far as its kind has fields. */
static char *words_of(const char *packet, size_t size)
{
    GString *text = g_string_new(NULL);
    GdbRequest r;

    gdb_request_parse(&r, packet, size);
    g_string_append_printf(text, "%d", (int)r.kind);
    if (r.thread.pid || r.thread.tid)
        append_thread(text, &r.thread);
    if (r.address || r.length)
        g_string_append_printf(text, " %" G_GINT64_MODIFIER "x,%" G_GINT64_MODIFIER "x", r.address,
                               r.length);
    if (r.number)
        g_string_append_printf(text, " #%x", r.number);
    if (r.process)
        g_string_append_printf(text, " process %d", (int)r.process);
    if (r.point)
        g_string_append_printf(text, " point %d", (int)r.point);
    if (r.annex)
        g_string_append_printf(text, " '%s'", r.annex);
    if (r.bytes) {
        g_string_append_c(text, ' ');
        gdb_hex_append(text, r.bytes->data, r.bytes->len);
        g_assert_cmpint(r.bytes->data[r.bytes->len], ==, '\0');
    }
    for (guint i = 0; r.actions && i < r.actions->len; i++) {
        const GdbAction *a = &g_array_index(r.actions, GdbAction, i);

        g_string_append_printf(text, " %c", a->step ? 's' : 'c');
        append_thread(text, &a->thread);
    }
    gdb_request_clear(&r);
    return g_string_free(text, FALSE);
}

/* fields: what follows the kind. */
static void check(const char *packet, GdbRequestKind kind, const char *fields)
{
    g_autofree char *got = words_of(packet, strlen(packet));
    g_autofree char *wanted = g_strdup_printf("%d%s", (int)kind, fields);

    if (strcmp(got, wanted) != 0)
        g_error("'%s': got '%s', wanted '%s'", packet, got, wanted);
}

static void unknown(const char *packet)
{
    check(packet, GDB_REQUEST_UNKNOWN, "");
}

static void malformed(const char *packet)
{
    check(packet, GDB_REQUEST_MALFORMED, "");
}

static void test_registers(void)
{
    check("g", GDB_REQUEST_READ_REGISTERS, "");
    check("G00ff", GDB_REQUEST_WRITE_REGISTERS, " 00ff");
    check("p1f", GDB_REQUEST_READ_REGISTER, " #1f");
    check("P20=0123", GDB_REQUEST_WRITE_REGISTER, " #20 0123");
    malformed("g0");
    malformed("G");
    malformed("G0");
    malformed("Gxx");
    malformed("p");
    malformed("p1f;");
    malformed("p123456789");
    malformed("P1");
    malformed("P1=");
    malformed("P=00");
    malformed("P1=0");
}

static void test_memory(void)
{
    check("m40000000,8", GDB_REQUEST_READ_MEMORY, " 40000000,8");
    check("mffffffffffffffff,ffffffffffffffff", GDB_REQUEST_READ_MEMORY,
          " ffffffffffffffff,ffffffffffffffff");
    check("M10,2:ab01", GDB_REQUEST_WRITE_MEMORY, " 10,2 ab01");
    check("X10,3:a:b", GDB_REQUEST_WRITE_MEMORY, " 10,3 613a62");
    check("X10,0:", GDB_REQUEST_WRITE_MEMORY, " 10,0 ");
    malformed("m");
    malformed("m10");
    malformed("m10,");
    malformed("m10,8,");
    malformed("m10000000000000000,1");
    malformed("M10,2:ab");
    malformed("M10,2:ab0102");
    malformed("M10,2:abxx");
    malformed("M10,2");
    malformed("X10,3:ab");
    malformed("X10,3:abcd");
}

static void test_points(void)
{
    check("Z0,4000,4", GDB_REQUEST_INSERT_POINT, " 4000,4");
    check("z4,4000,8", GDB_REQUEST_REMOVE_POINT, " 4000,8 point 4");
    malformed("Z");
    malformed("Z5,4000,4");
    malformed("Z0,4000");
    malformed("Z0,4000,4;X1,00");
    malformed("Z0,4000,100000000");
    malformed("z1");
}

static void test_threads(void)
{
    check("Hgp1.3", GDB_REQUEST_SELECT_GENERAL, " 1.3");
    check("Hg0", GDB_REQUEST_SELECT_GENERAL, "");
    check("Hc-1", GDB_REQUEST_SELECT_CONTROL, " 0.-1");
    check("Hgp1.-1", GDB_REQUEST_SELECT_GENERAL, " 1.-1");
    check("Tp01.04", GDB_REQUEST_THREAD_ALIVE, " 1.4");
    check("qThreadExtraInfo,p1.2", GDB_REQUEST_THREAD_INFO, " 1.2");
    check("qfThreadInfo", GDB_REQUEST_THREADS_FIRST, "");
    check("qsThreadInfo", GDB_REQUEST_THREADS_NEXT, "");
    check("qC", GDB_REQUEST_CURRENT_THREAD, "");
    malformed("Hg");
    malformed("Hgp1.3x");
    malformed("Hgp-1.3");
    malformed("Hg-2");
    malformed("T");
    malformed("qThreadExtraInfo,");
    unknown("H");
    unknown("Hx1");
    unknown("qThreadExtraInfo");
    unknown("qCRC:0,10");
}

static void test_queries(void)
{
    check("?", GDB_REQUEST_HALT_REASON, "");
    check("qSupported", GDB_REQUEST_SUPPORTED, "");
    check("qSupported:hwbreak-;multiprocess+;x=1", GDB_REQUEST_SUPPORTED, " #1");
    check("qSupported:swbreak+;multiprocess+;hwbreak+", GDB_REQUEST_SUPPORTED, " #7");
    check("qSupported:hwbreak+", GDB_REQUEST_SUPPORTED, " #4");
    check("qSupported:nomultiprocess+", GDB_REQUEST_SUPPORTED, "");
    check("vCont?", GDB_REQUEST_RESUME_QUERY, "");
    check("qAttached", GDB_REQUEST_ATTACHED, "");
    check("qAttached:1", GDB_REQUEST_ATTACHED, " process 1");
    check("qXfer:features:read:target.xml:0,ffb", GDB_REQUEST_READ_FEATURES, " 0,ffb 'target.xml'");
    check("qqemu.sstepbits", GDB_REQUEST_STEP_BITS, "");
    check("qqemu.sstep", GDB_REQUEST_GET_STEP, "");
    check("Qqemu.sstep=0x7", GDB_REQUEST_SET_STEP, " #7");
    check("Qqemu.sstep=1", GDB_REQUEST_SET_STEP, " #1");
    check("qqemu.PhyMemMode", GDB_REQUEST_GET_PHYSICAL, "");
    check("Qqemu.PhyMemMode:1", GDB_REQUEST_SET_PHYSICAL, " #1");
    check("QStartNoAckMode", GDB_REQUEST_NO_ACKS, "");
    check("qRcmd,7469", GDB_REQUEST_MONITOR, " 7469");
    check("D", GDB_REQUEST_DETACH, "");
    check("k", GDB_REQUEST_END, "");
    malformed("Qqemu.PhyMemMode:2");
    malformed("Qqemu.sstep=");
    malformed("Qqemu.sstep=7,1");
    malformed("qXfer:features:read::0,10");
    malformed("qXfer:features:read:../etc/passwd:0,10");
    malformed("qXfer:features:read:target.xml:0");
    malformed("qRcmd,7");
    malformed("qRcmd,zz");
}

static void test_processes(void)
{
    check("!", GDB_REQUEST_EXTENDED, "");
    check("vAttach;2", GDB_REQUEST_ATTACH, " process 2");
    check("vAttach;7fffffff", GDB_REQUEST_ATTACH, " process 2147483647");
    check("D;1f", GDB_REQUEST_DETACH, " process 31");
    check("vKill;3", GDB_REQUEST_KILL, " process 3");
    check("vKill", GDB_REQUEST_KILL, "");
    check("qXfer:threads:read::0,ffb", GDB_REQUEST_READ_THREADS, " 0,ffb");
    malformed("vAttach;");
    malformed("vAttach;0");
    malformed("vAttach;-1");
    malformed("vAttach;80000000");
    malformed("vAttach;ffffffffffffffffff");
    malformed("vAttach;1;2");
    malformed("vAttach;p1");
    malformed("!1");
    malformed("D;");
    malformed("D;0");
    malformed("D;ffffffffffffffff");
    malformed("vKill;0");
    malformed("qAttached:x");
    malformed("qXfer:threads:read:a:0,1");
    malformed("qXfer:threads:read::0");
    malformed("qXfer:threads:read:");
    unknown("vAttach");
    unknown("qXfer:threads:write::0,1");
    unknown("qXfer:threads:read");
}

/* None of these may come near QEMU: it would run, go back, end, or write files. */
static void test_not_ours(void)
{
    static const char *const packets[] = {
        "",
        "F0",
        "F-1,4,C",
        "b",
        "b 9600",
        "bt",
        "r",
        "R0",
        "i",
        "t",
        "A1,0,61",
        "B10,S",
        "d",
        "vRun;",
        "vAttachx",
        "vFile:open",
        "vStopped",
        "vFlashErase:0,10",
        "v",
        "vCtrlC",
        "vMustReplyEmpty",
        "q",
        "Q",
        "qOffsets",
        "qTStatus",
        "QTStop",
        "qXfer:auxv:read::0,10",
        "qXfer:features:write:target.xml:0:00",
        "QNonStop:1",
        "qSymbol::",
        "qqemu.sstepx",
        "Qqemu.sstep",
        "qXfer",
        "j",
        "vContX",
        "QStartNoAckModes",
        "qSupportedx",
        "vKillx",
        "x10,8",
        "e",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        unknown(packets[i]);
}

/* What stands behind a NUL counts too. */
static void test_nul(void)
{
    g_autofree char *g = words_of("g\0", 2), *binary = words_of("X10,2:\0#", 8);
    g_autofree char *annex = words_of("qXfer:features:read:a\0b:0,1", 27);
    g_autofree char *wrong = g_strdup_printf("%d", GDB_REQUEST_MALFORMED);
    g_autofree char *right = g_strdup_printf("%d 10,2 0023", GDB_REQUEST_WRITE_MEMORY);

    g_assert_cmpstr(g, ==, wrong);
    g_assert_cmpstr(binary, ==, right);
    g_assert_cmpstr(annex, ==, wrong);
}

static void test_reverse(void)
{
    check("bs", GDB_REQUEST_REVERSE_STEP, "");
    check("bc", GDB_REQUEST_REVERSE_RESUME, "");
    malformed("bs1");
    malformed("bc;");
    malformed("bcs");
    malformed("bc40000000");
}

static void test_actions(void)
{
    check("vCont;c", GDB_REQUEST_RESUME, " c 0.-1");
    check("vCont;C05", GDB_REQUEST_RESUME, " c 0.-1");
    check("vCont;s:p1.3;c", GDB_REQUEST_RESUME, " s 1.3 c 0.-1");
    check("vCont;S05:p1.2;c:p1.-1", GDB_REQUEST_RESUME, " s 1.2 c 1.-1");
    check("vCont;c:-1", GDB_REQUEST_RESUME, " c 0.-1");
    check("c", GDB_REQUEST_RESUME, " c 0.-1");
    check("C0b", GDB_REQUEST_RESUME, " c 0.-1");
    check("s", GDB_REQUEST_RESUME, " s 0.0");
    check("S05", GDB_REQUEST_RESUME, " s 0.0");
    malformed("vCont");
    malformed("vCont;");
    malformed("vCont;t");
    malformed("vCont;t:p1.1");
    malformed("vCont;r10,20:p1.1");
    malformed("vCont;c;");
    malformed("vCont;c:");
    malformed("vCont;c:p1.0");
    malformed("vCont;c:0");
    malformed("vCont;C");
    malformed("vCont;C0");
    malformed("vCont;s:p1.1;c;x");
    malformed("vCont;cs");
    malformed("c40000000");
    malformed("s40000000");
    malformed("C05;40000000");
    malformed("C5");
    malformed("S");
}

/* "all", "step N", "any", "alone N", "unknown" or "part", with so many vCPUs. */
static void comes_to(const char *packet, unsigned vcpus, const char *wanted)
{
    static const char *const names[] = {"all", "step", "any", "alone", "unknown", "part"};
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));
    g_autofree char *got = NULL;
    unsigned stepped = 99;
    GdbRequest r;
    GdbResume what;

    for (unsigned i = 0; i < vcpus; i++) {
        GdbThread t = {1, i + 1};

        g_array_append_val(threads, t);
    }
    gdb_request_parse(&r, packet, strlen(packet));
    g_assert_cmpint(r.kind, ==, GDB_REQUEST_RESUME);
    what = gdb_request_resume(&r, threads, &stepped);
    got = stepped < 99 ? g_strdup_printf("%s %u", names[what], stepped) : g_strdup(names[what]);
    if (strcmp(got, wanted) != 0)
        g_error("'%s' of %u: got '%s', wanted '%s'", packet, vcpus, got, wanted);
    gdb_request_clear(&r);
}

static void test_resume(void)
{
    comes_to("vCont;c", 1, "all");
    comes_to("vCont;c", 4, "all");
    comes_to("c", 4, "all");
    comes_to("vCont;c:p1.1", 1, "all");
    comes_to("vCont;c:p1", 4, "all");
    comes_to("vCont;c:p1.1;c:p1.2", 2, "all");
    comes_to("vCont;s:p1.3;c", 4, "step 2");
    comes_to("vCont;s:p1.3", 4, "step 2");
    comes_to("vCont;s:3", 4, "step 2");
    comes_to("vCont;s", 1, "step 0");
    comes_to("vCont;s", 4, "any");
    comes_to("s", 1, "any");
    comes_to("s", 4, "any");
    comes_to("vCont;c:p1.2", 4, "alone 1");
    comes_to("vCont;c:p1.4;c:p1.4", 4, "alone 3");
    /* the leftmost counts */
    comes_to("vCont;c;s:p1.3", 4, "all");
    comes_to("vCont;c:p1.3;s:p1.3;c", 4, "all");
    comes_to("vCont;s:p1.1;s:p1.1;c", 2, "step 0");
    /* nobody there of that name */
    comes_to("vCont;s:p1.63", 1, "unknown");
    comes_to("vCont;c:p2.1", 4, "unknown");
    comes_to("vCont;c;s:p1.63", 4, "unknown");
    /* not exactly possible */
    comes_to("vCont;c:p1.2;c:p1.3", 4, "part");
    comes_to("vCont;s:p1.1;c:p1.2;s:p1.3", 4, "part");
    comes_to("vCont;s:p1.1;s:p1.2", 4, "part");
    comes_to("vCont;s:p1.1;s:p1.2;c", 4, "part");
}

/* Which of the threads p1.1, p1.2 and p2.1 a resume moves: "yyn". */
static void moves(const char *packet, const char *wanted)
{
    GdbThread threads[] = {{1, 1}, {1, 2}, {2, 1}};
    char got[] = "nnn";
    GdbRequest r;

    gdb_request_parse(&r, packet, strlen(packet));
    g_assert_cmpint(r.kind, ==, GDB_REQUEST_RESUME);
    for (unsigned i = 0; i < 3; i++)
        if (gdb_request_moves(&r, &threads[i]))
            got[i] = 'y';
    if (strcmp(got, wanted) != 0)
        g_error("'%s': got '%s', wanted '%s'", packet, got, wanted);
    gdb_request_clear(&r);
}

static void test_moves(void)
{
    moves("vCont;c", "yyy");
    moves("vCont;s:p1.1;c", "yyy");
    moves("vCont;s:p1.1;c:p1.-1", "yyn");
    moves("vCont;c:p1.-1", "yyn");
    moves("vCont;c:p1", "yyn");
    moves("vCont;c:p2.-1", "nny");
    moves("vCont;s:p1.2", "nyn");
    moves("vCont;c:p1.2;c:p2.1", "nyy");
    moves("vCont;c:p3.1", "nnn");
}

static void test_find(void)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));
    GdbThread all[] = {{1, 1}, {1, 2}, {2, 3}}, id;

    g_array_append_vals(threads, all, 3);
    id = (GdbThread){1, 2};
    g_assert_true(gdb_request_find(threads, &id) == &g_array_index(threads, GdbThread, 1));
    id = (GdbThread){0, 3};
    g_assert_true(gdb_request_find(threads, &id) == &g_array_index(threads, GdbThread, 2));
    id = (GdbThread){0, 0};
    g_assert_true(gdb_request_find(threads, &id) == &g_array_index(threads, GdbThread, 0));
    id = (GdbThread){2, -1};
    g_assert_true(gdb_request_find(threads, &id) == &g_array_index(threads, GdbThread, 2));
    id = (GdbThread){1, 3};
    g_assert_null(gdb_request_find(threads, &id));
    id = (GdbThread){3, -1};
    g_assert_null(gdb_request_find(threads, &id));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb-request/registers", test_registers);
    g_test_add_func("/gdb-request/memory", test_memory);
    g_test_add_func("/gdb-request/points", test_points);
    g_test_add_func("/gdb-request/threads", test_threads);
    g_test_add_func("/gdb-request/queries", test_queries);
    g_test_add_func("/gdb-request/processes", test_processes);
    g_test_add_func("/gdb-request/moves", test_moves);
    g_test_add_func("/gdb-request/not-ours", test_not_ours);
    g_test_add_func("/gdb-request/nul", test_nul);
    g_test_add_func("/gdb-request/reverse", test_reverse);
    g_test_add_func("/gdb-request/actions", test_actions);
    g_test_add_func("/gdb-request/resume", test_resume);
    g_test_add_func("/gdb-request/find", test_find);
    return g_test_run();
}
