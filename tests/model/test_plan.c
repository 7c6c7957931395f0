/* The plan at its borders: which path runs, and that nothing overlaps. */
#include "model/plan.h"

#include "models.h"
#include "support.h"

#include <stdio.h>

#define DENSE "{\"class_name\": \"Dense\", \"config\": {\"units\": 1, \"activation\": \"%s\"}}"

/* A vocabulary of 100. */
static tlstm_model *model_of(int features, int units, const char *options, const char *last) {
    char layers[1024];
    snprintf(
        layers, sizeof layers,
        "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 100, \"output_dim\": %d}},"
        "{\"class_name\": \"LSTM\", \"config\": {\"units\": %d%s}}," DENSE,
        features, units, options, last);
    return test_model(1, (int64_t[]){-1}, layers, 1);
}

static tlstm_model *recurrent_model(int units, const char *options, const char *last) {
    return model_of(4, units, options, last);
}

static tl_plan plan_of(const tlstm_model *model, size_t samples, size_t timesteps, int training) {
    const tl_demand demand = {samples, timesteps, training, training, 1};
    tl_plan plan;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_plan_new(model, &demand, &plan, &error), error);
    return plan;
}

START_TEST(width_grows_with_weights) {
    /* 4 * 128 * 128 floats are exactly 256 KiB; one unit more is too much for it. */
    static const struct {
        int units;
        size_t samples, width;
    } cases[] = {{128, 64, 16}, {129, 64, 32}, {129, 16, 16}, {129, 17, 32}, {8, 4096, 16}};
    tlstm_model *model = recurrent_model(cases[_i].units, "", "sigmoid");
    tl_plan plan = plan_of(model, cases[_i].samples, 5, 1);
    ck_assert_uint_eq(plan.width, cases[_i].width);
    ck_assert_uint_eq(plan.tiles, (cases[_i].samples + plan.width - 1) / plan.width);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

START_TEST(shards_have_a_limit) {
    tlstm_model *model = recurrent_model(8, "", "sigmoid");
    tl_plan plan = plan_of(model, 4096, 5, 1);
    ck_assert_uint_eq(tl_plan_shards(&plan, 1), 1);
    ck_assert_uint_eq(tl_plan_shards(&plan, 16), 1);
    ck_assert_uint_eq(tl_plan_shards(&plan, 17), 2);
    ck_assert_uint_eq(tl_plan_shards(&plan, 128), 8);
    ck_assert_uint_eq(tl_plan_shards(&plan, 129), 8);
    ck_assert_uint_eq(tl_plan_shards(&plan, 4096), 8);
    tl_plan_clear(&plan);
    /* Without gradients each tile may go its own way. */
    plan = plan_of(model, 4096, 5, 0);
    ck_assert_uint_eq(tl_plan_shards(&plan, 4096), 256);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

START_TEST(embeddings_fold_where_nothing_comes_between) {
    static const struct {
        const char *options;
        int training, folded;
    } cases[] = {
        {"", 1, 1},
        {"", 0, 1},
        {", \"dropout\": 0.5", 1, 0},
        {", \"dropout\": 0.5", 0, 1},
        {", \"recurrent_dropout\": 0.5", 1, 1},
    };
    tlstm_model *model = recurrent_model(8, cases[_i].options, "sigmoid");
    tl_plan plan = plan_of(model, 64, 5, cases[_i].training);
    ck_assert_int_eq(plan.folded, cases[_i].folded);
    ck_assert_uint_eq(plan.row_width, plan.folded ? 32 : 4);
    ck_assert_uint_eq(plan.first, plan.folded ? 1 : 0);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

START_TEST(tables_serve_two_timesteps_a_row) {
    static const struct {
        int features, units;
        size_t samples, timesteps;
        int folded;
    } cases[] = {
        {4, 8, 16, 13, 1},   /* 208 products for 100 rows */
        {4, 8, 16, 12, 0},   /* 192 */
        {4, 8, 15, 13, 1},   /* idle lanes are computed, too */
        {4, 8, 1, 12, 1},    /* 192 for 12 tokens */
        {4, 655, 64, 13, 1}, /* 100 rows of 4 * 655 floats are less than a MiB */
        {4, 656, 64, 13, 0}, {31, 656, 64, 13, 0}, {32, 656, 64, 13, 1}, {32, 656, 32, 6, 0},
    };
    tlstm_model *model = model_of(cases[_i].features, cases[_i].units,
                                  ", \"recurrent_initializer\": \"zeros\"", "sigmoid");
    tl_plan plan = plan_of(model, cases[_i].samples, cases[_i].timesteps, 1);
    ck_assert_int_eq(plan.folded, cases[_i].folded);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

START_TEST(rows_are_tokens_in_small_vocabularies) {
    static const struct {
        size_t samples, timesteps;
        int training, identity;
        size_t max_rows;
    } cases[] = {
        {20, 5, 0, 1, 100},                      /* 100 tokens */
        {11, 9, 0, 0, 99},  {20, 10, 1, 1, 100}, /* 200 in two shards */
        {20, 9, 1, 0, 100}, {16, 6, 1, 0, 96},
    };
    tlstm_model *model = recurrent_model(8, "", "sigmoid");
    tl_plan plan = plan_of(model, cases[_i].samples, cases[_i].timesteps, cases[_i].training);
    ck_assert_int_eq(plan.identity, cases[_i].identity);
    ck_assert_uint_eq(plan.max_rows, cases[_i].max_rows);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

START_TEST(neighbours_hand_rows_on) {
    static const struct {
        int below, above;
        const char *options, *between;
        int in_rows;
    } cases[] = {
        {8, 8, "", "", 1},
        {16, 8, "", "", 1},
        {8, 8, ", \"dropout\": 0.5", "", 1},
        {7, 8, "", "", 0},  /* not turned below */
        {8, 7, "", "", 0},  /* not turned above */
        {8, 64, "", "", 0}, /* too large */
        {8, 8, "", "{\"class_name\": \"Dropout\", \"config\": {\"rate\": 0.5}},", 0},
    };
    char layers[1024];
    snprintf(layers, sizeof layers,
             "{\"class_name\": \"LSTM\", \"config\": {\"units\": %d, \"return_sequences\": true}},"
             "%s{\"class_name\": \"LSTM\", \"config\": {\"units\": %d%s}}," DENSE,
             cases[_i].below, cases[_i].between, cases[_i].above, cases[_i].options, "sigmoid");
    tlstm_model *model = test_model(2, (int64_t[]){-1, 8}, layers, 1);
    for (int training = 0; training < 2; training++) {
        tl_plan plan = plan_of(model, 64, 5, training);
        for (size_t i = 0, above = model->layer_count - 2; i < model->layer_count; i++)
            ck_assert_int_eq(plan.layers[i].x_in_rows, i == above && cases[_i].in_rows);
        tl_plan_clear(&plan);
    }
    tlstm_model_free(model);
}
END_TEST

START_TEST(cross_entropies_see_logits) {
    static const struct {
        const char *activation;
        tl_output_form form;
    } cases[] = {{"sigmoid", TL_OUTPUT_SIGMOID_LOGITS},
                 {"softmax", TL_OUTPUT_SOFTMAX_LOGITS},
                 {"tanh", TL_OUTPUT_PLAIN},
                 {"linear", TL_OUTPUT_PLAIN}};
    tlstm_model *model = recurrent_model(3, "", cases[_i].activation);
    tl_plan plan = plan_of(model, 4, 5, 1);
    ck_assert_int_eq(plan.form, cases[_i].form);
    ck_assert_int_eq(plan.logits, cases[_i].form != TL_OUTPUT_PLAIN);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

START_TEST(shorter_sequences_fit_the_same_space) {
    tlstm_model *model = recurrent_model(8, "", "sigmoid");
    tl_plan plan = plan_of(model, 64, 100, 1);
    const size_t most = plan.total;
    for (size_t timesteps = 1; timesteps <= 100; timesteps += 9) {
        tl_plan_set_timesteps(model, &plan, timesteps);
        ck_assert_uint_le(plan.total, most);
        ck_assert_uint_eq(plan.in_steps, timesteps);
    }
    tl_plan_set_timesteps(model, &plan, 100);
    ck_assert_uint_eq(plan.total, most);
    tl_plan_clear(&plan);
    tlstm_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_loop_test(tcase, width_grows_with_weights, 0, 5);
    tcase_add_test(tcase, shards_have_a_limit);
    tcase_add_loop_test(tcase, embeddings_fold_where_nothing_comes_between, 0, 5);
    tcase_add_loop_test(tcase, tables_serve_two_timesteps_a_row, 0, 9);
    tcase_add_loop_test(tcase, rows_are_tokens_in_small_vocabularies, 0, 5);
    tcase_add_loop_test(tcase, neighbours_hand_rows_on, 0, 7);
    tcase_add_loop_test(tcase, cross_entropies_see_logits, 0, 4);
    tcase_add_test(tcase, shorter_sequences_fit_the_same_space);
    suite_add_tcase(suite, tcase);
    return tl_test_run(suite);
}
