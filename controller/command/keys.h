/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys.h: what `send` types, written as text with backslashes. Pure. */
#ifndef COMMAND_KEYS_H
#define COMMAND_KEYS_H

#include <glib.h>

/*
 * Returns the bytes of a text in which
 *
 *     \n \r \t \b \f \v \e \\ \"   are what they are in C, \e is the escape key
 *     \xHH                         is a byte by two hexadecimal digits, \NNN by up to three octal ones
 *     \^C                          is a control key: \^@ to \^_, \^? is delete
 *     \ and any other              is that other character
 *
 * NULL: a \x or \^ has not what belongs to it; the error quotes it.
 */
GByteArray *keys_parse(const char *text, GError **error);

#endif
