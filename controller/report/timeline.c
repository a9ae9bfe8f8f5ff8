/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline.c: makes each event by json-c and collects the text of some events for one write.
 */
#include "controller/report/timeline.h"

#include "controller/base/sink.h"
#include "controller/base/text.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#define WHAT       "trace"
#define HELD_BYTES 65536

/* How each of our files begins. */
#define HEAD "[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,"

struct Timeline {
    Sink *sink;
    GByteArray *text; /* not handed to the sink yet */
    uint64_t events, arrows;
    GHashTable *processes; /* name -> number */
    GHashTable *lanes;     /* "number name" -> number */
};

static bool is_timeline(const char *head, gsize size)
{
    return size >= strlen(HEAD) && memcmp(head, HEAD, strlen(HEAD)) == 0;
}

bool timeline_accepts(const char *path, GError **error)
{
    return sink_accepts(path, WHAT, is_timeline, error);
}

Timeline *timeline_open(const char *path, GError **error)
{
    Sink *sink = sink_open(path, WHAT, is_timeline, error);
    Timeline *t;

    if (!sink)
        return NULL;
    t = g_new0(Timeline, 1);
    t->sink = sink;
    t->text = g_byte_array_new();
    t->processes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return t;
}

static void put(Timeline *t, const char *text)
{
    g_byte_array_append(t->text, (const uint8_t *)text, (guint)strlen(text));
}

void timeline_flush(Timeline *t)
{
    sink_write(t->sink, t->text->data, t->text->len);
    g_byte_array_set_size(t->text, 0);
}

void timeline_close(Timeline *t)
{
    if (!t)
        return;
    put(t, t->events > 0 ? "\n]\n" : "[\n]\n");
    timeline_flush(t);
    sink_close(t->sink);
    g_byte_array_unref(t->text);
    g_hash_table_unref(t->processes);
    g_hash_table_unref(t->lanes);
    g_free(t);
}

bool timeline_is_open(const Timeline *t)
{
    return sink_is_open(t->sink);
}

uint64_t timeline_events(const Timeline *t)
{
    return t->events;
}

/* Takes over the event. */
static void put_event(Timeline *t, json_object *event)
{
    put(t, t->events++ > 0 ? ",\n" : "[\n");
    put(t, json_object_to_json_string_ext(event,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(event);
    if (t->text->len > HELD_BYTES)
        timeline_flush(t);
}

static json_object *new_event(const char *name, const char *kind, TimelineLane lane)
{
    json_object *event = json_object_new_object();
    g_autofree char *plain = text_plain(name, -1);

    json_object_object_add(event, "name", json_object_new_string(plain));
    json_object_object_add(event, "ph", json_object_new_string(kind));
    json_object_object_add(event, "pid", json_object_new_int64(lane.process));
    json_object_object_add(event, "tid", json_object_new_int64(lane.lane));
    return event;
}

/* In µs: the text has each ns, which the double of a long run would not. */
static void add_time(json_object *event, const char *key, int64_t ns)
{
    uint64_t whole = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    char text[32];

    g_snprintf(text, sizeof(text), "%s%" PRIu64 ".%03u", ns < 0 ? "-" : "", whole / 1000,
               (unsigned)(whole % 1000));
    json_object_object_add(event, key, json_object_new_double_s((double)ns / 1e3, text));
}

static void put_name(Timeline *t, const char *kind, TimelineLane lane, const char *name)
{
    json_object *event = new_event(kind, "M", lane), *args = json_object_new_object();
    g_autofree char *plain = text_plain(name, -1);

    json_object_object_add(args, "name", json_object_new_string(plain));
    json_object_object_add(event, "args", args);
    put_event(t, event);
}

/* Viewers sort by number, as processes and lanes came. */
static void put_order(Timeline *t, const char *kind, TimelineLane lane, unsigned order)
{
    json_object *event = new_event(kind, "M", lane), *args = json_object_new_object();

    json_object_object_add(args, "sort_index", json_object_new_int64(order));
    json_object_object_add(event, "args", args);
    put_event(t, event);
}

/* The number of a name; *fresh: it has just got one. Takes over the name. */
static unsigned number_of(GHashTable *table, char *name, bool *fresh)
{
    unsigned number = GPOINTER_TO_UINT(g_hash_table_lookup(table, name));

    *fresh = number == 0;
    if (*fresh)
        g_hash_table_insert(table, name, GUINT_TO_POINTER(number = g_hash_table_size(table) + 1));
    else
        g_free(name);
    return number;
}

unsigned timeline_process(Timeline *t, const char *name)
{
    bool fresh;
    TimelineLane lane = {number_of(t->processes, g_strdup(name), &fresh), 0};

    if (fresh) {
        put_name(t, "process_name", lane, name);
        put_order(t, "process_sort_index", lane, lane.process);
    }
    return lane.process;
}

TimelineLane timeline_lane(Timeline *t, unsigned process, const char *name)
{
    bool fresh;
    TimelineLane lane = {process,
                         number_of(t->lanes, g_strdup_printf("%u %s", process, name), &fresh)};

    if (fresh) {
        put_name(t, "thread_name", lane, name);
        put_order(t, "thread_sort_index", lane, lane.lane);
    }
    return lane;
}

void timeline_slice(Timeline *t, TimelineLane lane, const char *name, VTime from, VTime to,
                    Answer *args)
{
    json_object *event = new_event(name, "X", lane);

    add_time(event, "ts", from.ns);
    add_time(event, "dur", vtime_sub(to, from).ns);
    if (args)
        json_object_object_add(event, "args", args);
    put_event(t, event);
}

void timeline_instant(Timeline *t, TimelineLane lane, const char *name, VTime at, bool all,
                      Answer *args)
{
    json_object *event = new_event(name, "i", lane);

    add_time(event, "ts", at.ns);
    json_object_object_add(event, "s", json_object_new_string(all ? "g" : "t"));
    if (args)
        json_object_object_add(event, "args", args);
    put_event(t, event);
}

void timeline_counter(Timeline *t, unsigned process, const char *name, VTime at, int64_t value)
{
    json_object *event = new_event(name, "C", (TimelineLane){process, 0});
    json_object *args = json_object_new_object();

    add_time(event, "ts", at.ns);
    json_object_object_add(args, name, json_object_new_int64(value));
    json_object_object_add(event, "args", args);
    put_event(t, event);
}

void timeline_arrow(Timeline *t, const char *name, TimelineLane from, VTime sent, TimelineLane to,
                    VTime arrived)
{
    uint64_t id = ++t->arrows;

    for (unsigned i = 0; i < 2; i++) {
        json_object *event = new_event(name, i == 0 ? "s" : "f", i == 0 ? from : to);

        add_time(event, "ts", i == 0 ? sent.ns : arrived.ns);
        json_object_object_add(event, "cat", json_object_new_string("packet"));
        json_object_object_add(event, "id", json_object_new_uint64(id));
        if (i == 1) /* at the slice around it, not at the next one */
            json_object_object_add(event, "bp", json_object_new_string("e"));
        put_event(t, event);
    }
}
