/* Every options struct: its macro and its init function agree to the last byte, and carry the size
 * by which later versions tell old programs. */
#include "tinylstm/tinylstm.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int failures;

/* Padding bytes are no part of the promise, so both sides start from zeros. */
#define CHECK_OPTIONS(name, INIT)                                                                  \
    do {                                                                                           \
        static const tlstm_##name##_options by_macro = INIT;                                       \
        static tlstm_##name##_options by_function;                                                 \
        tlstm_##name##_options_init(&by_function);                                                 \
        if (by_function.struct_size != sizeof by_function ||                                       \
            memcmp(&by_macro, &by_function, sizeof by_macro) != 0) {                               \
            printf("tlstm_%s_options: the macro and the function differ\n", #name);                \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* A struct that has grown since the first release: the function writes what it had then, because it
 * does not know how much room a program gives it. `added` is the first new field. */
#define CHECK_GROWN_OPTIONS(name, INIT, added)                                                     \
    do {                                                                                           \
        static const tlstm_##name##_options by_macro = INIT;                                       \
        static tlstm_##name##_options by_function;                                                 \
        const size_t first_release = offsetof(tlstm_##name##_options, added);                      \
        memset(&by_function, 0x55, sizeof by_function);                                            \
        tlstm_##name##_options_init(&by_function);                                                 \
        const unsigned char *after = (const unsigned char *)&by_function + first_release;          \
        if (by_macro.struct_size != sizeof by_macro || by_function.struct_size != first_release || \
            *after != 0x55 ||                                                                      \
            memcmp((const char *)&by_macro + sizeof(size_t),                                       \
                   (const char *)&by_function + sizeof(size_t),                                    \
                   first_release - sizeof(size_t)) != 0) {                                         \
            printf("tlstm_%s_options: the function does not keep to the first release\n", #name);  \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

int main(void) {
    CHECK_OPTIONS(checkpoint, TLSTM_CHECKPOINT_OPTIONS_INIT);
    CHECK_OPTIONS(early_stopping, TLSTM_EARLY_STOPPING_OPTIONS_INIT);
    CHECK_OPTIONS(pad, TLSTM_PAD_OPTIONS_INIT);
    CHECK_OPTIONS(split, TLSTM_SPLIT_OPTIONS_INIT);
    CHECK_OPTIONS(imdb, TLSTM_IMDB_OPTIONS_INIT);
    CHECK_OPTIONS(text, TLSTM_TEXT_OPTIONS_INIT);
    CHECK_GROWN_OPTIONS(save, TLSTM_SAVE_OPTIONS_INIT, keras);
    CHECK_OPTIONS(embedding, TLSTM_EMBEDDING_OPTIONS_INIT);
    CHECK_OPTIONS(recurrent, TLSTM_RECURRENT_OPTIONS_INIT);
    CHECK_OPTIONS(dense, TLSTM_DENSE_OPTIONS_INIT);
    CHECK_OPTIONS(fit, TLSTM_FIT_OPTIONS_INIT);
    CHECK_OPTIONS(run, TLSTM_RUN_OPTIONS_INIT);
    return failures != 0;
}
