/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.c: the typed commands. Each function builds the arguments, calls, and parses the reply.
 *
 * Invariant: the caller's outputs are written only when the whole reply made sense. Otherwise the
 * error is QMP_ERROR_REPLY and names the command and the member that was missing or wrong.
 */
#include "qmp/codec.h"
#include "qmp/qmp.h"

#include <string.h>

/* Bytes a second: more than any memory has. QEMU's default is far less. */
#define MIGRATE_BANDWIDTH (INT64_C(1) << 40)

static void add_string(json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

/* Calls with `args` and returns the text of the reply. */
static char *call(QmpClient *client, const char *command, json_object *args, int timeout_ms,
                  GError **error)
{
    return qmp_client_call(client, command, args ? qmp_json_text(args) : NULL, timeout_ms, error);
}

/* Calls a command whose reply is the empty object. */
static bool run(QmpClient *client, const char *command, json_object *args, int timeout_ms,
                GError **error)
{
    g_autofree char *text = call(client, command, args, timeout_ms, error);

    return text != NULL;
}

static bool bad_reply(const char *command, const char *member, const char *text, GError **error)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_REPLY, "%s: no usable '%s' in the reply '%.200s'",
                command, member, text);
    return false;
}

/* Calls, and requires a reply of the given type. */
static json_object *query(QmpClient *client, const char *command, json_object *args, json_type type,
                          int timeout_ms, GError **error)
{
    g_autofree char *text = call(client, command, args, timeout_ms, error);
    g_autoptr(json_object) reply = NULL;

    if (!text || !qmp_json_parse(text, &reply, error))
        return NULL;
    if (!json_object_is_type(reply, type)) {
        bad_reply(command, json_type_to_name(type), text, error);
        return NULL;
    }
    return g_steal_pointer(&reply);
}

/* Returns the member's value, or NULL with an error if the member is missing or of another type. */
static json_object *member(json_object *object, const char *command, const char *name,
                           json_type type, GError **error)
{
    json_object *value = NULL;

    if (json_object_is_type(object, json_type_object) &&
        json_object_object_get_ex(object, name, &value) && json_object_is_type(value, type))
        return value;
    bad_reply(command, name, qmp_json_text(object), error);
    return NULL;
}

static bool get_string(json_object *object, const char *command, const char *name, char **out,
                       GError **error)
{
    json_object *value = member(object, command, name, json_type_string, error);

    if (value)
        *out = g_strdup(json_object_get_string(value));
    return value != NULL;
}

static bool get_int64(json_object *object, const char *command, const char *name, int64_t *out,
                      GError **error)
{
    json_object *value = member(object, command, name, json_type_int, error);

    if (value)
        *out = json_object_get_int64(value);
    return value != NULL;
}

/* --- qapi/control.json --- */

void qmp_version_clear(QmpVersion *version)
{
    g_clear_pointer(&version->package, g_free);
    *version = (QmpVersion){0};
}

bool qmp_query_version(QmpClient *client, QmpVersion *version, int timeout_ms, GError **error)
{
    static const char command[] = "query-version";
    g_autoptr(json_object) reply =
        query(client, command, NULL, json_type_object, timeout_ms, error);
    json_object *numbers;
    int64_t major, minor, micro;
    char *package;

    if (!reply)
        return false;
    numbers = member(reply, command, "qemu", json_type_object, error);
    if (!numbers || !get_int64(numbers, command, "major", &major, error) ||
        !get_int64(numbers, command, "minor", &minor, error) ||
        !get_int64(numbers, command, "micro", &micro, error) ||
        !get_string(reply, command, "package", &package, error))
        return false;
    *version = (QmpVersion){(int)major, (int)minor, (int)micro, package};
    return true;
}

bool qmp_quit(QmpClient *client, int timeout_ms, GError **error)
{
    return run(client, "quit", NULL, timeout_ms, error);
}

/* --- qapi/misc.json, qapi/run-state.json --- */

bool qmp_stop(QmpClient *client, int timeout_ms, GError **error)
{
    return run(client, "stop", NULL, timeout_ms, error);
}

bool qmp_cont(QmpClient *client, int timeout_ms, GError **error)
{
    return run(client, "cont", NULL, timeout_ms, error);
}

bool qmp_query_status(QmpClient *client, bool *running, char **status, int timeout_ms,
                      GError **error)
{
    static const char command[] = "query-status";
    g_autoptr(json_object) reply =
        query(client, command, NULL, json_type_object, timeout_ms, error);
    json_object *is_running;
    char *name;

    if (!reply)
        return false;
    is_running = member(reply, command, "running", json_type_boolean, error);
    if (!is_running || !get_string(reply, command, "status", &name, error))
        return false;
    *running = json_object_get_boolean(is_running);
    *status = name;
    return true;
}

/* --- qapi/machine.json --- */

