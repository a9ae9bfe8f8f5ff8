/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-save-folder.c: whatever is in a save's folder, reading it ends with a save or with a reason,
 * and reaches no other file; files of pages are refused or are what they say.
 *
 * The input: a byte that says what it is (0: a manifest; other: a file of pages), and its bytes.
 */
#include "controller/base/fd.h"
#include "controller/base/memfile.h"
#include "controller/base/sha.h"
#include "controller/base/text.h"
#include "controller/base/tree.h"
#include "controller/save/pages.h"
#include "controller/save/save-folder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static char *folder;

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void remove_folder(void)
{
    tree_remove(folder, NULL);
}

static void write_file(const char *name, const void *bytes, size_t len)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    demand(
        g_file_set_contents_full(path, bytes, (gssize)len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void make_folder(void)
{
    if (folder)
        return;
    folder = g_dir_make_tmp("fuzz-save-XXXXXX", NULL);
    demand(folder);
    atexit(remove_folder);
}

static void check_manifest(const uint8_t *bytes, size_t len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Save) save = NULL;

    make_folder();
    write_file("manifest.json", bytes, len);
    save = save_folder_read(folder, true, &error);
    demand(!save == !!error);
    if (save) {
        g_autofree char *line = text_line(save->name, -1);

        demand(strcmp(line, save->name) == 0 && save->time.ns >= 0);
        demand(save->nodes->len == save->ids->len);
    }
}

static void check_pages(const uint8_t *bytes, size_t len)
{
    fd_auto from = memfile_new("from", 0, NULL), to = memfile_new("to", 0, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *digest = NULL;
    struct stat about;
    bool ok;
    Sha sha;

    demand(from >= 0 && to >= 0 && write(from, bytes, len) == (ssize_t)len);
    sha_init(&sha);
    sha_add(&sha, bytes, len);
    digest = sha_hex(&sha);
    ok = pages_read(from, to, digest, &error);
    demand(ok == !error && fstat(to, &about) == 0);
    if (ok && about.st_size < 1 << 24) { /* written again, it is read as the same */
        fd_auto pages = memfile_new("pages", 0, NULL), back = memfile_new("back", 0, NULL);
        g_autofree char *sha256 = pages_write(to, pages, NULL), *a = g_malloc(1 << 24),
                        *b = g_malloc(1 << 24);

        demand(sha256 && pages_read(pages, back, sha256, NULL));
        demand(pread(to, a, 1 << 24, 0) == about.st_size);
        demand(pread(back, b, 1 << 24, 0) == about.st_size);
        demand(memcmp(a, b, (size_t)about.st_size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len > 0 && bytes[0] == 0)
        check_manifest(bytes + 1, len - 1);
    else if (len > 0)
        check_pages(bytes + 1, len - 1);
    return 0;
}
