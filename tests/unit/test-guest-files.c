/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-guest-files.c: how files= is read, and the bytes of an initrd with an archive behind it. */
#include "controller/qemu/guest-files.h"
#include "controller/qemu/initrd.h"
#include "controller/qemu/option-keys.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder with `prog` (mode 755), `d/x` and `d/link`; the tests run in it. */
static char *dir;

static GPtrArray *list_of(const char *files)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = guest_files_list(files, &error);

    g_assert_no_error(error);
    return list;
}

static void lists(const char *files, const char *expected)
{
    g_autoptr(GPtrArray) list = list_of(files);
    g_autofree char *text = guest_files_text(list);

    g_assert_cmpstr(text, ==, expected);
}

static void refused(const char *files, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(guest_files_list(files, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_places(void)
{
    lists("prog", "100755 /prog\n");
    lists("prog:/", "100755 /prog\n");
    lists("prog:/bin/", "40755 /bin\n100755 /bin/prog\n");
    lists("prog://bin/.//p", "40755 /bin\n100755 /bin/p\n");
    lists("prog:/tmp/a,prog:/root/b", "40700 /root\n100755 /root/b\n41777 /tmp\n100755 /tmp/a\n");
    lists("d", "40750 /d\n120777 /d/link -> x\n100640 /d/x\n");
    lists("d/", "40750 /d\n120777 /d/link -> x\n100640 /d/x\n");
    lists("d:/", "120777 /link -> x\n100640 /x\n");
    lists("d:/opt/", "40750 /opt\n120777 /opt/link -> x\n100640 /opt/x\n");
    /* A link that is named is what it leads to; two folders become one, and a folder that is named has
     * its own mode. */
    lists("d/link:/l", "100640 /l\n");
    lists("prog:/d/p,d", "40750 /d\n120777 /d/link -> x\n100755 /d/p\n100640 /d/x\n");
    /* A folder comes before what is in it, whatever its neighbours are called. */
    lists("prog:/a/b,prog:/a-b", "40755 /a\n100755 /a-b\n100755 /a/b\n");
}

static void test_refused(void)
{
    refused("", "files: a PATH is missing; PATH[:DEST][,PATH[:DEST]]… is expected");
    refused("prog,", "files: a PATH is missing; PATH[:DEST][,PATH[:DEST]]… is expected");
    refused(":/x", "files: a PATH is missing; PATH[:DEST][,PATH[:DEST]]… is expected");
    refused("prog:/x:644", "files='prog:/x:644': PATH or PATH:DEST is expected; a ':' in a name is "
                           "written '\\:'");
    refused("no", "files='no': No such file or directory");
    refused("prog:", "files='prog:': '' is no absolute path in the guest, such as '/bin/prog'");
    refused("prog:x", "files='prog:x': 'x' is no absolute path in the guest, such as '/bin/prog'");
    refused("prog:/a/../x", "files='prog:/a/../x': the guest's path must not have '..'");
    refused("prog:/..", "files='prog:/..': the guest's path must not have '..'");
    refused("prog:/x,d/x:/x", "files='d/x': '/x' in the guest is given twice, by 'prog'");
    refused("prog:/x,d:/x", "files='d': '/x' in the guest is given twice, by 'prog'");
    refused("d:/x,prog:/x", "files='prog': '/x' in the guest is given twice, by 'd'");
    refused("prog:/x,d/x:/x/y", "files='d/x' would be below '/x' in the guest, which is no folder: "
                                "'prog' is there");
    refused("prog:/x/y,prog:/x",
            "files='prog': '/x' in the guest is where other files need a folder");
    refused("prog:/TRAILER!!!", "files='prog': '/TRAILER!!!' in the guest is how a cpio archive "
                                "ends: another name is needed");
    refused(
        "/dev/zero",
        "files='/dev/zero' is a character device: only files, folders and symbolic links can be "
        "given");
}

static void test_names(void)
{
    static const char *const odd = "a,b:c\\d";

    g_assert_true(g_file_set_contents(odd, "", 0, NULL));
    g_assert_cmpint(g_chmod(odd, 0644), ==, 0);
    lists("a\\,b\\:c\\d:/e\\:", "100644 /e:\n");
    lists("a\\,b\\:c\\\\d", "100644 /a,b:c\\d\n");
    g_assert_cmpint(g_unlink(odd), ==, 0);
}

static void whole_is(const char *files, const char *format)
{
    g_autofree char *whole = guest_files_whole(files), *again = guest_files_whole(whole);
    g_auto(GStrv) parts = g_strsplit(format, "$", -1);
    g_autofree char *expected = g_strjoinv(dir, parts);

    g_assert_cmpstr(whole, ==, expected);
    g_assert_cmpstr(again, ==, expected);
}

static void test_whole(void)
{
    whole_is("prog", "$/prog:/prog");
    whole_is("d/../prog:/bin/,/x", "$/prog:/bin/,/x:/x");
    whole_is("a\\,b:/c\\:\\\\", "$/a\\,b:/c\\:\\\\");
    whole_is("a:b:c", "a:b:c"); /* no files= at all */
}

/* --- the archive --- */

static GBytes *written(const NodeOptions *o)
{
    g_autoptr(GError) error = NULL;
    char *data;
    gsize size;

    g_assert_true(initrd_write(o, "out", &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents("out", &data, &size, NULL));
    g_assert_cmpint(g_unlink("out"), ==, 0);
    return g_bytes_new_take(data, size);
}

/* The initrd, four zeros and more up to a multiple of 4, then for each entry its header, name and
 * contents. */
static void test_bytes(void)
{
    static const char expected[] = "12345\0\0\0\0\0\0\0"
                                   "070701"
                                   "00000001"
                                   "000041E8"
                                   "00000000"
                                   "00000000"
                                   "00000002"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000003"
                                   "00000000"
                                   "d/\0\0\0\0"
                                   "070701"
                                   "00000002"
                                   "0000A1FF"
                                   "00000000"
                                   "00000000"
                                   "00000001"
                                   "00000000"
                                   "00000001"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000007"
                                   "00000000"
                                   "d/link\0\0\0\0"
                                   "x\0\0\0"
                                   "070701"
                                   "00000003"
                                   "000081A0"
                                   "00000000"
                                   "00000000"
                                   "00000001"
                                   "00000000"
                                   "00000005"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000004"
                                   "00000000"
                                   "d/x\0\0\0"
                                   "hello\0\0\0"
                                   "070701"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000001"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "00000000"
                                   "0000000B"
                                   "00000000"
                                   "TRAILER!!!\0\0\0";
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autoptr(GBytes) one = NULL, other = NULL;

    o->initrd = g_strdup("initrd");
    o->files = g_strdup("d");
    one = written(o);
    g_assert_cmpmem(g_bytes_get_data(one, NULL), g_bytes_get_size(one), expected, sizeof(expected));
    g_assert_cmpint(utimensat(AT_FDCWD, "d/x", (struct timespec[2]){{1, 0}, {2, 0}}, 0), ==, 0);
    other = written(o);
    g_assert_true(g_bytes_equal(one, other));
}

static void test_write_refused(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autoptr(GError) error = NULL;

    o->initrd = g_strdup("gone");
    o->files = g_strdup("d");
    g_assert_false(initrd_write(o, "out", &error));
    g_assert_cmpstr(error->message, ==, "node a: 'gone': No such file or directory");
    g_assert_cmpint(g_access("out", F_OK), !=, 0);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    umask(0);
    dir = g_dir_make_tmp("mtr-guest-files-XXXXXX", NULL);
    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_assert_true(g_file_set_contents("prog", "", 0, NULL) && g_chmod("prog", 0755) == 0);
    g_assert_true(g_file_set_contents("initrd", "12345", 5, NULL));
    g_assert_true(g_mkdir("d", 0750) == 0 && symlink("x", "d/link") == 0);
    g_assert_true(g_file_set_contents("d/x", "hello", 5, NULL) && g_chmod("d/x", 0640) == 0);
    g_test_add_func("/guest-files/places", test_places);
    g_test_add_func("/guest-files/refused", test_refused);
    g_test_add_func("/guest-files/names", test_names);
    g_test_add_func("/guest-files/whole", test_whole);
    g_test_add_func("/guest-files/bytes", test_bytes);
    g_test_add_func("/guest-files/write-refused", test_write_refused);
    result = g_test_run();
    g_unlink("d/x");
    g_unlink("d/link");
    g_rmdir("d");
    g_unlink("prog");
    g_unlink("initrd");
    g_chdir("/");
    g_rmdir(dir);
    g_free(dir);
    return result;
}
