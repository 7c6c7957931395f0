/* Comparing arrays of any element type. */
#include "golden.h"

#include <math.h>

double golden_element(const tlstm_array *array, size_t index) {
    const void *data = tlstm_array_data(array);
    switch (tlstm_array_dtype(array)) {
    case TLSTM_FLOAT32:
        return (double)((const float *)data)[index];
    case TLSTM_FLOAT64:
        return ((const double *)data)[index];
    case TLSTM_INT32:
        return (double)((const int32_t *)data)[index];
    case TLSTM_INT64:
        return (double)((const int64_t *)data)[index];
    default:
        return NAN;
    }
}

int golden_same_shape(const tlstm_array *one, const tlstm_array *other) {
    size_t ndim = tlstm_array_ndim(one);
    int same = ndim == tlstm_array_ndim(other);
    for (size_t i = 0; same && i < ndim; i++)
        same = tlstm_array_shape(one)[i] == tlstm_array_shape(other)[i];
    return same;
}

static double difference_of(double a, double b) {
    if (a == b || (isnan(a) && isnan(b)))
        return 0;
    double difference = fabs(a - b);
    return isnan(difference) ? INFINITY : difference;
}

double golden_distance(const tlstm_array *ours, const tlstm_array *theirs) {
    if (!ours || !theirs || tlstm_array_size(ours) != tlstm_array_size(theirs))
        return INFINITY;
    double largest = 0;
    for (size_t i = 0; i < tlstm_array_size(ours); i++)
        largest = fmax(largest, difference_of(golden_element(ours, i), golden_element(theirs, i)));
    return largest;
}

double golden_magnitude(const tlstm_array *array) {
    double largest = 0;
    for (size_t i = 0; array && i < tlstm_array_size(array); i++)
        largest = fmax(largest, fabs(golden_element(array, i)));
    return largest;
}
