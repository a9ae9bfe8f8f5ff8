/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call.c: see call.h. */
#include "controller/serve/call.h"

#include "controller/run/run.h"
#include "controller/serve/warnings.h"
#include "controller/session/events.h"
#include "controller/shell/runner.h"
#include "controller/shell/signals.h"

#include <string.h>

/* Of a command's text. */
#define MOST_TEXT     ((size_t)1 << 20)
#define MOST_WARNINGS 64u

struct Call {
    CommandCall call;
    char **words;
    Answer *answer;
    GString *text;
    GPtrArray *warnings; /* char * */
    Runner *runner;      /* of a command that runs a file */
    void (*before)(const char *text,
                   void *data); /* while it catches: the session's own on_output */
    CallFunc done;
    void *data;
};

/* The one whose output is caught now, and the one that is parked. */
static Call *catching, *parked;

void call_warned(const char *text)
{
    Call *c = catching ? catching : parked;

    if (c && c->warnings->len < MOST_WARNINGS)
        g_ptr_array_add(c->warnings, g_strdup(text));
}

static void on_output(const char *text, void *data)
{
    static const char cut[] = "[what follows is too much for an answer]\n";
    Call *c = catching;

    (void)data;
    if (c->text->len + strlen(text) <= MOST_TEXT)
        g_string_append(c->text, text);
    else if (!g_str_has_suffix(c->text->str, cut))
        g_string_append(c->text, cut);
}

static void catch (Call *c)
{
    Session *s = c->call.session;

    g_assert(!catching);
    catching = c;
    c->before = s->on_output;
    s->on_output = on_output;
    s->answer = c->answer;
}

static void release(Call *c)
{
    Session *s = c->call.session;

    if (catching != c)
        return;
    catching = NULL;
    s->on_output = c->before;
    s->answer = NULL;
}

/* Takes over error. */
static void finish(Call *c, GError *error)
{
    warnings_flush();
    release(c);
    if (parked == c)
        parked = NULL;
    if (c->text->len > 0)
        answer_text(c->answer, "text", c->text->str);
    if (c->warnings->len > 0)
        answer_texts(c->answer, "warnings", (const char *const *)c->warnings->pdata,
                     c->warnings->len);
    c->done(c->answer, error, c->data);
    g_clear_error(&error);
    answer_free(c->answer);
    g_strfreev(c->words);
    g_string_free(c->text, TRUE);
    g_ptr_array_unref(c->warnings);
    g_free(c);
}

static Call *call_of(CommandCall *call)
{
    return (Call *)(void *)((char *)call - G_STRUCT_OFFSET(Call, call));
}

static void on_resumed(CommandCall *call)
{
    catch (call_of(call));
}

static void on_done(CommandCall *call, GError *error)
{
    finish(call_of(call), error);
}

/* --- a file of commands --- */

static gboolean free_runner(gpointer data)
{
    runner_free(data);
    return G_SOURCE_REMOVE;
}

/* In the midst of the runner, which is freed later. */
static void on_file_done(void *data)
{
    Call *c = data;
    const GError *error = runner_error(c->runner);

    c->call.session->runner = NULL;
    g_idle_add(free_runner, c->runner);
    finish(c, error ? g_error_copy(error) : NULL);
}

/* The commands' own output is told as it comes; of the runner's own, the log has more. */
static void include(Call *c)
{
    Session *s = c->call.session;
    g_autofree char *file = command_quote(c->call.include),
                    *text = g_strconcat("include ", file, NULL);

    g_clear_pointer(&c->call.include, g_free);
    c->runner = runner_new(s, false, on_file_done, c);
    runner_push_text(c->runner, NULL, text);
    runner_start(c->runner);
}

/* --- --- */

Call *call_begin(Session *s, char **words, CallFunc done, void *data)
{
    Call *c = g_new0(Call, 1);
    GError *error = NULL;
    CommandResult result;

    events_look(s->events);
    g_clear_error(&s->lost); /* the event has told of it */
    warnings_flush();        /* what was before is none of this command's */
    if (!run_active(s)) {
        s->interrupted = false;
        signals_calm();
    }
    c->call = (CommandCall){.session = s, .resumed = on_resumed, .done = on_done};
    c->words = g_strdupv(words);
    c->answer = answer_new();
    c->text = g_string_new(NULL);
    c->warnings = g_ptr_array_new_with_free_func(g_free);
    c->done = done;
    c->data = data;
    catch (c);
    result = command_begin(&c->call, c->words, &error);
    if (result == COMMAND_PARKED || result == COMMAND_INCLUDE)
        release(c);
    if (result == COMMAND_PARKED || result == COMMAND_INCLUDE)
        parked = c;
    if (result == COMMAND_INCLUDE)
        include(c);
    if (result == COMMAND_PARKED || result == COMMAND_INCLUDE)
        return c;
    finish(c, error);
    return NULL;
}
