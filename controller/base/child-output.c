/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child-output.c: a pipe, and a thread that reads the pipe until the end or until
 * child_output_free().
 */
#include "controller/base/child-output.h"

#include "controller/base/fd.h"
#include "controller/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Size and number of reads at once. Together more than a pipe holds, so that the last output of a
 * program that has ended is not missed; limited, so that a program that writes without end does not
 * block others. */
#define PIECE  8192
#define PIECES 16

struct ChildOutput {
    int fd;     /* non-blocking on our side only */
    int end_fd; /* wakes the thread to end it */
    GThread *thread;
    GMutex lock; /* protects the members below */
    GString *head, *tail;
    guint64 size; /* number of all bytes received */
};

static void keep(ChildOutput *s, const char *bytes, gsize size)
{
    gsize to_head = MIN(size, CHILD_OUTPUT_HEAD - s->head->len);

    g_string_append_len(s->head, bytes, (gssize)to_head);
    g_string_append_len(s->tail, bytes + to_head, (gssize)(size - to_head));
    if (s->tail->len >= 2 * CHILD_OUTPUT_TAIL)
        g_string_erase(s->tail, 0, (gssize)(s->tail->len - CHILD_OUTPUT_TAIL));
    s->size += size;
}

/* Reads the available output. Returns false if no process can write any more. */
static bool read_available(ChildOutput *s)
{
    char bytes[PIECE];
    ssize_t n = 1;

    g_mutex_lock(&s->lock);
    for (int i = 0; i < PIECES && (n = read(s->fd, bytes, sizeof(bytes))) > 0; i++)
        keep(s, bytes, (gsize)n);
    g_mutex_unlock(&s->lock);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static gpointer read_on(gpointer data)
{
    ChildOutput *s = data;
    struct pollfd p[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->end_fd, .events = POLLIN}};

    do
        poll(p, G_N_ELEMENTS(p), -1);
    while (!p[1].revents && (!p[0].revents || read_available(s)));
    return NULL;
}

ChildOutput *child_output_new(int *child_fd, GError **error)
{
    int ends[2] = {-1, -1};
    fd_auto end_fd = eventfd(0, EFD_CLOEXEC);
    GThread *thread;
    ChildOutput *s;

    if (end_fd < 0 || pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "can't make a pipe for its stderr: %s", g_strerror(errno));
        fd_clear(&ends[0]);
        fd_clear(&ends[1]);
        return NULL;
    }
    s = g_new0(ChildOutput, 1);
    s->fd = ends[0];
    s->end_fd = fd_steal(&end_fd);
    s->head = g_string_new(NULL);
    s->tail = g_string_new(NULL);
    g_mutex_init(&s->lock);
    thread = g_thread_try_new("said", read_on, s, error);
    if (!thread) {
        fd_clear(&ends[1]);
        child_output_free(s);
        return NULL;
    }
    s->thread = thread;
    *child_fd = ends[1];
    return s;
}

/* The caller holds the lock. */
static GString *assemble(const ChildOutput *s)
{
    GString *all = g_string_new_len(s->head->str, (gssize)s->head->len);
    gsize end = MIN(s->tail->len, CHILD_OUTPUT_TAIL);
    guint64 left_out = s->size - s->head->len - end;

    if (left_out > 0)
        g_string_append_printf(all, "\n[%" G_GUINT64_FORMAT " bytes left out]\n", left_out);
    g_string_append_len(all, s->tail->str + s->tail->len - end, (gssize)end);
    return all;
}

char *child_output_text(ChildOutput *s)
{
    GString *all;

    read_available(s);
    g_mutex_lock(&s->lock);
    all = assemble(s);
    g_mutex_unlock(&s->lock);
    for (gsize i = 0; i < all->len; i++)
        if (all->str[i] == '\0')
            all->str[i] = ' ';
    return g_strchomp(g_string_free(all, FALSE));
}

char *child_output_end(ChildOutput *s, gsize size)
{
    g_autofree char *text = child_output_text(s);
    gsize length = strlen(text);

    return text_plain(text + length - MIN(length, size), -1);
}

void child_output_free(ChildOutput *s)
{
    guint64 one = 1;

    if (!s)
        return;
    if (s->thread && write(s->end_fd, &one, sizeof(one)) == sizeof(one))
        g_thread_join(s->thread);
    fd_clear(&s->fd);
    fd_clear(&s->end_fd);
    g_string_free(s->head, TRUE);
    g_string_free(s->tail, TRUE);
    g_mutex_clear(&s->lock);
    g_free(s);
}
