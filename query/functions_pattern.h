// Regular expressions with a promise: time grows with pattern times text, memory with the pattern alone, whatever they
// are. (regcomp()'s may take any amount of both.)
//
// POSIX extended syntax: . [a-z] [^a-z] [[:alpha:]] ( ) | * + ? {2,5} ^ $ -- and \d \w \s \D \W \S \b \n \t; any other
// sign behind \ stands for itself. (?i) in front: case does not matter (ASCII). No back-references. Characters are
// UTF-8's; a byte that is not valid UTF-8 counts as one.
#ifndef QUERY_FUNCTIONS_PATTERN_H
#define QUERY_FUNCTIONS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct pattern;

// NULL: *error says why.
struct pattern *pattern_new(const char *text, size_t length, const char **error);
void pattern_free(void *pattern); // NULL is fine

// Whether the pattern is found anywhere in the text.
bool pattern_found(struct pattern *, const char *text, size_t length);

#endif
