// xxHash, compiled into whoever includes it, and told to read with memcpy(). By default it reads whatever it is given as
// integers of its own, which C forbids for objects of other types: where gcc 14 inlines that, hashes are of what was in the
// object's place before.
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#define XXH_INLINE_ALL
#define XXH_FORCE_MEMORY_ACCESS 0
#include <xxhash.h>

#endif
