/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answer.h: typed values that a command hands to programs, beside what it prints for people. An
 * Answer is a JSON object in the making, so its keys are a contract (metronome-rpc(5);
 * scripts/schema/socket.schema.json). Main thread.
 *
 * Texts are made fit for a terminal and valid UTF-8 by text_plain(), as those of report.json are.
 */
#ifndef REPORT_ANSWER_H
#define REPORT_ANSWER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* It is json-c's object, which only those who write JSON need to know. */
typedef struct json_object Answer;

Answer *answer_new(void);
/* NULL is allowed. */
void answer_free(Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)

/* Each sets one member. NULL as a text becomes null. */
void answer_int(Answer *answer, const char *key, int64_t value);
void answer_count(Answer *answer, const char *key, uint64_t value);
void answer_real(Answer *answer, const char *key, double value);
void answer_bool(Answer *answer, const char *key, bool value);
void answer_text(Answer *answer, const char *key, const char *value);
/* Sets an array of n texts. */
void answer_texts(Answer *answer, const char *key, const char *const *values, unsigned n);
/* Sets an unsigned number of `bits` bits as hexadecimal text with all of its digits: "0x0000002a".
 * bytes: little endian, (bits + 7) / 8 of them. */
void answer_hex(Answer *answer, const char *key, const uint8_t *bytes, unsigned bits);
/* Sets bytes as hexadecimal text, two digits a byte, in their order. */
void answer_bytes(Answer *answer, const char *key, const uint8_t *bytes, gsize size);

/* Sets a value that is JSON text already; text that is no JSON becomes a text. */
void answer_json(Answer *answer, const char *key, const char *json);

/* Adds an object to the array `key`, which is made if it is not there. The answer owns the
 * object. */
Answer *answer_add(Answer *answer, const char *key);
/* Makes the array `key` if it is not there: a list without rows is empty, not missing. */
void answer_list(Answer *answer, const char *key);
/* Sets an object, which the answer owns. */
Answer *answer_object(Answer *answer, const char *key);

/* Whether the answer has no member. */
bool answer_is_empty(const Answer *answer);

#endif
