/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-gdb-answer.c: what QEMU's gdbstub answers: stops, threads, features. What is not taken leaves
 * its output untouched; a thread's id reads as it was written.
 */
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_thread(const GdbThread *t)
{
    g_autofree char *text = gdb_thread_format(t);
    const char *end;
    GdbThread again;

    require(gdb_thread_parse(text, &end, &again) && *end == '\0');
    require(again.pid == t->pid && again.tid == t->tid);
}

static void check_stop(const char *text)
{
    const GdbStop untouched = {.kind = GDB_STOP_KILLED, .code = 99, .address = 7};
    GdbStop stop = untouched;

    if (!gdb_stop_parse(text, &stop)) {
        require(stop.kind == untouched.kind && stop.code == 99 && stop.address == 7);
        return;
    }
    require(strchr("STWX", *text));
    require(stop.kind == GDB_STOP_SIGNAL || !stop.has_thread);
    if (stop.has_thread)
        check_thread(&stop.thread);
}

static void check_threads(const char *text)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));
    GdbThread before = {1, 1};
    bool taken;

    g_array_append_val(threads, before);
    taken = gdb_threads_parse(text, threads);
    require(taken ? threads->len > 1 && *text == 'm' : threads->len == 1);
    for (guint i = 0; i < threads->len; i++)
        check_thread(&g_array_index(threads, GdbThread, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    GdbFeatures features = gdb_features_parse(text);

    require(features.packet_size <= GDB_PACKET_MAX);
    require(features.packet_size == 0 || features.packet_size >= 64);
    check_stop(text);
    check_threads(text);
    return 0;
}
