/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmdline.h: QEMU's command line as QEMU reads it. Pure; no text is an error: what QEMU would
 * refuse yields what can be made of it.
 *
 * `-opt` and `--opt` are the same; an option has one argument or none, never `-opt=value`. A value
 * is often a list `key=value,key,nokey`, in which a comma is written twice (util/qemu-option.c), or
 * a JSON object.
 */
#ifndef QEMU_CMDLINE_H
#define QEMU_CMDLINE_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *name;  /* without its dashes; "" for an image that stands alone */
    const char *value; /* NULL: it takes none */
} CmdOption;

/* The options in their order, as an array of CmdOption; texts belong to argv, whose first word is
 * the program. Free with g_array_unref(). */
GArray *cmdline_options(char *const *argv);

/* "-netdev user,id=x", fit for a message: one line, valid UTF-8, not too long. */
char *cmdline_quote(const CmdOption *option);

typedef struct {
    char *key, *value;
} CmdPair;

/* What a value says, as an array of CmdPair. implied: key of a first word without `=`, or NULL; any
 * other such word is `on`, or `off` if it begins with "no". Members of a JSON object inside another
 * are "outer.inner". Free with g_array_unref(). */
GArray *cmdline_pairs(const char *value, const char *implied);

/* Adds one; both are copied. */
void cmdline_add(GArray *pairs, const char *key, const char *value);

/* The value that counts, the last one; NULL if the key is not there. */
const char *cmdline_get(const GArray *pairs, const char *key);
bool cmdline_is_on(const GArray *pairs, const char *key);

/* Text as part of a value: a comma in it is written twice (QEMU's util/keyval.c, qemu-option.c).
 * Free with g_free(). */
char *cmdline_escape(const char *text);

#endif
