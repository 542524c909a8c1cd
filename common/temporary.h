// Temporary files.
#ifndef COMMON_TEMPORARY_H
#define COMMON_TEMPORARY_H

#include <stdio.h>

// A file to write and read, in the folder of `path` and without a name: it is gone when it is closed, or when the program
// ends in any way. NULL after a message. The caller closes it.
FILE *temporary_file(const char *path);

// The folder that a path lies in: "." for a name alone. The caller frees it.
char *folder_of(const char *path);

#endif
