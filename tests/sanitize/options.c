/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c: what a sanitizer finds goes to files that tests/sanitize/run looks for, whoever has
 * started the process and whatever is done with its stderr, and ends it with a status that no test
 * expects. Linked into the programs of `make asan` and `make tsan`.
 */
#include <dlfcn.h>

#ifndef SANITIZER_LOG
#define SANITIZER_LOG "sanitizer" /* the Makefile knows better */
#endif

#define COMMON "log_path=" SANITIZER_LOG ":exitcode=99"

const char *__asan_default_options(void);
const char *__lsan_default_options(void);
const char *__tsan_default_options(void);
const char *__ubsan_default_options(void);

/*
 * Libraries have no frame pointers, so that the stack of an allocation of GLib ends there. Whole stacks make programs
 * that allocate much ten times as slow: who looks for a leak asks for them, as tests/sanitize/run says.
 */
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

/*
 * UBSan's library calls __sanitizer_set_report_path() for its log_path, but ASan's library, which
 * exports a function of that name too, is loaded first and gets the call: UBSan's findings would go
 * to stderr.
 */
__attribute__((constructor)) static void set_ubsan_report_path(void)
{
    void *library = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
    void (*set_report_path)(const char *path);

    if (!library)
        return;
    *(void **)&set_report_path = dlsym(library, "__sanitizer_set_report_path");
    if (set_report_path)
        set_report_path(SANITIZER_LOG);
    dlclose(library);
}
