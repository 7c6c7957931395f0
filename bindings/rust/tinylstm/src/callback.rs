//! What happens at the ends of batches and epochs.
use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{ControlFlow, Deref};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::slice;

use tinylstm_sys as sys;

use crate::array::ArrayRef;
use crate::error::{make, Result};
use crate::model::Model;
use crate::text::{borrowed, c_path, Texts};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

mod sealed {
    use super::{sys, Payload, Result};

    pub trait Sealed {
        /// The C callback, new for each fit. It lives as long as `self` is not touched.
        fn make(&mut self) -> Result<*mut sys::tlstm_callback>;

        /// The panic that ended the training, if one did.
        fn take_panic(&mut self) -> Option<Payload> {
            None
        }
    }
}
pub(crate) use sealed::Sealed;

/// What [`Fit::callback`](crate::Fit::callback) takes: [`Checkpoint`], [`EarlyStopping`],
/// [`CsvLogger`] and [`Callback`].
pub trait FitCallback: Sealed {}

impl<T: Sealed> FitCallback for T {}

/// The C object behind a callback.
#[derive(Debug)]
struct Raw(NonNull<sys::tlstm_callback>);

// SAFETY: nothing in the library's own callbacks belongs to a thread. They are not `Sync`: their
// header promises nothing. `Callback` takes this back, because of the closures in it.
unsafe impl Send for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: it is ours alone, and no fit is running: that would borrow the callback.
        unsafe { sys::tlstm_callback_free(self.0.as_ptr()) }
    }
}

/// Keeps a new object in the place of the last one.
fn replace(
    place: &mut Option<Raw>,
    call: impl FnOnce(*mut *mut sys::tlstm_callback, *mut *mut sys::tlstm_error) -> i32,
) -> Result<*mut sys::tlstm_callback> {
    let raw = make(call)?;
    *place = Some(Raw(raw));
    Ok(raw.as_ptr())
}

/// Which way a monitored value improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Up for accuracy, AUC and F-measures, else down.
    Auto,
    /// Down.
    Min,
    /// Up.
    Max,
}

impl Mode {
    fn code(self) -> i32 {
        match self {
            Self::Auto => sys::TLSTM_MODE_AUTO,
            Self::Min => sys::TLSTM_MODE_MIN,
            Self::Max => sys::TLSTM_MODE_MAX,
        }
    }
}

/// Keras's ModelCheckpoint: saves the model at the ends of epochs.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    options: Monitored<sys::tlstm_checkpoint_options>,
    texts: Texts,
    raw: Option<Raw>,
}

/// Options with a name in them, which `Texts` keeps.
#[derive(Debug)]
struct Monitored<T>(T);

// SAFETY: the name they point to moves along with them, and is never written.
unsafe impl<T> Send for Monitored<T> {}

impl Checkpoint {
    /// Keras's defaults. `path` may hold Keras's fields: `{epoch:02d}`, `{val_loss:.2f}`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let options = Monitored(defaults!(sys::tlstm_checkpoint_options_init));
        Self {
            path: path.into(),
            options,
            texts: Texts::default(),
            raw: None,
        }
    }

    /// The value that is looked at, "val_loss" by default.
    pub fn monitor(mut self, name: &str) -> Self {
        self.options.0.monitor = self.texts.keep("monitor", name);
        self
    }

    /// Which way it improves.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.options.0.mode = mode.code();
        self
    }

    /// Whether only a better model than the last is saved.
    pub fn save_best_only(mut self, on: bool) -> Self {
        self.options.0.save_best_only = on.into();
        self
    }

    /// Whether weights alone are saved.
    pub fn save_weights_only(mut self, on: bool) -> Self {
        self.options.0.save_weights_only = on.into();
        self
    }

    /// Whether it tells when and why it saves.
    pub fn verbose(mut self, on: bool) -> Self {
        self.options.0.verbose = on.into();
        self
    }

    /// Only values better than this are saved.
    pub fn initial_value_threshold(mut self, value: f64) -> Self {
        self.options.0.has_threshold = 1;
        self.options.0.initial_value_threshold = value;
        self
    }
}

