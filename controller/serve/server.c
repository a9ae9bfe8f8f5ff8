/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.c: one queue of requests, in the order in which they came, and one command under way. What
 * asks nobody (hello, status, …) and what stops a run (cancel, pause) is served at once.
 */
#include "controller/serve/server.h"

#include "controller/base/log.h"
#include "controller/base/suggest.h"
#include "controller/command/command.h"
#include "controller/run/run.h"
#include "controller/serve/call.h"
#include "controller/serve/listen.h"
#include "controller/serve/message.h"
#include "controller/serve/methods.h"
#include "controller/serve/notes.h"
#include "controller/serve/params.h"
#include "controller/shell/signals.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MAX_CLIENTS 64u
/* How long the end waits for programs that read what they were sent. */
#define DRAIN_MS 1000

/* A command that waits or is under way. */
typedef struct {
    Server *server;
    Client *client; /* NULL: it is gone */
    json_object *id;
    bool notification;
    char *method;
    const Command *command; /* NULL: the line says which */
    char **words;
    char *line; /* of `cmd` */
} Request;

struct Server {
    Session *session;
    Clients *clients;
    Listener *listener; /* NULL: stdio */
    unsigned source;    /* of the listener */
    unsigned next;      /* idle source: the next request */
    unsigned n_clients; /* so far */
    bool serving;       /* server_run() has begun */
    bool leaving;       /* it ends as soon as nothing is under way */
    bool over;          /* server_end() was called */
    GQueue *queue;      /* Request */
    Request *current;
};

static void request_free(void *data)
{
    Request *r = data;

    json_object_put(r->id);
    g_free(r->method);
    g_strfreev(r->words);
    g_free(r->line);
    g_free(r);
}

/* --- answers --- */

static void send_error(Client *c, json_object *id, RpcCode code, const char *message)
{
    g_autofree char *line = rpc_error(id, code, message, OUTCOME_RUNNING, NULL);

    client_answer(c, line);
    client_flush(c);
}

static void send_result(Client *c, json_object *id, const Answer *result)
{
    g_autofree char *line = rpc_result(id, result);

    client_answer(c, line);
    client_flush(c);
}

/* --- the end --- */

static void quit(Server *s)
{
    s->leaving = true;
    g_main_loop_quit(s->session->loop);
}

/* As Ctrl-C at the prompt. */
static void interrupt(Session *s)
{
    s->interrupted = true;
    if (engine_running(s->engine))
        engine_interrupt(s->engine);
    else if (!s->on_interrupt)
        run_pause(s, NULL);
    if (s->on_interrupt)
        s->on_interrupt(s);
}

static void leave(Server *s)
{
    s->leaving = true;
    if (s->current || !s->serving)
        interrupt(s->session);
    else
        quit(s);
}

/* Nothing more comes from a program: its connection ends once it has its answers and waits for no
 * notifications. */
static void close_ended(Server *s, Client *c)
{
    if (client_has_ended(c) && client_state(c)->waiting == 0 && !s->listener)
        leave(s);
    else if (client_has_ended(c) && client_state(c)->waiting == 0 && client_state(c)->events == 0)
        client_close_when_sent(c);
}

/* Of a request that is over: its client may send more. */
static void forget(Request *r)
{
    Server *s = r->server;
    Client *c = r->client;

    request_free(r);
    if (!c)
        return;
    client_state(c)->waiting--;
    close_ended(s, c);
}

static void refuse(Request *r, RpcCode code, const char *message)
{
    if (r->client && !r->notification)
        send_error(r->client, r->id, code, message);
    forget(r);
}

/* --- commands --- */

static void go_on(Server *s);

static Outcome outcome_of(const Session *s, const GError *error)
{
    Outcome outcome = command_outcome(error);

    return outcome == OUTCOME_NODE_FAILED && session_stop_requested(s) ? OUTCOME_INTERRUPTED
                                                                       : outcome;
}

/* For those who watch. */
static void tell_command(const Request *r, Outcome outcome)
{
    Server *s = r->server;
    g_autofree char *method = NULL;
    Answer *params;

    if (!clients_want(s->clients, NOTE_COMMAND))
        return;
    params = answer_new();
    method = r->command ? params_method(r->command) : g_strdup(r->method);
    answer_text(params, "method", method);
    answer_int(params, "client", r->client ? client_state(r->client)->number : 0);
    answer_text(params, "outcome", outcome_name(outcome));
    answer_int(params, "virtual_ns", engine_now(s->session->engine).ns);
    clients_note(s->clients, NOTE_COMMAND, NULL, params);
}

