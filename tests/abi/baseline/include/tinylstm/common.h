/**
 * @file common.h
 * Status codes, error objects, allocator hooks, version: what every other header builds on.
 *
 * Rules that hold in the whole library:
 *  - A call that can fail returns a ::tlstm_status and takes, last, a `tlstm_error **error` that
 *    may be NULL. On failure it receives an error object that the caller frees; on success it is
 *    left alone. Output parameters are left alone on failure.
 *  - `*_free` accepts NULL and returns nothing.
 *  - Strings are UTF-8 and end in NUL. A `const char *` that is returned is borrowed from the
 *    object it was asked of; a `char *` that is returned belongs to the caller:
 * tlstm_string_free().
 *  - Options are structs that begin with `size_t struct_size`. Start from the `_INIT` macro (or the
 *    `_init` function, for languages without macros) and change what differs from Keras's default.
 *  - Thread-safety: two threads may use two objects at once; one object from two threads only where
 *    its type says so. The library has no global state but the allocator.
 */
#ifndef TINYLSTM_COMMON_H
#define TINYLSTM_COMMON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && !defined(TLSTM_STATIC)
#ifdef TLSTM_BUILDING
#define TLSTM_API __declspec(dllexport)
#else
#define TLSTM_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define TLSTM_API __attribute__((visibility("default")))
#else
#define TLSTM_API
#endif

/** The version of these headers. Compare with tlstm_version() to know the library's. */
#define TLSTM_VERSION_MAJOR 0
#define TLSTM_VERSION_MINOR 1
#define TLSTM_VERSION_PATCH 0
#define TLSTM_VERSION_STRING "0.1.0"

/** @return the library's version as major * 1000000 + minor * 1000 + patch. */
TLSTM_API int32_t tlstm_version(void);

/** @return the library's version as text, "0.1.0". Borrowed, never freed. */
TLSTM_API const char *tlstm_version_string(void);

/**
 * @return the instruction set whose kernels run here: "baseline", "avx2", "avx512" or "neon".
 * The environment variable TINYLSTM_ISA chooses a lower one when the process first asks (for
 * tests). Borrowed, never freed.
 */
TLSTM_API const char *tlstm_isa(void);

/** What became of a call. The values are pinned: they never change, new ones are added below. */
typedef int32_t tlstm_status;
enum {
    TLSTM_OK = 0,
    TLSTM_ERROR_ARGUMENT = -1,    /**< an argument is NULL, out of range or unknown */
    TLSTM_ERROR_MEMORY = -2,      /**< an allocation failed */
    TLSTM_ERROR_IO = -3,          /**< the operating system refused to read or write */
    TLSTM_ERROR_FORMAT = -4,      /**< a file is damaged, or not of the kind it should be */
    TLSTM_ERROR_UNSUPPORTED = -5, /**< sound, but of a layer or feature this library has not */
    TLSTM_ERROR_SHAPE = -6,       /**< shapes or dtypes do not fit each other */
    TLSTM_ERROR_STATE = -7,       /**< a call in the wrong order: fit before compile, ... */
    TLSTM_ERROR_VALUE = -8,       /**< a number is not usable: NaN, a token id out of range */
    TLSTM_STOPPED = -9,           /**< a user callback asked to stop with an error of its own */
    TLSTM_ERROR_INTERNAL = -10    /**< a defect of the library; please report it */
};

/** @return a short fixed description of a status, "shape mismatch". Borrowed, never freed. */
TLSTM_API const char *tlstm_status_text(tlstm_status status);

/**
 * Why a call failed: a code, a sentence and the place. Owned by the caller that receives it.
 * Thread-safety: immutable, any number of threads may read one.
 */
typedef struct tlstm_error tlstm_error;

/** @return the status the failed call returned; TLSTM_OK for NULL. */
TLSTM_API tlstm_status tlstm_error_code(const tlstm_error *error);
/** @return one line that says why, without the place. Borrowed from `error`; "" for NULL. */
TLSTM_API const char *tlstm_error_message(const tlstm_error *error);
/** @return where: a file and the path in it, a layer, an argument; "" where nothing more is known.
 *  Borrowed from `error`. */
TLSTM_API const char *tlstm_error_where(const tlstm_error *error);
TLSTM_API void tlstm_error_free(tlstm_error *error);

/** Frees a string that a call handed over (a returned or received `char *`). */
TLSTM_API void tlstm_string_free(char *string);

/**
 * Memory functions for everything the library allocates, with malloc's meaning. HDF5, jansson and
 * zlib use their own. `user` is passed through. The functions must be thread-safe.
 */
typedef struct tlstm_allocator {
    size_t struct_size;
    void *(*allocate)(size_t size, void *user);
    void (*release)(void *memory, void *user);
    void *user;
} tlstm_allocator;

/**
 * Sets the allocator, copied; NULL goes back to malloc and free. Call it before anything else:
 * TLSTM_ERROR_STATE as long as any object of the library is alive. Thread-safety: call it from one
 * thread, while no other is in the library.
 */
TLSTM_API tlstm_status tlstm_set_allocator(const tlstm_allocator *allocator, tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
