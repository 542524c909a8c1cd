// Names of TLS's numbers: IANA, "Transport Layer Security (TLS) Parameters".
#ifndef INGEST_TLS_NAMES_H
#define INGEST_TLS_NAMES_H

#include <stdint.h>

const char *tls_cipher_name(uint16_t cipher);   // "TLS_AES_128_GCM_SHA256"; NULL unknown
const char *tls_version_name(uint16_t version); // "TLSv1.2"; drafts of 1.3 count as it; NULL unknown
const char *tls_alert_name(uint8_t code);       // "handshake_failure"; "unassigned" where IANA has none

#endif
