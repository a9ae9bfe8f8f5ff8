/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * news.h: what happened on a host in the quanta of one grant, as bytes and back. Pure.
 *
 * u64 the barrier that is reached, u8 flags, i64 host time of sending,
 * u32 quanta, for each and each node of the leg: i64 stamp in µs (-1: none), i64 host time of
 * arrival (0: none),
 * u32 n, n times (u32 node of the leg, i64 until, bytes of its console),
 * u32 n, n times (u32 card, i64 boundary, i64 sent at, bytes),
 * u32 n, n times (u32 card, u32 id, u8 flags, i64 boundary, i64 when)
 */
#ifndef REMOTE_NEWS_H
#define REMOTE_NEWS_H

#include "controller/base/vtime.h"
#include "controller/remote/codec.h"

enum { NEWS_WANTS_STOP = 1 };
enum { NEWS_TAKEN = 1, NEWS_CARRIED = 2 };

/* --- writing --- */

/* Kept from grant to grant, so that writing allocates nothing in the steady state. */
typedef struct {
    GByteArray *marks, *console, *sent, *settled;
    uint32_t n_quanta, n_console, n_sent, n_settled;
} News;

void news_init(News *news);
void news_clear(News *news);

/* A quantum is over; news_mark() follows for each node, in order. */
void news_quantum(News *news);
void news_mark(News *news, int64_t stamp_us, HTime arrived);
void news_console(News *news, unsigned node, VTime until, const void *data, gsize size);
void news_sent(News *news, unsigned card, VTime boundary, VTime at, const void *data, gsize size);
void news_settled(News *news, unsigned card, unsigned id, unsigned flags, VTime boundary,
                  VTime when);

/* Puts all of it, and forgets it. */
void news_put(News *news, uint64_t k, unsigned flags, HTime now, GByteArray *out);

/* --- reading --- */

typedef struct {
    uint64_t k;
    unsigned flags;
    HTime now;
    uint32_t quanta;
} NewsHead;

/* NULL: not wanted. data: the last argument of news_read(). */
typedef struct {
    void (*mark)(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data);
    void (*console)(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data);
    void (*sent)(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                 void *data);
    void (*settled)(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                    void *data);
} NewsFuncs;

/* The head is filled in before the first function is called; nodes: how many the leg has here. */
void news_read(Reader *r, unsigned nodes, NewsHead *head, const NewsFuncs *funcs, void *data);

#endif
