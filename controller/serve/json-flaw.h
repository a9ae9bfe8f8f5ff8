/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json-flaw.h: what json-c reads as something else than a program has meant, or lets pass though it
 * is no JSON: numbers that do not fit, NaN, halves of surrogate pairs, control characters in texts,
 * bytes that are no UTF-8 (RFC 8259; RFC 7493 for the surrogates and for names that stand twice).
 * Pure.
 */
#ifndef SERVE_JSON_FLAW_H
#define SERVE_JSON_FLAW_H

#include <glib.h>

/* Looks through JSON text with a NUL behind it. Returns what is wrong at byte *at, a text that
 * nobody frees; NULL: nothing that is looked for. *members: of all objects together, each name as
 * often as it stands there. */
const char *json_flaw(const char *text, gsize size, gsize *at, unsigned *members);

#endif