impl Sealed for Checkpoint {
    fn make(&mut self) -> Result<*mut sys::tlstm_callback> {
        self.texts.check()?;
        let (path, options) = (c_path(&self.path)?, &self.options.0);
        // SAFETY: path and options live through the call.
        replace(&mut self.raw, |callback, error| unsafe {
            sys::tlstm_checkpoint_new(path.as_ptr(), options, callback, error)
        })
    }
}

/// Keras's EarlyStopping: ends a fit that no longer improves.
#[derive(Debug)]
pub struct EarlyStopping {
    options: Monitored<sys::tlstm_early_stopping_options>,
    texts: Texts,
    raw: Option<Raw>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        let options = Monitored(defaults!(sys::tlstm_early_stopping_options_init));
        Self {
            options,
            texts: Texts::default(),
            raw: None,
        }
    }
}

impl EarlyStopping {
    /// Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value that is looked at, "val_loss" by default.
    pub fn monitor(mut self, name: &str) -> Self {
        self.options.0.monitor = self.texts.keep("monitor", name);
        self
    }

    /// Which way it improves.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.options.0.mode = mode.code();
        self
    }

    /// Smaller changes are no improvement.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.options.0.min_delta = min_delta;
        self
    }

    /// How many epochs may pass without improvement.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.options.0.patience = crate::array::size(epochs);
        self
    }

    /// Whether the weights of the best epoch come back in the end.
    pub fn restore_best_weights(mut self, on: bool) -> Self {
        self.options.0.restore_best_weights = on.into();
        self
    }

    /// Epochs before this one are not looked at.
    pub fn start_from_epoch(mut self, epoch: usize) -> Self {
        self.options.0.start_from_epoch = crate::array::size(epoch);
        self
    }

    /// Whether it tells when it stops.
    pub fn verbose(mut self, on: bool) -> Self {
        self.options.0.verbose = on.into();
        self
    }

    /// A value to beat.
    pub fn baseline(mut self, value: f64) -> Self {
        self.options.0.has_baseline = 1;
        self.options.0.baseline = value;
        self
    }

    /// The epoch, counted from 0, after which it stopped the last fit; 0 when it did not.
    pub fn stopped_epoch(&self) -> usize {
        // SAFETY: the object is alive.
        self.raw.as_ref().map_or(0, |raw| unsafe {
            sys::tlstm_early_stopping_epoch(raw.0.as_ptr()) as usize
        })
    }
}

impl Sealed for EarlyStopping {
    fn make(&mut self) -> Result<*mut sys::tlstm_callback> {
        self.texts.check()?;
        let options = &self.options.0;
        // SAFETY: the options live through the call.
        replace(&mut self.raw, |callback, error| unsafe {
            sys::tlstm_early_stopping_new(options, callback, error)
        })
    }
}

/// Keras's CSVLogger: writes each epoch's row to a CSV file as it ends.
#[derive(Debug)]
pub struct CsvLogger {
    path: PathBuf,
    append: bool,
    raw: Option<Raw>,
}

impl CsvLogger {
    /// Begins a new file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            append: false,
            raw: None,
        }
    }

    /// Whether it goes on in an existing file.
    pub fn append(mut self, on: bool) -> Self {
        self.append = on;
        self
    }
}

impl Sealed for CsvLogger {
    fn make(&mut self) -> Result<*mut sys::tlstm_callback> {
        let (path, append) = (c_path(Path::new(&self.path))?, self.append.into());
        // SAFETY: the path lives through the call.
        replace(&mut self.raw, |callback, error| unsafe {
            sys::tlstm_csv_logger_new(path.as_ptr(), append, callback, error)
        })
    }
}

// ---- Closures ----

/// Where training stands, as a closure is told.
pub struct Progress<'a> {
    logs: &'a sys::tlstm_logs,
    /// Lent by fit: never dropped here.
    model: ManuallyDrop<Model>,
}

