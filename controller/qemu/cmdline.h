/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmdline.h: parses QEMU's command line as QEMU does. Pure. No text is an error: text that QEMU
 * would refuse yields as much as can be parsed.
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
    const char *name;  /* without dashes; "" for an image that stands alone */
    const char *value; /* NULL: the option has no argument */
} CmdOption;

/* The options in their order, as an array of CmdOption. The texts belong to argv, whose first word
 * is the program. Free with g_array_unref(). */
GArray *cmdline_options(char *const *argv);

/* "-netdev user,id=x", fit for a message: one line, valid UTF-8, 160 bytes at most. Free with
 * g_free(). */
char *cmdline_quote(const CmdOption *option);

typedef struct {
    char *key, *value;
} CmdPair;

/* The pairs of a value, as an array of CmdPair. implied: key of a first word without `=`, or NULL.
 * Any other word without `=` is `on`, or `off` if it begins with "no". Members of a JSON object
 * inside another are "outer.inner". Free with g_array_unref(). */
GArray *cmdline_pairs(const char *value, const char *implied);

/* Adds a pair; both texts are copied. */
void cmdline_add(GArray *pairs, const char *key, const char *value);

/* The value that counts, the last one; NULL if the key is not there. Owned by pairs. */
const char *cmdline_get(const GArray *pairs, const char *key);
bool cmdline_is_on(const GArray *pairs, const char *key);

/* Text as part of a value: each comma is written twice (QEMU's util/keyval.c, qemu-option.c). Free
 * with g_free(). */
char *cmdline_escape(const char *text);

#endif
