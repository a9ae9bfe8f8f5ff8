/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-monitor.h: a fake QEMU that only answers QMP commands. A thread at the other end of a
 * client's socket plays the monitor.
 */
#ifndef TESTS_FAKE_MONITOR_H
#define TESTS_FAKE_MONITOR_H

#include "qmp/qmp.h"

#include <json-c/json.h>

typedef struct FakeMonitor FakeMonitor;

/* Called in the monitor's thread for each command but qmp_capabilities. Returns the command's
 * result as JSON, which the monitor frees with g_free(). NULL: the monitor does not know the
 * command. arguments: NULL if there are none. */
typedef char *(*FakeMonitorFunc)(const char *command, json_object *arguments, void *data);

/* Creates a monitor. *client is a client whose handshake with the monitor is done; the caller frees
 * it. */
FakeMonitor *fake_monitor_new(QmpClient **client, FakeMonitorFunc func, void *data);

/* Ends the thread. Call qmp_client_free() first: the thread ends with the connection. */
void fake_monitor_free(FakeMonitor *monitor);

/* A string or number member of an object, as text; "" if there is no such member. */
const char *fake_monitor_text(json_object *object, const char *key);

#endif
