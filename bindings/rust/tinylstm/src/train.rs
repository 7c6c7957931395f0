//! fit, evaluate, predict and gradient, with the meaning they have in Keras.
use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::ptr;

use tinylstm_sys as sys;

use crate::array::{Array, ArrayRef};
use crate::callback::{FitCallback, Payload, Sealed, Writer};
use crate::error::{check, make, Result};
use crate::history::History;
use crate::model::Model;
use crate::text::borrowed;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verbose {
    /// Nothing.
    Silent,
    /// Keras's bar on a terminal, elsewhere a line an epoch.
    Progress,
    /// A line an epoch.
    Lines,
}

impl Verbose {
    fn code(self) -> i32 {
        match self {
            Self::Silent => sys::TLSTM_SILENT,
            Self::Progress => sys::TLSTM_PROGRESS,
            Self::Lines => sys::TLSTM_LINES,
        }
    }
}

fn threads(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl Model {
    /// Trains: settings first, then [`Fit::run`].
    ///
    /// `x` is (samples, ...) of tokens or features; `y` (samples), (samples, outputs) or (samples,
    /// timesteps, outputs). Nothing is trained on bad data.
    ///
    /// ```
    /// use tinylstm::{Array, Dense, Dtype, Input, Loss, Model, Optimizer};
    ///
    /// # fn main() -> tinylstm::Result<()> {
    /// let mut model = Model::new(42)?;
    /// model.add(&Input::new(&[3]))?.add(&Dense::new(1))?;
    /// model.compile(&Optimizer::new("sgd")?, &Loss::new("mse")?, &["mae"])?;
    /// let x = Array::zeros(Dtype::Float32, &[64, 3])?;
    /// let y = Array::zeros(Dtype::Float32, &[64])?;
    /// let history = model.fit(&x, &y).epochs(2).validation_split(0.25).run()?;
    /// assert_eq!(history.columns().collect::<Vec<_>>(), ["loss", "mae", "val_loss", "val_mae"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fit<'a>(&'a mut self, x: &'a ArrayRef, y: &'a ArrayRef) -> Fit<'a> {
        Fit {
            model: self,
            data: (x, y),
            options: defaults!(sys::tlstm_fit_options_init),
            callbacks: Vec::new(),
            writer: None,
        }
    }

    /// The outputs for `x`, `f32` (samples, ...). For many calls on few samples use a
    /// [`Session`](crate::Session).
    pub fn predict(&self, x: &ArrayRef) -> Result<Array> {
        self.predict_with(x, RunOptions::new())
    }

    /// The same with settings.
    pub fn predict_with(&self, x: &ArrayRef, options: RunOptions<'_>) -> Result<Array> {
        let _states = self.lock_states();
        options.run(|options| {
            // SAFETY: all arguments live through the call; the array is new and nobody else's.
            unsafe {
                let raw = make(|y, error| {
                    sys::tlstm_model_predict(self.as_raw(), x.as_raw(), options, y, error)
                })?;
                Ok(Array::from_raw(raw))
            }
        })
    }

    /// Loss and metrics over data.
    pub fn evaluate(&self, x: &ArrayRef, y: &ArrayRef) -> Result<Evaluation> {
        self.evaluate_with(x, y, RunOptions::new())
    }

    /// The same with settings.
    pub fn evaluate_with(
        &self,
        x: &ArrayRef,
        y: &ArrayRef,
        options: RunOptions<'_>,
    ) -> Result<Evaluation> {
        let _states = self.lock_states();
        let names: Vec<String> = self.metric_names().map(str::to_owned).collect();
        let mut values = vec![0.0; names.len()];
        options.run(|options| {
            // SAFETY: all arguments live through the call; there is as much room as is said.
            check(|error| unsafe {
                let (model, x, y) = (self.as_raw(), x.as_raw(), y.as_raw());
                let (room, count) = (values.len(), ptr::null_mut());
                let values = values.as_mut_ptr();
                sys::tlstm_model_evaluate(model, x, y, options, values, room, count, error)
            })
        })?;
        Ok(Evaluation { names, values })
    }

    /// "loss", then the metrics; nothing before the model is compiled.
    pub fn metric_names(&self) -> impl Iterator<Item = &str> + '_ {
        // SAFETY: the names live as long as the model is not compiled anew.
        (0..).map_while(move |index| unsafe {
            borrowed(sys::tlstm_model_metric_name(self.as_raw(), index))
        })
    }

    /// The gradient of the loss (regularizers included, dropout off) over all of x and y with
    /// respect to one weight, in the weight's shape.
    pub fn gradient(
        &self,
        x: &ArrayRef,
        y: &ArrayRef,
        sample_weight: Option<&ArrayRef>,
        weight: usize,
    ) -> Result<Array> {
        let sample_weight = sample_weight.map_or(ptr::null(), ArrayRef::as_raw);
        // SAFETY: all arguments live through the call; the array is new and nobody else's.
        unsafe {
            let raw = make(|gradient, error| {
                let (model, x, y) = (self.as_raw(), x.as_raw(), y.as_raw());
                sys::tlstm_model_gradient(model, x, y, sample_weight, weight, gradient, error)
            })?;
            Ok(Array::from_raw(raw))
        }
    }
}

/// A fit that is about to begin: [`Model::fit`]. Begins with Keras's defaults, but silent.
#[must_use = "nothing is trained before `run`"]
pub struct Fit<'a> {
    model: &'a mut Model,
    data: (&'a ArrayRef, &'a ArrayRef),
    options: sys::tlstm_fit_options,
    callbacks: Vec<&'a mut (dyn FitCallback + 'a)>,
    writer: Option<Writer<'a>>,
}

