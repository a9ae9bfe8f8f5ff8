/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filters.c: each command goes to the stub's monitor if the node has one, else to QMP without
 * waiting for the answer. */
#include "controller/qemu/filters.h"

#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/qemu/debug.h"

#include <inttypes.h>
#include <string.h>

void filters_use_stub(Node *n)
{
    g_autoptr(GError) error = NULL;

    if (n->attached || !n->gdb_path ||
        (n->options->extra && strstr(n->options->extra, "semihosting")))
        return;
    n->by_stub = debug_use(n, &error) != NULL;
    if (error)
        log_info("node %s: its filters are made over QMP: %s", n->name, error->message);
}

typedef enum {
    DONE,
    FAILED,
    NOT_HERE, /* no stub: use QMP */
} Outcome;

static Outcome by_stub(Node *n, const char *line, GError **error)
{
    g_autoptr(GString) output = NULL;
    g_autoptr(GError) e = NULL;
    g_autofree char *answer = NULL;

    if (!n->by_stub)
        return NOT_HERE;
    output = g_string_new(NULL);
    if (!gdb_monitor(debug_client(n), line, output, NODE_REPLY_MS, &e)) {
        log_info("node %s: its filters are made over QMP from now on: %s", n->name, e->message);
        n->by_stub = false;
        return NOT_HERE;
    }
    if (output->len == 0)
        return DONE;
    answer = text_line(output->str, -1);
    g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU refuses '%s': %s", line, answer);
    return FAILED;
}

bool filters_add(Node *n, const FilterBuffer *b, GError **error)
{
    const char *insert = b->position && strchr(b->position, '=') ? "behind" : "before";
    g_autofree char *place =
        b->position ? g_strdup_printf(",position=%s,insert=%s", b->position, insert) : NULL;
    g_autofree char *line =
        g_strdup_printf("object_add filter-buffer,id=%s,netdev=%s,queue=%s,interval=%" PRId64 "%s",
                        b->id, b->netdev, b->queue, b->interval_us, place ? place : "");
    g_autofree char *json_place = NULL, *args = NULL;
    Outcome outcome = by_stub(n, line, error);

    if (outcome != NOT_HERE)
        return outcome == DONE;
    json_place =
        b->position ? g_strdup_printf(",\"position\":\"%s\",\"insert\":\"%s\"", b->position, insert)
                    : NULL;
    args =
        g_strdup_printf("{\"qom-type\":\"filter-buffer\",\"id\":\"%s\",\"netdev\":\"%s\","
                        "\"queue\":\"%s\",\"interval\":%" PRId64 "%s}",
                        b->id, b->netdev, b->queue, b->interval_us, json_place ? json_place : "");
    return qmp_client_post(n->qmp, "object-add", args, error);
}

bool filters_delete(Node *n, const char *id, GError **error)
{
    g_autofree char *line = g_strdup_printf("object_del %s", id);
    g_autofree char *args = NULL;
    Outcome outcome = by_stub(n, line, error);

    if (outcome != NOT_HERE)
        return outcome == DONE;
    args = g_strdup_printf("{\"id\":\"%s\"}", id);
    return qmp_client_post(n->qmp, "object-del", args, error);
}

/* Sets a property of a filter. value: as the stub's monitor reads it; json: the same for QMP, where
 * a string has quotes. */
static bool set(Node *n, const char *id, const char *property, const char *value, const char *json,
                GError **error)
{
    g_autofree char *line = g_strdup_printf("qom-set %s %s %s", id, property, value);
    g_autofree char *args = NULL;
    Outcome outcome = by_stub(n, line, error);

    if (outcome != NOT_HERE)
        return outcome == DONE;
    args =
        g_strdup_printf("{\"path\":\"%s\",\"property\":\"%s\",\"value\":%s}", id, property, json);
    return qmp_client_post(n->qmp, "qom-set", args, error);
}

bool filters_set_status(Node *n, const char *id, const char *status, GError **error)
{
    g_autofree char *json = g_strdup_printf("\"%s\"", status);

    return set(n, id, "status", status, json, error);
}

bool filters_set_interval(Node *n, const char *id, int64_t interval_us, GError **error)
{
    g_autofree char *value = g_strdup_printf("%" PRId64, interval_us);

    return set(n, id, "interval", value, value, error);
}

bool filters_settle(Node *n, GError **error)
{
    return qmp_client_settle(n->qmp, NODE_REPLY_MS, error);
}

bool filters_turn(Node *n, GError **error)
{
    unsigned flags;

    if (n->by_stub)
        return gdb_sstep_get(debug_client(n), &flags, NODE_REPLY_MS, error);
    return qmp_client_post(n->qmp, "query-status", NULL, error) && filters_settle(n, error);
}
