//! Trains and runs Keras-style recurrent networks (Embedding, LSTM, GRU, SimpleRNN, Dense and their
//! companions), reads the model files that Keras writes and writes files that Keras reads.
//!
//! From a file of Keras to a prediction:
//!
//! ```no_run
//! use tinylstm::{Array, Model};
//!
//! # fn main() -> tinylstm::Result<()> {
//! let model = Model::load("best-lstm-model.h5")?;
//! let x = Array::load_npy("x_test.npy")?;
//! let scores = model.predict(&x)?;
//! println!("{:?}", scores.as_slice::<f32>()?);
//! # Ok(())
//! # }
//! ```
//!
//! From nothing to a trained model:
//!
//! ```
//! use std::ops::ControlFlow;
//! use tinylstm::{Activation, Callback, Dense, Embedding, Input, Loss, Lstm, Model, Optimizer, Pad};
//!
//! # fn main() -> tinylstm::Result<()> {
//! let reviews = tinylstm::Reviews::generate(400, 100, 42)?;
//! let x = reviews.x_train().pad(&Pad::new().maxlen(20))?;
//!
//! let mut model = Model::new(42)?;
//! model
//!     .add(&Input::new(&[20]))?
//!     .add(&Embedding::new(500, 16))?
//!     .add(&Lstm::new(8))?
//!     .add(&Dense::new(1).activation(Activation::Sigmoid))?;
//! let adam = Optimizer::new("adam")?.set("learning_rate", 0.01)?;
//! model.compile(&adam, &Loss::new("binary_crossentropy")?, &["accuracy"])?;
//!
//! let mut good_enough = Callback::new().on_epoch_end(|epoch| match epoch.get("loss") {
//!     Some(loss) if loss < 0.3 => ControlFlow::Break(()),
//!     _ => ControlFlow::Continue(()),
//! });
//! let history = model.fit(&x, reviews.y_train()).epochs(3).callback(&mut good_enough).run()?;
//! assert!(history.value("loss", 1) < history.value("loss", 0));
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Every call that can fail returns an [`Error`] with its kind, one sentence and the place. Bad
//! input is never a panic.
//!
//! # Threads
//!
//! Types are [`Send`] and [`Sync`] as the C library's headers promise. Any number of threads may
//! predict with one [`Model`], best with a [`Session`] each; training needs `&mut`.
//!
//! # Features
//!
//! `ndarray`: arrays to and from those of the crate `ndarray`, without copies. `bundled`: builds the
//! C library instead of looking for an installed one.
#![warn(missing_docs, missing_debug_implementations, rust_2018_idioms)]

#[macro_use]
mod macros;

mod allocator;
mod array;
mod callback;
mod error;
mod history;
mod imdb;
mod layers;
mod model;
#[cfg(feature = "ndarray")]
mod nd;
mod optimizer;
mod sequences;
mod session;
mod split;
mod text;
mod train;
mod vocabulary;
mod weights;

pub use allocator::set_allocator;
pub use array::{Array, ArrayRef, ArrayView, Dtype, Element};
pub use callback::{
    Callback, Checkpoint, CsvLogger, EarlyStopping, EpochEnd, FitCallback, Mode, Progress,
};
pub use error::{Error, ErrorKind, Result};
pub use history::History;
pub use imdb::{Imdb, Reviews};
pub use layers::{
    Activate, Activation, Dense, Dropout, Embedding, Flatten, Gru, Input, KerasLayer, Layer, Lstm,
    SimpleRnn, ANY,
};
pub use model::{
    inspect_bytes, inspect_file, Bytes, Keras, LayerInfo, Model, NoteKind, SaveOptions,
};
pub use optimizer::{Loss, Optimizer};
pub use sequences::{pad_arrays, Pad, Sequences, SequencesRef, Side};
pub use session::Session;
pub use split::{shuffled_indices, train_test_split, Split};
pub use train::{Evaluation, Fit, RunOptions, Verbose};
pub use vocabulary::{Tokenizer, Vocabulary};
pub use weights::{WeightOrder, WeightsOptions};

use tinylstm_sys as sys;

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The version of the C library: major * 1000000 + minor * 1000 + patch.
pub fn version() -> i32 {
    // SAFETY: takes nothing.
    unsafe { sys::tlstm_version() }
}

/// The same as text, "0.1.0".
pub fn version_string() -> &'static str {
    // SAFETY: the text lives as long as the program.
    unsafe { text::borrowed(sys::tlstm_version_string()) }.unwrap_or_default()
}

/// The instruction set whose kernels run here: "baseline", "avx2", "avx512" or "neon".
pub fn isa() -> &'static str {
    // SAFETY: the text lives as long as the program.
    unsafe { text::borrowed(sys::tlstm_isa()) }.unwrap_or_default()
}
