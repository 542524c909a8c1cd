// X.509 certificates. See certificate.h. Distinguished names are written as RFC 4514 has them, in UTF-8.
#include "certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/message.h"
#include "address.h"
#include "wire_text.h"

enum {
	NAMES_MAX = 4096, // bytes of the text of a name, and of all alternative names
	NAME_FLAGS = (XN_FLAG_RFC2253 & ~XN_FLAG_DN_REV & ~ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_COMMA_PLUS,
};

// Texts are the caller's to free.
static char *safe_text(const char *text, size_t length)
{
	char safe[NAMES_MAX * 4 + 1];
	return memory_copy_text(message_escape(safe, sizeof safe, text, length < NAMES_MAX ? length : NAMES_MAX));
}

static char *text_of_bio(BIO *bio)
{
	char *text = NULL;
	long length = BIO_get_mem_data(bio, &text);
	return length > 0 ? safe_text(text, (size_t)length) : safe_text("", 0);
}

static char *name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	if (bio && X509_NAME_print_ex(bio, name, 0, NAME_FLAGS) >= 0)
		text = text_of_bio(bio);
	BIO_free(bio);
	return text;
}

static char *common_name(const X509_NAME *name)
{
	int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *text = NULL;
	if (place < 0)
		return NULL;
	int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place)));
	char *copy = length >= 0 ? safe_text((const char *)text, (size_t)length) : NULL;
	OPENSSL_free(text);
	return copy;
}

static char *serial_text(const ASN1_INTEGER *serial)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	if (bio && i2a_ASN1_INTEGER(bio, serial) > 0)
		text = text_of_bio(bio);
	BIO_free(bio);
	return text;
}

// ns since 1970; beyond the years 1677 to 2262 the nearest that can be said.
static int64_t time_ns(const ASN1_TIME *time)
{
	int days, seconds;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time);
	ASN1_TIME_free(epoch);
	if (!ok)
		return ROW_NULL;
	int64_t since = (int64_t)days * 86400 + seconds, most = INT64_MAX / 1000000000;
	return since > most ? INT64_MAX : since < -most ? -INT64_MAX : since * 1000000000;
}

// Only whole names: the beginning of one would be another.
static void put_name(char *to, size_t size, const char *text, size_t length)
{
	size_t used = strlen(to);
	if (length + (used > 0) < size - used)
		snprintf(to + used, size - used, "%s%.*s", used ? " " : "", (int)length, text);
}

static void put_address(char *to, size_t size, const ASN1_OCTET_STRING *bytes)
{
	char text[ADDRESS_TEXT_MAX];
	int length = ASN1_STRING_length(bytes);
	if (length != 4 && length != 16)
		return;
	struct address address =
		address_from_bytes(bytes_of(ASN1_STRING_get0_data(bytes), (size_t)length), length == 16);
	address_text(text, &address, length == 16 ? 6 : 4);
	put_name(to, size, text, strlen(text));
}

static char *alternative_names(const X509 *certificate)
{
	char text[NAMES_MAX + 1] = "";
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS)
			put_name(text, sizeof text, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
			         (size_t)ASN1_STRING_length(name->d.dNSName));
		else if (name->type == GEN_IPADD)
			put_address(text, sizeof text, name->d.iPAddress);
	}
	GENERAL_NAMES_free(names);
	return text[0] ? safe_text(text, strlen(text)) : NULL;
}

static void read_key(struct certificate *to, X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	to->self_signed = X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
	if (!key)
		return;
	const char *type = OBJ_nid2sn(EVP_PKEY_get_base_id(key));
	to->key_type = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA  ? "RSA"
	               : EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? "EC"
	                                                          : type;
	to->key_bits = EVP_PKEY_get_bits(key);
	to->self_signed = to->self_signed && X509_verify(certificate, key) == 1;
}

static void read_certificate(struct certificate *to, const unsigned char *at, size_t length)
{
	X509 *certificate = d2i_X509(NULL, &at, (long)length);
	if (certificate) {
		to->is_readable = true;
		to->subject = name_text(X509_get_subject_name(certificate));
		to->issuer = name_text(X509_get_issuer_name(certificate));
		to->common_name = common_name(X509_get_subject_name(certificate));
		to->serial = serial_text(X509_get0_serialNumber(certificate));
		to->not_before_ts_ns = time_ns(X509_get0_notBefore(certificate));
		to->not_after_ts_ns = time_ns(X509_get0_notAfter(certificate));
		to->signature_algorithm = OBJ_nid2ln(X509_get_signature_nid(certificate));
		to->is_ca = (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
		to->names = alternative_names(certificate);
		read_key(to, certificate);
	}
	X509_free(certificate);
	ERR_clear_error();
}

static void forget(struct certificate *c)
{
	free(c->subject);
	free(c->issuer);
	free(c->common_name);
	free(c->serial);
	free(c->names);
	*c = (struct certificate){0};
}

void certificates_release(struct certificates *known)
{
	for (unsigned i = 0; i < CERTIFICATES_KNOWN; i++)
		forget(&known->at[i]);
}

// The certificate, read now where it is not known.
static const struct certificate *look_up(struct certificates *known, const unsigned char *der, size_t length)
{
	uint8_t digest[CERTIFICATE_DIGEST_LEN];
	EVP_Digest(der, length, digest, NULL, EVP_sha256(), NULL);
	struct certificate *c = &known->at[digest[0] % CERTIFICATES_KNOWN];
	if (c->is_used && memcmp(c->sha256, digest, sizeof digest) == 0)
		return c;
	forget(c);
	c->is_used = true;
	memcpy(c->sha256, digest, sizeof digest);
	read_certificate(c, der, length);
	return c;
}

void certificates_describe(struct certificates *known, struct tls_certificates_row *row, struct writer *w,
                           struct bytes der)
{
	char hex[2 * CERTIFICATE_DIGEST_LEN + 1];
	size_t length = der.left;
	const struct certificate *c = look_up(known, bytes_take(&der, length), length);
	wire_digits(hex, c->sha256, sizeof c->sha256);
	row->sha256 = writer_text(w, hex);
	row->bytes = (int64_t)length;
	if (!c->is_readable)
		return;
	row->subject = writer_text(w, c->subject);
	row->issuer = writer_text(w, c->issuer);
	row->common_name = writer_text(w, c->common_name);
	row->serial = writer_text(w, c->serial);
	row->names = writer_text(w, c->names);
	row->not_before_ts_ns = c->not_before_ts_ns;
	row->not_after_ts_ns = c->not_after_ts_ns;
	row->signature_algorithm = c->signature_algorithm;
	row->is_ca = c->is_ca;
	row->self_signed = c->self_signed;
	if (!c->key_type)
		return;
	row->key_type = c->key_type;
	row->key_bits = c->key_bits;
}
