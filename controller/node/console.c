/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.c: drains the console's socket at barriers; see console.h. */
#include "controller/node/console.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/node/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK      65536
#define MAX_UNSEEN (1 << 20)
#define MAX_TAP    (1 << 20)
#define MAX_LINE   65536 /* what is longer becomes several lines of the transcript */

struct Console {
    int fd;
    int log_fd;
    bool log_failed;
    char *log_path;
    guint64 bytes;
    GChecksum *digest;
    GString *unseen; /* text since the last match, without CR and NUL */
    gsize scanned;   /* how much of it the pattern was tried on, in whole lines */
    GRegex *pattern;
    char *match;
    GPtrArray *watches; /* ConsoleWatch */

    int transcript_fd;
    char *transcript_path;
    GString *line; /* not complete yet, without CR and NUL */
    VTime line_time;

    GMutex lock;  /* guards what a second thread sees: fd, and */
    GString *tap; /* NULL: closed */
    void (*wake)(void *data);
    void *wake_data;

    ConsoleFunc pass_on;
    void *pass_on_data;
};

struct ConsoleWatch {
    GRegex *pattern;
    GString *line; /* so far */
    bool told;     /* this line has matched already */
    char *match;
    VTime until;
};

static void watch_free(void *data)
{
    ConsoleWatch *w = data;

    g_regex_unref(w->pattern);
    g_string_free(w->line, TRUE);
    g_free(w->match);
    g_free(w);
}

Console *console_new(int fd, const char *log_path, GError **error)
{
    Console *c = g_new0(Console, 1);

    c->fd = fd;
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK); /* of our end only */
    c->log_path = g_strdup(log_path);
    c->digest = g_checksum_new(G_CHECKSUM_SHA256);
    c->unseen = g_string_new(NULL);
    c->watches = g_ptr_array_new_with_free_func(watch_free);
    c->line = g_string_new(NULL);
    c->transcript_fd = -1;
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

void console_free(Console *c)
{
    if (!c)
        return;
    fd_clear(&c->fd);
    fd_clear(&c->log_fd);
    g_checksum_free(c->digest);
    g_string_free(c->unseen, TRUE);
    g_ptr_array_unref(c->watches);
    fd_clear(&c->transcript_fd);
    g_free(c->transcript_path);
    g_string_free(c->line, TRUE);
    if (c->tap)
        g_string_free(c->tap, TRUE);
    g_mutex_clear(&c->lock);
    g_clear_pointer(&c->pattern, g_regex_unref);
    g_free(c->match);
    g_free(c->log_path);
    g_free(c);
}

/*
 * Tries the pattern on every line that was not tried yet. A prompt without a line end can be waited
 * for as well: the unfinished last line is tried too, and again when it has grown. After a match
 * the text up to it is forgotten.
 */
static void scan(Console *c)
{
    while (c->pattern && !c->match && c->scanned < c->unseen->len) {
        const char *start = c->unseen->str + c->scanned;
        const char *end = memchr(start, '\n', c->unseen->len - c->scanned);
        g_autofree char *line = end ? g_strndup(start, end - start) : g_strdup(start);

        if (g_utf8_validate(line, -1, NULL) && g_regex_match(c->pattern, line, 0, NULL)) {
            c->match = g_steal_pointer(&line);
            g_string_erase(c->unseen, 0, end ? end + 1 - c->unseen->str : -1);
            c->scanned = 0;
            return;
        }
        if (!end)
            return;
        c->scanned = end + 1 - c->unseen->str;
    }
}

static void remember(Console *c, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != '\r' && data[i] != '\0')
            g_string_append_c(c->unseen, data[i]);
    if (c->unseen->len > MAX_UNSEEN) {
        gssize excess = c->unseen->len - MAX_UNSEEN / 2;

        g_string_erase(c->unseen, 0, excess);
        c->scanned = c->scanned > (gsize)excess ? c->scanned - excess : 0;
    }
    scan(c);
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n, size -= (size_t)n;
    }
    return true;
}

static void log_bytes(Console *c, const char *data, size_t size)
{
    if (!c->log_failed)
        c->log_failed = !write_all(c->log_fd, data, size); /* costs the log, not the run */
}

/* --- transcript --- */