/* CallFunc. */
static void on_call_done(const Answer *answer, const GError *error, void *data)
{
    Request *r = data;
    Server *s = r->server;
    bool quits = g_error_matches(error, SESSION_ERROR, SESSION_ERROR_QUIT);
    Outcome outcome = error && !quits ? outcome_of(s->session, error) : OUTCOME_PASSED;
    g_autofree char *line = outcome == OUTCOME_PASSED
                                ? rpc_result(r->id, answer)
                                : rpc_error(r->id, RPC_FAILED, error->message, outcome, answer);

    notes_flush();
    tell_command(r, outcome);
    if (r->client && !r->notification)
        client_answer(r->client, line);
    clients_flush(s->clients);
    if (s->current == r)
        s->current = NULL;
    forget(r);
    if (quits)
        quit(s);
    go_on(s);
}

/* The words of a line, and the command that they name; NULL with an error. */
static char **read_line(Request *r, GError **error)
{
    const char *text = r->line;
    g_auto(GStrv) words = command_read(r->server->session, &text, error);
    unsigned used;

    if (!words)
        return NULL;
    if (!words[0] || text[strspn(text, " \t\r\n;")]) {
        g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                            "'line' has to be one command");
        return NULL;
    }
    r->command = command_find(words, &used, error);
    if (!r->command)
        return NULL;
    if (r->command->terminal) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' needs the terminal: it is not for the control socket", r->command->name);
        return NULL;
    }
    return g_steal_pointer(&words);
}

/* Whether a command, with its arguments, is also for those who only watch. */
static bool only_looks(const Request *r)
{
    const Command *c = r->command;

    return command_when(c, r->words) != COMMAND_AT_REST && !c->outside && !c->drives;
}

/* Carries it out, or refuses it. */
static void execute(Server *s, Request *r)
{
    g_autoptr(GError) error = NULL;
    bool alone = !s->current;

    if (r->line && !(r->words = read_line(r, &error))) {
        refuse(r, RPC_INVALID_PARAMS, error->message);
        return;
    }
    if (!only_looks(r) && (!r->client || !clients_drive(s->clients, r->client, &error))) {
        refuse(r, RPC_NOT_DRIVER, error ? error->message : "the client is gone");
        return;
    }
    if (alone)
        s->current = r;
    call_begin(s->session, r->words, on_call_done, r);
}

static gboolean on_next(gpointer data)
{
    Server *s = data;
    Request *r;

    s->next = 0;
    if (s->leaving && !s->current && s->serving)
        quit(s);
    if (s->current || s->leaving || !s->serving || !(r = g_queue_pop_head(s->queue)))
        return G_SOURCE_REMOVE;
    execute(s, r);
    go_on(s);
    return G_SOURCE_REMOVE;
}

/* The next request, from the main loop: commands that need not wait would else pile up on the
 * stack. */
static void go_on(Server *s)
{
    if (!s->next && !s->over)
        s->next = g_idle_add_full(G_PRIORITY_DEFAULT, on_next, s, NULL);
    clients_go_on(s->clients);
}

/* --- requests --- */

static void exec_own(Server *s, Client *c, const Method *m, const RpcRequest *in)
{
    g_autoptr(Answer) result = answer_new();
    g_autoptr(GError) error = NULL;
    MethodCall call = {.session = s->session,
                       .clients = s->clients,
                       .client = c,
                       .running = s->current ? s->current->method : NULL,
                       .params = in->params,
                       .code = RPC_INVALID_PARAMS};
    bool ok = m->func(&call, result, &error);

    if (in->notification)
        return;
    if (ok)
        send_result(c, in->id, result);
    else
        send_error(c, in->id, call.code, error->message);
}

static bool is_request(const Request *r, const Client *c, json_object *id)
{
    return r->client == c && !r->notification && r->id && json_object_equal(r->id, id);
}

static bool cancel(Server *s, const Client *c, json_object *id)
{
    for (GList *l = s->queue->head; l; l = l->next) {
        Request *r = l->data;

        if (!is_request(r, c, id))
            continue;
        g_queue_delete_link(s->queue, l);
        refuse(r, RPC_CANCELLED, "cancelled before it began");
        return true;
    }
    if (!s->current || !is_request(s->current, c, id))
        return false;
    interrupt(s->session);
    return true;
}

