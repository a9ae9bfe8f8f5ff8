/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.c: migration into and out of files in memory. QEMU reaches such a file through
 * /proc/PID/fd of its own process, by a child that it starts (exec:, in all versions). QEMU says
 * that a migration is completed when it has handed all to the child (migration/migration.c), which
 * may still be writing. So the child says by a pipe when it has ended, and how.
 */
#include "controller/qemu/machine.h"

#include "controller/base/fd.h"
#include "controller/base/memfile.h"
#include "controller/qemu/board.h"
#include "controller/qemu/cmdline.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/identity.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/run-state.h"
#include "controller/qemu/spawn.h"
#include "controller/qemu/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longest time in ms for a machine's state, which may have all of its RAM in it. */
#define STATE_MS 120000

void machine_state_clear(MachineState *s)
{
    fd_clear(&s->devices);
    fd_clear(&s->ram);
    g_clear_pointer(&s->pages, stored_pages_free);
    g_clear_pointer(&s->overlays, g_ptr_array_unref);
}

static bool has_ram(const MachineState *s)
{
    return s->pages || s->ram >= 0;
}

/* --- parts --- */

static unsigned heads_of(const MachineState *s)
{
    return s->whole ? 1 : 2;
}

static const Overlay *overlay_of(const MachineState *s, unsigned part)
{
    return s->overlays->pdata[part - heads_of(s)];
}

unsigned machine_state_n_parts(const MachineState *s)
{
    return heads_of(s) + (s->overlays ? s->overlays->len : 0);
}

const char *machine_state_part_name(const MachineState *s, unsigned part)
{
    if (part >= heads_of(s))
        return overlay_of(s, part)->drive;
    return part == 0 ? "devices" : "ram";
}

int machine_state_part_file(const MachineState *s, unsigned part)
{
    if (part >= heads_of(s))
        return overlay_of(s, part)->fd;
    return part == 0 ? s->devices : s->ram;
}

static const StoredPages *pages_of(const MachineState *s, unsigned part)
{
    return part == 1 && !s->whole ? s->pages : NULL;
}

int64_t machine_state_part_size(const MachineState *s, unsigned part)
{
    const StoredPages *pages = pages_of(s, part);
    struct stat about;

    if (pages)
        return stored_pages_size(pages);
    return fstat(machine_state_part_file(s, part), &about) == 0 ? about.st_size : 0;
}

ssize_t machine_state_part_read(const MachineState *s, unsigned part, int64_t from, void *out,
                                size_t size, int64_t *at, GError **error)
{
    const StoredPages *pages = pages_of(s, part);

    return pages ? stored_pages_read(pages, from, out, size, at)
                 : memfile_read(machine_state_part_file(s, part), from, out, size, at, error);
}

int64_t machine_state_own_bytes(const MachineState *s)
{
    int64_t bytes = 0;
    struct stat about;

    if (s->devices < 0)
        return 0;
    for (unsigned i = 0; i < machine_state_n_parts(s); i++)
        if (pages_of(s, i))
            bytes += stored_pages_own_bytes(pages_of(s, i));
        else if (fstat(machine_state_part_file(s, i), &about) == 0)
            bytes += (int64_t)about.st_blocks * 512;
    return bytes;
}

/* --- RAM --- */

/* A loader with data= writes to RAM at each reset, also as a QEMU starts that waits for a state
 * (generic_loader_reset(), QEMU's hw/core/generic-loader.c): RAM that a machine has by then must not
 * be there. */
static bool writes_at_reset(const char *device)
{
    return g_str_has_prefix(device, "loader") && strstr(device, "data=");
}

/* Whether the machine takes its RAM from a memory backend of this program. Machines with a RAM of
 * their own do not, and neither do those whose user has chosen where RAM lies. */
static bool takes_ram(const NodeOptions *o)
{
    static const char *const machines[] = {"virt", "q35", "pc", "microvm"};
    static const char *const ours[] = {"-m",        "-machine",   "-M",  "-numa",
                                       "-mem-path", "--m",        "--M", "--machine",
                                       "--numa",    "--mem-path", NULL};
    const char *type = g_str_has_prefix(o->machine, "type=") ? o->machine + 5 : o->machine;
    size_t length = strcspn(type, ",");
    g_auto(GStrv) extra = NULL;
    bool known = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(machines); i++) {
        size_t n = strlen(machines[i]);

        known = known || (strncmp(type, machines[i], n) == 0 && (length == n || type[n] == '-'));
    }
    if (strstr(o->machine, "memory-backend"))
        return false;
    if (o->extra && g_shell_parse_argv(o->extra, NULL, &extra, NULL))
        for (char **p = extra; *p; p++)
            known = known && !g_strv_contains(ours, *p) && !strstr(*p, "memory-backend") &&
                    !writes_at_reset(*p);
    return known;
}

