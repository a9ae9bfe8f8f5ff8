/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * args.h: the arguments of a command, read as its usage says before it is carried out (usage.h):
 *
 *     NODE, NODE[.CPU]          a node that there is
 *     NODE[.PORT]               a node's console, that of its UART 0 without .PORT
 *     DURATION, TIME, EVERY, 5s a time; the example of a key is what it is without the key
 *     NINSN                     a count of instructions
 *     N, M, LEN                 a whole number, from `least` to `most` of the command
 *     ADDR                      an address of the NODE before it: decimal, 0x…, NAME or NAME+OFFSET
 *     X, 1.0                    a number above 0
 *
 * Every other is text. They are asked for by the name of their placeholder or key, a literal by
 * itself; the same name again is the next of that name. What is asked for as what it is not is a
 * mistake of the program.
 */
#ifndef COMMAND_ARGS_H
#define COMMAND_ARGS_H

#include "controller/command/command.h"

typedef enum {
    ARG_TEXT,
    ARG_NODE,
    ARG_TIME,
    ARG_INSNS,
    ARG_COUNT,
    ARG_ADDRESS,
    ARG_NUMBER,
} ArgKind;

/* What an argument of this kind (UsageArg.kind) is read as. */
ArgKind args_kind(const char *kind);

/* The usage of a command, read once; never freed. */
const UsageGrammar *args_grammar(const Command *command);

/* Reads call->args into call->read, before exec. */
bool args_read(CommandCall *call, GError **error);

bool args_has(const CommandCall *call, const char *name);
/* Whether a key is given, with this value. */
bool args_is(const CommandCall *call, const char *key, const char *value);

/* NULL, or `otherwise`, where it is not given. */
const char *args_text(const CommandCall *call, const char *name);
VTime args_time(const CommandCall *call, const char *name, VTime otherwise);
int64_t args_count(const CommandCall *call, const char *name, int64_t otherwise);
double args_number(const CommandCall *call, const char *name, double otherwise);
Insns args_insns(const CommandCall *call);
uint64_t args_address(const CommandCall *call);
Node *args_node(const CommandCall *call);
/* NODE, or the only node, whose instructions are meant; its clock is settled. mend: what would be right
 * where none is named and there are several. NULL, with an error: there are several, or it runs
 * without icount. */
Node *args_counted_node(const CommandCall *call, const char *mend, GError **error);
/* The UART whose console is meant; 0: NODE is without .PORT. */
unsigned args_uart(const CommandCall *call);
/* -1: NODE is without .CPU. */
int args_vcpu(const CommandCall *call);

/* The node of "NODE" or "NODE.PORT" among others; *uart is 0 without .PORT. */
Node *args_find_console(const Session *session, const char *text, int64_t *uart, GError **error);

/* The ends of a link, or fewer; returns how many. */
unsigned args_ends(const CommandCall *call, const char *ends[2]);

#endif
