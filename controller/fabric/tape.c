/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tape.c: an array of events in the order of their barriers, and two places in it: that of frames that come
 * in, and that of frames that go out. */
#include "controller/fabric/tape.h"

#include <glib.h>

typedef struct {
    VTime at;
    enum { EVENT_CAME, EVENT_TAKEN, EVENT_REFUSED } kind;
    GBytes *frame; /* EVENT_CAME: what is there of it, … */
    size_t size;   /* … and what it was */
} Event;

struct Tape {
    GArray *events; /* Event */
    VTime known;    /* up to this barrier */
    VTime barrier;  /* the present one */
    guint in, out;  /* the events of it that come next */
    size_t bytes;
    bool full;
};

static void event_clear(void *data)
{
    g_bytes_unref(((Event *)data)->frame);
}

Tape *tape_new(void)
{
    Tape *t = g_new0(Tape, 1);

    t->events = g_array_new(FALSE, FALSE, sizeof(Event));
    g_array_set_clear_func(t->events, event_clear);
    t->known = vtime(-1);
    return t;
}

void tape_free(Tape *t)
{
    if (!t)
        return;
    g_array_unref(t->events);
    g_free(t);
}

static Event *event(const Tape *t, guint i)
{
    return &g_array_index(t->events, Event, i);
}

/* The first event that is not before this barrier. */
static guint first_at(const Tape *t, VTime at)
{
    guint low = 0, high = t->events->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (event(t, middle)->at.ns < at.ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t cost(const Event *e)
{
    return sizeof(*e) + (e->frame ? g_bytes_get_size(e->frame) : 0);
}

static void drop_from(Tape *t, guint first)
{
    for (guint i = first; i < t->events->len; i++)
        t->bytes -= cost(event(t, i));
    g_array_set_size(t->events, first);
}

void tape_begin(Tape *t, VTime now)
{
    drop_from(t, 0);
    t->known = now;
    t->full = false;
}

void tape_cut(Tape *t, VTime now)
{
    drop_from(t, first_at(t, vtime(now.ns + 1)));
    t->known = vtime(MIN(t->known.ns, now.ns));
}

bool tape_is_full(const Tape *t)
{
    return t->full;
}

bool tape_pass(Tape *t, VTime barrier)
{
    bool known = barrier.ns <= t->known.ns;

    t->barrier = barrier;
    t->in = t->out = first_at(t, barrier);
    if (!known)
        t->known = barrier;
    return known;
}

static void record(Tape *t, int kind, const uint8_t *frame, size_t there, size_t size)
{
    Event e = {.at = t->barrier, .kind = (typeof(e.kind))kind, .size = size};

    t->full = t->full || t->bytes + sizeof(e) + there > TAPE_MOST_BYTES;
    if (t->full)
        return;
    if (kind == EVENT_CAME)
        e.frame = g_bytes_new(frame, there);
    g_array_append_val(t->events, e);
    t->bytes += cost(&e);
}

void tape_record_frame(Tape *t, const uint8_t *frame, size_t there, size_t size)
{
    record(t, EVENT_CAME, frame, there, size);
}

void tape_record_sent(Tape *t, bool taken)
{
    record(t, taken ? EVENT_TAKEN : EVENT_REFUSED, NULL, 0, 0);
}

/* The next event of the barrier at *place, of frames that came in or of those that went out. */
static const Event *next(const Tape *t, guint *place, bool came)
{
    while (*place < t->events->len && event(t, *place)->at.ns == t->barrier.ns) {
        const Event *e = event(t, (*place)++);

        if ((e->kind == EVENT_CAME) == came)
            return e;
    }
    return NULL;
}

const uint8_t *tape_next(Tape *t, size_t *size)
{
    const Event *e = next(t, &t->in, true);

    *size = e ? e->size : 0;
    return e ? g_bytes_get_data(e->frame, NULL) : NULL;
}

bool tape_refused(Tape *t)
{
    const Event *e = next(t, &t->out, false);

    return e && e->kind == EVENT_REFUSED;
}

void tape_count(const Tape *t, VTime until, uint64_t *received, uint64_t *sent, uint64_t *refused)
{
    *received = *sent = *refused = 0;
    for (guint i = 0; i < t->events->len && event(t, i)->at.ns <= until.ns; i++) {
        *received += event(t, i)->kind == EVENT_CAME;
        *sent += event(t, i)->kind == EVENT_TAKEN;
        *refused += event(t, i)->kind == EVENT_REFUSED;
    }
}
