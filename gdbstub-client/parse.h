/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parse.h: pure parsers of what is inside the stub's answers: thread ids, stop replies, features,
 * target descriptions. For this library, for who plays the stub, and for tests.
 */
#ifndef GDBSTUB_CLIENT_PARSE_H
#define GDBSTUB_CLIENT_PARSE_H

#include "gdbstub-client/gdbstub.h"

/* Reads "pP.T", "pP" (all of P) or "T", each number hex or -1; *end is what follows. */
bool gdb_thread_parse(const char *text, const char **end, GdbThread *out);

/* The thread-id as it goes into a packet; free with g_free(). */
char *gdb_thread_format(const GdbThread *thread);

/* An S, T, W or X packet; false for anything else, out untouched. */
bool gdb_stop_parse(const char *packet, GdbStop *out);

/* "m" and thread ids with commas between them, which are added; false: it is none, and threads is
 * untouched. */
bool gdb_threads_parse(const char *packet, GArray *threads);

/* What the answer to qSupported says. */
typedef struct {
    size_t packet_size; /* 0: it does not say, or says nonsense */
    bool no_acks;       /* QStartNoAckMode+ */
    bool description;   /* qXfer:features:read+ */
} GdbFeatures;

GdbFeatures gdb_features_parse(const char *packet);

typedef struct {
    char *architecture;  /* "aarch64"; NULL if not given */
    GArray *registers;   /* GdbRegister, in the order of the description */
    GHashTable *by_name; /* name -> index + 1; the first of a name */
} GdbTarget;

/* Gives the text of a file that the description includes; free with g_free(). */
typedef char *(*GdbFileFunc)(const char *name, void *data, GError **error);

/* Parses target.xml and, through load, what it includes. GDB_ERROR_REPLY if it is malformed. */
GdbTarget *gdb_target_parse(const char *xml, GdbFileFunc load, void *data, GError **error);
void gdb_target_free(GdbTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbTarget, gdb_target_free)

/* NULL if there is none. An AArch64 register that AArch32 has, too, is VBAR up to QEMU 10 and VBAR_EL1
 * since (target/arm/helper.c): either name finds it. */
const GdbRegister *gdb_target_find(const GdbTarget *target, const char *name);

#endif
