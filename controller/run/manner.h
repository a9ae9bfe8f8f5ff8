/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manner.h: what any break may have besides the place where it stops: a condition, that it stops
 * once, commands that are carried out where it stops. Main thread.
 */
#ifndef RUN_MANNER_H
#define RUN_MANNER_H

#include "controller/base/codec.h"
#include "controller/session/session.h"

/* More than anybody types. */
#define MANNER_MAX_COMMANDS 64

typedef struct {
    char *condition; /* a comparison (expr.h); NULL: none */
    bool once;       /* the break is deleted where it stops */
    char **commands; /* each one command that only looks; NULL: none */
    bool goes_on;    /* behind the commands the run goes on */
} Manner;

void manner_clear(Manner *manner);

/* Whether the condition can be evaluated; node: of the break, whose names it may use, or NULL. */
bool manner_check(Session *session, const Manner *manner, const Node *node, GError **error);

/* Whether the condition holds where the nodes stand now. One that can't be evaluated holds; *why is
 * then the reason, to be freed with g_free(). */
bool manner_holds(Session *session, const Manner *manner, const Node *node, char **why);

/* " if a.reg.x0 == 5 once do 'regs a; continue'", or ""; free with g_free(). */
char *manner_text(const Manner *manner);

void manner_put(const Manner *manner, GByteArray *out);
/* The manner needs manner_clear(), also if the reader is bad afterwards. */
void manner_get(Reader *r, Manner *manner);

#endif
