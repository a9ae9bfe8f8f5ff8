/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c: what a sanitizer finds goes to files that tests/sanitize/run looks for, whoever has
 * started the process and whatever is done with its stderr, and ends it with a status that no test
 * expects. Linked into the programs of `make asan` and `make tsan`.
 */
#ifndef SANITIZER_LOG
#define SANITIZER_LOG "sanitizer" /* the Makefile knows better */
#endif

#define COMMON "log_path=" SANITIZER_LOG ":exitcode=99"

const char *__asan_default_options(void);
const char *__lsan_default_options(void);
const char *__tsan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return COMMON ":detect_stack_use_after_return=1";
}

const char *__lsan_default_options(void)
{
    return COMMON;
}

/* A race may be found while a test's own verdict is still right, so the program runs on. */
const char *__tsan_default_options(void)
{
    return COMMON ":history_size=4";
}

const char *__ubsan_default_options(void)
{
    return COMMON ":print_stacktrace=1";
}
