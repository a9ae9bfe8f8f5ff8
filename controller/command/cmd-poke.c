/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-poke.c: mem write, and regs with values. */
#include "controller/command/args.h"
#include "controller/command/keys.h"
#include "controller/command/numbers.h"
#include "controller/command/poke-command.h"
#include "controller/run/node-symbols.h"
#include "controller/run/poke.h"
#include "controller/session/journal.h"

#include <inttypes.h>
#include <string.h>

/* --- memory --- */

/* The arguments from `first` on, up to one that is a key. */
static unsigned count_words(char **args, unsigned n_args, unsigned first)
{
    unsigned at = first;

    while (at < n_args && !strchr(args[at], '='))
        at++;
    return at - first;
}

/* The bytes of text= or BYTES…; NULL with an error that names the command. */
static GByteArray *bytes_of(const CommandCall *call, GError **error)
{
    const char *text = args_text(call, "text"), *first = args_text(call, "BYTES"),
               *size_text = args_text(call, "size");
    int64_t size = size_text ? g_ascii_strtoll(size_text, NULL, 10) : 0;
    unsigned at = 0;
    g_autoptr(GError) why = NULL;
    GByteArray *bytes;

    if (size_text && (strlen(size_text) != 1 || !strchr("1248", *size_text))) {
        command_usage_error(call, "size= is 1, 2, 4 or 8, the bytes of each number", error);
        return NULL;
    }
    while (first && call->args[at] != first)
        at++;
    bytes = text ? keys_parse(text, &why)
                 : numbers_parse(call->args + at, count_words(call->args, call->n_args, at),
                                 (unsigned)size, POKE_MOST, &why);
    if (bytes && bytes->len > 0 && bytes->len <= POKE_MOST)
        return bytes;
    command_usage_error(call,
                        why                    ? why->message
                        : bytes && !bytes->len ? "text= is empty"
                                               : "more than 65536 bytes at once",
                        error);
    if (bytes)
        g_byte_array_unref(bytes);
    return NULL;
}

static CommandResult exec_mem_write(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *n = args_node(call);
    unsigned vcpu = (unsigned)MAX(args_vcpu(call), 0);
    bool physical = args_is(call, "phys", "on");
    g_autoptr(GByteArray) bytes = bytes_of(call, error);

    if (!bytes)
        return COMMAND_FAILED;
    if (s->options.dry)
        return command_would_reach(s, n, error);
    if (!poke_memory(n, vcpu, args_address(call), bytes->data, bytes->len, physical, error))
        return COMMAND_FAILED;
    journal_memory(s, n, vcpu, JOURNAL_BY_COMMAND, args_address(call), physical, bytes->data,
                   bytes->len);
    return COMMAND_DONE;
}

const Command cmd_mem_write = {
    .name = "mem write",
    .usage = "NODE[.CPU] ADDR text=TEXT [phys=on|off] | "
             "NODE[.CPU] ADDR [size=1|2|4|8] [phys=on|off] BYTES…",
    .help = "Write guest memory at a virtual address as a vCPU sees it, or at a physical one: "
            "bytes (de ad be ef, or deadbeef), with size= numbers of so many bytes each (42, -1, "
            "0x2a), or a text as in `send`; RAM and ROM alone, all of it or nothing",
    .exec = exec_mem_write,
};

/* --- registers --- */

/* What is a name of an address is one, else it is a number. */
static bool parse_value(const Node *n, const char *text, unsigned bits, uint8_t *bytes, void *data,
                        GError **error)
{
    const CommandCall *call = data;
    g_autofree char *number = NULL;
    uint64_t address;

    if (*text == '\0' || strchr("+-0123456789", *text))
        return number_parse(text, bits, bytes, error);
    if (!node_symbols_address(call->session, n, text, &address, error))
        return false;
    number = g_strdup_printf("0x%" PRIx64, address);
    return number_parse(number, bits, bytes, error);
}

static void note_register(Node *n, const char *name, const uint8_t *bytes, size_t size, void *data)
{
    const CommandCall *call = data;

    journal_register(call->session, n, (unsigned)MAX(args_vcpu(call), 0), JOURNAL_BY_COMMAND, name,
                     bytes, size);
}

/* Whether the values could be some of the widest register (of 65536 bits). */
static bool check_values(const CommandCall *call, const Node *n, const PokeRegister *registers,
                         unsigned count, GError **error)
{
    g_autofree uint8_t *bytes = g_malloc(8192);
    g_autofree char *complaint = NULL;
    g_autoptr(GError) why = NULL;

    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < i && !complaint; k++)
            if (strcmp(registers[k].name, registers[i].name) == 0)
                complaint = g_strdup_printf("register %s has two values", registers[i].name);
        if (!*registers[i].name)
            complaint = g_strdup_printf("'=%s' has no register's name", registers[i].value);
        else if (!complaint &&
                 !parse_value(n, registers[i].value, 65536, bytes, (void *)call, &why))
            complaint =
                g_strdup_printf("%s=%s: %s", registers[i].name, registers[i].value, why->message);
        if (complaint) {
            command_usage_error(call, complaint, error);
            return false;
        }
    }
    return true;
}

/* The names and values of REG=VALUE…, which take their texts from `words`. */
static PokeRegister *registers_of(const CommandCall *call, char ***words, GError **error)
{
    unsigned n = call->n_args - 1;
    g_autofree PokeRegister *registers = g_new(PokeRegister, n);

    *words = g_strdupv(call->args + 1);
    for (unsigned i = 0; i < n; i++) {
        char *equals = strchr((*words)[i], '=');

        if (!equals) {
            g_autofree char *complaint = g_strdup_printf(
                "'%s' has no value: either all registers are set or all are shown", (*words)[i]);

            command_usage_error(call, complaint, error);
            return NULL;
        }
        *equals = '\0';
        registers[i] = (PokeRegister){(*words)[i], equals + 1};
    }
    return g_steal_pointer(&registers);
}

CommandResult poke_command_registers(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *n = args_node(call);
    g_auto(GStrv) words = NULL;
    g_autofree PokeRegister *registers = registers_of(call, &words, error);
    unsigned count = call->n_args - 1;

    if (!registers || !check_values(call, n, registers, count, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return command_would_reach(s, n, error);
    return poke_registers(n, (unsigned)MAX(args_vcpu(call), 0), registers, count, parse_value,
                          note_register, call, error)
               ? COMMAND_DONE
               : COMMAND_FAILED;
}
