/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console-state.c: writes what a console has come to, reads it, and puts log and transcript back to
 * where they were. */
#include "controller/qemu/console-state.h"

#include "controller/base/fd.h"
#include "controller/base/output.h"
#include "controller/base/resume.h"
#include "controller/qemu/console-private.h"
#include "controller/qemu/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The bytes of the log, or NULL: too many, or its file has others by now. */
static GMappedFile *log_of(const Console *c)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(c->log_path, FALSE, NULL);
    uint64_t length = sha_length(&c->digest);

    if (!file || length > CODEC_MAX_BYTES || g_mapped_file_get_length(file) < length)
        return NULL;
    return g_steal_pointer(&file);
}

void console_save(const Console *c, GByteArray *out)
{
    g_autoptr(GMappedFile) log = log_of(c);
    bool transcript = c->transcript && sink_is_open(c->transcript);

    put_u64(out, c->bytes);
    sha_save(&c->digest, out);
    put_flag(out, c->log_fd >= 0);
    put_flag(out, log != NULL);
    put_bytes(out, log ? g_mapped_file_get_contents(log) : NULL, log ? sha_length(&c->digest) : 0);
    lines_save(c->lines, out);
    recent_save(c->recent, out);
    put_text(out, transcript ? c->transcript_path : NULL);
    if (transcript)
        sha_save(&c->transcribed, out);
}

/* What console_save() wrote. */
typedef struct {
    guint64 bytes;
    Sha digest, transcribed;
    bool log_open, has_log;
    const uint8_t *log;
    gsize log_size;
    Reader lines; /* where they begin */
    Recent *recent;
    char *transcript; /* path, "": none */
} Saved;

static void saved_clear(Saved *s)
{
    recent_free(s->recent);
    g_free(s->transcript);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Saved, saved_clear)

static void read_saved(Saved *s, Reader *r)
{
    g_autoptr(Lines) lines = lines_new();

    s->bytes = get_u64(r);
    sha_load(&s->digest, r);
    s->log_open = get_flag(r);
    s->has_log = get_flag(r);
    s->log = get_bytes(r, &s->log_size);
    reader_demand(r, s->log_size == (s->has_log ? sha_length(&s->digest) : 0));
    s->lines = *r;
    lines_load(lines, r);
    s->recent = recent_new();
    recent_load(s->recent, r);
    s->transcript = get_text(r);
    if (*s->transcript)
        sha_load(&s->transcribed, r);
}

static bool is_digest_of(const Sha *digest, const uint8_t *data, gsize size)
{
    g_autofree char *expected = sha_hex(digest), *found = NULL;
    Sha sha;

    sha_init(&sha);
    sha_add(&sha, data, size);
    found = sha_hex(&sha);
    return strcmp(found, expected) == 0;
}

/* The log with what was saved in it, or -1 with an error. */
static int write_log(const Console *c, const Saved *s, GError **error)
{
    fd_auto fd = -1;

    if (!s->has_log || !is_digest_of(&s->digest, s->log, s->log_size)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "the saved console has no log, and '%s' does not begin with what it was",
                    c->log_path);
        return -1;
    }
    fd = open(c->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (gsize done = 0; done < s->log_size && fd >= 0;) {
        ssize_t n = write(fd, s->log + done, s->log_size - done);

        if (n < 0 && errno != EINTR)
            fd_clear(&fd);
        done += (gsize)MAX(n, 0);
    }
    if (fd < 0)
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't write '%s': %s", c->log_path,
                    g_strerror(errno));
    return fd_steal(&fd);
}

/* Says in the transcript that what comes follows on a restore. */
static void mark_transcript(Console *c, const char *text, VTime now)
{
    console_transcribe(c, text, strlen(text), now);
}

static void load_transcript(Console *c, const Saved *s, VTime now)
{
    g_autoptr(GError) e = NULL;
    bool same = g_strcmp0(s->transcript, c->transcript_path) == 0;
    Sink *sink;

    if (!*s->transcript) {
        console_begin_transcript(c, NULL, NULL);
    } else if ((sink = sink_resume(s->transcript, "transcript", &s->transcribed))) {
        console_begin_transcript(c, sink, s->transcript);
        c->transcribed = s->transcribed;
    } else if (same && c->transcript && sink_is_open(c->transcript)) {
        mark_transcript(c, "(metronome: the ensemble was restored to this time)", now);
    } else if (console_transcript(c, s->transcript, &e)) {
        mark_transcript(c, "(metronome: this transcript begins where the ensemble was restored)",
                        now);
    } else {
        output_lost("%sthe transcript of its console does not go on: %s", c->node ? c->node : "",
                    e->message);
        console_begin_transcript(c, NULL, NULL);
    }
}

void console_skip(Reader *r)
{
    g_auto(Saved) s = {0};

    read_saved(&s, r);
}

bool console_load(Console *c, Reader *r, VTime now, GError **error)
{
    g_auto(Saved) s = {0};
    fd_auto log = -1;

    read_saved(&s, r);
    if (r->bad) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "the saved console is damaged");
        return false;
    }
    log = resume_file(c->log_path, &s.digest);
    if (log < 0 && (log = write_log(c, &s, error)) < 0)
        return false;
    fd_clear(&c->log_fd);
    c->log_fd = s.log_open ? fd_steal(&log) : -1;
    c->bytes = s.bytes;
    c->digest = s.digest;
    lines_load(c->lines, &s.lines);
    recent_free(c->recent);
    c->recent = g_steal_pointer(&s.recent);
    load_transcript(c, &s, now);
    return true;
}