static void exec_cancel(Server *s, Client *c, const RpcRequest *in)
{
    static const char *const names[] = {"id", NULL};
    g_autoptr(Answer) result = answer_new();
    g_autoptr(GError) error = NULL;
    json_object *id = in->params ? json_object_object_get(in->params, "id") : NULL;
    bool ok = methods_check(in->params, names, &error);

    if (ok && !json_object_is_type(id, json_type_int) && !json_object_is_type(id, json_type_string))
        ok = false;
    if (ok)
        answer_bool(result, "cancelled", cancel(s, c, id));
    if (ok && !in->notification)
        send_result(c, in->id, result);
    else if (!ok && !in->notification)
        send_error(c, in->id, RPC_INVALID_PARAMS,
                   error ? error->message : "'id' has to be that of the request to cancel");
}

static void unknown_method(Client *c, const RpcRequest *in)
{
    g_autoptr(GPtrArray) names = methods_names();
    g_autofree char *hint =
        suggest_hint(in->method, (const char *const *)names->pdata, "`methods` lists them");
    g_autofree char *text = g_strdup_printf("unknown method '%s': %s", in->method, hint);

    if (!in->notification)
        send_error(c, in->id, RPC_UNKNOWN_METHOD, text);
}

static void enqueue(Server *s, Client *c, const RpcRequest *in, const Command *command,
                    char **words, const char *line)
{
    Request *r = g_new0(Request, 1);

    *r = (Request){.server = s,
                   .client = c,
                   .id = in->id ? json_object_get(in->id) : NULL,
                   .notification = in->notification,
                   .method = g_strdup(in->method),
                   .command = command,
                   .words = words,
                   .line = g_strdup(line)};
    client_state(c)->waiting++;
    if (s->serving &&
        ((command && command->at_once) || (!s->current && !s->next && g_queue_is_empty(s->queue))))
        execute(s, r); /* nothing is before it */
    else
        g_queue_push_tail(s->queue, r);
}

static void take_line_command(Server *s, Client *c, const RpcRequest *in)
{
    static const char *const names[] = {"line", NULL};
    g_autoptr(GError) error = NULL;
    bool ok = methods_check(in->params, names, &error);
    const char *line = ok ? methods_text(in->params, "line", &ok, &error) : NULL;

    if (line)
        enqueue(s, c, in, NULL, NULL, line);
    else if (!in->notification)
        send_error(c, in->id, RPC_INVALID_PARAMS,
                   error ? error->message : "'line' is missing: a command as it would be typed");
}

static void take_command(Server *s, Client *c, const RpcRequest *in, const Command *command)
{
    g_autoptr(GError) error = NULL;
    char **words = params_words(command, in->params, &error);

    if (words)
        enqueue(s, c, in, command, words, NULL);
    else if (!in->notification)
        send_error(c, in->id, RPC_INVALID_PARAMS, error->message);
}

static void take_request(Server *s, Client *c, const RpcRequest *in)
{
    const Method *m = methods_find(in->method);
    const Command *command = m ? NULL : params_command(in->method);

    if (s->leaving && !in->notification)
        send_error(c, in->id, RPC_ENDING, "metronome ends");
    else if (s->leaving)
        return;
    else if (m && m->func)
        exec_own(s, c, m, in);
    else if (m && strcmp(m->name, "cancel") == 0)
        exec_cancel(s, c, in);
    else if (m)
        take_line_command(s, c, in);
    else if (command && !command->terminal)
        take_command(s, c, in, command);
    else
        unknown_method(c, in);
}

/* --- clients --- */

/* Whether a request has to wait for its turn: what has not is read however many wait, so that a
 * program can always cancel what it has begun. */
static bool waits(const RpcRequest *in)
{
    const Method *m = methods_find(in->method);
    const Command *command = m ? NULL : params_command(in->method);

    return m ? !m->func && strcmp(m->name, "cancel") != 0
             : command && !command->terminal && !command->at_once;
}

static bool on_line(Client *c, const char *line, gsize size, void *data)
{
    const Server *s = data;
    g_auto(RpcRequest) in = {.notification = false};
    g_autoptr(GError) error = NULL;
    RpcCode code = RPC_PARSE;

    if (!rpc_request_parse(&in, line, size, &code, &error)) {
        send_error(c, in.id, code, error->message);
        return true;
    }
    if (client_state(c)->waiting >= CLIENT_MAX_WAITING && !s->leaving && waits(&in))
        return false;
    take_request(data, c, &in);
    return true;
}

static void on_ended(Client *c, void *data)
{
    close_ended(data, c);
}

