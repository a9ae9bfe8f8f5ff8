/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-rpc.c: what a program sends to the control socket, from a line to the words of a command. A
 * request is read or refused with a reason and a code; words are read or refused; the first of them
 * are the command's name, and all are texts. Each line of the input is one message.
 */
#include "controller/serve/message.h"
#include "controller/serve/methods.h"
#include "controller/serve/params.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_words(const Command *c, const RpcRequest *r)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = params_words(c, r->params, &error), again = NULL;
    g_auto(GStrv) name = g_strsplit(c->name, " ", -1);
    unsigned used;

    require((words != NULL) == (error == NULL));
    if (!words)
        return;
    for (unsigned i = 0; name[i]; i++)
        require(g_strcmp0(words[i], name[i]) == 0);
    require(command_find(words, &used, NULL) == c && used == g_strv_length(name));
    again = params_words(c, r->params, NULL);
    require(g_strv_equal((const char *const *)words, (const char *const *)again));
}

static void check_line(const char *line, size_t size)
{
    g_auto(RpcRequest) r = {.notification = false};
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;
    RpcCode code = RPC_FAILED;
    bool ok = rpc_request_parse(&r, line, size, &code, &error);

    require(ok == (error == NULL));
    if (!ok) {
        require(code == RPC_PARSE || code == RPC_INVALID_REQUEST);
        answer = rpc_error(r.id, code, error->message, OUTCOME_RUNNING, NULL);
        require(strchr(answer, '\n') == answer + strlen(answer) - 1);
        return;
    }
    require(r.method && (!r.notification || !r.id));
    if (!methods_find(r.method) && params_command(r.method))
        check_words(params_command(r.method), &r);
    for (const Command *const *c = command_table(); *c; c++)
        check_words(*c, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 8);

    if (len > 4096)
        return 0;
    /* What has a NUL in it, too; it lies alone, so that what is read behind it is seen. */
    check_line(text, len);
    for (char **p = lines; *p; p++) {
        g_autofree char *alone = g_memdup2(*p, strlen(*p) + 1);

        check_line(alone, strlen(alone));
    }
    return 0;
}
