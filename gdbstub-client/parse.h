/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parse.h: pure parsers of the contents of the stub's answers: thread ids, stop replies, features,
 * target descriptions. For this library, for programs that play the stub, and for tests.
 */
#ifndef GDBSTUB_CLIENT_PARSE_H
#define GDBSTUB_CLIENT_PARSE_H

#include "gdbstub-client/gdbstub.h"

G_BEGIN_DECLS

/* Reads "pP.T", "pP" (all of P) or "T", each number hex or -1. *end points behind the id. */
bool gdb_thread_parse(const char *text, const char **end, GdbThread *out);

/* Returns the thread-id in packet syntax; the caller frees the text with g_free(). */
char *gdb_thread_format(const GdbThread *thread);

/* Parses an S, T, W or X packet. Returns false for any other packet; *out is untouched then. */
bool gdb_stop_parse(const char *packet, GdbStop *out);

/* Parses "m" and thread ids with commas between, and appends the ids. Returns false for anything
 * else; `threads` is untouched then. */
bool gdb_threads_parse(const char *packet, GArray *threads);

/* Contents of the answer to qSupported. */
typedef struct {
    size_t packet_size; /* 0: missing or nonsense */
    bool no_acks;       /* QStartNoAckMode+ */
    bool description;   /* qXfer:features:read+ */
} GdbFeatures;

/* Parses the answer to qSupported. Ignores unknown features. */
GdbFeatures gdb_features_parse(const char *packet);

typedef struct {
    char *architecture;  /* "aarch64"; NULL if not given */
    GArray *registers;   /* GdbRegister, in the order of the description */
    GHashTable *by_name; /* name -> index + 1, for the first register of each name */
} GdbTarget;

/* Returns the text of a file that the description includes; the parser frees the text with
 * g_free(). */
typedef char *(*GdbFileFunc)(const char *name, void *data, GError **error);

/* Parses target.xml and, through `load`, the included files. GDB_ERROR_REPLY if the description is
 * malformed. */
GdbTarget *gdb_target_parse(const char *xml, GdbFileFunc load, void *data, GError **error);
void gdb_target_free(GdbTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbTarget, gdb_target_free)

/* Returns NULL if no register has that name. QEMU up to 10 calls an AArch64 register that AArch32
 * has too VBAR, later QEMU calls it VBAR_EL1 (target/arm/helper.c): either name finds the
 * register. */
const GdbRegister *gdb_target_find(const GdbTarget *target, const char *name);

G_END_DECLS

#endif