static void clear_cpu(void *data)
{
    QmpCpu *cpu = data;

    g_free(cpu->qom_path);
    g_free(cpu->target);
}

GArray *qmp_query_cpus_fast(QmpClient *client, int timeout_ms, GError **error)
{
    static const char command[] = "query-cpus-fast";
    g_autoptr(json_object) reply = query(client, command, NULL, json_type_array, timeout_ms, error);
    g_autoptr(GArray) cpus = g_array_new(FALSE, TRUE, sizeof(QmpCpu));

    if (!reply)
        return NULL;
    g_array_set_clear_func(cpus, clear_cpu);
    for (size_t i = 0; i < json_object_array_length(reply); i++) {
        json_object *entry = json_object_array_get_idx(reply, i);
        QmpCpu *cpu;

        g_array_set_size(cpus, (guint)i + 1);
        cpu = &g_array_index(cpus, QmpCpu, i);
        if (!get_int64(entry, command, "cpu-index", &cpu->index, error) ||
            !get_int64(entry, command, "thread-id", &cpu->thread_id, error) ||
            !get_string(entry, command, "qom-path", &cpu->qom_path, error) ||
            !get_string(entry, command, "target", &cpu->target, error))
            return NULL;
    }
    return g_steal_pointer(&cpus);
}

/* --- qapi/char.json --- */

/* QEMU's filename is "unix:PATH,server=on" with a client connected, and
 * "disconnected:unix:PATH,server=on" without one (chardev/char-socket.c). */
static bool is_taken(const char *filename, const char *path)
{
    size_t length = strlen(path);

    return g_str_has_prefix(filename, "unix:") && strncmp(filename + 5, path, length) == 0 &&
           filename[5 + length] == ',';
}

bool qmp_query_chardev_taken(QmpClient *client, const char *path, bool *taken, int timeout_ms,
                             GError **error)
{
    static const char command[] = "query-chardev";
    g_autoptr(json_object) reply = query(client, command, NULL, json_type_array, timeout_ms, error);
    bool any = false;

    if (!reply)
        return false;
    for (size_t i = 0; i < json_object_array_length(reply); i++) {
        json_object *name = member(json_object_array_get_idx(reply, i), command, "filename",
                                   json_type_string, error);

        if (!name)
            return false;
        any = any || is_taken(json_object_get_string(name), path);
    }
    *taken = any;
    return true;
}

bool qmp_query_chardev_used(QmpClient *client, const char *label, bool *used, int timeout_ms,
                            GError **error)
{
    static const char command[] = "query-chardev";
    g_autoptr(json_object) reply = query(client, command, NULL, json_type_array, timeout_ms, error);
    bool any = false;

    if (!reply)
        return false;
    for (size_t i = 0; i < json_object_array_length(reply); i++) {
        json_object *entry = json_object_array_get_idx(reply, i);
        json_object *name = member(entry, command, "label", json_type_string, error);
        json_object *open =
            name ? member(entry, command, "frontend-open", json_type_boolean, error) : NULL;

        if (!open)
            return false;
        any = any ||
              (strcmp(json_object_get_string(name), label) == 0 && json_object_get_boolean(open));
    }
    *used = any;
    return true;
}

/* --- qapi/virtio.json --- */

bool qmp_query_virtio_queue(QmpClient *client, const char *path, unsigned queue, int timeout_ms,
                            QmpVirtioQueue *out, GError **error)
{
    static const char command[] = "x-query-virtio-queue-status";
    g_autoptr(json_object) args = json_object_new_object(), reply = NULL;
    int64_t size, desc, avail, used;

    add_string(args, "path", path);
    json_object_object_add(args, "queue", json_object_new_int64(queue));
    reply = query(client, command, args, json_type_object, timeout_ms, error);
    if (!reply || !get_int64(reply, command, "vring-num", &size, error) ||
        !get_int64(reply, command, "vring-desc", &desc, error) ||
        !get_int64(reply, command, "vring-avail", &avail, error) ||
        !get_int64(reply, command, "vring-used", &used, error))
        return false;
    *out = (QmpVirtioQueue){size, (uint64_t)desc, (uint64_t)avail, (uint64_t)used};
    return true;
}

/* --- qapi/replay.json --- */

bool qmp_query_replay(QmpClient *client, int64_t *icount, int timeout_ms, GError **error)
{
    g_autoptr(json_object) reply =
        query(client, "query-replay", NULL, json_type_object, timeout_ms, error);

    return reply && get_int64(reply, "query-replay", "icount", icount, error);
}

/* --- qapi/migration.json --- */

/* The name contains "xen", but the command works with any accelerator. */
static const char save_devices_state[] = "xen-save-devices-state";

static json_object *save_devices_state_args(const char *path)
{
    json_object *args = json_object_new_object();

    add_string(args, "filename", path);
    json_object_object_add(args, "live", json_object_new_boolean(false));
    return args;
}

