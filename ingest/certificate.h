// X.509 certificates, read by OpenSSL.
//
// A server shows the same certificate to every client, and reading one takes as long as hundreds of packets: the last
// ones read are known by their fingerprint.
#ifndef INGEST_CERTIFICATE_H
#define INGEST_CERTIFICATE_H

#include "bytes.h"
#include "writer.h"

enum {
	CERTIFICATES_KNOWN = 64,
	CERTIFICATE_DIGEST_LEN = 32, // SHA-256
};

// What one says. Texts are owned unless const; NULL where there is none.
struct certificate {
	bool is_used; // the place is
	uint8_t sha256[CERTIFICATE_DIGEST_LEN];
	bool is_readable; // OpenSSL could read it: all below is set
	char *subject, *issuer, *common_name, *serial, *names;
	const char *key_type, *signature_algorithm;
	int64_t not_before_ts_ns, not_after_ts_ns;
	int key_bits;
	bool self_signed, is_ca;
};

// Those known, each in the place that its fingerprint names. Zeroed, it is empty; at most 5 MB, a few kB with real ones.
struct certificates {
	struct certificate at[CERTIFICATES_KNOWN];
};

// Fills a row's columns from `sha256` on with what a DER encoded certificate says; what cannot be read is NULL. Texts
// are the writer's.
void certificates_describe(struct certificates *, struct tls_certificates_row *, struct writer *, struct bytes der);

void certificates_release(struct certificates *);

#endif
