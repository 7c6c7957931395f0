//! Models: layers, weights, files.
use std::fmt;
use std::ops::Deref;
use std::os::raw::c_char;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tinylstm_sys as sys;

use crate::array::{Array, ArrayRef};
use crate::error::{check, make, Result};
use crate::layers::Layer;
use crate::optimizer::{Loss, Optimizer};
use crate::text::{borrowed, c_path, c_string, owned, StringArray};

/// A chain of layers with weights and, once compiled, a loss and an optimizer.
///
/// What takes `&Model`, and sessions, may run in any number of threads at once.
///
/// ```
/// use tinylstm::{Activation, Dense, Embedding, Input, Lstm, Model};
///
/// # fn main() -> tinylstm::Result<()> {
/// let mut model = Model::new(42)?;
/// model
///     .add(&Input::new(&[100]))?
///     .add(&Embedding::new(500, 16))?
///     .add(&Lstm::new(8).dropout(0.3))?
///     .add(&Dense::new(1).activation(Activation::Sigmoid))?
///     .build()?;
/// assert_eq!(model.params(), 8809);
/// # Ok(())
/// # }
/// ```
pub struct Model {
    raw: NonNull<sys::tlstm_model>,
    states: States,
}

// SAFETY: nothing in a model belongs to a thread. "Calls that take a const model may run in any
// number of threads at once": those take `&self` here, the others `&mut self`. Predicting and
// evaluating with stateful layers change the model's states; `States` lets one thread at a time.
unsafe impl Send for Model {}
unsafe impl Sync for Model {}

/// Guards the states of stateful layers, where the model has such layers.
#[derive(Default)]
struct States {
    kind: AtomicU8,
    lock: Mutex<()>,
}

const UNKNOWN: u8 = 0;
const STATELESS: u8 = 1;
const STATEFUL: u8 = 2;

impl Model {
    pub(crate) fn from_raw(raw: NonNull<sys::tlstm_model>) -> Self {
        Self {
            raw,
            states: States::default(),
        }
    }

    pub(crate) fn as_raw(&self) -> *const sys::tlstm_model {
        self.raw.as_ptr()
    }

    pub(crate) fn as_mut_raw(&mut self) -> *mut sys::tlstm_model {
        self.raw.as_ptr()
    }

    /// A Sequential model without layers. The same seed gives the same training to the last bit.
    pub fn new(seed: u64) -> Result<Self> {
        Self::new_named("sequential", seed)
    }

    /// The same with a name.
    pub fn new_named(name: &str, seed: u64) -> Result<Self> {
        let name = c_string("name", name)?;
        // SAFETY: the name lives through the call.
        make(|model, error| unsafe { sys::tlstm_model_new(name.as_ptr(), seed, model, error) })
            .map(Self::from_raw)
    }

    /// A model from the JSON of Keras's `to_json()`, its weights initialised from `seed`.
    pub fn from_json(json: &str, seed: u64) -> Result<Self> {
        // SAFETY: there are as many bytes as is said.
        make(|model, error| unsafe {
            sys::tlstm_model_from_json(json.as_ptr().cast(), json.len(), seed, model, error)
        })
        .map(Self::from_raw)
    }

    /// The configuration as Keras's `to_json()` gives it.
    pub fn to_json(&self) -> Result<String> {
        self.text(|text, error| unsafe { sys::tlstm_model_to_json(self.as_raw(), text, error) })
    }

    /// What Keras's `summary()` prints, `width` columns wide (0: 65).
    pub fn summary(&self, width: usize) -> Result<String> {
        self.text(|text, error| unsafe {
            sys::tlstm_model_summary(self.as_raw(), width, text, error)
        })
    }

    fn text(
        &self,
        call: impl FnOnce(*mut *mut c_char, *mut *mut sys::tlstm_error) -> sys::tlstm_status,
    ) -> Result<String> {
        // SAFETY: the text has just been handed over.
        make(call).map(|text| unsafe { owned(text.as_ptr()) })
    }

    /// Starts the generators of shuffling and dropout anew; also those of the initial weights,
    /// where the model is not built yet.
    pub fn set_seed(&mut self, seed: u64) {
        // SAFETY: the model is ours alone.
        unsafe { sys::tlstm_model_set_seed(self.as_mut_raw(), seed) }
    }

    /// Appends a layer.
    pub fn add(&mut self, layer: &impl Layer) -> Result<&mut Self> {
        self.states.kind = AtomicU8::new(UNKNOWN);
        layer.add_to(self.as_mut_raw())?;
        Ok(self)
    }

    /// Fixes the shapes and initialises the weights, where an [`Input`](crate::Input) or a layer
    /// says the input's shape. [`Model::compile`] does it by itself.
    pub fn build(&mut self) -> Result<&mut Self> {
        self.build_for(&[])
    }

