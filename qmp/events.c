/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.c: parses the events that report whether the machine runs (qapi/run-state.json) by a table
 * of names. Pure.
 */
#include "qmp/codec.h"
#include "qmp/qmp.h"

#include <string.h>

static const struct {
    const char *name;
    QmpRunEventKind kind;
    const char *key; /* member with the reason, or with QEMU's action */
} events[] = {
    {"STOP", QMP_RUN_STOP, NULL},
    {"RESUME", QMP_RUN_RESUME, NULL},
    {"SHUTDOWN", QMP_RUN_SHUTDOWN, "reason"},
    {"POWERDOWN", QMP_RUN_POWERDOWN, NULL},
    {"RESET", QMP_RUN_RESET, "reason"},
    {"SUSPEND", QMP_RUN_SUSPEND, NULL},
    {"SUSPEND_DISK", QMP_RUN_SUSPEND_DISK, NULL},
    {"WAKEUP", QMP_RUN_WAKEUP, NULL},
    {"WATCHDOG", QMP_RUN_WATCHDOG, "action"},
    {"GUEST_PANICKED", QMP_RUN_PANICKED, "action"},
    {"GUEST_CRASHLOADED", QMP_RUN_CRASHLOADED, "action"},
};

/* QEMU's reasons and actions consist of small letters, digits and dashes; other text is dropped. */
static void take_why(const char *text, char why[QMP_WHY_MAX])
{
    size_t length = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

    if (length > 0 && length < QMP_WHY_MAX && !text[length])
        memcpy(why, text, length + 1);
}

void qmp_run_event_parse(const char *name, const char *data_json, QmpRunEvent *out)
{
    g_autoptr(json_object) data = json_tokener_parse(data_json);
    json_object *value;

    *out = (QmpRunEvent){.kind = QMP_RUN_OTHER};
    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++) {
        if (strcmp(events[i].name, name) != 0)
            continue;
        out->kind = events[i].kind;
        if (!json_object_is_type(data, json_type_object))
            return;
        if (json_object_object_get_ex(data, "guest", &value))
            out->guest = json_object_get_boolean(value);
        if (events[i].key && json_object_object_get_ex(data, events[i].key, &value) &&
            json_object_is_type(value, json_type_string))
            take_why(json_object_get_string(value), out->why);
        return;
    }
}

const char *qmp_run_event_name(unsigned i)
{
    return i < G_N_ELEMENTS(events) ? events[i].name : NULL;
}
