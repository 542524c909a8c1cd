// ingest/quic_initial.h: the keys of the specifications' examples (RFC 9001, A.1; RFC 9369, A.1; draft-ietf-quic-tls-29,
// A.1), packets and frames that are cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../ingest/quic_initial.h"
#include "guard.h"

static const uint8_t ID[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static void assert_hex(const uint8_t *at, size_t length, const char *expected)
{
	char text[65];
	for (size_t i = 0; i < length; i++)
		snprintf(text + 2 * i, 3, "%02x", at[i]);
	assert_string_equal(text, expected);
}

static void assert_keys(uint32_t version, int side, const char *key, const char *iv, const char *header)
{
	struct quic_keys keys;
	quic_derive_keys(&keys, version, bytes_of(ID, sizeof ID));
	assert_hex(keys.side[side].key, 16, key);
	assert_hex(keys.side[side].iv, 12, iv);
	assert_hex(keys.side[side].header, 16, header);
}

static void test_keys(void **state)
{
	(void)state;
	assert_keys(1, 0, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
	            "9f50449e04a0e810283a1e9933adedd2");
	assert_keys(1, 1, "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e",
	            "c206b8d9b9f0f37644430b490eeaa314");
	assert_keys(0x6b3343cf, 0, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
	            "45b95e15235d6f45a6b19cbcb0294ba9");
	assert_keys(0x6b3343cf, 1, "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652",
	            "edf6d05c83121201b436e16877593c3a");
	assert_keys(0xff00001d, 0, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f",
	            "9ddd12c994c0698b89374a9c077a3077");
}

static void test_versions(void **state)
{
	(void)state;
	assert_string_equal(quic_version_name(1), "1");
	assert_string_equal(quic_version_name(0x6b3343cf), "2");
	assert_string_equal(quic_version_name(0xff000017), "draft-23");
	assert_string_equal(quic_version_name(0xff000020), "draft-32");
	assert_string_equal(quic_version_name(0xff000016), "draft-22");
	assert_null(quic_version_name(0xff000015));
	assert_string_equal(quic_version_name(0xfaceb002), "mvfst-27");
	assert_string_equal(quic_version_name(0x1a2a3a4a), "reserved");
	assert_null(quic_version_name(0x1a2a3a4b));
}

// A server's Initial of the example (RFC 9001, A.3), every prefix of it, and every byte of it changed.
static void test_packet(void **state)
{
	(void)state;
	static const char hex[] =
		"cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5e"
		"de4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d"
		"06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";
	uint8_t packet[sizeof hex / 2], frames[QUIC_INITIAL_MAX];
	for (size_t i = 0; i < sizeof packet; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		packet[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	struct quic_keys keys;
	struct quic_packet p;
	struct quic_frame f;
	quic_derive_keys(&keys, 1, bytes_of(ID, sizeof ID));
	struct bytes datagram = guard_bytes(packet, sizeof packet);
	assert_true(quic_take_packet(&p, &datagram));
	assert_int_equal(datagram.left, 0);
	assert_int_equal(p.type, QUIC_INITIAL);
	assert_int_equal(p.source.left, 8);
	assert_int_equal(quic_open_initial(&keys, 0, &p, frames), 0);
	size_t n = quic_open_initial(&keys, 1, &p, frames);
	assert_int_equal(n, 99);
	struct bytes rest = bytes_of(frames, n);
	assert_true(quic_take_frame(&f, &rest));
	assert_int_equal(f.type, QUIC_ACK);
	assert_true(quic_take_frame(&f, &rest));
	assert_int_equal(f.type, QUIC_CRYPTO);
	assert_int_equal(f.offset, 0);
	assert_int_equal(f.data.left, 90);
	assert_int_equal(bytes_peek(f.data, 0, 1), 2); // a server hello
	assert_false(quic_take_frame(&f, &rest));
	for (size_t length = 0; length < sizeof packet; length++) {
		datagram = guard_bytes(packet, length);
		assert_false(quic_take_packet(&p, &datagram));
	}
	for (size_t i = 0; i < sizeof packet; i++) {
		packet[i] ^= 0x20;
		datagram = guard_bytes(packet, sizeof packet);
		if (quic_take_packet(&p, &datagram))
			assert_int_equal(quic_open_initial(&keys, 1, &p, frames), 0);
		packet[i] ^= 0x20;
	}
}

static void test_frames(void **state)
{
	(void)state;
	static const uint8_t close[] = {0x00, 0x01, 0x1c, 0x41, 0x28, 0x06, 0x02, 'n', 'o', 0x00};
	struct bytes rest = guard_bytes(close, sizeof close);
	struct quic_frame f;
	assert_true(quic_take_frame(&f, &rest));
	assert_int_equal(f.type, QUIC_PING);
	assert_true(quic_take_frame(&f, &rest));
	assert_int_equal(f.type, QUIC_CLOSE);
	assert_int_equal(f.error, 0x128);
	assert_false(quic_take_frame(&f, &rest));
	static const uint8_t bad[][4] = {{0x06, 0x00, 0x04, 'a'}, {0x02, 0xff, 0xff, 0xff}, {0x0a, 0, 0, 0}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		rest = guard_bytes(bad[i], sizeof bad[i]);
		assert_false(quic_take_frame(&f, &rest));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