    /// The same for a model that does not say its input's shape.
    pub fn build_for(&mut self, shape: &[i64]) -> Result<&mut Self> {
        let model = self.as_mut_raw();
        // SAFETY: the shape has as many dimensions as is said.
        check(|error| unsafe {
            sys::tlstm_model_build(model, shape.len(), shape.as_ptr(), error)
        })?;
        Ok(self)
    }

    /// Gives the model an optimizer, a loss and metrics, which are copied. `None` for an optimizer
    /// or loss: that of the model stays.
    pub fn compile<'o, 'l>(
        &mut self,
        optimizer: impl Into<Option<&'o Optimizer>>,
        loss: impl Into<Option<&'l Loss>>,
        metrics: &[&str],
    ) -> Result<()> {
        let optimizer = optimizer.into().map_or(ptr::null(), Optimizer::as_raw);
        let loss = loss.into().map_or(ptr::null(), Loss::as_raw);
        let names = StringArray::new("metrics", metrics)?;
        let (model, count) = (self.as_mut_raw(), metrics.len());
        // SAFETY: all arguments live through the call; there are as many names as is said.
        check(|error| unsafe {
            sys::tlstm_model_compile(model, optimizer, loss, names.as_ptr(), count, error)
        })
    }

    /// Whether the model has a loss and an optimizer, from compile or from its file.
    pub fn is_compiled(&self) -> bool {
        // SAFETY: `self` is a living model, here and below.
        unsafe { sys::tlstm_model_is_compiled(self.as_raw()) != 0 }
    }

    /// The learning rate of a compiled model.
    pub fn learning_rate(&self) -> Option<f64> {
        // SAFETY: see `is_compiled`.
        let rate = || unsafe { sys::tlstm_model_learning_rate(self.as_raw()) };
        self.is_compiled().then(rate)
    }

    /// Changes the learning rate of a compiled model.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<()> {
        let model = self.as_mut_raw();
        // SAFETY: the model is ours alone.
        check(|error| unsafe { sys::tlstm_model_set_learning_rate(model, learning_rate, error) })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        // SAFETY: the name lives as long as the model.
        unsafe { borrowed(sys::tlstm_model_name(self.as_raw())) }.unwrap_or_default()
    }

    /// The number of parameters; 0 before the model is built.
    pub fn params(&self) -> u64 {
        // SAFETY: see `is_compiled`.
        unsafe { sys::tlstm_model_params(self.as_raw()) as u64 }
    }

    /// The number of those that are trained.
    pub fn trainable_params(&self) -> u64 {
        // SAFETY: see `is_compiled`.
        unsafe { sys::tlstm_model_trainable_params(self.as_raw()) as u64 }
    }

    /// The layers, in order. An input layer counts.
    pub fn layers(&self) -> impl Iterator<Item = LayerInfo<'_>> + '_ {
        // SAFETY: see `is_compiled`.
        let count = unsafe { sys::tlstm_model_layers(self.as_raw()) };
        (0..count).map(move |layer| self.layer(layer))
    }

    fn layer(&self, layer: usize) -> LayerInfo<'_> {
        let mut shape = [0; sys::TLSTM_MAX_DIMS as usize];
        // SAFETY: the names live as long as the model; a shape has at most so many sizes.
        unsafe {
            let model = self.as_raw();
            let ndim = sys::tlstm_model_layer_output(model, layer, shape.as_mut_ptr());
            LayerInfo {
                name: borrowed(sys::tlstm_model_layer_name(model, layer)).unwrap_or_default(),
                class: borrowed(sys::tlstm_model_layer_class(model, layer)).unwrap_or_default(),
                output: shape.iter().copied().take(ndim).collect(),
            }
        }
    }

    /// Freezes or thaws a layer by name, as Keras's `trainable`. Takes effect at the next compile.
    pub fn set_trainable(&mut self, layer: &str, trainable: bool) -> Result<()> {
        let (model, layer) = (self.as_mut_raw(), c_string("layer", layer)?);
        // SAFETY: the name lives through the call.
        check(|error| unsafe {
            sys::tlstm_model_set_trainable(model, layer.as_ptr(), trainable.into(), error)
        })
    }

    /// The names of the weights, "lstm/kernel", in the order of Keras's `get_weights()`.
    pub fn weight_names(&self) -> impl Iterator<Item = &str> + '_ {
        // SAFETY: the names live as long as the model.
        let count = unsafe { sys::tlstm_model_weights(self.as_raw()) };
        (0..count).map(move |weight| unsafe {
            borrowed(sys::tlstm_model_weight_name(self.as_raw(), weight)).unwrap_or_default()
        })
    }

    /// A copy of a weight, by its place among [`Model::weight_names`].
    pub fn weight(&self, weight: usize) -> Result<Array> {
        // SAFETY: the array is new and nobody else's.
        unsafe {
            let raw = make(|value, error| {
                sys::tlstm_model_get_weight(self.as_raw(), weight, value, error)
            })?;
            Ok(Array::from_raw(raw))
        }
    }

    /// Replaces a weight; the shape must be the same, the dtype may be any.
    pub fn set_weight(&mut self, weight: usize, value: &ArrayRef) -> Result<()> {
        let model = self.as_mut_raw();
        // SAFETY: the model is ours alone, the array lives through the call.
        check(|error| unsafe { sys::tlstm_model_set_weight(model, weight, value.as_raw(), error) })
    }

    /// Clears the states of stateful layers.
    pub fn reset_states(&mut self) {
        // SAFETY: the model is ours alone.
        unsafe { sys::tlstm_model_reset_states(self.as_mut_raw()) }
    }

    /// For calls that change the states of stateful layers though the model is only lent.
    pub(crate) fn lock_states(&self) -> Option<MutexGuard<'_, ()>> {
        self.is_stateful().then(|| {
            self.states
                .lock
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        })
    }

    fn is_stateful(&self) -> bool {
        if self.states.kind.load(Ordering::Relaxed) == UNKNOWN {
            // What cannot be told counts as stateful.
            let stateful = self
                .to_json()
                .map_or(true, |json| json.contains("\"stateful\": true"));
            let kind = if stateful { STATEFUL } else { STATELESS };
            self.states.kind.store(kind, Ordering::Relaxed);
        }
        self.states.kind.load(Ordering::Relaxed) == STATEFUL
    }
}

