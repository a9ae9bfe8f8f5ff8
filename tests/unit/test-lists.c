/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-lists.c: lists of CPUs and of hosts, and where a host is reached by ssh. */
#include "controller/base/cpu-list.h"
#include "controller/command/command.h"
#include "controller/remote/ssh-place.h"
#include "controller/session/host-list.h"

#include <string.h>

static void test_cpus(void)
{
    static const char *const bad[] = {
        "",     ",",      "1,", ",1", "a",  "1-",  "-1",  "3-1", "1-2-3",
        "1024", "0-1024", " 1", "1 ", "+1", "0x1", "1;2", "1.5", "99999999999999999999"};
    cpu_set_t set;

    g_assert_true(cpu_list_parse("0-3,6", &set));
    g_assert_cmpint(CPU_COUNT(&set), ==, 5);
    g_assert_true(CPU_ISSET(6, &set) && !CPU_ISSET(5, &set));
    g_assert_true(cpu_list_parse("1023", &set));
    g_assert_true(cpu_list_parse("2,2,1-2", &set));
    g_assert_cmpint(CPU_COUNT(&set), ==, 2);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(cpu_list_parse(bad[i], &set));
    g_assert_cmpint(CPU_COUNT(&set), ==, 2);
}

static void test_hosts(void)
{
    static const char list[] = "# a cluster\n\nnode07.cluster slots=4 # rack 2\r\nroot@node08:4\n"
                               "  10.0.0.7\n2001:db8::1\n::1\nnode07.cluster";
    static const struct {
        unsigned line;
        const char *host, *name;
    } wanted[] = {{3, "node07.cluster", "node07"},
                  {4, "root@node08", "node08"},
                  {5, "10.0.0.7", "10-0-0-7"},
                  {6, "2001:db8::1", "2001-db8--1"},
                  {7, "::1", "1"},
                  {8, "node07.cluster", "node07"}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) hosts = host_list_parse(list, strlen(list), &error);

    g_assert_no_error(error);
    g_assert_cmpuint(hosts->len, ==, G_N_ELEMENTS(wanted));
    for (unsigned i = 0; i < hosts->len; i++) {
        const HostListEntry *e = &g_array_index(hosts, HostListEntry, i);

        g_assert_cmpuint(e->line, ==, wanted[i].line);
        g_assert_cmpstr(e->host, ==, wanted[i].host);
        g_assert_cmpstr(e->name, ==, wanted[i].name);
    }
}

static void refused(const char *list, gsize size, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(host_list_parse(list, size, &error));
    g_assert_error(error, SESSION_ERROR, SESSION_ERROR_USAGE);
    g_assert_nonnull(strstr(error->message, message));
}

static void test_no_hosts(void)
{
    refused("", 0, "names no host");
    refused("# none\n \n", 9, "names no host");
    refused("node01\n\0node02\n", 15, "line 2 has a byte that no name of a host has");
    refused("a\r:2\n", 5, "line 1 has a byte");
    refused("\0", 1, "line 1 has a byte");
}

static void test_addresses(void)
{
    /* Hosts of several partitions are said several times. */
    static const char lines[] = "node1|10.0.0.1\nnode10|2001:db8::1\nnode1|10.0.0.9\nnode2|\nnode3";
    g_autofree char *one = host_list_address(lines, "node1"),
                    *ten = host_list_address(lines, "node10");

    g_assert_cmpstr(one, ==, "10.0.0.1");
    g_assert_cmpstr(ten, ==, "2001:db8::1");
    g_assert_null(host_list_address(lines, "node2"));
    g_assert_null(host_list_address(lines, "node3"));
    g_assert_null(host_list_address(lines, "ode1"));
    g_assert_null(host_list_address("", "node1"));
}

static void test_places(void)
{
    static const struct {
        const char *text, *user, *host, *port;
    } good[] = {{"a", NULL, "a", NULL},
                {"u@a:22", "u", "a", "22"},
                {"u@x@a", "u@x", "a", NULL},
                {"[::1]", NULL, "::1", NULL},
                {"u@[::1]:2222", "u", "::1", "2222"},
                {"2001:db8::1", NULL, "2001:db8::1", NULL},
                {"[fe80::1%eth0]:22", NULL, "fe80::1%eth0", "22"}};
    static const char *const bad[] = {"",     "@a",    "a:",     "a:0",        "a:65536", "a:x",
                                      "u@",   "-oX=y", "[]",     "[::1",       "[::1]x",  "[::1]22",
                                      "[]:1", ":22",   "[::1]:", "[a]:b:22",   "a:b:c",   "a b",
                                      "a\n",  "a/b",   "x[::1]", "fe80::1%a:b"};

    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        SshPlace place;

        g_assert_true(ssh_place_parse(good[i].text, &place, NULL));
        g_assert_cmpstr(place.user, ==, good[i].user);
        g_assert_cmpstr(place.host, ==, good[i].host);
        g_assert_cmpstr(place.port, ==, good[i].port);
        ssh_place_clear(&place);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        SshPlace place;

        g_assert_false(ssh_place_parse(bad[i], &place, &error));
        g_assert_nonnull(strstr(error->message, "[USER@]HOST[:PORT] is expected"));
        ssh_place_clear(&place);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lists/cpus", test_cpus);
    g_test_add_func("/lists/hosts", test_hosts);
    g_test_add_func("/lists/no-hosts", test_no_hosts);
    g_test_add_func("/lists/addresses", test_addresses);
    g_test_add_func("/lists/ssh-places", test_places);
    return g_test_run();
}
