/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * header.h: what the comment at the top of a scenario says to `metronome test`. Pure.
 *
 *     # from: boot.mtr
 *     # timeout: 30s
 *     # virtual-timeout: 5s
 *
 * The header is the lines before the first one that is no comment. A comment that begins with none
 * of these keys is a comment.
 */
#ifndef TESTING_HEADER_H
#define TESTING_HEADER_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *from;    /* path as written; NULL: none */
    HTime timeout; /* of host time; 0: none */
    VTime limit;   /* of virtual time; 0: none */
} Header;

/* Reads the header of a scenario. False: the error begins with "LINE: ". The caller clears *out in
 * any case. */
bool header_parse(const char *text, Header *out, GError **error);

void header_clear(Header *header);

#endif
