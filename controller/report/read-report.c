/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read-report.c: reads the members that it needs; what else stands there does not matter. */
#include "controller/report/read-report.h"

#include "controller/report/summary.h"

#include <json-c/json.h>

/* Depth of report.json, with room. */
#define DEPTH 16

/* The member of this type; NULL: it is not there, or null, or of another type. */
static json_object *member(json_object *o, const char *key, json_type type)
{
    json_object *value = NULL;

    json_object_object_get_ex(o, key, &value);
    return value && json_object_is_type(value, type) ? value : NULL;
}

static char *text_of(json_object *o, const char *key)
{
    json_object *value = member(o, key, json_type_string);

    return value ? g_strdup(json_object_get_string(value)) : NULL;
}

static int64_t number_of(json_object *o, const char *key)
{
    json_object *value = member(o, key, json_type_int);

    return value ? json_object_get_int64(value) : 0;
}

static void read_check(json_object *o, Verdict *v)
{
    g_autofree char *line = text_of(o, "line"), *what = text_of(o, "what");
    g_autofree char *found = text_of(o, "found"), *result = text_of(o, "result");

    verdict_check(v, line, what ? what : "", found, vtime(number_of(o, "virtual_ns")),
                  g_strcmp0(result, "passed") == 0);
}

static void read_checks(json_object *root, Verdict *v)
{
    json_object *checks = member(root, "checks", json_type_array);
    int64_t left_out = number_of(root, "checks_left_out");

    for (size_t i = 0; checks && i < json_object_array_length(checks); i++)
        read_check(json_object_array_get_idx(checks, i), v);
    v->left_out += left_out > 0 ? (uint64_t)left_out : 0;
}

static json_object *parse(const char *text, gsize size)
{
    json_tokener *tokener = json_tokener_new_ex(DEPTH);
    json_object *root = json_tokener_parse_ex(tokener, text, (int)size);

    json_tokener_free(tokener);
    return root;
}

bool report_end_read(const char *text, gsize size, ReportEnd *out, GError **error)
{
    json_object *root = size <= G_MAXINT ? parse(text, size) : NULL;
    g_autofree char *outcome = root ? text_of(root, "outcome") : NULL;
    bool ok = outcome && number_of(root, "version") == REPORT_VERSION;

    *out = (ReportEnd){0};
    if (ok && (ok = outcome_find(outcome, &out->verdict.outcome))) {
        out->verdict.where = text_of(root, "where");
        out->verdict.message = text_of(root, "message");
        out->now = vtime(number_of(root, "virtual_ns"));
        out->seed = number_of(root, "seed");
        read_checks(root, &out->verdict);
    } else {
        ok = false;
        g_set_error(error, REPORT_ERROR, 0, "it is no report.json of version %d", REPORT_VERSION);
    }
    json_object_put(root);
    return ok;
}

void report_end_clear(ReportEnd *end)
{
    verdict_clear(&end->verdict);
}