static void end_line(Console *c)
{
    g_autofree char *time = units_format_seconds(c->line_time);
    g_autofree char *text = g_strdup_printf("[%s] %s\n", time, c->line->str);

    if (c->transcript_fd >= 0 && !write_all(c->transcript_fd, text, strlen(text))) {
        log_warn("the transcript ends here: can't write '%s': %s", c->transcript_path,
                 g_strerror(errno));
        fd_clear(&c->transcript_fd);
    }
    g_string_truncate(c->line, 0);
}

/* Lines are followed also while there is no transcript: it may begin within one. */
static void follow_lines(Console *c, const char *data, size_t size, VTime until)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\r' || data[i] == '\0')
            continue;
        if (c->line->len == 0)
            c->line_time = until;
        if (data[i] != '\n')
            g_string_append_c(c->line, data[i]);
        if (data[i] == '\n' || c->line->len >= MAX_LINE)
            end_line(c);
    }
}

static void try_line(ConsoleWatch *w, VTime until)
{
    if (w->match || w->told || !g_utf8_validate(w->line->str, (gssize)w->line->len, NULL) ||
        !g_regex_match(w->pattern, w->line->str, 0, NULL))
        return;
    w->match = g_strdup(w->line->str);
    w->until = until;
    w->told = true;
}

static void feed(ConsoleWatch *w, const char *data, size_t size, VTime until)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') {
            try_line(w, until);
            g_string_truncate(w->line, 0);
            w->told = false;
        } else if (data[i] != '\r' && data[i] != '\0' && w->line->len < MAX_LINE) {
            g_string_append_c(w->line, data[i]);
        }
    }
    try_line(w, until);
}

static bool any_match(const Console *c)
{
    for (unsigned i = 0; i < c->watches->len; i++)
        if (((const ConsoleWatch *)c->watches->pdata[i])->match)
            return true;
    return c->match != NULL;
}

bool console_transcript(Console *c, const char *path, GError **error)
{
    fd_auto fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666) : -1;

    if (path && fd < 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't write '%s': %s", path,
                    g_strerror(errno));
        return false;
    }
    fd_clear(&c->transcript_fd);
    g_free(c->transcript_path);
    c->transcript_path = g_strdup(path);
    c->transcript_fd = fd_steal(&fd);
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

GBytes *console_take(Console *c)
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
    g_mutex_unlock(&c->lock);
}

bool console_feed(Console *c, const void *data, gsize size, VTime until)
{
    c->bytes += size;
    g_checksum_update(c->digest, data, (gssize)size);
    log_bytes(c, data, size);
    follow_lines(c, data, size, until);
    pour(c, data, size);
    remember(c, data, size);
    for (unsigned i = 0; i < c->watches->len; i++)
        feed(c->watches->pdata[i], data, size, until);
    if (c->pass_on)
        c->pass_on(data, size, until, c->pass_on_data);
    return any_match(c);
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
    return any_match(c);
}

ConsoleWatch *console_watch(Console *c, GRegex *pattern)
{
    ConsoleWatch *w = g_new0(ConsoleWatch, 1);

    w->pattern = g_regex_ref(pattern);
    w->line = g_string_new(NULL);
    g_ptr_array_add(c->watches, w);
    return w;
}

void console_unwatch(Console *c, ConsoleWatch *watch)
{
    g_ptr_array_remove(c->watches, watch);
}

const char *console_watch_match(const ConsoleWatch *w)
{
    return w->match;
}

VTime console_watch_until(const ConsoleWatch *w)
{
    return w->until;
}

void console_watch_again(ConsoleWatch *w)
{
    g_clear_pointer(&w->match, g_free);
}

void console_await(Console *c, GRegex *pattern)
{
    g_clear_pointer(&c->pattern, g_regex_unref);
    g_clear_pointer(&c->match, g_free);
    if (pattern)
        c->pattern = g_regex_ref(pattern);
    c->scanned = 0;
    scan(c);
}

bool console_expects(const Console *c)
{
    return c->pattern || c->watches->len > 0;
}

const char *console_match(const Console *c)
{
    return c->match;
}

gssize console_type(Console *c, const char *data, gsize size, GError **error)
{
    ssize_t n = -1;
    bool open;

    g_mutex_lock(&c->lock);
    open = c->fd >= 0;
    while (open && (n = send(c->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0 && errno == EINTR)
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

bool console_send(Console *c, const char *text, GError **error)
{
    gsize size = strlen(text);

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
    g_autoptr(GChecksum) copy = g_checksum_copy(c->digest);

    return g_strdup(g_checksum_get_string(copy));
}