impl<'a> Fit<'a> {
    numbers! {
        /// Samples an update, 32 by default.
        batch_size: usize
        /// The number of the last epoch, counted from `initial_epoch`.
        epochs: usize
        /// Where counting begins.
        initial_epoch: usize
        /// The last part of x and y that is kept for validation.
        validation_split: f64
    }

    switches! {
        /// Whether each epoch has a new order, from the model's seed.
        shuffle
    }

    /// How progress is shown.
    pub fn verbose(mut self, verbose: Verbose) -> Self {
        self.options.verbose = verbose.code();
        self
    }

    /// How many threads compute; 0: as many as processors. The results do not depend on it.
    pub fn threads(mut self, count: usize) -> Self {
        self.options.threads = threads(count);
        self
    }

    /// Data to validate on.
    pub fn validation_data(mut self, x: &'a ArrayRef, y: &'a ArrayRef) -> Self {
        self.options.x_val = x.as_raw();
        self.options.y_val = y.as_raw();
        self
    }

    /// How much each sample counts: (samples), or (samples, timesteps) for sequence outputs.
    pub fn sample_weight(mut self, weights: &'a ArrayRef) -> Self {
        self.options.sample_weight = weights.as_raw();
        self
    }

    /// The same for the validation data.
    pub fn validation_sample_weight(mut self, weights: &'a ArrayRef) -> Self {
        self.options.val_sample_weight = weights.as_raw();
        self
    }

    /// How much samples of class 0, 1, ... count.
    pub fn class_weight(mut self, weights: &'a [f64]) -> Self {
        self.options.class_weight = weights.as_ptr();
        self.options.class_count = weights.len();
        self
    }

    /// A callback, called after those that were given before.
    pub fn callback(mut self, callback: &'a mut (impl FitCallback + 'a)) -> Self {
        self.callbacks.push(callback);
        self
    }

    /// Where progress goes, standard output by default.
    pub fn write(mut self, write: impl FnMut(&str) + 'a) -> Self {
        self.writer = Some(Writer::new(write));
        self
    }

    /// Trains. When it fails, the model keeps the weights it has got to. A panic of a callback goes
    /// on here.
    pub fn run(mut self) -> Result<History> {
        let made = self
            .callbacks
            .iter_mut()
            .map(|callback| Sealed::make(*callback));
        let raw = made.collect::<Result<Vec<_>>>()?;
        self.options.callbacks = raw.as_ptr();
        self.options.callback_count = raw.len();
        if let Some(writer) = &mut self.writer {
            (self.options.write, self.options.write_user) = writer.parts();
        }
        let (model, (x, y)) = (self.model.as_mut_raw(), self.data);
        // SAFETY: the model is ours alone. Everything the options point to is borrowed by `self`
        // or lives in this function, and is not touched during the call but by the callbacks.
        let history = make(|history, error| unsafe {
            sys::tlstm_model_fit(model, x.as_raw(), y.as_raw(), &self.options, history, error)
        })
        .map(History::from_raw);
        if let Some(panic) = self.take_panic() {
            drop(history);
            resume_unwind(panic);
        }
        history
    }

    fn take_panic(&mut self) -> Option<Payload> {
        let written = self.writer.as_mut().and_then(Writer::take_panic);
        let called = self
            .callbacks
            .iter_mut()
            .find_map(|callback| callback.take_panic());
        called.or(written)
    }
}

impl fmt::Debug for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fit")
            .field("model", &self.model)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// Settings of evaluate and predict; begins with Keras's defaults.
pub struct RunOptions<'a> {
    options: sys::tlstm_run_options,
    writer: Option<Writer<'a>>,
    _arrays: PhantomData<&'a ArrayRef>,
}

impl Default for RunOptions<'_> {
    fn default() -> Self {
        let options = defaults!(sys::tlstm_run_options_init);
        Self {
            options,
            writer: None,
            _arrays: PhantomData,
        }
    }
}

impl<'a> RunOptions<'a> {
    /// Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    numbers! {
        /// How many samples share a pass, 32 by default. Larger is faster.
        batch_size: usize
    }

    /// How many threads compute; 0: as many as processors.
    pub fn threads(mut self, count: usize) -> Self {
        self.options.threads = threads(count);
        self
    }

    /// How progress is shown; evaluate only.
    pub fn verbose(mut self, verbose: Verbose) -> Self {
        self.options.verbose = verbose.code();
        self
    }

    /// How much each sample counts; evaluate only.
    pub fn sample_weight(mut self, weights: &'a ArrayRef) -> Self {
        self.options.sample_weight = weights.as_raw();
        self
    }

    /// Where progress goes, standard output by default.
    pub fn write(mut self, write: impl FnMut(&str) + 'a) -> Self {
        self.writer = Some(Writer::new(write));
        self
    }

    /// Makes a call with the options as C takes them.
    fn run<T>(
        mut self,
        call: impl FnOnce(*const sys::tlstm_run_options) -> Result<T>,
    ) -> Result<T> {
        if let Some(writer) = &mut self.writer {
            (self.options.write, self.options.write_user) = writer.parts();
        }
        let result = call(&self.options);
        if let Some(panic) = self.writer.as_mut().and_then(Writer::take_panic) {
            drop(result);
            resume_unwind(panic);
        }
        result
    }
}

impl fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOptions")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What [`Model::evaluate`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    names: Vec<String>,
    values: Vec<f64>,
}

impl Evaluation {
    /// The loss.
    pub fn loss(&self) -> f64 {
        self.values[0]
    }

    /// The value of a metric, by its name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// "loss" and the metrics, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> + '_ {
        self.names
            .iter()
            .map(String::as_str)
            .zip(self.values.iter().copied())
    }
}
