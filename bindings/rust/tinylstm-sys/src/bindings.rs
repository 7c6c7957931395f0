// Made by generate.sh from the headers of tinylstm; not to be edited. What each item is for
// stands in the headers.

pub const TLSTM_VERSION_MAJOR: i32 = 0;
pub const TLSTM_VERSION_MINOR: i32 = 1;
pub const TLSTM_VERSION_PATCH: i32 = 0;
pub const TLSTM_VERSION_STRING: &[u8; 6usize] = b"0.1.0\0";
pub const TLSTM_MAX_DIMS: i32 = 4;
pub type tlstm_status = i32;
pub const TLSTM_OK: i32 = 0;
pub const TLSTM_ERROR_ARGUMENT: i32 = -1;
pub const TLSTM_ERROR_MEMORY: i32 = -2;
pub const TLSTM_ERROR_IO: i32 = -3;
pub const TLSTM_ERROR_FORMAT: i32 = -4;
pub const TLSTM_ERROR_UNSUPPORTED: i32 = -5;
pub const TLSTM_ERROR_SHAPE: i32 = -6;
pub const TLSTM_ERROR_STATE: i32 = -7;
pub const TLSTM_ERROR_VALUE: i32 = -8;
pub const TLSTM_STOPPED: i32 = -9;
pub const TLSTM_ERROR_INTERNAL: i32 = -10;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_error {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_allocator {
    pub struct_size: usize,
    pub allocate: ::std::option::Option<
        unsafe extern "C" fn(
            size: usize,
            user: *mut std::os::raw::c_void,
        ) -> *mut std::os::raw::c_void,
    >,
    pub release: ::std::option::Option<
        unsafe extern "C" fn(memory: *mut std::os::raw::c_void, user: *mut std::os::raw::c_void),
    >,
    pub user: *mut std::os::raw::c_void,
}
pub type tlstm_dtype = i32;
pub const TLSTM_FLOAT32: i32 = 1;
pub const TLSTM_FLOAT64: i32 = 2;
pub const TLSTM_INT32: i32 = 3;
pub const TLSTM_INT64: i32 = 4;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_array {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_sequences {
    _unused: [u8; 0],
}
pub const TLSTM_PRE: i32 = 0;
pub const TLSTM_POST: i32 = 1;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_pad_options {
    pub struct_size: usize,
    pub maxlen: i64,
    pub dtype: tlstm_dtype,
    pub padding: i32,
    pub truncating: i32,
    pub value: f64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_split_options {
    pub struct_size: usize,
    pub test_size: f64,
    pub train_size: f64,
    pub shuffle: i32,
    pub random_state: i64,
    pub stratify: *const tlstm_array,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_imdb_options {
    pub struct_size: usize,
    pub num_words: i64,
    pub skip_top: i64,
    pub maxlen: i64,
    pub seed: i64,
    pub start_char: i64,
    pub oov_char: i64,
    pub index_from: i64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_reviews {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_vocabulary {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_text_options {
    pub struct_size: usize,
    pub filters: *const std::os::raw::c_char,
    pub lower: i32,
    pub split: *const std::os::raw::c_char,
    pub char_level: i32,
    pub oov_token: *const std::os::raw::c_char,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_model {
    _unused: [u8; 0],
}
pub type tlstm_activation = i32;
pub const TLSTM_LINEAR: i32 = 0;
pub const TLSTM_SIGMOID: i32 = 1;
pub const TLSTM_TANH: i32 = 2;
pub const TLSTM_RELU: i32 = 3;
pub const TLSTM_RELU6: i32 = 4;
pub const TLSTM_LEAKY_RELU: i32 = 5;
pub const TLSTM_ELU: i32 = 6;
pub const TLSTM_SELU: i32 = 7;
pub const TLSTM_SOFTPLUS: i32 = 8;
pub const TLSTM_SOFTSIGN: i32 = 9;
pub const TLSTM_EXPONENTIAL: i32 = 10;
pub const TLSTM_HARD_SIGMOID_KERAS2: i32 = 11;
pub const TLSTM_HARD_SIGMOID: i32 = 12;
pub const TLSTM_SWISH: i32 = 13;
pub const TLSTM_GELU: i32 = 14;
pub const TLSTM_MISH: i32 = 15;
pub const TLSTM_SOFTMAX: i32 = 16;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_embedding_options {
    pub struct_size: usize,
    pub name: *const std::os::raw::c_char,
    pub embeddings_initializer: *const std::os::raw::c_char,
    pub embeddings_regularizer: *const std::os::raw::c_char,
    pub embeddings_constraint: *const std::os::raw::c_char,
    pub mask_zero: i32,
    pub input_length: i64,
    pub frozen: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_recurrent_options {
    pub struct_size: usize,
    pub name: *const std::os::raw::c_char,
    pub activation: i32,
    pub recurrent_activation: i32,
    pub use_bias: i32,
    pub return_sequences: i32,
    pub go_backwards: i32,
    pub stateful: i32,
    pub unit_forget_bias: i32,
    pub reset_after: i32,
    pub dropout: f64,
    pub recurrent_dropout: f64,
    pub kernel_initializer: *const std::os::raw::c_char,
    pub recurrent_initializer: *const std::os::raw::c_char,
    pub bias_initializer: *const std::os::raw::c_char,
    pub kernel_regularizer: *const std::os::raw::c_char,
    pub recurrent_regularizer: *const std::os::raw::c_char,
    pub bias_regularizer: *const std::os::raw::c_char,
    pub kernel_constraint: *const std::os::raw::c_char,
    pub recurrent_constraint: *const std::os::raw::c_char,
    pub bias_constraint: *const std::os::raw::c_char,
    pub frozen: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_dense_options {
    pub struct_size: usize,
    pub name: *const std::os::raw::c_char,
    pub use_bias: i32,
    pub kernel_initializer: *const std::os::raw::c_char,
    pub bias_initializer: *const std::os::raw::c_char,
    pub kernel_regularizer: *const std::os::raw::c_char,
    pub bias_regularizer: *const std::os::raw::c_char,
    pub kernel_constraint: *const std::os::raw::c_char,
    pub bias_constraint: *const std::os::raw::c_char,
    pub frozen: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_callback {
    _unused: [u8; 0],
}
pub const TLSTM_MODE_AUTO: i32 = 0;
pub const TLSTM_MODE_MIN: i32 = 1;
pub const TLSTM_MODE_MAX: i32 = 2;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_checkpoint_options {
    pub struct_size: usize,
    pub monitor: *const std::os::raw::c_char,
    pub mode: i32,
    pub save_best_only: i32,
    pub save_weights_only: i32,
    pub verbose: i32,
    pub has_threshold: i32,
    pub initial_value_threshold: f64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_early_stopping_options {
    pub struct_size: usize,
    pub monitor: *const std::os::raw::c_char,
    pub min_delta: f64,
    pub patience: i64,
    pub mode: i32,
    pub restore_best_weights: i32,
    pub start_from_epoch: i64,
    pub verbose: i32,
    pub has_baseline: i32,
    pub baseline: f64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_logs {
    pub struct_size: usize,
    pub epoch: i64,
    pub batch: i64,
    pub batches: i64,
    pub count: usize,
    pub names: *const *const std::os::raw::c_char,
    pub values: *const f64,
}
pub const TLSTM_CONTINUE: i32 = 0;
pub const TLSTM_STOP_TRAINING: i32 = 1;
pub const TLSTM_ABORT: i32 = 2;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_callback_functions {
    pub struct_size: usize,
    pub on_train_begin: ::std::option::Option<
        unsafe extern "C" fn(
            model: *mut tlstm_model,
            logs: *const tlstm_logs,
            user: *mut std::os::raw::c_void,
        ) -> i32,
    >,
    pub on_epoch_begin: ::std::option::Option<
        unsafe extern "C" fn(
            model: *mut tlstm_model,
            logs: *const tlstm_logs,
            user: *mut std::os::raw::c_void,
        ) -> i32,
    >,
    pub on_batch_end: ::std::option::Option<
        unsafe extern "C" fn(
            model: *mut tlstm_model,
            logs: *const tlstm_logs,
            user: *mut std::os::raw::c_void,
        ) -> i32,
    >,
    pub on_epoch_end: ::std::option::Option<
        unsafe extern "C" fn(
            model: *mut tlstm_model,
            logs: *const tlstm_logs,
            user: *mut std::os::raw::c_void,
        ) -> i32,
    >,
    pub on_train_end: ::std::option::Option<
        unsafe extern "C" fn(
            model: *mut tlstm_model,
            logs: *const tlstm_logs,
            user: *mut std::os::raw::c_void,
        ) -> i32,
    >,
    pub user: *mut std::os::raw::c_void,
}
pub type tlstm_note_kind = i32;
pub const TLSTM_NOTE_IGNORED: i32 = 0;
pub const TLSTM_NOTE_CONVERTED: i32 = 1;
pub const TLSTM_NOTE_NOT_RESTORED: i32 = 2;
pub type tlstm_keras = i32;
pub const TLSTM_KERAS_COMMON: i32 = 0;
pub const TLSTM_KERAS_2: i32 = 1;
pub const TLSTM_KERAS_TF_2_10: i32 = 2;
pub const TLSTM_KERAS_TF_2_15: i32 = 3;
pub const TLSTM_KERAS_3: i32 = 4;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_save_options {
    pub struct_size: usize,
    pub weights_only: i32,
    pub without_optimizer: i32,
    pub keras: tlstm_keras,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_session {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_optimizer {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_loss {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_history {
    _unused: [u8; 0],
}
pub type tlstm_write_function = ::std::option::Option<
    unsafe extern "C" fn(
        text: *const std::os::raw::c_char,
        length: usize,
        user: *mut std::os::raw::c_void,
    ),
>;
pub const TLSTM_SILENT: i32 = 0;
pub const TLSTM_PROGRESS: i32 = 1;
pub const TLSTM_LINES: i32 = 2;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_fit_options {
    pub struct_size: usize,
    pub batch_size: i64,
    pub epochs: i64,
    pub initial_epoch: i64,
    pub shuffle: i32,
    pub verbose: i32,
    pub threads: i32,
    pub validation_split: f64,
    pub x_val: *const tlstm_array,
    pub y_val: *const tlstm_array,
    pub sample_weight: *const tlstm_array,
    pub val_sample_weight: *const tlstm_array,
    pub class_weight: *const f64,
    pub class_count: usize,
    pub callbacks: *const *mut tlstm_callback,
    pub callback_count: usize,
    pub write: tlstm_write_function,
    pub write_user: *mut std::os::raw::c_void,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_run_options {
    pub struct_size: usize,
    pub batch_size: i64,
    pub threads: i32,
    pub verbose: i32,
    pub sample_weight: *const tlstm_array,
    pub write: tlstm_write_function,
    pub write_user: *mut std::os::raw::c_void,
}
pub const TLSTM_KERAS_ORDER: i32 = 0;
pub const TLSTM_PYTORCH_ORDER: i32 = 1;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct tlstm_weights_options {
    pub struct_size: usize,
    pub order: i32,
    pub modules: *const *const std::os::raw::c_char,
    pub layers: *const *const std::os::raw::c_char,
    pub module_count: usize,
}

extern "C" {
    pub fn tlstm_version() -> i32;
    pub fn tlstm_version_string() -> *const std::os::raw::c_char;
    pub fn tlstm_isa() -> *const std::os::raw::c_char;
    pub fn tlstm_status_text(status: tlstm_status) -> *const std::os::raw::c_char;
    pub fn tlstm_error_code(error: *const tlstm_error) -> tlstm_status;
    pub fn tlstm_error_message(error: *const tlstm_error) -> *const std::os::raw::c_char;
    pub fn tlstm_error_where(error: *const tlstm_error) -> *const std::os::raw::c_char;
    pub fn tlstm_error_free(error: *mut tlstm_error);
    pub fn tlstm_string_free(string: *mut std::os::raw::c_char);
    pub fn tlstm_set_allocator(
        allocator: *const tlstm_allocator,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_array_new(
        dtype: tlstm_dtype,
        ndim: usize,
        shape: *const i64,
        array: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_array_wrap(
        data: *mut std::os::raw::c_void,
        dtype: tlstm_dtype,
        ndim: usize,
        shape: *const i64,
        array: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_array_free(array: *mut tlstm_array);
    pub fn tlstm_array_dtype(array: *const tlstm_array) -> tlstm_dtype;
    pub fn tlstm_array_ndim(array: *const tlstm_array) -> usize;
    pub fn tlstm_array_shape(array: *const tlstm_array) -> *const i64;
    pub fn tlstm_array_size(array: *const tlstm_array) -> usize;
    pub fn tlstm_array_data(array: *const tlstm_array) -> *const std::os::raw::c_void;
    pub fn tlstm_array_mutable_data(array: *mut tlstm_array) -> *mut std::os::raw::c_void;
    pub fn tlstm_array_take(
        array: *const tlstm_array,
        indices: *const i64,
        count: usize,
        taken: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_array_load_npy(
        path: *const std::os::raw::c_char,
        array: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_array_save_npy(
        array: *const tlstm_array,
        path: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_to_categorical(
        classes: *const tlstm_array,
        num_classes: i64,
        one_hot: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_sequences_new(
        tokens: *const i32,
        lengths: *const usize,
        count: usize,
        sequences: *mut *mut tlstm_sequences,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_sequences_free(sequences: *mut tlstm_sequences);
    pub fn tlstm_sequences_count(sequences: *const tlstm_sequences) -> usize;
    pub fn tlstm_sequences_get(
        sequences: *const tlstm_sequences,
        index: usize,
        length: *mut usize,
    ) -> *const i32;
    pub fn tlstm_sequences_take(
        sequences: *const tlstm_sequences,
        indices: *const i64,
        count: usize,
        taken: *mut *mut tlstm_sequences,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_pad_options_init(options: *mut tlstm_pad_options);
    pub fn tlstm_pad_sequences(
        sequences: *const tlstm_sequences,
        options: *const tlstm_pad_options,
        padded: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_pad_arrays(
        samples: *const *const tlstm_array,
        count: usize,
        options: *const tlstm_pad_options,
        padded: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_split_options_init(options: *mut tlstm_split_options);
    pub fn tlstm_train_test_split(
        samples: usize,
        options: *const tlstm_split_options,
        train: *mut *mut tlstm_array,
        test: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_shuffled_indices(
        count: usize,
        seed: i64,
        indices: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_imdb_options_init(options: *mut tlstm_imdb_options);
    pub fn tlstm_imdb_load(
        path: *const std::os::raw::c_char,
        options: *const tlstm_imdb_options,
        reviews: *mut *mut tlstm_reviews,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_reviews_generate(
        train: usize,
        test: usize,
        seed: u64,
        reviews: *mut *mut tlstm_reviews,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_reviews_free(reviews: *mut tlstm_reviews);
    pub fn tlstm_reviews_x_train(reviews: *const tlstm_reviews) -> *const tlstm_sequences;
    pub fn tlstm_reviews_y_train(reviews: *const tlstm_reviews) -> *const tlstm_array;
    pub fn tlstm_reviews_x_test(reviews: *const tlstm_reviews) -> *const tlstm_sequences;
    pub fn tlstm_reviews_y_test(reviews: *const tlstm_reviews) -> *const tlstm_array;
    pub fn tlstm_vocabulary_load(
        path: *const std::os::raw::c_char,
        vocabulary: *mut *mut tlstm_vocabulary,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_vocabulary_generate(
        vocabulary: *mut *mut tlstm_vocabulary,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_text_options_init(options: *mut tlstm_text_options);
    pub fn tlstm_vocabulary_fit(
        texts: *const *const std::os::raw::c_char,
        count: usize,
        options: *const tlstm_text_options,
        vocabulary: *mut *mut tlstm_vocabulary,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_vocabulary_save(
        vocabulary: *const tlstm_vocabulary,
        path: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_vocabulary_free(vocabulary: *mut tlstm_vocabulary);
    pub fn tlstm_vocabulary_size(vocabulary: *const tlstm_vocabulary) -> usize;
    pub fn tlstm_vocabulary_rank(
        vocabulary: *const tlstm_vocabulary,
        word: *const std::os::raw::c_char,
    ) -> i64;
    pub fn tlstm_vocabulary_word(
        vocabulary: *const tlstm_vocabulary,
        rank: i64,
    ) -> *const std::os::raw::c_char;
    pub fn tlstm_vocabulary_occurrences(
        vocabulary: *const tlstm_vocabulary,
        word: *const std::os::raw::c_char,
    ) -> i64;
    pub fn tlstm_texts_to_sequences(
        vocabulary: *const tlstm_vocabulary,
        texts: *const *const std::os::raw::c_char,
        count: usize,
        options: *const tlstm_text_options,
        num_words: i64,
        sequences: *mut *mut tlstm_sequences,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_sequence_to_text(
        vocabulary: *const tlstm_vocabulary,
        tokens: *const i32,
        count: usize,
        options: *const tlstm_text_options,
        num_words: i64,
        text: *mut *mut std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_texts_to_reviews(
        vocabulary: *const tlstm_vocabulary,
        texts: *const *const std::os::raw::c_char,
        count: usize,
        imdb: *const tlstm_imdb_options,
        sequences: *mut *mut tlstm_sequences,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_new(
        name: *const std::os::raw::c_char,
        seed: u64,
        model: *mut *mut tlstm_model,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_from_json(
        json: *const std::os::raw::c_char,
        length: usize,
        seed: u64,
        model: *mut *mut tlstm_model,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_to_json(
        model: *const tlstm_model,
        json: *mut *mut std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_free(model: *mut tlstm_model);
    pub fn tlstm_model_set_seed(model: *mut tlstm_model, seed: u64);
    pub fn tlstm_model_add_input(
        model: *mut tlstm_model,
        ndim: usize,
        shape: *const i64,
        name: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_embedding_options_init(options: *mut tlstm_embedding_options);
    pub fn tlstm_model_add_embedding(
        model: *mut tlstm_model,
        input_dim: i64,
        output_dim: i64,
        options: *const tlstm_embedding_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_recurrent_options_init(options: *mut tlstm_recurrent_options);
    pub fn tlstm_model_add_lstm(
        model: *mut tlstm_model,
        units: i64,
        options: *const tlstm_recurrent_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_add_gru(
        model: *mut tlstm_model,
        units: i64,
        options: *const tlstm_recurrent_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_add_simple_rnn(
        model: *mut tlstm_model,
        units: i64,
        options: *const tlstm_recurrent_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_dense_options_init(options: *mut tlstm_dense_options);
    pub fn tlstm_model_add_dense(
        model: *mut tlstm_model,
        units: i64,
        activation: tlstm_activation,
        options: *const tlstm_dense_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_add_dropout(
        model: *mut tlstm_model,
        rate: f64,
        name: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_add_flatten(
        model: *mut tlstm_model,
        name: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_add_activation(
        model: *mut tlstm_model,
        activation: tlstm_activation,
        name: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_add_layer(
        model: *mut tlstm_model,
        class_name: *const std::os::raw::c_char,
        config: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_build(
        model: *mut tlstm_model,
        ndim: usize,
        shape: *const i64,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_summary(
        model: *const tlstm_model,
        width: usize,
        text: *mut *mut std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_name(model: *const tlstm_model) -> *const std::os::raw::c_char;
    pub fn tlstm_model_params(model: *const tlstm_model) -> i64;
    pub fn tlstm_model_trainable_params(model: *const tlstm_model) -> i64;
    pub fn tlstm_model_layers(model: *const tlstm_model) -> usize;
    pub fn tlstm_model_layer_name(
        model: *const tlstm_model,
        layer: usize,
    ) -> *const std::os::raw::c_char;
    pub fn tlstm_model_layer_class(
        model: *const tlstm_model,
        layer: usize,
    ) -> *const std::os::raw::c_char;
    pub fn tlstm_model_layer_output(
        model: *const tlstm_model,
        layer: usize,
        shape: *mut i64,
    ) -> usize;
    pub fn tlstm_model_set_trainable(
        model: *mut tlstm_model,
        layer: *const std::os::raw::c_char,
        trainable: i32,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_weights(model: *const tlstm_model) -> usize;
    pub fn tlstm_model_weight_name(
        model: *const tlstm_model,
        weight: usize,
    ) -> *const std::os::raw::c_char;
    pub fn tlstm_model_get_weight(
        model: *const tlstm_model,
        weight: usize,
        value: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_set_weight(
        model: *mut tlstm_model,
        weight: usize,
        value: *const tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_checkpoint_options_init(options: *mut tlstm_checkpoint_options);
    pub fn tlstm_checkpoint_new(
        path: *const std::os::raw::c_char,
        options: *const tlstm_checkpoint_options,
        callback: *mut *mut tlstm_callback,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_early_stopping_options_init(options: *mut tlstm_early_stopping_options);
    pub fn tlstm_early_stopping_new(
        options: *const tlstm_early_stopping_options,
        callback: *mut *mut tlstm_callback,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_early_stopping_epoch(callback: *const tlstm_callback) -> i64;
    pub fn tlstm_csv_logger_new(
        path: *const std::os::raw::c_char,
        append: i32,
        callback: *mut *mut tlstm_callback,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_callback_new(
        functions: *const tlstm_callback_functions,
        callback: *mut *mut tlstm_callback,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_callback_free(callback: *mut tlstm_callback);
    pub fn tlstm_model_load(
        path: *const std::os::raw::c_char,
        model: *mut *mut tlstm_model,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_load_memory(
        bytes: *const std::os::raw::c_void,
        length: usize,
        model: *mut *mut tlstm_model,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_load_weights(
        model: *mut tlstm_model,
        path: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_load_weights_memory(
        model: *mut tlstm_model,
        bytes: *const std::os::raw::c_void,
        length: usize,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_notes(model: *const tlstm_model) -> usize;
    pub fn tlstm_model_note(model: *const tlstm_model, index: usize)
        -> *const std::os::raw::c_char;
    pub fn tlstm_model_note_kind(model: *const tlstm_model, index: usize) -> tlstm_note_kind;
    pub fn tlstm_file_inspect(
        path: *const std::os::raw::c_char,
        report: *mut *mut std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_file_inspect_memory(
        bytes: *const std::os::raw::c_void,
        length: usize,
        report: *mut *mut std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_save_options_init(options: *mut tlstm_save_options);
    pub fn tlstm_model_save(
        model: *const tlstm_model,
        path: *const std::os::raw::c_char,
        options: *const tlstm_save_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_save_memory(
        model: *const tlstm_model,
        options: *const tlstm_save_options,
        bytes: *mut *mut std::os::raw::c_char,
        length: *mut usize,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_new(
        model: *const tlstm_model,
        batch: i64,
        timesteps: i64,
        session: *mut *mut tlstm_session,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_free(session: *mut tlstm_session);
    pub fn tlstm_session_input_size(session: *const tlstm_session, timesteps: i64) -> usize;
    pub fn tlstm_session_output_size(session: *const tlstm_session, timesteps: i64) -> usize;
    pub fn tlstm_session_run(
        session: *mut tlstm_session,
        samples: i64,
        timesteps: i64,
        x: *const f32,
        y: *mut f32,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_run_tokens(
        session: *mut tlstm_session,
        samples: i64,
        timesteps: i64,
        x: *const i32,
        y: *mut f32,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_step(
        session: *mut tlstm_session,
        x: *const f32,
        y: *mut f32,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_step_token(
        session: *mut tlstm_session,
        x: *const i32,
        y: *mut f32,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_state_size(session: *const tlstm_session) -> usize;
    pub fn tlstm_session_get_state(
        session: *const tlstm_session,
        state: *mut f32,
        count: usize,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_set_state(
        session: *mut tlstm_session,
        state: *const f32,
        count: usize,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_session_reset(session: *mut tlstm_session);
    pub fn tlstm_optimizer_new(
        name: *const std::os::raw::c_char,
        optimizer: *mut *mut tlstm_optimizer,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_optimizer_set(
        optimizer: *mut tlstm_optimizer,
        setting: *const std::os::raw::c_char,
        value: f64,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_optimizer_free(optimizer: *mut tlstm_optimizer);
    pub fn tlstm_loss_new(
        name: *const std::os::raw::c_char,
        loss: *mut *mut tlstm_loss,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_loss_set(
        loss: *mut tlstm_loss,
        setting: *const std::os::raw::c_char,
        value: f64,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_loss_free(loss: *mut tlstm_loss);
    pub fn tlstm_model_compile(
        model: *mut tlstm_model,
        optimizer: *const tlstm_optimizer,
        loss: *const tlstm_loss,
        metrics: *const *const std::os::raw::c_char,
        metric_count: usize,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_is_compiled(model: *const tlstm_model) -> i32;
    pub fn tlstm_model_learning_rate(model: *const tlstm_model) -> f64;
    pub fn tlstm_model_set_learning_rate(
        model: *mut tlstm_model,
        learning_rate: f64,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_fit_options_init(options: *mut tlstm_fit_options);
    pub fn tlstm_model_fit(
        model: *mut tlstm_model,
        x: *const tlstm_array,
        y: *const tlstm_array,
        options: *const tlstm_fit_options,
        history: *mut *mut tlstm_history,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_run_options_init(options: *mut tlstm_run_options);
    pub fn tlstm_model_evaluate(
        model: *const tlstm_model,
        x: *const tlstm_array,
        y: *const tlstm_array,
        options: *const tlstm_run_options,
        values: *mut f64,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_metric_name(
        model: *const tlstm_model,
        index: usize,
    ) -> *const std::os::raw::c_char;
    pub fn tlstm_model_predict(
        model: *const tlstm_model,
        x: *const tlstm_array,
        options: *const tlstm_run_options,
        y: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_gradient(
        model: *const tlstm_model,
        x: *const tlstm_array,
        y: *const tlstm_array,
        sample_weight: *const tlstm_array,
        weight: usize,
        gradient: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_reset_states(model: *mut tlstm_model);
    pub fn tlstm_history_free(history: *mut tlstm_history);
    pub fn tlstm_history_epochs(history: *const tlstm_history) -> usize;
    pub fn tlstm_history_columns(history: *const tlstm_history) -> usize;
    pub fn tlstm_history_column(
        history: *const tlstm_history,
        column: usize,
    ) -> *const std::os::raw::c_char;
    pub fn tlstm_history_value(
        history: *const tlstm_history,
        column: *const std::os::raw::c_char,
        epoch: usize,
    ) -> f64;
    pub fn tlstm_history_save_csv(
        history: *const tlstm_history,
        path: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_history_save_svg(
        history: *const tlstm_history,
        column: *const std::os::raw::c_char,
        path: *const std::os::raw::c_char,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_get_layer_weight(
        model: *const tlstm_model,
        layer: *const std::os::raw::c_char,
        weight: *const std::os::raw::c_char,
        value: *mut *mut tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_set_layer_weight(
        model: *mut tlstm_model,
        layer: *const std::os::raw::c_char,
        weight: *const std::os::raw::c_char,
        value: *const tlstm_array,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_weights_options_init(options: *mut tlstm_weights_options);
    pub fn tlstm_model_import_weights(
        model: *mut tlstm_model,
        path: *const std::os::raw::c_char,
        options: *const tlstm_weights_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_import_weights_memory(
        model: *mut tlstm_model,
        bytes: *const std::os::raw::c_void,
        length: usize,
        options: *const tlstm_weights_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
    pub fn tlstm_model_import_arrays(
        model: *mut tlstm_model,
        names: *const *const std::os::raw::c_char,
        values: *const *const tlstm_array,
        count: usize,
        options: *const tlstm_weights_options,
        error: *mut *mut tlstm_error,
    ) -> tlstm_status;
}
