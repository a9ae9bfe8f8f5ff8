/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c: runs a fuzzer's function over files instead of made up inputs, so that what was once a
 * finding is tested without libFuzzer. Takes files and folders; one without files is an error.
 */
#include <errno.h>
#include <ftw.h>
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static unsigned count;

/* The input lies alone in memory, so that a sanitizer sees what is read behind it. */
static int run(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    uint8_t *alone;
    gsize size;

    (void)st;
    (void)ftw;
    if (flag != FTW_F)
        return 0;
    if (!g_file_get_contents(path, &text, &size, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    /* Said first: whoever dies in it has named it. */
    printf("# %s\n", path);
    fflush(stdout);
    alone = malloc(MAX(size, 1));
    memcpy(alone, text, size);
    LLVMFuzzerTestOneInput(alone, size);
    free(alone);
    count++;
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        unsigned before = count;

        if (nftw(argv[i], run, 16, 0) != 0 || count == before) {
            fprintf(stderr, "%s: %s\n", argv[i], errno ? g_strerror(errno) : "no files");
            return 1;
        }
    }
    printf("# %u inputs\n", count);
    return 0;
}
