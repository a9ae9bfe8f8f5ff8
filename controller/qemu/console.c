/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.c: drains the console's socket or pipe at barriers, and hands the bytes to the log, the
 * tap and the lines. */
#include "controller/qemu/console.h"

#include "controller/base/fd.h"
#include "controller/base/output.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/qemu/console-private.h"
#include "controller/qemu/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK   65536
#define MAX_TAP (1 << 20)

void console_transcribe(Console *c, const char *text, gsize size, VTime at)
{
    g_autofree char *time = NULL, *plain = NULL, *line = NULL;

    if (!c->transcript || !sink_is_open(c->transcript))
        return;
    time = units_format_seconds(at);
    plain = text_line(text, (gssize)size);
    line = g_strdup_printf("[%s] %s\n", time, plain);
    sha_add(&c->transcribed, line, strlen(line));
    sink_write(c->transcript, line, strlen(line));
}

static struct {
    ConsoleLineFunc func;
    void *data;
} listeners[CONSOLE_LISTENERS];
static unsigned n_listeners;

void console_listen(ConsoleLineFunc func, void *data)
{
    g_assert(n_listeners < CONSOLE_LISTENERS);
    listeners[n_listeners].func = func;
    listeners[n_listeners++].data = data;
}

void console_unlisten(ConsoleLineFunc func, void *data)
{
    for (unsigned i = 0; i < n_listeners; i++) {
        if (listeners[i].func != func || listeners[i].data != data)
            continue;
        listeners[i] = listeners[--n_listeners];
        return;
    }
}

/* Passes a complete line on, and adds it to the recent lines and to the transcript. */
static void on_line(const char *text, gsize size, VTime at, void *data)
{
    Console *c = data;
    const ConsoleLine line = {c->name, text, size, at, c->until};

    for (unsigned i = 0; c->name && i < n_listeners; i++)
        listeners[i].func(&line, listeners[i].data);
    recent_add(c->recent, text, size, at);
    console_transcribe(c, text, size, at);
}

Console *console_new(int fd, const char *log_path, GError **error)
{
    Console *c = g_new0(Console, 1);

    c->fd = fd;
    c->input_fd = -1;
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK); /* concerns our end only */
    c->log_path = g_strdup(log_path);
    sha_init(&c->digest);
    c->lines = lines_new();
    c->recent = recent_new();
    lines_follow(c->lines, on_line, c);
    g_mutex_init(&c->lock);
    c->log_fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (c->log_fd < 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't write '%s': %s", log_path,
                    g_strerror(errno));
        console_free(c);
        return NULL;
    }
    return c;
}

void console_set_node(Console *c, const char *name)
{
    g_free(c->name);
    g_free(c->node);
    c->name = g_strdup(name);
    c->node = g_strdup_printf("node %s: ", name);
}

void console_set_input(Console *c, int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    c->input_fd = fd;
}

void console_set_line(Console *c, int fd)
{
    g_mutex_lock(&c->lock);
    fd_clear(&c->input_fd);
    console_set_input(c, fd);
    c->bytewise = true;
    g_mutex_unlock(&c->lock);
}

void console_reconnect(Console *c, int fd, int input_fd)
{
    g_mutex_lock(&c->lock);
    fd_clear(&c->fd);
    fd_clear(&c->input_fd);
    c->fd = fd;
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK); /* concerns our end only */
    if (input_fd >= 0)
        console_set_input(c, input_fd);
    g_mutex_unlock(&c->lock);
}

void console_free(Console *c)
{
    if (!c)
        return;
    fd_clear(&c->fd);
    fd_clear(&c->input_fd);
    fd_clear(&c->log_fd);
    lines_free(c->lines);
    recent_free(c->recent);
    sink_close(c->transcript);
    if (c->tap)
        g_string_free(c->tap, TRUE);
    g_mutex_clear(&c->lock);
    g_free(c->transcript_path);
    g_free(c->log_path);
    g_free(c->name);
    g_free(c->node);
    g_free(c);
}

/* Writes to the log. A full disk ends the log, not the run. */
static void log_bytes(Console *c, const char *data, size_t size)
{
    while (size > 0 && c->log_fd >= 0) {
        ssize_t n = write(c->log_fd, data, size);

        if (n < 0 && errno != EINTR) {
            output_lost("%sthe log of its console ends here: can't write '%s': %s",
                        c->node ? c->node : "", c->log_path, g_strerror(errno));
            fd_clear(&c->log_fd);
        }
        sha_add(&c->digest, data, (gsize)MAX(n, 0));
        data += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
    }
}

/* Whether a file's head is that of a transcript: a time in brackets. */
static bool is_transcript(const char *head, gsize size)
{
    gsize digits = 1;

    while (digits < size && (g_ascii_isdigit(head[digits]) || head[digits] == '.'))
        digits++;
    return head[0] == '[' && (digits == size || (digits > 1 && head[digits] == 's'));
}