bool qmp_save_devices_state(QmpClient *client, const char *path, int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = save_devices_state_args(path);

    return run(client, save_devices_state, args, timeout_ms, error);
}

bool qmp_post_save_devices_state(QmpClient *client, const char *path, GError **error)
{
    g_autoptr(json_object) args = save_devices_state_args(path);

    return qmp_client_post(client, save_devices_state,
                           json_object_to_json_string_ext(args, JSON_C_TO_STRING_PLAIN), error);
}

static void add_capability(json_object *list, const char *name, bool on)
{
    json_object *capability = json_object_new_object();

    add_string(capability, "capability", name);
    json_object_object_add(capability, "state", json_object_new_boolean(on));
    json_object_array_add(list, capability);
}

bool qmp_migrate_prepare(QmpClient *client, bool without_ram, int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();
    g_autoptr(json_object) limit = json_object_new_object();
    json_object *list = json_object_new_array();

    add_capability(list, "events", true);
    add_capability(list, "x-ignore-shared", without_ram);
    json_object_object_add(args, "capabilities", list);
    json_object_object_add(limit, "max-bandwidth", json_object_new_int64(MIGRATE_BANDWIDTH));
    json_object_object_add(limit, "announce-rounds", json_object_new_int(0));
    return run(client, "migrate-set-capabilities", args, timeout_ms, error) &&
           run(client, "migrate-set-parameters", limit, timeout_ms, error);
}

static bool migrate(QmpClient *client, const char *command, const char *uri, int timeout_ms,
                    GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "uri", uri);
    return run(client, command, args, timeout_ms, error);
}

bool qmp_migrate(QmpClient *client, const char *uri, int timeout_ms, GError **error)
{
    return migrate(client, "migrate", uri, timeout_ms, error);
}

bool qmp_migrate_incoming(QmpClient *client, const char *uri, int timeout_ms, GError **error)
{
    return migrate(client, "migrate-incoming", uri, timeout_ms, error);
}

/* Reads whether the migration has ended, and how. */
static bool migrate_ended(QmpClient *client, bool *ended, int timeout_ms, GError **error)
{
    g_autoptr(json_object) reply =
        query(client, "query-migrate", NULL, json_type_object, timeout_ms, error);
    json_object *status, *why;
    const char *text;

    if (!reply)
        return false;
    text =
        json_object_object_get_ex(reply, "status", &status) ? json_object_get_string(status) : "";
    *ended = strcmp(text, "completed") == 0;
    if (strcmp(text, "failed") != 0 && strcmp(text, "cancelled") != 0)
        return true;
    g_set_error(error, QMP_ERROR, QMP_ERROR_COMMAND, "the migration has %s%s%s", text,
                json_object_object_get_ex(reply, "error-desc", &why) ? ": " : "",
                json_object_object_get_ex(reply, "error-desc", &why) ? json_object_get_string(why)
                                                                     : "");
    return false;
}

/* Any change of the state makes qmp_migrate_wait() ask again. */
static void on_migration(G_GNUC_UNUSED QmpClient *client, G_GNUC_UNUSED const char *event,
                         G_GNUC_UNUSED const char *data_json, void *data)
{
    *(bool *)data = true;
}

bool qmp_migrate_wait(QmpClient *client, int timeout_ms, GError **error)
{
    int64_t began = g_get_monotonic_time();
    bool news = false, ended = false, ok = true;

    qmp_client_on_event(client, "MIGRATION", on_migration, &news);
    while (ok && !ended) {
        int left = qmp_ms_left(began, timeout_ms);

        news = false;
        ok = migrate_ended(client, &ended, timeout_ms, error);
        while (ok && !ended && !news && (left = qmp_ms_left(began, timeout_ms)) != 0)
            ok = qmp_client_pump(client, left, error);
        if (ok && !ended && left == 0) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT,
                        "the migration has not ended within %d ms", timeout_ms);
            ok = false;
        }
    }
    qmp_client_on_event(client, "MIGRATION", NULL, NULL);
    return ok;
}

/* --- qapi/block-core.json --- */

static void drive_clear(void *data)
{
    QmpDrive *d = data;

    g_free(d->drive);
    g_free(d->file);
}

/* The file that a name leads to: QEMU writes "json:{…}" where a plain name would not say all, as of an
 * overlay whose image has a format that was given. */
static char *file_of(const char *name)
{
    json_object *node = g_str_has_prefix(name, "json:") ? json_tokener_parse(name + 5) : NULL;
    json_object *file, *path;
    char *out;

    if (node && json_object_object_get_ex(node, "file", &file) &&
        json_object_object_get_ex(file, "filename", &path))
        name = json_object_get_string(path);
    out = g_strdup(name);
    json_object_put(node);
    return out;
}

