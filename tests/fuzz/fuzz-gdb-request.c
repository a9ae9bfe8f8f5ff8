/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-gdb-request.c: what a connection sends to a gdb endpoint, or to an agent's relay, from bytes
 * to typed requests. Each request must keep what request.h says of its kind, and the same packet
 * must mean the same again.
 */
#include "gdbstub-client/packet.h"
#include "gdbstub-client/request.h"

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
    require(t->pid >= -1 && t->tid >= -1 && !(t->pid < 0 && t->tid >= 0));
}

/* What goes on, or makes a step, is named. */
static void check_moves(const GdbRequest *r, const GArray *threads, GdbResume what,
                        unsigned stepped)
{
    for (guint i = 0; i < threads->len; i++)
        if (what == GDB_RESUME_ALL || i == stepped)
            require(gdb_request_moves(r, &g_array_index(threads, GdbThread, i)));
}

/* A step needs a vCPU that is there, a move of all moves all. */
static void check_resume(const GdbRequest *r)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));

    for (unsigned vcpus = 1; vcpus <= 4; vcpus++) {
        GdbThread fresh = {1 + vcpus / 3, vcpus};
        unsigned stepped = UINT32_MAX;
        GdbResume what;

        g_array_append_val(threads, fresh);
        what = gdb_request_resume(r, threads, &stepped);
        require(what >= GDB_RESUME_ALL && what <= GDB_RESUME_PART);
        require((what == GDB_RESUME_STEP || what == GDB_RESUME_ALONE) == (stepped < vcpus));
        check_moves(r, threads, what, stepped);
    }
    for (guint i = 0; i < r->actions->len; i++)
        check_thread(&g_array_index(r->actions, GdbAction, i).thread);
}

static void check(const GdbRequest *r)
{
    require(r->kind >= GDB_REQUEST_UNKNOWN && r->kind <= GDB_REQUEST_END);
    require((r->actions != NULL) == (r->kind == GDB_REQUEST_RESUME));
    require((r->annex != NULL) == (r->kind == GDB_REQUEST_READ_FEATURES));
    require((r->bytes != NULL) ==
            (r->kind == GDB_REQUEST_WRITE_REGISTERS || r->kind == GDB_REQUEST_WRITE_REGISTER ||
             r->kind == GDB_REQUEST_WRITE_MEMORY || r->kind == GDB_REQUEST_MONITOR));
    require(r->point >= GDB_POINT_SOFTWARE && r->point <= GDB_POINT_ACCESS);
    check_thread(&r->thread);
    require(r->process >= 0 && r->process <= INT32_MAX);
    require(r->process == 0 || r->kind == GDB_REQUEST_ATTACH || r->kind == GDB_REQUEST_DETACH ||
            r->kind == GDB_REQUEST_KILL || r->kind == GDB_REQUEST_ATTACHED);
    require(r->kind != GDB_REQUEST_ATTACH || r->process > 0);
    if (r->actions)
        check_resume(r);
    if (r->annex)
        require(*r->annex && strspn(r->annex, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") ==
                                 strlen(r->annex));
    if (r->bytes)
        require(r->bytes->data[r->bytes->len] == '\0');
    if (r->kind == GDB_REQUEST_WRITE_MEMORY)
        require(r->bytes->len == r->length);
}

static bool same(const GdbRequest *a, const GdbRequest *b)
{
    return a->kind == b->kind && a->address == b->address && a->length == b->length &&
           a->number == b->number && a->process == b->process && a->point == b->point &&
           a->thread.pid == b->thread.pid && a->thread.tid == b->thread.tid &&
           g_strcmp0(a->annex, b->annex) == 0 &&
           (!a->bytes || (a->bytes->len == b->bytes->len &&
                          memcmp(a->bytes->data, b->bytes->data, a->bytes->len) == 0));
}

/* The packet lies alone, with its NUL, so that what is read behind it is seen. */
static void parse(const char *data, size_t size)
{
    g_autofree char *alone = g_malloc(size + 1);
    GdbRequest first, second;

    memcpy(alone, data, size);
    alone[size] = '\0';
    gdb_request_parse(&first, alone, size);
    gdb_request_parse(&second, alone, size);
    check(&first);
    require(same(&first, &second));
    gdb_request_clear(&first);
    gdb_request_clear(&second);
    require(!first.bytes && !first.actions && !first.annex);
}

/* All that comes is one packet; and then, framed as it may be, a stream of them. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GdbDecoder) decoder = gdb_decoder_new();

    parse((const char *)bytes, len);
    for (size_t used = 0; used < len;) {
        GdbToken token;

        used += gdb_decoder_push(decoder, bytes + used, len - used, &token);
        if (token.kind == GDB_TOKEN_PACKET)
            parse(token.data, token.len);
    }
    return 0;
}