bool console_accepts_transcript(const char *path, GError **error)
{
    g_autoptr(GError) e = NULL;

    if (sink_accepts(path, "transcript", is_transcript, &e))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't write '%s': %s", path, e->message);
    return false;
}

void console_begin_transcript(Console *c, Sink *sink, const char *path)
{
    g_autofree char *own = g_strdup(path);

    sink_close(c->transcript);
    c->transcript = sink;
    g_free(c->transcript_path);
    c->transcript_path = g_steal_pointer(&own);
    sha_init(&c->transcribed);
}

bool console_transcript(Console *c, const char *path, GError **error)
{
    Sink *sink = NULL;
    g_autoptr(GError) e = NULL;

    if (path && !(sink = sink_open(path, "transcript", is_transcript, &e))) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't write '%s': %s", path, e->message);
        return false;
    }
    console_begin_transcript(c, sink, path);
    return true;
}

/* --- tap --- */

void console_tap(Console *c, void (*wake)(void *data), void *data)
{
    g_mutex_lock(&c->lock);
    if (c->tap)
        g_string_free(c->tap, TRUE);
    c->tap = wake ? g_string_new(NULL) : NULL;
    c->wake = wake;
    c->wake_data = data;
    g_mutex_unlock(&c->lock);
}

GBytes *console_pop(Console *c)
{
    GBytes *bytes = NULL;

    g_mutex_lock(&c->lock);
    if (c->tap && c->tap->len > 0) {
        bytes = g_string_free_to_bytes(c->tap);
        c->tap = g_string_new(NULL);
    }
    g_mutex_unlock(&c->lock);
    return bytes;
}

static void pour(Console *c, const char *data, size_t size)
{
    g_mutex_lock(&c->lock);
    if (c->tap) {
        g_string_append_len(c->tap, data, (gssize)size);
        if (c->tap->len > MAX_TAP)
            g_string_erase(c->tap, 0, (gssize)(c->tap->len - MAX_TAP));
        c->wake(c->wake_data);
    }
    g_mutex_unlock(&c->lock);
}

static void hang_up(Console *c)
{
    g_mutex_lock(&c->lock);
    fd_clear(&c->fd);
    fd_clear(&c->input_fd);
    g_mutex_unlock(&c->lock);
}

bool console_feed(Console *c, const void *data, gsize size, VTime until)
{
    c->bytes += size;
    log_bytes(c, data, size);
    pour(c, data, size);
    c->until = until;
    lines_feed(c->lines, data, size, until);
    if (c->pass_on)
        c->pass_on(data, size, until, c->pass_on_data);
    return lines_any_found(c->lines);
}

void console_pass_on(Console *c, ConsoleFunc func, void *data)
{
    c->pass_on = func;
    c->pass_on_data = data;
}

bool console_drain(Console *c, VTime until)
{
    char chunk[CHUNK];
    ssize_t n;

    while (c->fd >= 0 && (n = read(c->fd, chunk, sizeof(chunk))) != -1) {
        if (n == 0) {
            hang_up(c);
            break;
        }
        console_feed(c, chunk, (gsize)n, until);
        if (n < CHUNK)
            break;
    }
    return lines_any_found(c->lines);
}

Lines *console_lines(const Console *c)
{
    return c->lines;
}

/* Does not wait, and raises no SIGPIPE where the system call can avoid it. */
static ssize_t put(const Console *c, const char *data, gsize size)
{
    gsize done = 0;

    if (c->bytewise) {
        while (done < size && send(c->input_fd, data + done, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
            done++;
        return done > 0 || size == 0 ? (ssize_t)done : -1;
    }
    return c->input_fd >= 0 ? write(c->input_fd, data, size)
                            : send(c->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

gssize console_type(Console *c, const char *data, gsize size, GError **error)
{
    ssize_t n = -1;
    bool open;

    g_mutex_lock(&c->lock);
    open = c->fd >= 0;
    while (open && (n = put(c, data, size)) < 0 && errno == EINTR)
        ;
    g_mutex_unlock(&c->lock);
    if (open && (n >= 0 || errno == EAGAIN))
        return MAX(n, 0);
    if (!open)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "the node has no console");
    else if (errno == ENOTSOCK)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "its console's input is what connects to serial=; leave that away to send");
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't send to the console: %s",
                    g_strerror(errno));
    return -1;
}

bool console_send(Console *c, const char *text, gsize size, GError **error)
{
    do {
        gssize n = console_type(c, text, size, error);

        if (n < 0)
            return false;
        if (n == 0 && size > 0) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM,
                        "can't send to the console: the guest takes no input");
            return false;
        }
        text += n;
        size -= (gsize)n;
    } while (size > 0);
    return true;
}

bool console_open_line(const Console *c, VTime *time)
{
    return lines_open(c->lines, time);
}

const Recent *console_recent(const Console *c)
{
    return c->recent;
}

const char *console_log_path(const Console *c)
{
    return c->log_path;
}

guint64 console_bytes(const Console *c)
{
    return c->bytes;
}

char *console_sha256(const Console *c)
{
    return sha_hex(&c->digest);
}
