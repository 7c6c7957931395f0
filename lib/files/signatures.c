/* The bytes that files of other kinds begin with. */
#include "files/signatures.h"

#include <string.h>

typedef struct signature {
    size_t place;
    const char *bytes;
    size_t length;
    const char *kind;
} signature;

#define AT(place, bytes, kind)                                                                     \
    { place, bytes, sizeof(bytes) - 1, kind }

/* The first that fits. */
static const signature signatures[] = {
    AT(0, "PK\3\4", "zip archive, of no kind that Keras writes"),
    AT(0, "PK\5\6", "zip archive without files"),
    AT(0, "\x93NUMPY", "array of NumPy (.npy)"),
    AT(0, "\x1f\x8b", "compressed by gzip: unpack it first"),
    AT(0, "BZh", "compressed by bzip2: unpack it first"),
    AT(0,
       "\xfd"
       "7zXZ",
       "compressed by xz: unpack it first"),
    AT(0, "\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first"),
    AT(0, "7z\xbc\xaf\x27\x1c", "7z archive: unpack it first"),
    AT(0, "Rar!", "rar archive: unpack it first"),
    AT(257, "ustar", "tar archive: unpack it first"),
    AT(4, "TFL3", "model of TensorFlow Lite"),
    AT(0, "GGUF", "model of llama.cpp (GGUF)"),
    AT(0, "\x80\2", "pickle of Python, which PyTorch writes among others"),
    AT(0, "\x80\3", "pickle of Python"),
    AT(0, "\x80\4", "pickle of Python"),
    AT(0, "\x80\5", "pickle of Python"),
    AT(0, "version https://git-lfs.github.com",
       "pointer of Git LFS: the file itself was not fetched (git lfs pull)"),
    AT(0, "{\"metadata\"", "list of the parts of sharded weights, which are not supported"),
    AT(0, "\xff\xfe", "text in UTF-16"),
    AT(0, "\xfe\xff", "text in UTF-16"),
    AT(0, "%PDF", "PDF document"),
    AT(0, "\x89PNG", "image (PNG)"),
    AT(0, "\xff\xd8\xff", "image (JPEG)"),
    AT(0, "GIF8", "image (GIF)"),
    AT(0,
       "\x7f"
       "ELF",
       "program or library (ELF)"),
    AT(0, "MZ", "program of Windows"),
    AT(0, "SQLite format 3", "database (SQLite)"),
};

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

int tl_begins_with(const tl_source *source, const char *word) {
    const char *at = source->bytes, *end = at + source->length;
    while (at < end && *at && strchr(" \t\r\n", *at))
        at++;
    for (; *word; word++, at++)
        if (at >= end || lower(*at) != *word)
            return 0;
    return 1;
}

/* What pages and texts of markup begin with. */
static const char *markup_kind(const tl_source *source) {
    if (tl_begins_with(source, "<!doctype html") || tl_begins_with(source, "<html"))
        return "page of the web (HTML), such as a failed download leaves";
    return tl_begins_with(source, "<") ? "text (XML)" : NULL;
}

const char *tl_signature_kind(const tl_source *source) {
    const char *bytes = source->bytes;
    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        const signature *one = &signatures[i];
        if (source->length >= one->place + one->length &&
            memcmp(bytes + one->place, one->bytes, one->length) == 0)
            return one->kind;
    }
    return markup_kind(source);
}
