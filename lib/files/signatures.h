/* What people take for model files: other kinds, known by the bytes that they begin with. */
#ifndef TL_FILES_SIGNATURES_H
#define TL_FILES_SIGNATURES_H

#include "files/format.h"

/* "array of NumPy (.npy)"; NULL: no kind that is known. */
const char *tl_signature_kind(const tl_source *source);

/* A word of small letters. Blanks before it are passed over; upper and lower case are one. */
int tl_begins_with(const tl_source *source, const char *word);

#endif
