/*
 * A second opinion: the forward pass of a model and its loss in double precision, written straight
 * from the equations, one sample and one number at a time. It shares nothing with the library but
 * the model's JSON. Its derivatives by finite differences are good to ten digits.
 */
#ifndef TL_TESTS_GRAD_ORACLE_H
#define TL_TESTS_GRAD_ORACLE_H

#include <jansson.h>
#include <stddef.h>

/* What the loss is computed of. */
enum { ORACLE_BINARY, ORACLE_CATEGORICAL, ORACLE_SPARSE, ORACLE_MSE };

typedef struct oracle_weight {
    double *values;
    size_t count;
} oracle_weight;

typedef struct oracle {
    json_t *layers; /* [{"class_name": ..., "config": {...}}, ...], input layer first */
    int is_keras2;  /* whose hard_sigmoid it is */
    int loss;
    oracle_weight *weights; /* in the order of get_weights() */
    size_t samples;
    size_t timesteps;
    size_t features; /* 0: tokens */
    const double *x; /* (samples, timesteps, features), or (samples, timesteps) of tokens */
    const double *y; /* in the outputs' shape; class numbers for the sparse loss */
    double *outputs; /* where they go; NULL: nowhere */
} oracle;

/* The loss over all samples, regularizers included. */
double oracle_loss(const oracle *model);
/* Numbers that one sample's output has. */
size_t oracle_output_size(const oracle *model);
/* dloss/dweight[index], by central differences with one step of Richardson's extrapolation. */
double oracle_derivative(const oracle *model, size_t weight, size_t index);

#endif
