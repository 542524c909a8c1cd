// ingest/address.h: addresses as RFC 5952 recommends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "../../ingest/address.h"

static struct address parse(const char *text)
{
	struct address a = {{[10] = 0xff, [11] = 0xff}};
	if (inet_pton(AF_INET, text, a.at + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, a.at), 1);
	return a;
}

static void test_canonical(void **state)
{
	(void)state;
	// Zeros are shortened; a single zero group is not (4.2.2); of runs the longest is, the first of equals (4.2.3).
	static const char *const addresses[] = {
		"0.0.0.0",
		"1.2.3.4",
		"192.168.100.200",
		"255.255.255.255",
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:db8::",
		"2001:db8:0:1:1:1:1:1",
		"2001:0:0:1::1",
		"2001:db8::1:0:0:1",
		"fe80::abcd:ef01:2345:6789",
		"1:2:3:4:5:6:7:8",
		"ff02::1:ff00:1",
		"1:2:3:4:5:6:7:0",
	};
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		char text[ADDRESS_TEXT_MAX];
		struct address a = parse(addresses[i]);
		assert_int_equal(address_text(text, &a, address_ip_version(&a)), strlen(addresses[i]));
		assert_string_equal(text, addresses[i]);
	}
}

static void test_mac(void **state)
{
	(void)state;
	static const uint8_t mac[6] = {0x00, 0x1b, 0x21, 0xab, 0xcd, 0xef};
	char text[ADDRESS_TEXT_MAX];
	struct address a = address_from_mac(mac);
	address_text(text, &a, 0);
	assert_string_equal(text, "00:1b:21:ab:cd:ef");
}

// The longest texts fit.
static void test_room(void **state)
{
	(void)state;
	char text[ADDRESS_TEXT_MAX];
	struct address a = parse("1111:2222:3333:4444:5555:6666:7777:8888");
	assert_true(address_text(text, &a, 6) < ADDRESS_TEXT_MAX);
}

// An IPv6 address that is mapped from IPv4 is not that one (5).
static void test_mapped(void **state)
{
	(void)state;
	char text[ADDRESS_TEXT_MAX];
	struct address a = parse("::ffff:192.0.2.255");
	address_text(text, &a, 6);
	assert_string_equal(text, "::ffff:192.0.2.255");
	address_text(text, &a, 4);
	assert_string_equal(text, "192.0.2.255");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_mapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
