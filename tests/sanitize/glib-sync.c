/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * glib-sync.c: GLib's mutexes and conditions on pthreads, for the build of `make tsan` only.
 *
 * GLib's own are futexes in a library that was built without ThreadSanitizer, which then knows
 * nothing of who waits for whom. These are linked into the program, so its calls come here;
 * ThreadSanitizer intercepts pthreads'. GLib's calls among itself (-Bsymbolic-functions) do not,
 * so nothing that GLib locks may be locked by us as well.
 */
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

G_STATIC_ASSERT(sizeof(GMutex) >= sizeof(void *));

static void *pointer_of(void **place)
{
    return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

/* Zeroed memory is a good GMutex and a good GCond: what is behind it is made at the first use. */
static void *install(void **place, void *made)
{
    void *expected = NULL;

    if (__atomic_compare_exchange_n(place, &expected, made, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return made;
    free(made);
    return expected;
}

static void demand(int status)
{
    if (status != 0)
        abort();
}

/* --- mutexes --- */

static pthread_mutex_t *mutex_of(GMutex *mutex)
{
    pthread_mutex_t *m = pointer_of(&mutex->p);

    if (!m) {
        m = malloc(sizeof(*m));
        demand(pthread_mutex_init(m, NULL));
        m = install(&mutex->p, m);
    }
    return m;
}

void g_mutex_init(GMutex *mutex)
{
    mutex->p = NULL;
}

void g_mutex_clear(GMutex *mutex)
{
    pthread_mutex_t *m = pointer_of(&mutex->p);

    if (m) {
        demand(pthread_mutex_destroy(m));
        free(m);
        mutex->p = NULL;
    }
}

void g_mutex_lock(GMutex *mutex)
{
    demand(pthread_mutex_lock(mutex_of(mutex)));
}

void g_mutex_unlock(GMutex *mutex)
{
    demand(pthread_mutex_unlock(mutex_of(mutex)));
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

/* --- conditions --- */

static pthread_cond_t *cond_of(GCond *cond)
{
    pthread_cond_t *c = pointer_of(&cond->p);
    pthread_condattr_t attributes;

    if (!c) {
        c = malloc(sizeof(*c));
        demand(pthread_condattr_init(&attributes));
        demand(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
        demand(pthread_cond_init(c, &attributes));
        pthread_condattr_destroy(&attributes);
        c = install(&cond->p, c);
    }
    return c;
}

void g_cond_init(GCond *cond)
{
    cond->p = NULL;
}

void g_cond_clear(GCond *cond)
{
    pthread_cond_t *c = pointer_of(&cond->p);

    if (c) {
        demand(pthread_cond_destroy(c));
        free(c);
        cond->p = NULL;
    }
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    demand(pthread_cond_wait(cond_of(cond), mutex_of(mutex)));
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    struct timespec end = {end_time / G_USEC_PER_SEC, end_time % G_USEC_PER_SEC * 1000};
    int status = pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &end);

    if (status != ETIMEDOUT)
        demand(status);
    return status == 0;
}

void g_cond_signal(GCond *cond)
{
    demand(pthread_cond_signal(cond_of(cond)));
}

void g_cond_broadcast(GCond *cond)
{
    demand(pthread_cond_broadcast(cond_of(cond)));
}
