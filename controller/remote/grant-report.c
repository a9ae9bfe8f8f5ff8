/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grant-report.c: collects a report in four sections, and reads a report section by section. */
#include "controller/remote/grant-report.h"

void grant_report_init(GrantReport *n)
{
    *n = (GrantReport){
        g_byte_array_new(), g_byte_array_new(), g_byte_array_new(), g_byte_array_new(), 0, 0, 0, 0};
}

void grant_report_clear(GrantReport *n)
{
    g_clear_pointer(&n->marks, g_byte_array_unref);
    g_clear_pointer(&n->console, g_byte_array_unref);
    g_clear_pointer(&n->sent, g_byte_array_unref);
    g_clear_pointer(&n->settled, g_byte_array_unref);
}

void grant_report_quantum(GrantReport *n)
{
    n->n_quanta++;
}

void grant_report_mark(GrantReport *n, int64_t stamp_us, HTime arrived)
{
    put_i64(n->marks, stamp_us);
    put_i64(n->marks, arrived.ns);
}

void grant_report_console(GrantReport *n, unsigned node, VTime until, const void *data, gsize size)
{
    put_u32(n->console, node);
    put_i64(n->console, until.ns);
    put_bytes(n->console, data, size);
    n->n_console++;
}

void grant_report_sent(GrantReport *n, unsigned card, VTime boundary, VTime at, const void *data,
                       gsize size)
{
    put_u32(n->sent, card);
    put_i64(n->sent, boundary.ns);
    put_i64(n->sent, at.ns);
    put_bytes(n->sent, data, size);
    n->n_sent++;
}

void grant_report_settled(GrantReport *n, unsigned card, unsigned id, unsigned flags,
                          VTime boundary, VTime when)
{
    put_u32(n->settled, card);
    put_u32(n->settled, id);
    put_u8(n->settled, (uint8_t)flags);
    put_i64(n->settled, boundary.ns);
    put_i64(n->settled, when.ns);
    n->n_settled++;
}

static void put_section(GByteArray *out, uint32_t *count, GByteArray *section)
{
    put_u32(out, *count);
    g_byte_array_append(out, section->data, section->len);
    g_byte_array_set_size(section, 0);
    *count = 0;
}

void grant_report_put(GrantReport *n, uint64_t k, unsigned flags, HTime now, GByteArray *out)
{
    put_u64(out, k);
    put_u8(out, (uint8_t)flags);
    put_i64(out, now.ns);
    put_section(out, &n->n_quanta, n->marks);
    put_section(out, &n->n_console, n->console);
    put_section(out, &n->n_sent, n->sent);
    put_section(out, &n->n_settled, n->settled);
}

static void read_marks(Reader *r, unsigned nodes, GrantReportHead *head, const GrantReportFuncs *f,
                       void *data)
{
    head->quanta = get_count(r, MAX(nodes, 1) * 16);
    for (unsigned q = 0; q < head->quanta; q++) {
        for (unsigned i = 0; i < nodes; i++) {
            int64_t stamp = get_i64(r), arrived = get_i64(r);

            r->bad = r->bad || stamp < -1 || stamp >= CODEC_TIME_END / NS_PER_US || arrived < 0 ||
                     arrived > head->now.ns;
            if (f->mark && !r->bad)
                f->mark(q, i, stamp, (HTime){arrived}, data);
        }
    }
}

static void read_console(Reader *r, unsigned nodes, const GrantReportFuncs *f, void *data)
{
    uint32_t count = get_count(r, 16);

    for (uint32_t i = 0; i < count && !r->bad; i++) {
        unsigned node = get_u32(r);
        VTime until = get_time(r);
        gsize size;
        const uint8_t *bytes = get_bytes(r, &size);

        r->bad = r->bad || node >= nodes;
        if (f->console && !r->bad)
            f->console(node, until, bytes, size, data);
    }
}

static void read_sent(Reader *r, const GrantReportFuncs *f, void *data)
{
    uint32_t count = get_count(r, 24);

    for (uint32_t i = 0; i < count && !r->bad; i++) {
        unsigned card = get_u32(r);
        VTime boundary = get_time(r), at = get_time(r);
        gsize size;
        const uint8_t *bytes = get_bytes(r, &size);

        if (f->sent && !r->bad)
            f->sent(card, boundary, at, bytes, size, data);
    }
}

static void read_settled(Reader *r, const GrantReportFuncs *f, void *data)
{
    uint32_t count = get_count(r, 25);

    for (uint32_t i = 0; i < count && !r->bad; i++) {
        unsigned card = get_u32(r), id = get_u32(r), flags = get_u8(r);
        VTime boundary = get_time(r), when = get_time(r);

        if (f->settled && !r->bad)
            f->settled(card, id, flags, boundary, when, data);
    }
}

void grant_report_read(Reader *r, unsigned nodes, GrantReportHead *head, const GrantReportFuncs *f,
                       void *data)
{
    head->k = get_u64(r);
    head->flags = get_u8(r);
    head->now = (HTime){get_i64(r)};
    r->bad = r->bad || head->now.ns < 0;
    read_marks(r, nodes, head, f, data);
    read_console(r, nodes, f, data);
    read_sent(r, f, data);
    read_settled(r, f, data);
}