// ---- Files ----

impl Model {
    /// Reads a whole model from a file of Keras or of this library, of whatever kind.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = c_path(path.as_ref())?;
        // SAFETY: the path lives through the call.
        make(|model, error| unsafe { sys::tlstm_model_load(path.as_ptr(), model, error) })
            .map(Self::from_raw)
    }

    /// The same from bytes in memory.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // SAFETY: there are as many bytes as is said.
        make(|model, error| unsafe {
            sys::tlstm_model_load_memory(bytes.as_ptr().cast(), bytes.len(), model, error)
        })
        .map(Self::from_raw)
    }

    /// Reads weights only, all or nothing, into a model that is built.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let (model, path) = (self.as_mut_raw(), c_path(path.as_ref())?);
        // SAFETY: the path lives through the call.
        check(|error| unsafe { sys::tlstm_model_load_weights(model, path.as_ptr(), error) })
    }

    /// The same from bytes in memory.
    pub fn load_weights_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let (model, data, length) = (self.as_mut_raw(), bytes.as_ptr().cast(), bytes.len());
        // SAFETY: the model is ours alone; there are as many bytes as is said.
        check(|error| unsafe { sys::tlstm_model_load_weights_memory(model, data, length, error) })
    }

    /// The report of the load: what was ignored, converted or not restored.
    pub fn report(&self) -> impl Iterator<Item = (NoteKind, &str)> + '_ {
        self.notes().enumerate().map(|(note, text)| {
            // SAFETY: any number may be asked for.
            let kind = unsafe { sys::tlstm_model_note_kind(self.as_raw(), note) };
            (NoteKind::from_code(kind), text)
        })
    }

    /// The lines of [`Model::report`] alone.
    pub fn notes(&self) -> impl Iterator<Item = &str> + '_ {
        // SAFETY: the notes live as long as the model.
        let count = unsafe { sys::tlstm_model_notes(self.as_raw()) };
        (0..count).map(move |note| unsafe {
            borrowed(sys::tlstm_model_note(self.as_raw(), note)).unwrap_or_default()
        })
    }

    /// Writes the kind of file that the end of `path` asks for: `.keras`, `.weights.h5`, or else a
    /// legacy `.h5`. At any moment `path` is the old file or the new one, whole.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_with(path, &SaveOptions::new())
    }

    /// The same with something left out.
    pub fn save_with(&self, path: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        let path = c_path(path.as_ref())?;
        // SAFETY: path and options live through the call.
        check(|error| unsafe {
            sys::tlstm_model_save(self.as_raw(), path.as_ptr(), &options.options, error)
        })
    }

    /// A legacy `.h5` in memory.
    ///
    /// ```
    /// # use tinylstm::{Dense, Input, Model};
    /// # fn main() -> tinylstm::Result<()> {
    /// # let mut model = Model::new(42)?;
    /// # model.add(&Input::new(&[3]))?.add(&Dense::new(2))?.build()?;
    /// let bytes = model.to_bytes()?;
    /// let copy = Model::from_bytes(&bytes)?;
    /// assert_eq!(copy.weight(0)?.as_slice::<f32>()?, model.weight(0)?.as_slice::<f32>()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_bytes(&self) -> Result<Bytes> {
        self.to_bytes_with(&SaveOptions::new())
    }

    /// The same with something left out.
    pub fn to_bytes_with(&self, options: &SaveOptions) -> Result<Bytes> {
        let mut length = 0;
        // SAFETY: the options live through the call.
        let raw = make(|bytes, error| unsafe {
            let options = &options.options;
            sys::tlstm_model_save_memory(self.as_raw(), options, bytes, &mut length, error)
        })?;
        Ok(Bytes { raw, length })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone, and sessions cannot outlive their loan.
        unsafe { sys::tlstm_model_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name())
            .field("params", &self.params())
            .finish_non_exhaustive()
    }
}