bool machine_make_ram(Node *n, GError **error)
{
    if (!takes_ram(n->options))
        return true;
    n->ram_fd = memfile_new("ram", n->options->memory, error);
    return n->ram_fd >= 0;
}

bool machine_can_save(const Node *n, GError **error)
{
    const char *why = NULL;

    if (n->attached)
        why = "its QEMU was started by another program, so metronome can't start it again";
    else if (n->options->serial)
        why = "a program is connected to its serial port (serial=), and a connection can't be "
              "saved";
    else if (n->options->persist)
        why = "its disk keeps what the guest writes (persist=on), so an earlier state of the disk "
              "can't be given back";
    else if (board_of(n->options->machine).spi_sd)
        why = "its board has an SD card by SPI, and QEMU ends where it is to load the state of one "
              "(up to 11.1)";
    else if (!n->icount.enabled)
        why = "it runs without icount, so it has no exact time";
    if (why)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "node %s can't be saved: %s", n->name,
                    why);
    return !why;
}

static bool fail(const Node *n, const char *what, GError **error)
{
    g_prefix_error(error, "node %s: %s: ", n->name, what);
    return false;
}

/* Number, in QEMU, of the descriptor of the stream's file. */
static const char *stream_number(const Node *n)
{
    return strrchr(n->devices_path, '/') + 1;
}

/* What QEMU's child does to write the file of the stream, and to read it. The child has QEMU as its
 * parent. Free with g_free(). */
static char *writing_uri(const Node *n)
{
    return g_strdup_printf("exec:cat > /proc/$PPID/fd/%s; echo $? > /proc/$PPID/fd/%d",
                           stream_number(n), SPAWN_SAVED_FD);
}

static char *reading_uri(const Node *n)
{
    return g_strdup_printf("exec:cat /proc/$PPID/fd/%s", stream_number(n));
}

/* Waits until QEMU's child has written all of the stream. */
static bool wait_written(const Node *n, GError **error)
{
    struct pollfd fd = {.fd = n->saved_fd, .events = POLLIN};
    char status[8] = "";
    int ready;

    while ((ready = poll(&fd, 1, STATE_MS)) < 0 && errno == EINTR)
        ;
    if (ready == 1 && read(n->saved_fd, status, sizeof(status) - 1) > 0 &&
        strcmp(status, "0\n") == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM,
                "the program that writes its state to memory (cat) %s%s; is there enough memory?",
                ready == 0 ? "has not ended"
                : *status  ? "has failed, exit status "
                           : "was killed",
                g_strchomp(status));
    return false;
}

bool machine_begin_save(Node *n, GError **error)
{
    g_autofree char *to = writing_uri(n);

    if (ftruncate(n->devices_fd, 0) == 0 &&
        qmp_migrate_prepare(n->qmp, n->ram_fd >= 0, NODE_REPLY_MS, error) &&
        qmp_migrate(n->qmp, to, NODE_REPLY_MS, error))
        return true;
    return fail(n, "QEMU can't save its state", error);
}

/* A machine stands paused in every later process, also one that a step has stopped. */
static bool pause_state(int fd, GError **error)
{
    struct stat status = {0};
    void *data = MAP_FAILED;

    if (fstat(fd, &status) == 0)
        data = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s", g_strerror(errno));
        return false;
    }
    run_state_pause(data, (size_t)status.st_size);
    munmap(data, (size_t)status.st_size);
    return true;
}

bool machine_end_save(Node *n, MachineState *out, GError **error)
{
    if (!qmp_migrate_wait(n->qmp, STATE_MS, error) || !wait_written(n, error) ||
        !pause_state(n->devices_fd, error))
        return fail(n, "QEMU can't save its state", error);
    out->whole = n->ram_fd < 0;
    out->devices = memfile_new("devices", 0, error);
    if (out->devices < 0 || !memfile_copy(n->devices_fd, out->devices, error) ||
        !memfile_seal(out->devices, error))
        return fail(n, "its state can't be kept", error);
    out->overlays = overlays_save(n->qmp, n->pid, error);
    return out->overlays || fail(n, "its disks can't be kept", error);
}

bool machine_copy_ram(Node *n, MachineState *out, GError **error)
{
    if (out->whole)
        return true;
    if (!n->ram_store)
        n->ram_store = page_store_new();
    out->pages = page_store_put(n->ram_store, n->ram_fd, error);
    return out->pages || fail(n, "its RAM can't be kept", error);
}

