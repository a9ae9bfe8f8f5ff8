/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-disk.c: when a disk may keep a run from repeating itself; numbers of /proc; files that are
 * locked in memory. */
#include "controller/base/proc.h"
#include "controller/qemu/disk.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024

static void says(const NodeDisk *disk, const char *expected)
{
    g_autofree char *why = disk_why(disk);

    if (expected)
        g_assert_nonnull(why);
    else
        g_assert_null(why);
    if (expected && !strstr(why, expected))
        g_error("'%s' is not in '%s'", expected, why);
}

static void test_why(void)
{
    char unlocked[] = "'/x': it can't be locked";
    NodeDisk d = {.there = true, .mode = DISK_MEMORY, .strict = true};

    says(&d, NULL);
    d.waited.read_bytes = 4096;
    says(&d, "storage: 4096 bytes read, 0 written, 0 major page faults");
    d.waited = (DiskWaits){.faults = 1};
    says(&d, "1 major");
    d.waited = (DiskWaits){.delay = 7};
    says(&d, "7 ticks");
    d.waited = (DiskWaits){0};
    d.strict = false;
    says(&d, "not strict");
    d.unlocked = unlocked;
    says(&d, unlocked);
    d.mode = DISK_HOST;
    says(&d, "disk-mode=host");
    d.persist = true;
    d.waited.write_bytes = 512;
    says(&d, "persist=on");
    says(&d, "; its QEMU had to do");
    d.there = false;
    says(&d, NULL);
}

static void test_mode(void)
{
    g_autoptr(NodeOptions) o = node_options_new("a");

    g_assert_cmpint(disk_mode_of(o, SCHED_MODE_STRICT), ==, DISK_MEMORY);
    g_assert_cmpint(disk_mode_of(o, SCHED_MODE_UNPRIVILEGED), ==, DISK_HOST);
    o->icount.enabled = false;
    g_assert_cmpint(disk_mode_of(o, SCHED_MODE_STRICT), ==, DISK_HOST);
    o->disk_mode = DISK_MEMORY;
    g_assert_cmpint(disk_mode_of(o, SCHED_MODE_BEST_EFFORT), ==, DISK_MEMORY);
}

static void test_proc(void)
{
    static const char io[] = "rchar: 12\nread_bytes: 4096\nwrite_bytes: 0\n";

    g_assert_cmpint(proc_value(io, "read_bytes"), ==, 4096);
    g_assert_cmpint(proc_value(io, "write_bytes"), ==, 0);
    g_assert_cmpint(proc_value(io, "bytes"), ==, -1);
    g_assert_cmpint(proc_value("", "rchar"), ==, -1);
    g_assert_cmpint(proc_number("7 (a) b) S 1 2 3 4 5 6 7 8 99 0", PROC_MAJOR_FAULTS), ==, 99);
    g_assert_cmpint(proc_number("7 (a) S 1 2", PROC_MAJOR_FAULTS), ==, -1);
}

static void test_fit(void)
{
    g_autofree char *why = NULL;

    g_assert_true(images_fit(1, &why));
    g_assert_null(why);
    g_assert_false(images_fit(INT64_MAX, &why));
    g_assert_nonnull(strstr(why, "too much for this host"));
}

/* KiB of this process that are locked. */
static int64_t locked(void)
{
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    return proc_value(text, "VmLck");
}

static char *make_file(const char *dir, const char *name, gsize size)
{
    char *path = g_build_filename(dir, name, NULL);
    g_autofree char *bytes = g_malloc0(size);

    memset(bytes, 'x', size);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    return path;
}

/* This process has an image open, as a QEMU would. */
static void test_lock(void)
{
    g_autofree char *dir = g_dir_make_tmp("disk-XXXXXX", NULL), *why = NULL;
    g_autofree char *path = make_file(dir, "image", (gsize)64 * KIB);
    int64_t before, with;
    int fd;
    Images *one, *other;

    fd = g_open(path, O_RDWR | O_CLOEXEC, 0);
    g_assert_cmpint(ftruncate(fd, (off_t)1 << 33), ==, 0); /* holes are no data */
    g_assert_true(images_any(getpid()));
    g_assert_cmpint((int64_t)images_size(path), <, (int64_t)16 << 20);
    before = locked();
    one = images_lock(getpid(), &why);
    if (why) { /* the limit is too low: then it must say so */
        g_assert_nonnull(strstr(why, path));
        g_test_message("%s", why);
    }
    with = locked();
    if (!why)
        g_assert_cmpint(with, >=, before + 64);
    g_clear_pointer(&why, g_free);
    other = images_lock(getpid(), &why);
    g_assert_cmpint(locked(), ==, with);
    images_free(one);
    g_assert_cmpint(locked(), ==, with);
    images_free(other);
    g_assert_cmpint(locked(), ==, before);
    g_assert_cmpint(with, <, before + ((int64_t)1 << 20));
    close(fd);
    g_unlink(path);
    g_rmdir(dir);
}

static void test_overlay(void)
{
    g_autofree char *path = g_strdup("disk-XXXXXX"), *why = NULL;
    int fd = g_mkstemp(path); /* below the tests' folder, which is on a disk or in memory */
    Images *images;

    g_assert_cmpint(fd, >=, 0);
    g_unlink(path);
    images = images_lock(getpid(), &why);
    if (images_is_memory("."))
        g_assert_null(why);
    else
        g_assert_nonnull(strstr(why, "a throw-away overlay lies on a disk"));
    images_free(images);
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/disk/why", test_why);
    g_test_add_func("/disk/mode", test_mode);
    g_test_add_func("/disk/proc", test_proc);
    g_test_add_func("/disk/fit", test_fit);
    g_test_add_func("/disk/lock", test_lock);
    g_test_add_func("/disk/overlay", test_overlay);
    return g_test_run();
}
