/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node-symbols.h: the names of a node's addresses (symbols.h). They are those of a file that the
 * user named, or else of the node's kernel= if that is an ELF file, which is read when the first
 * name is asked for. Main thread.
 */
#ifndef RUN_NODE_SYMBOLS_H
#define RUN_NODE_SYMBOLS_H

#include "controller/base/codec.h"
#include "controller/session/session.h"
#include "controller/symbols/symbols.h"

/* Takes the names of a file in place of those that the node has. */
bool node_symbols_load(Session *session, const Node *node, const char *path, GError **error);
/* Drops the names that the node has; kernel= is not read for others. */
void node_symbols_drop(Session *session, const Node *node);
/* The nodes are started anew: what kernel= names may be another file by now. */
void node_symbols_restart(Session *session);
/* The node leaves. */
void node_symbols_forget(Session *session, const Node *node);
void node_symbols_free(Session *session);

/* Lists the nodes with the number of their names and where these are from; node NULL: all. */
void node_symbols_print(Session *session, const Node *node);

/* The node's names; NULL: it has none. */
const Symbols *node_symbols(Session *session, const Node *node);

/* Reads an address: a number (decimal or 0x…), NAME, NAME+OFFSET or NAME-OFFSET. The error begins
 * with the text. */
bool node_symbols_address(Session *session, const Node *node, const char *text, uint64_t *address,
                          GError **error);

/* "0x40080008 <loop+0x8>", or only the number where no name is known; free with g_free(). */
char *node_symbols_place(Session *session, const Node *node, uint64_t address);
/* " <loop+0x8>", or "". */
char *node_symbols_suffix(Session *session, const Node *node, uint64_t address);

/* Gives a session that only checks the names of one that runs. */
void node_symbols_mirror(Session *from, Session *to);

/* Writes where the names of each node are from. node_symbols_read() replaces the session's names by
 * those; a file that is missing or has other names by now is reported, and the node then has no
 * names. Wrong bytes mark the reader as bad. */
void node_symbols_save(const Session *session, GByteArray *out);
void node_symbols_read(Session *session, Reader *r);

#endif