impl Progress<'_> {
    /// The epoch, counted from 0.
    pub fn epoch(&self) -> usize {
        self.logs.epoch as usize
    }

    /// The batch, counted from 0, where one has just ended.
    pub fn batch(&self) -> Option<usize> {
        usize::try_from(self.logs.batch).ok()
    }

    /// How many batches an epoch has.
    pub fn batches(&self) -> usize {
        self.logs.batches as usize
    }

    /// "loss", "accuracy", "val_loss", ... and their values: running means over the epoch so far.
    pub fn values(&self) -> impl Iterator<Item = (&str, f64)> + '_ {
        (0..self.logs.count).map(move |i| {
            // SAFETY: there are `count` names and values, borrowed for the call like `self`.
            unsafe {
                let name = borrowed(*self.logs.names.add(i)).unwrap_or_default();
                (name, *self.logs.values.add(i))
            }
        })
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The model as it is now.
    pub fn model(&self) -> &Model {
        &self.model
    }
}

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("epoch", &self.epoch())
            .field("batch", &self.batch())
            .field("values", &self.values().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The end of an epoch, where the model may be changed.
#[derive(Debug)]
pub struct EpochEnd<'a>(Progress<'a>);

impl<'a> Deref for EpochEnd<'a> {
    type Target = Progress<'a>;

    fn deref(&self) -> &Progress<'a> {
        &self.0
    }
}

impl EpochEnd<'_> {
    /// Changes the learning rate.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<()> {
        self.0.model.set_learning_rate(learning_rate)
    }

    /// Replaces a weight.
    pub fn set_weight(&mut self, weight: usize, value: &ArrayRef) -> Result<()> {
        self.0.model.set_weight(weight, value)
    }
}

type Handler<'c> = Option<Box<dyn FnMut(&Progress<'_>) -> ControlFlow<()> + 'c>>;
type EpochHandler<'c> = Option<Box<dyn FnMut(&mut EpochEnd<'_>) -> ControlFlow<()> + 'c>>;

/// The closures, at an address of their own that C passes through.
#[derive(Default)]
struct Handlers<'c> {
    train_begin: Handler<'c>,
    epoch_begin: Handler<'c>,
    batch_end: Handler<'c>,
    epoch_end: EpochHandler<'c>,
    train_end: Handler<'c>,
    panic: Option<Payload>,
}

/// Closures that are called in a fit. One that answers [`ControlFlow::Break`] ends the training as
/// Keras's `stop_training` does: with the epoch. A panic ends it at once and goes on in the caller
/// of fit.
///
/// ```
/// use std::ops::ControlFlow;
/// use tinylstm::Callback;
///
/// let mut losses = Vec::new();
/// let callback = Callback::new().on_epoch_end(|epoch| {
///     losses.extend(epoch.get("val_loss"));
///     if losses.len() < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
/// });
/// ```
#[derive(Default)]
pub struct Callback<'c> {
    raw: Option<Raw>,
    handlers: Box<Handlers<'c>>,
}

