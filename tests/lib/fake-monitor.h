/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-monitor.h: a QEMU that does nothing but answer QMP: a thread at the other end of a client's
 * socket.
 */
#ifndef TESTS_FAKE_MONITOR_H
#define TESTS_FAKE_MONITOR_H

#include "qmp/qmp.h"

#include <json-c/json.h>

typedef struct FakeMonitor FakeMonitor;

/* In the monitor's thread, for each command but qmp_capabilities: what it returns, as JSON, freed
 * with g_free(); NULL: it does not know the command. arguments: NULL if there are none. */
typedef char *(*FakeMonitorFunc)(const char *command, json_object *arguments, void *data);

/* *client has shaken hands with it, and is the caller's. */
FakeMonitor *fake_monitor_new(QmpClient **client, FakeMonitorFunc func, void *data);

/* Behind qmp_client_free(). */
void fake_monitor_free(FakeMonitor *monitor);

/* A member that is a string or a number, as text; "" if it is not there. */
const char *fake_monitor_text(json_object *object, const char *key);

#endif
