// What this pcapdex is.
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define PCAPDEX_VERSION "0.1.0"
#define PCAPDEX_DATE "2026-11-21" // of the version; on the man pages

#endif
