/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h: everything that came to a started ensemble from outside, in order, each with its
 * virtual time: typed text, written memory and registers, commands that change the ensemble. An
 * entry is typed and holds the whole of its data, so that the same can be done again at the same
 * time; what users see of an entry is made from it.
 *
 * The oldest entries are dropped beyond JOURNAL_MOST entries or JOURNAL_MOST_BYTES bytes of data;
 * how many is known. Main thread.
 */
#ifndef SESSION_JOURNAL_H
#define SESSION_JOURNAL_H

#include "controller/base/codec.h"
#include "controller/session/session.h"

#define JOURNAL_MOST       10000
#define JOURNAL_MOST_BYTES ((gsize)4 << 20)

/* The numbers are in saves. */
typedef enum {
    JOURNAL_TYPED = 0,     /* data: bytes for the console of UART `unit` */
    JOURNAL_MEMORY = 1,    /* data: bytes at `address` as vCPU `unit` sees it, or `physical` */
    JOURNAL_REGISTER = 2,  /* data: of register `name` of vCPU `unit`, lowest byte first */
    JOURNAL_REGISTERS = 3, /* data: of all registers of vCPU `unit`, as in gdb's G packet */
    JOURNAL_COMMAND = 4,   /* words: a command */
    JOURNAL_ASKED = 5,     /* data: a request to the guest agent */
    JOURNAL_STEPS = 6, /* `count` single steps of vCPU `unit` (-1: whose turn it is), `masked` */
} JournalKind;

#define JOURNAL_LAST_KIND JOURNAL_STEPS

typedef enum {
    JOURNAL_BY_COMMAND = 0,
    JOURNAL_BY_GDB = 1,
    JOURNAL_BY_TERMINAL = 2, /* `node console` */
} JournalSource;

#define JOURNAL_LAST_SOURCE JOURNAL_BY_TERMINAL

/* Members that the kind does not use are 0 or NULL. */
typedef struct JournalEntry {
    uint64_t number; /* from 1 */
    JournalKind kind;
    JournalSource source;
    bool
        running; /* the ensemble ran: `time` is its last barrier's, and the bytes were given to QEMU
                     behind it */
    VTime time;  /* of the ensemble */
    char *node;  /* NULL: it concerns the ensemble */
    bool counted; /* `insns` is known */
    Insns insns;  /* the node's count */
    int unit;
    bool physical, masked;
    uint64_t address, count;
    char *name;
    char **words;
    GBytes *data;
} JournalEntry;

typedef struct Journal Journal;

/* A copy of its own of an entry; free with journal_entry_free(), which takes NULL. */
JournalEntry *journal_entry_copy(const JournalEntry *entry);
void journal_entry_free(void *entry);
/* Bytes of its data, name and words. */
gsize journal_entry_bytes(const JournalEntry *entry);

/* Whether nodes were started or attached, so that something can come to them. */
bool journal_has_begun(const Session *session);

/* Adds an entry, now; `node` may be NULL. Fills in number, time, node and count of instructions,
 * and copies what the other members lead to. Of JOURNAL_STEPS time and count are the caller's, those
 * before the steps. Does nothing in a dry session, nor before nodes are started or attached: what
 * comes then is a description. Session.on_entry then hears of it. */
void journal_add(Session *session, Node *node, const JournalEntry *entry);

/* The same for kinds that several callers add. data is copied. */
void journal_typed(Session *session, Node *node, unsigned uart, JournalSource source,
                   const void *data, gsize size);
void journal_memory(Session *session, Node *node, unsigned vcpu, JournalSource source,
                    uint64_t address, bool physical, const void *data, gsize size);
/* name NULL: all registers. */
void journal_register(Session *session, Node *node, unsigned vcpu, JournalSource source,
                      const char *name, const void *data, gsize size);
/* Single steps that the node has made since `before`, at `time`. vcpu -1: whose turn it was. Steps
 * that follow each other are one entry. */
typedef struct {
    int vcpu;
    bool masked;
    Insns before;
    VTime time;
} JournalSteps;
void journal_steps(Session *session, Node *node, JournalSource source, const JournalSteps *steps);
void journal_command(Session *session, Node *node, const char *name, char *const *args);

/* Number of entries, number of those dropped before them, and an entry, 0 being the oldest. The
 * session owns the entry, as long as nothing is added. */
unsigned journal_count(const Session *session);
uint64_t journal_dropped(const Session *session);
const JournalEntry *journal_entry(const Session *session, unsigned index);

/* What an entry did, in words: "typed 'ls\n'"; data beyond some bytes is cut off and its SHA-256
 * stands there. Fit for one line of a terminal. Free with g_free(). */
char *journal_text(const JournalEntry *entry);
/* "typed", "memory", …; "command", "gdb", …. */
const char *journal_kind_name(JournalKind kind);
const char *journal_source_name(JournalSource source);

/* What put the ensemble back, so that the journal is the one of that time: "restore mid". NULL:
 * nothing did. Copies text; the session owns the result. */
void journal_set_origin(Session *session, const char *text);
const char *journal_origin(const Session *session);

/* Drops all entries; their numbers begin again. */
void journal_clear(Session *session);
/* NULL is allowed. */
void journal_free(Journal *journal);

/* Writes the journal to bytes, and reads it over the session's own. */
void journal_save(const Session *session, GByteArray *out);
void journal_load(Session *session, Reader *r);

#endif
