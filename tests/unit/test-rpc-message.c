/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-rpc-message.c: requests of the control socket are read, answers and notifications are made. */
#include "controller/serve/message.h"

#include <string.h>

static void refuses(const char *line, RpcCode expected, const char *message)
{
    g_auto(RpcRequest) r = {.notification = false};
    g_autoptr(GError) error = NULL;
    RpcCode code = RPC_FAILED;

    g_test_message("%s", line);
    g_assert_false(rpc_request_parse(&r, line, strlen(line), &code, &error));
    g_assert_cmpint(code, ==, expected);
    g_assert_nonnull(strstr(error->message, message));
}

static void reads(RpcRequest *r, const char *line)
{
    g_autoptr(GError) error = NULL;
    RpcCode code;

    rpc_request_parse(r, line, strlen(line), &code, &error);
    g_assert_no_error(error);
}

/* The answer with no result shows how an id is kept. */
static void answer_is(const char *line, const char *expected)
{
    g_auto(RpcRequest) r = {.notification = false};
    g_autoptr(Answer) none = answer_new();
    g_autofree char *answer = NULL;

    reads(&r, line);
    answer = rpc_result(r.id, none);
    g_assert_cmpstr(answer, ==, expected);
}

static void test_request(void)
{
    g_auto(RpcRequest) r = {.notification = true};

    reads(&r, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"run\",\"params\":{\"duration\":5}}");
    g_assert_cmpstr(r.method, ==, "run");
    g_assert_nonnull(r.params);
    g_assert_nonnull(r.id);
    g_assert_false(r.notification);
}

static void test_ids(void)
{
    g_auto(RpcRequest) r = {.notification = false};

    answer_is("{\"jsonrpc\":\"2.0\",\"id\":-12345678901234,\"method\":\"m\"}",
              "{\"jsonrpc\":\"2.0\",\"id\":-12345678901234,\"result\":{}}\n");
    answer_is("{\"jsonrpc\":\"2.0\",\"id\":\"a \\\"b\\\"\",\"method\":\"m\"}",
              "{\"jsonrpc\":\"2.0\",\"id\":\"a \\\"b\\\"\",\"result\":{}}\n");
    answer_is("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"} \r",
              "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}\n");
    reads(&r, "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[]}");
    g_assert_true(r.notification);
}

static void test_no_json(void)
{
    g_autofree char *deep = g_strnfill(100, '[');

    refuses("run 1ms", RPC_PARSE, "no JSON");
    refuses("{\"jsonrpc\":\"2.0\"", RPC_PARSE, "not complete");
    refuses("{\"jsonrpc\":\"2.0\",}", RPC_PARSE, "no JSON");
    refuses("{} {}", RPC_PARSE, "no JSON");
    refuses("\"\xff\"", RPC_PARSE, "no JSON");
    refuses(deep, RPC_PARSE, "no JSON");
}

/* The params of an otherwise good request. */
static void has_flaw(const char *params, const char *message)
{
    g_autofree char *line =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":%s}", params);

    refuses(line, RPC_PARSE, message);
}

static void is_good(const char *params)
{
    g_autofree char *line =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":%s}", params);
    g_auto(RpcRequest) r;

    reads(&r, line);
}

/* What json-c would let pass, or read as something else. */
static void test_flaws(void)
{
    has_flaw("[18446744073709551616]", "more than 64 bits");
    has_flaw("[-9223372036854775809]", "more than 64 bits");
    has_flaw("{\"a\":[99999999999999999999999]}",
             "at byte 45: a whole number has more than 64 bits");
    has_flaw("[1e400]", "a number is too large");
    has_flaw("[-1.5e999]", "a number is too large");
    has_flaw("[NaN]", "NaN and Infinity are no JSON");
    has_flaw("[-Infinity]", "NaN and Infinity are no JSON");
    has_flaw("[\"\\ud800\"]", "half of a surrogate pair");
    has_flaw("[\"\\udc00\\ud800\"]", "half of a surrogate pair");
    has_flaw("[\"\\ud800\\u0041\"]", "half of a surrogate pair");
    has_flaw("{\"\\udfff\":1}", "half of a surrogate pair");
    has_flaw("[\"a\001b\"]", "a control character");
    has_flaw("[\"\xc0\x80\"]", "no UTF-8");
    has_flaw("[\"\xed\xa0\x80\"]", "no UTF-8");
    has_flaw("{\"a\":1,\"a\":2}", "an object has a name twice");
    has_flaw("[{\"b\":{\"a\":1,\"\\u0061\":1}}]", "an object has a name twice");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"method\":\"n\"}", RPC_PARSE,
            "a name twice");
    is_good("[18446744073709551615,-9223372036854775808,1e308,-0,0.1]");
    is_good("[\"\\ud83d\\ude00\",\"NaN: \\\"I\\\\\",\"\\\\ud800\",\"\\u0000\"]");
    is_good("{\"a\":{\"a\":[{\"a\":\":\"},{\"a\":null}]},\"b:\":true}");
}

