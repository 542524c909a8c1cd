// X.509 certificates, read by OpenSSL.
#ifndef INGEST_CERTIFICATE_H
#define INGEST_CERTIFICATE_H

#include "bytes.h"
#include "writer.h"

// Fills a row's columns from `sha256` on with what a DER encoded certificate says; what cannot be read is NULL. Texts
// are the writer's.
void certificate_describe(struct tls_certificates_row *, struct writer *, struct bytes der);

#endif
