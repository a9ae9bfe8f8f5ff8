/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drives.c: the images of a node. Without persist=on a run writes to no image: QEMU keeps the
 * changes in a temporary file without a name, so each run begins with the same bytes.
 */
#include "controller/qemu/drives.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "controller/base/fd.h"
#include "controller/qemu/cmdline.h"
#include "controller/qemu/option-value.h"

#define FIRMWARE_DIR     "/usr/share/AAVMF" /* folder of Debian's qemu-efi-aarch64 */
#define FIRMWARE_PACKAGE "qemu-efi-aarch64"

static const char *const formats[] = {"raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc", NULL};

/* Only qcow2 is recognised by its header. QEMU would guess other formats too, and use raw for an
 * image without a header. But a guest can write any header to a raw disk, and the next run would
 * then see another disk. */
static bool is_qcow2(const char *path)
{
    char head[4] = "";
    fd_auto fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* the path may be a FIFO */

    return fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) &&
           memcmp(head, "QFI\xfb", sizeof(head)) == 0;
}

bool drives_check_format(const NodeOptions *o, GError **error)
{
    g_autofree char *all = NULL;

    if (!o->format || g_strv_contains(formats, o->format))
        return true;
    all = g_strjoinv(", ", (char **)formats);
    return option_bad(error, "format='%s' is unknown: %s", o->format, all);
}

static bool check_disk(NodeOptions *o, GError **error)
{
    if (!o->disk && (o->format || o->persist))
        return option_bad(error, "%s= needs disk=", o->format ? "format" : "persist");
    if (!o->disk)
        return true;
    if (!o->format && !is_qcow2(o->disk))
        return option_bad(error, "disk='%s' is no qcow2 image: say what it is, such as format=raw",
                          o->disk);
    if (!o->format)
        o->format = g_strdup("qcow2");
    return true;
}

static const char *firmware_dir(void)
{
    const char *dir = g_getenv("METRONOME_FIRMWARE_DIR");

    return dir ? dir : FIRMWARE_DIR;
}

static bool check_firmware(const NodeOptions *o, GError **error)
{
    static const char *const parts[] = {"AAVMF_CODE.fd", "AAVMF_VARS.fd"};

    if (g_strcmp0(o->firmware, "uefi") != 0)
        return true;
    if (strcmp(o->arch, "aarch64") != 0)
        return option_bad(
            error,
            "firmware=uefi is there for aarch64 only; for %s name a file that QEMU takes "
            "with -bios",
            o->arch);
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_build_filename(firmware_dir(), parts[i], NULL);

        if (access(path, R_OK) != 0)
            return option_bad(error, "firmware=uefi needs '%s': %s; Debian's package is %s", path,
                              g_strerror(errno), FIRMWARE_PACKAGE);
    }
    return true;
}

bool drives_finish(NodeOptions *o, GError **error)
{
    return check_disk(o, error) && check_firmware(o, error);
}

static void add(GPtrArray *argv, const char *option, char *value)
{
    g_ptr_array_add(argv, g_strdup(option));
    g_ptr_array_add(argv, value);
}

/* Adds the UEFI firmware. The variables of the firmware are in a store of the node's own, new in
 * each run. */
static void add_flash(GPtrArray *argv)
{
    g_autofree char *code = g_build_filename(firmware_dir(), "AAVMF_CODE.fd", NULL);
    g_autofree char *vars = g_build_filename(firmware_dir(), "AAVMF_VARS.fd", NULL);
    g_autofree char *code_file = cmdline_escape(code), *vars_file = cmdline_escape(vars);

    add(argv, "-drive",
        g_strdup_printf("if=pflash,unit=0,format=raw,readonly=on,file=%s", code_file));
    add(argv, "-drive",
        g_strdup_printf("if=pflash,unit=1,format=raw,snapshot=on,file=%s", vars_file));
}

/*
 * QEMU starts threads for requests as it needs them, and a thread inherits the priority of the one
 * that starts it. That may be a vCPU (a write to pflash is waited for in the vCPU's thread), and a
 * guest would then run on beside its own request. So there are such threads from the start on, and
 * sched_apply() ranks them like all others; being above all that ask, they are always enough.
 */
void drives_argv_pool(GPtrArray *argv, const NodeOptions *o)
{
    if (!o->extra || !strstr(o->extra, "main-loop")) /* QEMU takes one */
        add(argv, "-object", g_strdup("main-loop,id=mtr-loop,thread-pool-min=2"));
}

void drives_argv(GPtrArray *argv, const NodeOptions *o, const char *disk, const char *scsi)
{
    if (g_strcmp0(o->firmware, "uefi") == 0)
        add_flash(argv);
    if (o->disk) {
        g_autofree char *file = cmdline_escape(o->disk);

        add(argv, "-drive",
            g_strdup_printf("file=%s,if=none,id=disk0,format=%s%s", file, o->format,
                            o->persist ? "" : ",snapshot=on"));
        add(argv, "-device", g_strdup_printf("%s,drive=disk0", disk));
    }
    if (o->cdrom) {
        g_autofree char *file = cmdline_escape(o->cdrom);

        add(argv, "-drive",
            g_strdup_printf("file=%s,if=none,id=cdrom0,format=raw,media=cdrom,readonly=on", file));
        add(argv, "-device", g_strdup_printf("%s,id=scsi0", scsi));
        add(argv, "-device", g_strdup("scsi-cd,bus=scsi0.0,drive=cdrom0"));
    }
}
