/* Reading and writing the number fields of configurations. */
#include "base/field.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

const tl_field *tl_field_find(const tl_field *fields, const char *key) {
    for (; fields->key; fields++)
        if (strcmp(fields->key, key) == 0)
            return fields;
    return NULL;
}

/* Up to here every integer is a double. */
#define LARGEST 9007199254740992.0 /* 2^53 */

/* "3", not "3.0", where the field is of integers. */
static void append_number(tl_text *text, const tl_field *field, double value) {
    int integers = field->kind == TL_FIELD_SIZE || field->kind == TL_FIELD_BOOL;
    if (integers && value == floor(value) && fabs(value) <= LARGEST)
        tl_text_format(text, "%lld", (long long)value);
    else
        tl_text_number(text, value);
}

static tlstm_status refuse(const tl_field *field, double value, const char *wanted,
                           tlstm_error **error) {
    tl_text number = {0};
    append_number(&number, field, value);
    tlstm_status status = tl_fail(error, TLSTM_ERROR_ARGUMENT, field->key, "expected %s, got %s",
                                  wanted, number.bytes ? number.bytes : "another value");
    tl_text_clear(&number);
    return status;
}

static tlstm_status refuse_range(const tl_field *field, double value, tlstm_error **error) {
    tl_text wanted = {0};
    tl_text_append(&wanted, "a number from ");
    append_number(&wanted, field, field->low);
    tl_text_append(&wanted, " to ");
    append_number(&wanted, field, field->high);
    tlstm_status status =
        refuse(field, value, wanted.failed ? "a number in range" : wanted.bytes, error);
    tl_text_clear(&wanted);
    return status;
}

static int out_of_range(const tl_field *field, double value) {
    int limited = field->low != 0 || field->high != 0;
    return limited && !(value >= field->low && value <= field->high);
}

static tlstm_status check_number(const tl_field *field, double value, tlstm_error **error) {
    switch (field->kind) {
    case TL_FIELD_SIZE:
        if (!(value >= 1 && value <= LARGEST && value == floor(value)))
            return refuse(field, value, "a positive integer", error);
        break;
    case TL_FIELD_BOOL:
        if (value != 0 && value != 1)
            return refuse(field, value, "true or false", error);
        return TLSTM_OK;
    case TL_FIELD_FLOAT:
        if (!isfinite(value))
            return refuse(field, value, "a finite number", error);
        break;
    case TL_FIELD_OPTIONAL:
        if (isnan(value))
            return TLSTM_OK;
        break;
    default:
        return refuse(field, value, "a name or a configuration", error);
    }
    return out_of_range(field, value) ? refuse_range(field, value, error) : TLSTM_OK;
}

tlstm_status tl_field_set_number(const tl_field *field, void *config, double value,
                                 tlstm_error **error) {
    tlstm_status status = check_number(field, value, error);
    if (status)
        return status;
    char *place = (char *)config + field->offset;
    if (field->kind == TL_FIELD_SIZE)
        *(int64_t *)(void *)place = (int64_t)value;
    else if (field->kind == TL_FIELD_BOOL)
        *(int32_t *)(void *)place = (int32_t)value;
    else
        *(double *)(void *)place = value;
    return TLSTM_OK;
}

double tl_field_get_number(const tl_field *field, const void *config) {
    const char *place = (const char *)config + field->offset;
    switch (field->kind) {
    case TL_FIELD_SIZE:
        return (double)*(const int64_t *)(const void *)place;
    case TL_FIELD_BOOL:
        return (double)*(const int32_t *)(const void *)place;
    case TL_FIELD_FLOAT:
    case TL_FIELD_OPTIONAL:
        return *(const double *)(const void *)place;
    default:
        return NAN;
    }
}
