/* Arrays from and to .npy files. */
#include "data/npy.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "data/bits.h"
#include "data/floats.h"
#include "data/pickle.h"

#include <string.h>

tlstm_dtype tl_npy_dtype(const tl_npy_header *header) {
    if (header->kind == 'f')
        return header->size == 8 ? TLSTM_FLOAT64 : TLSTM_FLOAT32;
    int is_wide = header->size == 8 || (header->kind == 'u' && header->size == 4);
    return is_wide ? TLSTM_INT64 : TLSTM_INT32;
}

static int64_t sign_extend(uint64_t bits, size_t size) {
    uint64_t sign = (uint64_t)1 << (8 * size - 1);
    uint64_t extended = (bits ^ sign) - sign;
    int64_t number;
    memcpy(&number, &extended, sizeof(number));
    return number;
}

static void write_float(const tl_npy_header *header, uint64_t bits, char *to) {
    uint32_t half = (uint32_t)bits;
    float number = tl_float_from_half((uint16_t)bits);
    if (header->size == 2)
        memcpy(to, &number, 4);
    else if (header->size == 4)
        memcpy(to, &half, 4);
    else
        memcpy(to, &bits, 8);
}

static void write_integer(const tl_npy_header *header, uint64_t bits, char *to) {
    int64_t wide = header->kind == 'i'   ? sign_extend(bits, header->size)
                   : header->kind == 'b' ? bits != 0
                                         : (int64_t)bits;
    int32_t narrow = (int32_t)wide;
    if (tl_npy_dtype(header) == TLSTM_INT64)
        memcpy(to, &wide, 8);
    else
        memcpy(to, &narrow, 4);
}

/* Whether the bytes are already as this machine has them. */
static int is_native(const tl_npy_header *header) {
    int same_width = header->size == tl_dtype_size(tl_npy_dtype(header));
    int little = header->order == '<' || (header->order != '>' && tl_is_little_endian());
    return same_width && (header->kind == 'f' || header->kind == 'i') &&
           little == tl_is_little_endian();
}

tlstm_status tl_npy_elements(const tl_npy_header *header, const char *bytes, size_t count, void *to,
                             tlstm_error **error) {
    size_t size = header->size, target = tl_dtype_size(tl_npy_dtype(header));
    int big = header->order == '>' || (header->order != '<' && !tl_is_little_endian());
    if (is_native(header)) {
        if (count)
            memcpy(to, bytes, count * size);
        return TLSTM_OK;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = tl_bits_read((const unsigned char *)bytes + i * size, size, big);
        char *element = (char *)to + i * target;
        if (header->kind == 'u' && bits > INT64_MAX)
            return tl_fail(error, TLSTM_ERROR_VALUE, NULL,
                           "the number at position %zu does not fit int64", i);
        if (header->kind == 'f')
            write_float(header, bits, element);
        else
            write_integer(header, bits, element);
    }
    return TLSTM_OK;
}

/* Brings elements whose first dimension runs fastest into C order. */
static tlstm_status reorder(tlstm_array *array, tlstm_error **error) {
    size_t size = tl_dtype_size(array->dtype), index[TLSTM_MAX_DIMS] = {0};
    char *ordered = tl_alloc(array->size, size);
    if (!ordered)
        return tl_fail_memory(error);
    for (size_t i = 0; i < array->size; i++) {
        size_t from = 0;
        for (size_t d = array->ndim; d-- > 0;)
            from = from * (size_t)array->shape[d] + index[d];
        memcpy(ordered + i * size, (const char *)array->data + from * size, size);
        for (size_t d = array->ndim; d-- > 0 && ++index[d] == (size_t)array->shape[d];)
            index[d] = 0;
    }
    tl_free(array->data);
    array->data = ordered;
    return TLSTM_OK;
}

tlstm_status tl_npy_count(const tl_npy_header *header, size_t length, size_t *count,
                          tlstm_error **error) {
    size_t bytes;
    *count = 1;
    for (size_t i = 0; i < header->ndim; i++)
        if (header->shape[i] == 0) {
            *count = 0;
            return TLSTM_OK;
        }
    for (size_t i = 0; i < header->ndim; i++)
        if ((uint64_t)header->shape[i] > SIZE_MAX ||
            !tl_size_multiply(*count, (size_t)header->shape[i], count))
            return tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "the shape is larger than the file");
    if (!tl_size_multiply(*count, header->size, &bytes) || bytes > length - header->offset)
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                       "the file is cut off: it has not all elements of its shape");
    return TLSTM_OK;
}