static void drop_requests(Server *s, const Client *c)
{
    for (GList *l = s->queue->head, *next; l; l = next) {
        Request *r = l->data;

        next = l->next;
        if (r->client != c)
            continue;
        g_queue_delete_link(s->queue, l);
        request_free(r);
    }
    if (s->current && s->current->client == c)
        s->current->client = NULL; /* what it began goes on */
}

static void on_gone(Client *c, void *data)
{
    Server *s = data;

    drop_requests(s, c);
    clients_remove(s->clients, c);
    notes_follow();
    if (!s->listener)
        leave(s);
}

static void on_dropped(Client *c, uint64_t n, void *data)
{
    g_autoptr(Answer) params = answer_new();
    g_autofree char *line = NULL;

    (void)data;
    answer_count(params, "notifications", n);
    line = rpc_notification("dropped", params);
    client_answer(c, line);
}

static const ClientEvents client_events = {on_line, on_ended, on_gone, on_dropped};

static void add_client(Server *s, int in, int out)
{
    clients_add(s->clients, client_new(in, out, ++s->n_clients, &client_events, s));
}

static gboolean on_connect(gint fd, GIOCondition condition, gpointer data)
{
    static const char full[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
                               "\"message\":\"64 clients are the limit\",\"data\":{}}}\n";
    Server *s = data;
    int peer = listener_accept(s->listener);

    (void)fd;
    (void)condition;
    if (peer < 0)
        return G_SOURCE_CONTINUE;
    if (clients_count(s->clients) < MAX_CLIENTS) {
        add_client(s, peer, peer);
    } else {
        send(peer, full, strlen(full), MSG_NOSIGNAL | MSG_DONTWAIT);
        close(peer);
    }
    return G_SOURCE_CONTINUE;
}

/* --- standard input and output --- */

/* The same pipe, but not waiting where it is full; the description of the one that others have is not
 * changed. */
static int own_output(void)
{
    struct stat st;
    int fd = -1;

    if (fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
        fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static bool open_stdio(Server *s, GError **error)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = own_output();

    if (in >= 0 && out >= 0) {
        add_client(s, in, out);
        return true;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "--listen stdio: standard input or output is closed");
    return false;
}

/* --- --- */

bool server_check_address(const char *address, GError **error)
{
    const char *path;

    return listener_parse(address, &path, error);
}

static void on_signal(int number, void *data)
{
    Server *s = data;

    (void)number;
    session_note(s->session, OUTCOME_INTERRUPTED, "interrupted");
    s->leaving = true;
    signals_stop(s->session);
    if (!s->current && s->serving)
        quit(s);
}

Server *server_new(Session *session, const char *address, GError **error)
{
    g_autoptr(Server) s = g_new0(Server, 1);
    const char *path;

    s->session = session;
    s->clients = clients_new();
    s->queue = g_queue_new();
    notes_begin(session, s->clients);
    if (!listener_parse(address, &path, error))
        return NULL;
    if (!path)
        return open_stdio(s, error) ? g_steal_pointer(&s) : NULL;
    s->listener = listener_new(path, error);
    if (!s->listener)
        return NULL;
    s->source = g_unix_fd_add(listener_fd(s->listener), G_IO_IN, on_connect, s);
    log_info("control socket: %s", path);
    return g_steal_pointer(&s);
}

void server_run(Server *s)
{
    s->session->interactive = true; /* a command that fails does not end it */
    s->serving = true;
    signals_watch(on_signal, s);
    if (s->leaving)
        return;
    go_on(s);
    g_main_loop_run(s->session->loop);
}

void server_end(Server *s, const Verdict *v)
{
    Answer *params;

    if (!s || s->over)
        return;
    s->over = true;
    notes_flush();
    while (!g_queue_is_empty(s->queue))
        refuse(g_queue_pop_head(s->queue), RPC_ENDING, "metronome ends");
    params = answer_new();
    answer_text(params, "outcome", outcome_name(v->outcome));
    answer_int(params, "exit_code", outcome_exit_code(v->outcome));
    answer_text(params, "where", v->where);
    answer_text(params, "message", v->message);
    clients_tell(s->clients, "exit", params);
    clients_drain(s->clients, DRAIN_MS);
}

void server_free(Server *s)
{
    if (!s)
        return;
    notes_end();
    g_clear_handle_id(&s->source, g_source_remove);
    g_clear_handle_id(&s->next, g_source_remove);
    g_queue_free_full(s->queue, request_free);
    g_clear_pointer(&s->listener, listener_free);
    clients_free(s->clients);
    g_free(s);
}