static void add_drive(GArray *drives, json_object *info)
{
    json_object *drive, *inserted, *file, *ro;
    QmpDrive d;

    if (!json_object_object_get_ex(info, "device", &drive) ||
        !json_object_object_get_ex(info, "inserted", &inserted) ||
        !json_object_object_get_ex(inserted, "file", &file))
        return;
    d = (QmpDrive){.drive = g_strdup(json_object_get_string(drive)),
                   .file = file_of(json_object_get_string(file)),
                   .read_only = json_object_object_get_ex(inserted, "ro", &ro) &&
                                json_object_get_boolean(ro)};
    g_array_append_val(drives, d);
}

GArray *qmp_query_drives(QmpClient *client, int timeout_ms, GError **error)
{
    g_autoptr(json_object) reply =
        query(client, "query-block", NULL, json_type_array, timeout_ms, error);
    GArray *drives;

    if (!reply)
        return NULL;
    drives = g_array_new(FALSE, FALSE, sizeof(QmpDrive));
    g_array_set_clear_func(drives, drive_clear);
    for (size_t i = 0; i < json_object_array_length(reply); i++)
        add_drive(drives, json_object_array_get_idx(reply, i));
    return drives;
}

/* --- qapi/net.json --- */

static void add_unix_address(json_object *object, const char *key, const char *path)
{
    json_object *address = json_object_new_object();

    add_string(address, "type", "unix");
    add_string(address, "path", path);
    json_object_object_add(object, key, address);
}

bool qmp_netdev_add_dgram(QmpClient *client, const char *id, const char *local_path,
                          const char *remote_path, int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "type", "dgram");
    add_string(args, "id", id);
    add_unix_address(args, "local", local_path);
    add_unix_address(args, "remote", remote_path);
    return run(client, "netdev_add", args, timeout_ms, error);
}

bool qmp_netdev_add_hubport(QmpClient *client, const char *id, int64_t hubid, const char *netdev,
                            int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "type", "hubport");
    add_string(args, "id", id);
    json_object_object_add(args, "hubid", json_object_new_int64(hubid));
    if (netdev)
        add_string(args, "netdev", netdev);
    return run(client, "netdev_add", args, timeout_ms, error);
}

bool qmp_netdev_del(QmpClient *client, const char *id, int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "id", id);
    return run(client, "netdev_del", args, timeout_ms, error);
}

/* --- qapi/qom.json --- */

/* Adds the members of props_json to args. A member that args has already is an error. */
static bool add_properties(json_object *args, const char *props_json, GError **error)
{
    g_autoptr(json_object) props = NULL;

    if (!qmp_json_parse(props_json, &props, error)) {
        g_prefix_error(error, "object-add: the properties are ");
        return false;
    }
    if (!json_object_is_type(props, json_type_object)) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT,
                    "object-add: the properties are not a JSON object: '%s'", props_json);
        return false;
    }
    json_object_object_foreach(props, key, value)
    {
        if (json_object_object_get_ex(args, key, NULL)) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT,
                        "object-add: '%s' does not belong in the properties", key);
            return false;
        }
        json_object_object_add(args, key, json_object_get(value));
    }
    return true;
}

bool qmp_object_add(QmpClient *client, const char *type, const char *id, const char *props_json,
                    int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "qom-type", type);
    add_string(args, "id", id);
    if (props_json && !add_properties(args, props_json, error))
        return false;
    return run(client, "object-add", args, timeout_ms, error);
}

bool qmp_object_del(QmpClient *client, const char *id, int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "id", id);
    return run(client, "object-del", args, timeout_ms, error);
}

bool qmp_qom_set(QmpClient *client, const char *path, const char *property, const char *value_json,
                 int timeout_ms, GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();
    json_object *value;

    if (!qmp_json_parse(value_json, &value, error)) {
        g_prefix_error(error, "qom-set: the value of '%s' is ", property);
        return false;
    }
    add_string(args, "path", path);
    add_string(args, "property", property);
    json_object_object_add(args, "value", value);
    return run(client, "qom-set", args, timeout_ms, error);
}

char *qmp_qom_get(QmpClient *client, const char *path, const char *property, int timeout_ms,
                  GError **error)
{
    g_autoptr(json_object) args = json_object_new_object();

    add_string(args, "path", path);
    add_string(args, "property", property);
    return call(client, "qom-get", args, timeout_ms, error);
}

char *qmp_hmp(QmpClient *client, const char *line, int timeout_ms, GError **error)
{
    static const char command[] = "human-monitor-command";
    g_autoptr(json_object) args = json_object_new_object();
    g_autoptr(json_object) reply = NULL;

    add_string(args, "command-line", line);
    reply = query(client, command, args, json_type_string, timeout_ms, error);
    return reply ? g_strdup(json_object_get_string(reply)) : NULL;
}