static void test_no_request(void)
{
    g_autofree char *text = g_strnfill(300, 'x');
    g_autofree char *long_id =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"m\"}", text);

    refuses("[]", RPC_INVALID_REQUEST, "several lines");
    refuses("5 ", RPC_INVALID_REQUEST, "object");
    refuses("{}", RPC_INVALID_REQUEST, "jsonrpc");
    refuses("{\"jsonrpc\":2.0,\"method\":\"m\"}", RPC_INVALID_REQUEST, "jsonrpc");
    refuses("{\"jsonrpc\":\"1.0\",\"method\":\"m\"}", RPC_INVALID_REQUEST, "jsonrpc");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":1}", RPC_INVALID_REQUEST, "method");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", RPC_INVALID_REQUEST, "method");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0000b\"}", RPC_INVALID_REQUEST,
            "method");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"m\"}", RPC_INVALID_REQUEST, "id");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}", RPC_INVALID_REQUEST, "id");
    refuses(long_id, RPC_INVALID_REQUEST, "256");
    refuses("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":5}", RPC_INVALID_REQUEST,
            "params");
}

/* Of a request that is refused the answer has its id, where it could be read. */
static void test_id_of_refused(void)
{
    g_auto(RpcRequest) r = {.notification = false};
    const char *line = "{\"id\":5,\"method\":\"m\"}";
    g_autofree char *answer = NULL;
    RpcCode code;

    g_assert_false(rpc_request_parse(&r, line, strlen(line), &code, NULL));
    answer = rpc_error(r.id, code, "no", OUTCOME_RUNNING, NULL);
    g_assert_cmpstr(answer, ==,
                    "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32600,\"message\":\"no\","
                    "\"data\":{}}}\n");
}

static void test_error(void)
{
    g_autoptr(Answer) result = answer_new();
    g_autofree char *plain = rpc_error(NULL, RPC_FAILED, "a\033[31mb", OUTCOME_FAILED, result);
    g_autofree char *version = rpc_error(NULL, RPC_WRONG_VERSION, "x", OUTCOME_RUNNING, NULL);
    g_autofree char *more = NULL;

    g_assert_cmpstr(plain, ==,
                    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":"
                    "\"a\\\\x1b[31mb\",\"data\":{\"outcome\":\"failed\",\"exit_code\":1}}}\n");
    g_assert_nonnull(strstr(version, "\"versions\":[1]"));
    answer_int(result, "virtual_ns", 5);
    more = rpc_error(NULL, RPC_FAILED, "x", OUTCOME_NODE_FAILED, result);
    g_assert_nonnull(strstr(more, "\"exit_code\":3,\"result\":{\"virtual_ns\":5}"));
}

static void test_values(void)
{
    static const uint8_t bytes[] = {0x2a, 0x01, 0, 0xff};
    static const char *const texts[] = {"a", "b\nc"};
    g_autoptr(Answer) a = answer_new();
    g_autofree char *line = NULL;
    Answer *row;

    g_assert_true(answer_is_empty(a));
    answer_int(a, "int", INT64_MIN);
    answer_count(a, "count", UINT64_MAX);
    answer_real(a, "real", 0.5);
    answer_bool(a, "bool", true);
    answer_text(a, "text", "x/\xff");
    answer_text(a, "none", NULL);
    answer_texts(a, "texts", texts, 2);
    answer_hex(a, "hex", bytes, 32);
    answer_hex(a, "odd", bytes, 9);
    answer_bytes(a, "bytes", bytes, sizeof(bytes));
    answer_list(a, "empty");
    row = answer_add(a, "rows");
    answer_int(row, "n", 1);
    answer_int(answer_object(a, "object"), "n", 2);
    line = rpc_notification("m", a);
    g_assert_cmpstr(
        line, ==,
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"int\":-9223372036854775808,"
        "\"count\":18446744073709551615,\"real\":0.5,\"bool\":true,"
        "\"text\":\"x/\\\\xff\",\"none\":null,\"texts\":[\"a\",\"b\\nc\"],"
        "\"hex\":\"0xff00012a\",\"odd\":\"0x012a\",\"bytes\":\"2a0100ff\",\"empty\":[],"
        "\"rows\":[{\"n\":1}],\"object\":{\"n\":2}}}\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc/message/request", test_request);
    g_test_add_func("/rpc/message/ids", test_ids);
    g_test_add_func("/rpc/message/flaws", test_flaws);
    g_test_add_func("/rpc/message/no-json", test_no_json);
    g_test_add_func("/rpc/message/no-request", test_no_request);
    g_test_add_func("/rpc/message/id-of-refused", test_id_of_refused);
    g_test_add_func("/rpc/message/error", test_error);
    g_test_add_func("/rpc/message/values", test_values);
    return g_test_run();
}
