/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * images.c: finds the files in /proc/PID/fd and /proc/PID/maps, and locks the parts of them that
 * are data. A hole is no reason to wait: the kernel makes zeros of it.
 */
#include "controller/qemu/images.h"

#include "controller/base/fd.h"
#include "controller/base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Data with smaller holes in between is locked in one piece: the number of mappings is limited. */
#define HOLE_MIN (INT64_C(4) << 20)

/* Of the memory that is available, so much stays free: 1 part of this many. */
#define SPARE_PART 4

typedef struct {
    dev_t device;
    ino_t inode;
} FileId;

/* A locked file. */
typedef struct {
    FileId id;
    unsigned users;
    void *at;
    size_t size;
} Lock;

struct Images {
    GPtrArray *locks; /* Lock, not owned */
};

/* Lock, by FileId: those of all nodes; NULL: none yet. */
static GHashTable *all;

static unsigned hash_id(const void *key)
{
    const FileId *id = key;

    return (unsigned)id->inode ^ (unsigned)id->device << 24;
}

static gboolean is_equal_id(const void *a, const void *b)
{
    const FileId *one = a, *other = b;

    return one->device == other->device && one->inode == other->inode;
}

bool images_is_memory(const char *folder)
{
    struct statfs fs;

    return statfs(folder, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

/* --- what fits --- */

/* Calls func for each part that is data, up to a part that func refuses. */
static bool each_part(int fd, off_t size, bool (*func)(off_t from, off_t to, void *data),
                      void *data)
{
    off_t from = lseek(fd, 0, SEEK_DATA), to = 0;

    if (from < 0 && errno == ENXIO) /* no data at all */
        return true;
    if (from < 0) /* a device, or a file system that knows no holes */
        return func(0, size, data);
    while (from >= 0 && from < size) {
        off_t next = from;

        do {
            to = lseek(fd, next, SEEK_HOLE);
            next = to < 0 ? -1 : lseek(fd, to, SEEK_DATA);
        } while (next >= 0 && next - to < HOLE_MIN);
        if (!func(from, to < 0 ? size : MIN(to, size), data))
            return false;
        from = to < 0 ? -1 : next;
    }
    return true;
}

static bool add_part(off_t from, off_t to, void *data)
{
    uint64_t *sum = data;

    *sum += (uint64_t)(to - from);
    return true;
}

/* The length of a file or block device; -1: it is neither. */
static off_t length(int fd)
{
    struct stat st;
    uint64_t size = 0;

    if (fstat(fd, &st) != 0)
        return -1;
    if (S_ISBLK(st.st_mode))
        return ioctl(fd, BLKGETSIZE64, &size) == 0 ? (off_t)size : -1;
    return S_ISREG(st.st_mode) ? st.st_size : -1;
}

static uint64_t data_size(int fd)
{
    uint64_t sum = 0;
    off_t size = length(fd);

    if (size > 0)
        each_part(fd, size, add_part, &sum);
    return sum;
}

uint64_t images_size(const char *path)
{
    fd_auto fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    return fd >= 0 ? data_size(fd) : 0;
}

bool images_fit(uint64_t bytes, char **why)
{
    g_autofree char *text = NULL;
    int64_t kib = g_file_get_contents("/proc/meminfo", &text, NULL, NULL)
                      ? proc_value(text, "MemAvailable")
                      : -1;
    uint64_t available = kib < 0 ? UINT64_MAX : (uint64_t)kib << 10;

    if (bytes <= available - available / SPARE_PART)
        return true;
    *why = g_strdup_printf("its %" PRIu64 " MiB are too much for this host, which has %" PRIu64
                           " MiB of memory available",
                           bytes >> 20, available >> 20);
    return false;
}

/* --- locks --- */

static bool lock_part(off_t from, off_t to, void *data)
{
    const Lock *lock = data;

    /* Not mlock(), which does nothing under AddressSanitizer. */
    return mlock2((char *)lock->at + from, (size_t)(to - from), 0) == 0;
}

/* Maps and locks the file. */
static bool lock_file(Lock *lock, int fd, char **why)
{
    off_t size = length(fd);

    if (size <= 0)
        return true;
    if (!images_fit(data_size(fd), why))
        return false;
    lock->at = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    if (lock->at == MAP_FAILED) {
        *why = g_strdup_printf("it can't be mapped: %s", g_strerror(errno));
        return false;
    }
    lock->size = (size_t)size;
    if (each_part(fd, size, lock_part, lock))
        return true;
    *why = g_strdup_printf("it can't be locked in memory: %s%s", g_strerror(errno),
                           errno == ENOMEM || errno == EPERM ? "; see `ulimit -l`, or CAP_IPC_LOCK"
                                                             : "");
    munmap(lock->at, lock->size);
    return false;
}

static void unlock(void *data)
{
    Lock *lock = data;

    if (lock->size > 0)
        munmap(lock->at, lock->size);
    g_free(lock);
}

static bool add_lock(Images *images, int fd, char **why)
{
    struct stat st;
    Lock *lock, made = {.users = 0};

    if (fstat(fd, &st) != 0) {
        *why = g_strdup(g_strerror(errno));
        return false;
    }
    made.id = (FileId){st.st_dev, st.st_ino};
    if (!all)
        all = g_hash_table_new_full(hash_id, is_equal_id, NULL, unlock);
    lock = g_hash_table_lookup(all, &made.id);
    if (!lock) {
        if (!lock_file(&made, fd, why))
            return false;
        lock = g_memdup2(&made, sizeof(made));
        g_hash_table_insert(all, &lock->id, lock);
    }
    lock->users++;
    g_ptr_array_add(images->locks, lock);
    return true;
}

void images_free(Images *images)
{
    if (!images)
        return;
    for (unsigned i = 0; i < images->locks->len; i++) {
        Lock *lock = images->locks->pdata[i];

        if (--lock->users == 0)
            g_hash_table_remove(all, &lock->id);
    }
    g_ptr_array_unref(images->locks);
    g_free(images);
}

/* --- what a process has open --- */

/* A file system whose server may be asked before a read that memory could answer. */
static bool is_served(const struct statfs *fs)
{
    static const long types[] = {NFS_SUPER_MAGIC, FUSE_SUPER_MAGIC, V9FS_MAGIC,
                                 SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
                                 AFS_FS_MAGIC,    CEPH_SUPER_MAGIC};

    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++)
        if ((unsigned)fs->f_type == (unsigned)types[i])
            return true;
    return false;
}

/* Why the file can't be in memory for good; NULL: it may. */
static const char *obstacle(int fd, bool gone)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return NULL;
    if (gone && fs.f_type != TMPFS_MAGIC)
        return "a throw-away overlay lies on a disk";
    return is_served(&fs) ? "another machine or program serves its file system" : NULL;
}

