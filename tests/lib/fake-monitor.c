/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake-monitor.c: the monitor's thread, which decodes commands and writes replies. */
#include "tests/lib/fake-monitor.h"

#include "qmp/codec.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct FakeMonitor {
    int socket;
    GThread *thread;
    FakeMonitorFunc func;
    void *data;
};

const char *fake_monitor_text(json_object *o, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : "";
}

static void say(const FakeMonitor *m, const char *text)
{
    g_assert_cmpint(send(m->socket, text, strlen(text), MSG_NOSIGNAL), ==, strlen(text));
}

static void answer(const FakeMonitor *m, json_object *command)
{
    static const char unknown[] =
        "\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such command\"}";
    const char *what = fake_monitor_text(command, "execute");
    g_autofree char *value = NULL, *result = NULL, *reply = NULL;
    json_object *arguments = NULL;

    json_object_object_get_ex(command, "arguments", &arguments);
    value =
        strcmp(what, "qmp_capabilities") == 0 ? g_strdup("{}") : m->func(what, arguments, m->data);
    result = value ? g_strdup_printf("\"return\": %s", value) : g_strdup(unknown);
    reply = g_strdup_printf("{%s, \"id\": %s}\r\n", result, fake_monitor_text(command, "id"));
    say(m, reply);
}

static void *run(void *data)
{
    QmpCodec *codec = qmp_codec_new(65536);
    const FakeMonitor *m = data;
    char bytes[4096];
    ssize_t n;

    say(m, "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, "
           "\"package\": \"\"}, \"capabilities\": []}}\r\n");
    while ((n = recv(m->socket, bytes, sizeof(bytes), 0)) > 0) {
        g_assert_true(qmp_codec_feed(codec, bytes, (size_t)n, NULL));
        while (qmp_codec_has_next(codec)) {
            g_autoptr(json_object) command = qmp_codec_next(codec);

            answer(m, command);
        }
    }
    qmp_codec_free(codec);
    return NULL;
}

FakeMonitor *fake_monitor_new(QmpClient **client, FakeMonitorFunc func, void *data)
{
    FakeMonitor *m = g_new0(FakeMonitor, 1);
    GError *error = NULL;
    int ends[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    m->socket = ends[1];
    m->func = func;
    m->data = data;
    m->thread = g_thread_new("monitor", run, m);
    *client = qmp_client_new(ends[0]);
    qmp_client_handshake(*client, 20000, &error);
    g_assert_no_error(error);
    return m;
}

void fake_monitor_free(FakeMonitor *m)
{
    g_thread_join(m->thread);
    close(m->socket);
    g_free(m);
}