tlstm_status tl_npy_read(const char *bytes, size_t length, tlstm_array **array,
                         tlstm_error **error) {
    tl_npy_header header;
    tlstm_array *made = NULL;
    size_t count = 0;
    tlstm_status status = tl_npy_header_read(bytes, length, &header, error);
    if (status)
        return status;
    if (header.kind == 'O')
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL,
                       "the array holds Python objects, not numbers");
    if (header.kind == 'V')
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL,
                       "the array holds bytes of no type, not numbers");
    status = tl_npy_count(&header, length, &count, error);
    if (header.ndim == 0) /* a scalar is one element */
        header.shape[header.ndim++] = 1;
    if (!status)
        status = tl_array_new(tl_npy_dtype(&header), header.ndim, header.shape, &made, error);
    if (!status)
        status = tl_npy_elements(&header, bytes + header.offset, count, made->data, error);
    if (!status && header.fortran && header.ndim > 1)
        status = reorder(made, error);
    if (status)
        tl_array_free(made);
    else
        *array = made;
    return status;
}

static tlstm_status rows_to_sequences(const tlstm_array *rows, tlstm_sequences **sequences,
                                      tlstm_error **error) {
    if (rows->ndim != 2 || rows->dtype == TLSTM_FLOAT32 || rows->dtype == TLSTM_FLOAT64)
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                       "expected lists of integers, or integers in rows");
    tlstm_sequences *made = NULL;
    size_t count = (size_t)rows->shape[0], length = (size_t)rows->shape[1];
    tlstm_status status = tl_sequences_allocate(count, rows->size, &made, error);
    if (!status)
        status = tl_convert(made->tokens, TLSTM_INT32, rows->data, rows->dtype, rows->size, error);
    for (size_t i = 0; !status && i < count; i++)
        made->offsets[i + 1] = (i + 1) * length;
    if (status)
        tl_sequences_free(made);
    else
        *sequences = made;
    return status;
}

tlstm_status tl_npy_read_sequences(const char *bytes, size_t length, tlstm_sequences **sequences,
                                   tlstm_error **error) {
    tl_npy_header header;
    tlstm_status status = tl_npy_header_read(bytes, length, &header, error);
    if (status)
        return status;
    if (header.kind == 'O')
        return tl_pickle_read_sequences(bytes + header.offset, length - header.offset, header.ndim,
                                        header.shape, sequences, error);
    tlstm_array *rows = NULL;
    status = tl_npy_read(bytes, length, &rows, error);
    if (!status)
        status = rows_to_sequences(rows, sequences, error);
    tl_array_free(rows);
    return status;
}

tlstm_status tl_npy_load(const char *path, tlstm_array **array, tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_status status = tl_file_read(path, SIZE_MAX, &bytes, &length, error);
    if (status)
        return status;
    status = tl_npy_read(bytes, length, array, error);
    tl_free(bytes);
    return status ? tl_fail_within(error, status, path) : TLSTM_OK;
}

/* As numpy.save writes it: blanks leave room for a longer first dimension, and align the elements.
 */
static void append_header(tl_text *text, const tlstm_array *array) {
    const size_t growth_digits = 21, alignment = 64, prefix = 10;
    tl_text header = {0}, first = {0};
    int is_float = array->dtype == TLSTM_FLOAT32 || array->dtype == TLSTM_FLOAT64;
    tl_text_format(&header, "{'descr': '%c%c%zu', 'fortran_order': False, 'shape': (",
                   tl_is_little_endian() ? '<' : '>', is_float ? 'f' : 'i',
                   tl_dtype_size(array->dtype));
    for (size_t i = 0; i < array->ndim; i++)
        tl_text_format(&header, "%s%lld", i ? ", " : "", (long long)array->shape[i]);
    tl_text_append(&header, array->ndim == 1 ? ",), }" : "), }");
    tl_text_format(&first, "%lld", (long long)array->shape[0]);
    tl_text_repeat(&header, " ", growth_digits - first.length);
    tl_text_repeat(&header, " ",
                   (alignment - (prefix + header.length + 1) % alignment) % alignment);
    tl_text_append(&header, "\n");
    char length[2] = {(char)(header.length & 255), (char)(header.length >> 8)};
    text->failed = text->failed || header.failed || first.failed;
    tl_text_append_bytes(text, "\x93NUMPY\x01\x00", 8);
    tl_text_append_bytes(text, length, 2);
    if (!text->failed)
        tl_text_append_bytes(text, header.bytes, header.length);
    tl_text_clear(&header);
    tl_text_clear(&first);
}

tlstm_status tl_npy_save(const tlstm_array *array, const char *path, tlstm_error **error) {
    tl_text text = {0};
    append_header(&text, array);
    tl_text_append_bytes(&text, array->data, array->size * tl_dtype_size(array->dtype));
    tlstm_status status =
        text.failed ? tl_fail_memory(error) : tl_file_write(path, text.bytes, text.length, error);
    tl_text_clear(&text);
    return status;
}