typedef bool (*FileFunc)(int fd, const char *path, bool gone, void *data);

static bool is_image(const struct stat *st, int flags, const char *path)
{
    return (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode)) && (flags & O_ACCMODE) != O_WRONLY &&
           !g_str_has_prefix(path, "/memfd:");
}

/* The flags with which the process has the file open; O_WRONLY if they are not known. */
static int open_flags(pid_t pid, const char *number)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fdinfo/%s", (int)pid, number), *text = NULL;
    const char *flags =
        g_file_get_contents(path, &text, NULL, NULL) ? strstr(text, "flags:") : NULL;

    return flags ? (int)g_ascii_strtoll(flags + strlen("flags:"), NULL, 8) : O_WRONLY;
}

/* Calls func with the file of one descriptor, if it is an image's. */
static bool look_at(pid_t pid, const char *number, FileFunc func, void *data)
{
    g_autofree char *link = g_strdup_printf("/proc/%d/fd/%s", (int)pid, number);
    g_autofree char *path = g_file_read_link(link, NULL);
    struct stat st;
    fd_auto fd = -1;

    if (!path || stat(link, &st) != 0 || !is_image(&st, open_flags(pid, number), path))
        return true;
    fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return func(fd, path, st.st_nlink == 0, data);
}

/* Calls func for each image, until func returns false. */
static void each_image(pid_t pid, FileFunc func, void *data)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);

    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && !look_at(pid, entry->d_name, func, data))
            break;
    if (dir)
        closedir(dir);
}

static bool is_one(int fd, const char *path, bool gone, void *data)
{
    (void)fd;
    (void)path;
    (void)gone;
    *(bool *)data = true;
    return false;
}

bool images_any(pid_t pid)
{
    bool any = false;

    each_image(pid, is_one, &any);
    return any;
}

typedef struct {
    Images *images;
    char *why; /* of the first that could not be locked */
} Locking;

static bool lock_image(int fd, const char *path, bool gone, void *data)
{
    Locking *l = data;
    const char *bad = fd >= 0 ? obstacle(fd, gone) : g_strerror(errno);
    g_autofree char *why = g_strdup(bad);

    if (!why && !gone) /* an overlay is in memory already, and grows */
        add_lock(l->images, fd, &why);
    if (why && !l->why)
        l->why = g_strdup_printf("'%s': %s", path, why);
    return true;
}

/* Locks what the process executes. Not a word if that fails: what was waited for is counted. */
static void lock_programs(pid_t pid, Images *images)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/maps", (int)pid), *text = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *file = strchr(*line, '/');
        g_autofree char *why = NULL;
        fd_auto fd = -1;

        if (!file || !strstr(*line, " r-xp ") || !g_hash_table_add(seen, file))
            continue;
        fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0)
            add_lock(images, fd, &why);
    }
}

Images *images_lock(pid_t pid, char **why)
{
    Locking l = {.images = g_new0(Images, 1)};

    l.images->locks = g_ptr_array_new();
    each_image(pid, lock_image, &l);
    lock_programs(pid, l.images);
    *why = l.why;
    return l.images;
}