/// A layer of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerInfo<'m> {
    /// Its name.
    pub name: &'m str,
    /// Keras's class: "LSTM".
    pub class: &'m str,
    /// The shape of one sample that it puts out, with [`ANY`](crate::ANY) for Keras's `None`; empty
    /// where it is not known.
    pub output: Vec<i64>,
}

/// Tells what a file is and what is in it, as lines of text; the last one says whether
/// [`Model::load`] takes it. Fails only where the file cannot be read.
pub fn inspect_file(path: impl AsRef<Path>) -> Result<String> {
    let path = c_path(path.as_ref())?;
    // SAFETY: the path lives through the call, and the text has just been handed over.
    make(|text, error| unsafe { sys::tlstm_file_inspect(path.as_ptr(), text, error) })
        .map(|text| unsafe { owned(text.as_ptr()) })
}

/// The same for the bytes of a file.
pub fn inspect_bytes(bytes: &[u8]) -> Result<String> {
    let (data, length) = (bytes.as_ptr().cast(), bytes.len());
    // SAFETY: there are as many bytes as is said, and the text has just been handed over.
    make(|text, error| unsafe { sys::tlstm_file_inspect_memory(data, length, text, error) })
        .map(|text| unsafe { owned(text.as_ptr()) })
}

/// What a note of a load tells; see [`Model::report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// A setting that changes no prediction is not used.
    Ignored,
    /// The file has numbers or a layout other than the library's own.
    Converted,
    /// The model is not compiled, or its optimizer begins anew.
    NotRestored,
    /// A kind of a newer library.
    Other(i32),
}

impl NoteKind {
    fn from_code(code: sys::tlstm_note_kind) -> Self {
        match code {
            sys::TLSTM_NOTE_IGNORED => Self::Ignored,
            sys::TLSTM_NOTE_CONVERTED => Self::Converted,
            sys::TLSTM_NOTE_NOT_RESTORED => Self::NotRestored,
            other => Self::Other(other),
        }
    }
}

/// Which Keras a legacy `.h5` is for; see [`SaveOptions::keras`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Keras {
    /// What TensorFlow 2.11 to 2.15, tf_keras and Keras 3 all load.
    #[default]
    Common,
    /// Stand-alone Keras 2.2.3 to 2.3.
    Keras2,
    /// TensorFlow 2.0 to 2.10.
    TensorFlow210,
    /// TensorFlow 2.11 to 2.15 and tf_keras.
    TensorFlow215,
    /// Keras 3.
    Keras3,
}

impl Keras {
    fn code(self) -> sys::tlstm_keras {
        match self {
            Self::Common => sys::TLSTM_KERAS_COMMON,
            Self::Keras2 => sys::TLSTM_KERAS_2,
            Self::TensorFlow210 => sys::TLSTM_KERAS_TF_2_10,
            Self::TensorFlow215 => sys::TLSTM_KERAS_TF_2_15,
            Self::Keras3 => sys::TLSTM_KERAS_3,
        }
    }
}

/// What to leave out of a file, and whom it is for.
#[derive(Debug, Clone)]
pub struct SaveOptions {
    options: sys::tlstm_save_options,
}

impl Default for SaveOptions {
    fn default() -> Self {
        let mut options = defaults!(sys::tlstm_save_options_init);
        options.struct_size = std::mem::size_of::<sys::tlstm_save_options>();
        Self { options }
    }
}

impl SaveOptions {
    /// Nothing is left out.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which Keras a legacy `.h5` is for; `.keras` and `.weights.h5` are for Keras 3.
    pub fn keras(mut self, keras: Keras) -> Self {
        self.options.keras = keras.code();
        self
    }

    switches! {
        /// Keras's `save_weights()`.
        weights_only
        /// Keras's `include_optimizer=False`.
        without_optimizer
    }
}

/// Bytes of a file in memory that belongs to the library.
pub struct Bytes {
    raw: NonNull<c_char>,
    length: usize,
}

// SAFETY: nothing in it belongs to a thread, and it is never written.
unsafe impl Send for Bytes {}
unsafe impl Sync for Bytes {}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the library has handed over so many bytes.
        unsafe { slice::from_raw_parts(self.raw.as_ptr().cast(), self.length) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_string_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.length)
    }
}
