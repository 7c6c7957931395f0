// Every option of the C++ header begins as in C, and every one reaches C.
#include "check.hpp"

namespace {

template <class Raw, class... Fields>
bool equal(const Raw &left, const Raw &right, Fields Raw::*...fields) {
    return left.struct_size == right.struct_size && ((left.*fields == right.*fields) && ...);
}

void test_data() {
    using pad = tlstm_pad_options;
    const pad pad_init = TLSTM_PAD_OPTIONS_INIT;
    CHECK(equal(tinylstm::pad_options().c_options(), pad_init, &pad::maxlen, &pad::dtype,
                &pad::padding, &pad::truncating, &pad::value));
    using split = tlstm_split_options;
    const split split_init = TLSTM_SPLIT_OPTIONS_INIT;
    CHECK(equal(tinylstm::split_options().c_options(), split_init, &split::test_size,
                &split::train_size, &split::shuffle, &split::random_state, &split::stratify));
    using imdb = tlstm_imdb_options;
    const imdb imdb_init = TLSTM_IMDB_OPTIONS_INIT;
    CHECK(equal(tinylstm::imdb_options().c_options(), imdb_init, &imdb::num_words, &imdb::skip_top,
                &imdb::maxlen, &imdb::seed, &imdb::start_char, &imdb::oov_char, &imdb::index_from));
    using text = tlstm_text_options;
    const text text_init = TLSTM_TEXT_OPTIONS_INIT;
    CHECK(equal(tinylstm::text_options().c_options(), text_init, &text::filters, &text::lower,
                &text::split, &text::char_level, &text::oov_token));
}

void test_layers() {
    using embedding = tlstm_embedding_options;
    const embedding embedding_init = TLSTM_EMBEDDING_OPTIONS_INIT;
    CHECK(equal(tinylstm::embedding_options().c_options(), embedding_init, &embedding::name,
                &embedding::embeddings_initializer, &embedding::embeddings_regularizer,
                &embedding::embeddings_constraint, &embedding::mask_zero, &embedding::input_length,
                &embedding::frozen));
    using dense = tlstm_dense_options;
    const dense dense_init = TLSTM_DENSE_OPTIONS_INIT;
    CHECK(equal(tinylstm::dense_options().c_options(), dense_init, &dense::name, &dense::use_bias,
                &dense::kernel_initializer, &dense::bias_initializer, &dense::kernel_regularizer,
                &dense::bias_regularizer, &dense::kernel_constraint, &dense::bias_constraint,
                &dense::frozen));
    using recurrent = tlstm_recurrent_options;
    const recurrent recurrent_init = TLSTM_RECURRENT_OPTIONS_INIT;
    const auto given = tinylstm::recurrent_options().c_options();
    CHECK(equal(given, recurrent_init, &recurrent::name, &recurrent::activation,
                &recurrent::recurrent_activation, &recurrent::use_bias,
                &recurrent::return_sequences, &recurrent::go_backwards, &recurrent::stateful,
                &recurrent::unit_forget_bias, &recurrent::reset_after, &recurrent::dropout,
                &recurrent::recurrent_dropout, &recurrent::frozen));
    CHECK(equal(given, recurrent_init, &recurrent::kernel_initializer,
                &recurrent::recurrent_initializer, &recurrent::bias_initializer,
                &recurrent::kernel_regularizer, &recurrent::recurrent_regularizer,
                &recurrent::bias_regularizer, &recurrent::kernel_constraint,
                &recurrent::recurrent_constraint, &recurrent::bias_constraint));
}

void test_training() {
    using fit = tlstm_fit_options;
    const fit fit_init = TLSTM_FIT_OPTIONS_INIT;
    CHECK(equal(tinylstm::fit_options().c_options(), fit_init, &fit::batch_size, &fit::epochs,
                &fit::initial_epoch, &fit::shuffle, &fit::verbose, &fit::threads,
                &fit::validation_split, &fit::x_val, &fit::y_val, &fit::sample_weight,
                &fit::val_sample_weight, &fit::class_weight, &fit::class_count, &fit::callbacks,
                &fit::callback_count, &fit::write, &fit::write_user));
    using run = tlstm_run_options;
    const run run_init = TLSTM_RUN_OPTIONS_INIT;
    CHECK(equal(tinylstm::run_options().c_options(), run_init, &run::batch_size, &run::threads,
                &run::verbose, &run::sample_weight, &run::write, &run::write_user));
    using save = tlstm_save_options;
    const save save_init = TLSTM_SAVE_OPTIONS_INIT;
    CHECK(equal(tinylstm::save_options().c_options(), save_init, &save::weights_only,
                &save::without_optimizer, &save::keras));
    tinylstm::save_options for_keras_3;
    for_keras_3.keras = tinylstm::keras_layout::keras3;
    CHECK(for_keras_3.c_options().keras == TLSTM_KERAS_3);
}

void test_weights() {
    using weights = tlstm_weights_options;
    const weights weights_init = TLSTM_WEIGHTS_OPTIONS_INIT;
    std::vector<const char *> names;
    CHECK(equal(tinylstm::weights_options().c_options(names), weights_init, &weights::order,
                &weights::modules, &weights::layers, &weights::module_count));
    tinylstm::weights_options options;
    options.order = tinylstm::weight_order::pytorch;
    options.map = {{"rnn", "lstm"}, {"rnn.l1", "lstm_1"}};
    const weights raw = options.c_options(names);
    CHECK(raw.order == TLSTM_PYTORCH_ORDER && raw.module_count == 2);
    CHECK(raw.modules[1] == std::string("rnn.l1") && raw.layers[1] == std::string("lstm_1"));
}

void test_callbacks() {
    using checkpoint = tlstm_checkpoint_options;
    const checkpoint checkpoint_init = TLSTM_CHECKPOINT_OPTIONS_INIT;
    CHECK(equal(tinylstm::checkpoint_options().c_options(), checkpoint_init, &checkpoint::monitor,
                &checkpoint::mode, &checkpoint::save_best_only, &checkpoint::save_weights_only,
                &checkpoint::verbose, &checkpoint::has_threshold,
                &checkpoint::initial_value_threshold));
    using stopping = tlstm_early_stopping_options;
    const stopping stopping_init = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    CHECK(equal(tinylstm::early_stopping_options().c_options(), stopping_init, &stopping::monitor,
                &stopping::min_delta, &stopping::patience, &stopping::mode,
                &stopping::restore_best_weights, &stopping::start_from_epoch, &stopping::verbose,
                &stopping::has_baseline, &stopping::baseline));
    tinylstm::early_stopping_options options;
    options.baseline = 0.5;
    CHECK(options.c_options().has_baseline == 1 && options.c_options().baseline == 0.5);
}

} // namespace

int main() {
    test_data();
    test_layers();
    test_training();
    test_weights();
    test_callbacks();
    return failures != 0;
}