static bool ram_fits(const Node *n, const MachineState *state, GError **error)
{
    const int64_t size = has_ram(state) ? machine_state_part_size(state, 1) : n->options->memory;

    if (size == n->options->memory)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "node %s: the saved RAM has %" PRId64 " bytes, the machine's has %" PRId64, n->name,
                size, n->options->memory);
    return false;
}

/* The file of the RAM of a machine that is restored, which machine_fill_ram() fills. */
static bool prepare_ram(Node *n, const MachineState *state, GError **error)
{
    if (has_ram(state) && !state->once) /* to write is cheaper into memory that is there */
        return n->ram_fd >= 0 || machine_make_ram(n, error);
    fd_clear(&n->ram_fd);
    if (state->ram < 0)
        return true;
    n->ram_fd = fcntl(state->ram, F_DUPFD_CLOEXEC, 0);
    if (n->ram_fd < 0)
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: no more descriptors: %s",
                    n->name, g_strerror(errno));
    return n->ram_fd >= 0;
}

bool machine_begin_load(Node *n, const MachineState *state, GError **error)
{
    return ram_fits(n, state, error) && memfile_copy(state->devices, n->devices_fd, error);
}

bool machine_begin_restore(Node *n, const MachinePlace *place, const MachineState *state,
                           bool keep_ram, GError **error)
{
    if (!n->disk.there)
        disk_prepare(&n->disk, n->options, place->sched);
    node_drop_process(n);
    if (!node_make_folders(n, place->dir, error))
        return false;
    g_free(n->gdb_path);
    n->gdb_path = g_build_filename(n->process_dir, "gdb", NULL);
    return ram_fits(n, state, error) && (keep_ram || prepare_ram(n, state, error)) &&
           spawn_qemu(n, place->qemu, disk_overlays(&n->disk, place->dir), true, error) &&
           machine_begin_load(n, state, error);
}

/* What is saved next is compared with this. */
static void follow(Node *n, PageStore *store)
{
    if (n->ram_store != store) {
        page_store_unref(n->ram_store);
        n->ram_store = page_store_ref(store);
    }
}

bool machine_fill_ram(Node *n, MachineState *state, GError **error)
{
    bool ok;

    if (!has_ram(state) || state->once)
        return true;
    if (state->pages)
        follow(n, stored_pages_store(state->pages));
    ok = state->pages ? stored_pages_fill(state->pages, n->ram_fd, error)
                      : memfile_copy(state->ram, n->ram_fd, error);
    return ok || fail(n, "its RAM can't be restored", error);
}

bool machine_greet(Node *n, bool shares_ram, GError **error)
{
    if (!qmp_client_handshake(n->qmp, NODE_REPLY_MS, error) || !identity_read(n, error) ||
        !uarts_wire(n, error))
        return false;
    spawn_forget_initrd(n);
    return qmp_migrate_prepare(n->qmp, shares_ram, NODE_REPLY_MS, error) ||
           fail(n, "QEMU can't load the saved state", error);
}

/* Asked before the state is loaded: QEMU's own words on a state of another version are of sections
 * and machine types. */
static bool check_version(const Node *n, const MachineState *state, GError **error)
{
    if (!state->version || strcmp(n->version, state->version) == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "the save is of QEMU %s, and '%s' is QEMU %s: give the right one by "
                "--qemu or qemu=",
                state->version, n->program, n->version);
    return false;
}

bool machine_load(Node *n, const MachineState *state, GError **error)
{
    g_autofree char *from = reading_uri(n);

    if ((!n->ahead && !machine_greet(n, !state->whole, error)) || !check_version(n, state, error))
        return false;
    if (state->overlays && !overlays_restore(n->qmp, n->pid, state->overlays, error))
        return fail(n, "its disks can't be restored", error);
    return qmp_migrate_incoming(n->qmp, from, NODE_REPLY_MS, error) ||
           fail(n, "QEMU can't load the saved state", error);
}

bool machine_end_restore(Node *n, const MachinePlace *place, GError **error)
{
    if (!qmp_migrate_wait(n->qmp, STATE_MS, error))
        return fail(n, "QEMU can't load the saved state", error);
    node_watch_events(n);
    if (n->disk.there)
        disk_go_on(&n->disk, n->pid, n->vcpus);
    else
        disk_begin(&n->disk, n->pid, n->vcpus, rundir_memory(place->dir));
    return node_read_clock(n, error);
}
