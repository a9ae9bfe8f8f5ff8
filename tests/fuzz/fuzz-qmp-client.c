/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-qmp-client.c: whatever a monitor says, each command has one answer or one error, outputs are
 * untouched by what failed, and an event means one thing. A request that is typed comes back the same
 * when its parts are.
 *
 * Each line of the input is what the monitor says to one more command, the first one its greeting;
 * behind the last it closes its end.
 */
#include "qmp/qmp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOON 5 /* ms: a monitor that says nothing more costs as much */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void on_event(QmpClient *client, const char *event, const char *data_json, void *data)
{
    QmpRunEvent e = {.kind = (QmpRunEventKind)77};

    (void)data;
    demand(qmp_client_event_us(client) >= -1);
    qmp_run_event_parse(event, data_json, &e);
    demand(e.kind <= QMP_RUN_CRASHLOADED && memchr(e.why, '\0', sizeof(e.why)));
    demand(strspn(e.why, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(e.why));
}

static void on_reply(QmpClient *client, const char *result, const GError *error, void *data)
{
    (void)client;
    demand(!result == (error != NULL));
    ++*(unsigned *)data;
}

static void check(bool good, GError **error)
{
    demand(good == !*error);
    g_clear_error(error);
}

static void ask(QmpClient *client)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) cpus = NULL;
    QmpVersion version = {-7, -7, -7, NULL};
    g_autofree char *status = NULL, *text = NULL;
    int64_t icount = -7;
    bool running, good;

    good = qmp_query_version(client, &version, SOON, &error);
    demand(good ? version.package != NULL : version.major == -7 && !version.package);
    check(good, &error);
    qmp_version_clear(&version);
    good = qmp_query_status(client, &running, &status, SOON, &error);
    demand(good == (status != NULL));
    check(good, &error);
    cpus = qmp_query_cpus_fast(client, SOON, &error);
    for (guint i = 0; cpus && i < cpus->len; i++)
        demand(g_array_index(cpus, QmpCpu, i).qom_path && g_array_index(cpus, QmpCpu, i).target);
    check(cpus != NULL, &error);
    good = qmp_query_replay(client, &icount, SOON, &error);
    demand(good || icount == -7);
    check(good, &error);
    text = qmp_hmp(client, "info status", SOON, &error);
    check(text != NULL, &error);
    check(qmp_client_post(client, "stop", NULL, &error) && qmp_client_settle(client, SOON, &error),
          &error);
}

static void check_request(const char *text)
{
    g_autofree char *command = NULL, *args = NULL, *command_again = NULL, *args_again = NULL;
    g_autoptr(GError) error = NULL;
    bool good = qmp_request_parse(text, &command, &args, &error);

    demand(good == !error && good == (command != NULL));
    if (good && strspn(command, "abcdefghijklmnopqrstuvwxyz-_") == strlen(command)) {
        g_autofree char *again = g_strdup_printf("{\"execute\":\"%s\"%s%s}", command,
                                                 args ? ",\"arguments\":" : "", args ? args : "");

        demand(qmp_request_parse(again, &command_again, &args_again, NULL));
        demand(strcmp(command, command_again) == 0 && g_strcmp0(args, args_again) == 0);
    }
}

/* --- the monitor --- */

typedef struct {
    int fd;
    char **lines;
} Monitor;

static bool say(const Monitor *m, unsigned i)
{
    return m->lines[i] && send(m->fd, m->lines[i], strlen(m->lines[i]), MSG_NOSIGNAL) ==
                              (ssize_t)strlen(m->lines[i]);
}

static void *monitor_main(void *data)
{
    const Monitor *m = data;
    char bytes[256];
    unsigned next = 1;
    ssize_t n;
    bool more = say(m, 0);

    while (more && (n = recv(m->fd, bytes, sizeof(bytes), 0)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] == '\n')
                more = more && say(m, next++);
    shutdown(m->fd, SHUT_WR);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 12);
    unsigned sent = 0, answered = 0;
    GThread *thread;
    QmpClient *client;
    Monitor m;
    int pair[2];

    check_request(text);
    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    m = (Monitor){pair[0], lines};
    thread = g_thread_new("monitor", monitor_main, &m);
    client = qmp_client_new(pair[1]);
    qmp_client_on_event(client, NULL, on_event, NULL);
    if (qmp_client_handshake(client, SOON, NULL)) {
        sent += qmp_client_send(client, "query-name", NULL, SOON, on_reply, &answered, NULL);
        ask(client);
        sent += qmp_client_send(client, "query-name", "{}", SOON, on_reply, &answered, NULL);
    }
    qmp_client_free(client);
    demand(sent == answered);
    g_thread_join(thread);
    close(pair[0]);
    return 0;
}
