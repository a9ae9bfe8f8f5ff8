/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vclock.c: vector clocks as growing arrays of counts.
 */
#include "controller/network/vclock.h"

#include <stdbool.h>
#include <string.h>

static void hold(VClock *clock, unsigned len)
{
    if (len > clock->capacity) {
        clock->capacity = MAX(4, MAX(len, 2 * clock->capacity));
        clock->counts = g_renew(uint64_t, clock->counts, clock->capacity);
    }
    while (clock->len < len)
        clock->counts[clock->len++] = 0;
}

void vclock_tick(VClock *clock, unsigned node)
{
    hold(clock, node + 1);
    clock->counts[node]++;
}

void vclock_merge(VClock *clock, const VClock *other)
{
    hold(clock, other->len);
    for (unsigned i = 0; i < other->len; i++)
        clock->counts[i] = MAX(clock->counts[i], other->counts[i]);
}

void vclock_copy(VClock *clock, const VClock *from)
{
    clock->len = 0;
    hold(clock, from->len);
    if (from->len > 0)
        memcpy(clock->counts, from->counts, from->len * sizeof(*from->counts));
}

void vclock_clear(VClock *clock)
{
    g_free(clock->counts);
    *clock = (VClock){0};
}

VClockOrder vclock_compare(const VClock *a, const VClock *b)
{
    bool less = false, more = false;

    for (unsigned i = 0; i < MAX(a->len, b->len); i++) {
        less |= vclock_get(a, i) < vclock_get(b, i);
        more |= vclock_get(a, i) > vclock_get(b, i);
    }
    if (less && more)
        return VCLOCK_CONCURRENT;
    if (less)
        return VCLOCK_BEFORE;
    return more ? VCLOCK_AFTER : VCLOCK_EQUAL;
}

void vclock_save(const VClock *clock, GByteArray *out)
{
    put_u32(out, clock->len);
    for (unsigned i = 0; i < clock->len; i++)
        put_natural(out, clock->counts[i]);
}

void vclock_load(VClock *clock, Reader *r)
{
    unsigned len = get_count(r, 1);

    clock->len = 0;
    hold(clock, len);
    for (unsigned i = 0; i < len; i++)
        clock->counts[i] = get_natural(r);
}

static void append_number(GString *out, uint64_t n)
{
    char text[20];
    unsigned i = sizeof(text);

    do {
        text[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    g_string_append_len(out, text + i, (gssize)(sizeof(text) - i));
}

void vclock_format(const VClock *clock, const char *const *names, GString *out)
{
    bool first = true;

    g_string_append_c(out, '[');
    for (unsigned i = 0; i < clock->len; i++) {
        if (clock->counts[i] == 0)
            continue;
        if (!first)
            g_string_append_c(out, ' ');
        first = false;
        g_string_append(out, names[i]);
        g_string_append_c(out, ':');
        append_number(out, clock->counts[i]);
    }
    g_string_append_c(out, ']');
}