impl<'c> Callback<'c> {
    /// A callback that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Before the first epoch.
    pub fn on_train_begin(
        mut self,
        handler: impl FnMut(&Progress<'_>) -> ControlFlow<()> + 'c,
    ) -> Self {
        self.handlers.train_begin = Some(Box::new(handler));
        self
    }

    /// Before each epoch.
    pub fn on_epoch_begin(
        mut self,
        handler: impl FnMut(&Progress<'_>) -> ControlFlow<()> + 'c,
    ) -> Self {
        self.handlers.epoch_begin = Some(Box::new(handler));
        self
    }

    /// After each batch.
    pub fn on_batch_end(
        mut self,
        handler: impl FnMut(&Progress<'_>) -> ControlFlow<()> + 'c,
    ) -> Self {
        self.handlers.batch_end = Some(Box::new(handler));
        self
    }

    /// After each epoch and its validation.
    pub fn on_epoch_end(
        mut self,
        handler: impl FnMut(&mut EpochEnd<'_>) -> ControlFlow<()> + 'c,
    ) -> Self {
        self.handlers.epoch_end = Some(Box::new(handler));
        self
    }

    /// After the last epoch.
    pub fn on_train_end(
        mut self,
        handler: impl FnMut(&Progress<'_>) -> ControlFlow<()> + 'c,
    ) -> Self {
        self.handlers.train_end = Some(Box::new(handler));
        self
    }
}

impl Sealed for Callback<'_> {
    fn make(&mut self) -> Result<*mut sys::tlstm_callback> {
        let handlers: *mut Handlers<'_> = &mut *self.handlers;
        let functions = sys::tlstm_callback_functions {
            struct_size: std::mem::size_of::<sys::tlstm_callback_functions>(),
            on_train_begin: Some(train_begin),
            on_epoch_begin: Some(epoch_begin),
            on_batch_end: Some(batch_end),
            on_epoch_end: Some(epoch_end),
            on_train_end: Some(train_end),
            user: handlers.cast(),
        };
        // SAFETY: the functions are copied; the closures stay at their address, and nobody else
        // touches them while the fit runs.
        replace(&mut self.raw, |callback, error| unsafe {
            sys::tlstm_callback_new(&functions, callback, error)
        })
    }

    fn take_panic(&mut self) -> Option<Payload> {
        self.handlers.panic.take()
    }
}

impl fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

/// Runs a closure for C, through which no panic may pass: it is kept and the training aborted.
///
/// # Safety
///
/// `model`, `logs` and `user` are what fit gives to a callback that `Callback::make` made.
unsafe fn guard(
    model: *mut sys::tlstm_model,
    logs: *const sys::tlstm_logs,
    user: *mut c_void,
    call: impl FnOnce(&mut Handlers<'_>, Progress<'_>) -> ControlFlow<()>,
) -> i32 {
    let handlers = &mut *user.cast::<Handlers<'_>>();
    let model = ManuallyDrop::new(Model::from_raw(NonNull::new_unchecked(model)));
    let progress = Progress {
        logs: &*logs,
        model,
    };
    match catch_unwind(AssertUnwindSafe(|| call(&mut *handlers, progress))) {
        Ok(ControlFlow::Continue(())) => sys::TLSTM_CONTINUE,
        Ok(ControlFlow::Break(())) => sys::TLSTM_STOP_TRAINING,
        Err(panic) => {
            handlers.panic = Some(panic);
            sys::TLSTM_ABORT
        }
    }
}

fn answer(handler: &mut Handler<'_>, progress: &Progress<'_>) -> ControlFlow<()> {
    match handler {
        Some(handler) => handler(progress),
        None => ControlFlow::Continue(()),
    }
}

macro_rules! trampoline {
    ($name:ident) => {
        unsafe extern "C" fn $name(
            model: *mut sys::tlstm_model,
            logs: *const sys::tlstm_logs,
            user: *mut c_void,
        ) -> i32 {
            guard(model, logs, user, |handlers, progress| {
                answer(&mut handlers.$name, &progress)
            })
        }
    };
}

trampoline!(train_begin);
trampoline!(epoch_begin);
trampoline!(batch_end);
trampoline!(train_end);

unsafe extern "C" fn epoch_end(
    model: *mut sys::tlstm_model,
    logs: *const sys::tlstm_logs,
    user: *mut c_void,
) -> i32 {
    guard(
        model,
        logs,
        user,
        |handlers, progress| match &mut handlers.epoch_end {
            Some(handler) => handler(&mut EpochEnd(progress)),
            None => ControlFlow::Continue(()),
        },
    )
}

// ---- Where progress goes ----

/// A closure that takes progress text.
pub(crate) struct Writer<'a> {
    write: Box<dyn FnMut(&str) + 'a>,
    panic: Option<Payload>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(write: impl FnMut(&str) + 'a) -> Self {
        Self {
            write: Box::new(write),
            panic: None,
        }
    }

    /// For C: the function and what it is called with. The writer must stay where it is.
    pub(crate) fn parts(&mut self) -> (sys::tlstm_write_function, *mut c_void) {
        (Some(write), (self as *mut Self).cast())
    }

    pub(crate) fn take_panic(&mut self) -> Option<Payload> {
        self.panic.take()
    }
}

/// C cannot be told to stop here: after a panic nothing more is written, and fit's caller gets it.
unsafe extern "C" fn write(text: *const std::os::raw::c_char, length: usize, user: *mut c_void) {
    let writer = &mut *user.cast::<Writer<'_>>();
    if writer.panic.is_some() {
        return;
    }
    let text = String::from_utf8_lossy(slice::from_raw_parts(text.cast(), length));
    let call = AssertUnwindSafe(|| (writer.write)(&text));
    writer.panic = catch_unwind(call).err();
}
