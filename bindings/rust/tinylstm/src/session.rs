//! Repeated inference with a workspace and a recurrent state of one's own.
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use tinylstm_sys as sys;

use crate::array::size;
use crate::error::{check, make, Error, ErrorKind, Result};
use crate::model::Model;

/// Inference on a model that is lent to it, so that it is neither trained nor dropped meanwhile.
/// After it is made, calls allocate nothing and lock nothing. A session can go to another thread,
/// but serves one at a time; any number of sessions share a model.
///
/// ```
/// use tinylstm::{Dense, Input, Lstm, Model, Session};
///
/// # fn main() -> tinylstm::Result<()> {
/// let mut model = Model::new(42)?;
/// model.add(&Input::new(&[4, 1]))?.add(&Lstm::new(8))?.add(&Dense::new(1))?.build()?;
/// let mut session = Session::new(&model, 1, 0)?;
///
/// let (mut whole, mut last) = ([0.0_f32], [0.0]);
/// session.run(1, 4, &[0.1, 0.2, 0.3, 0.4], &mut whole)?;
/// for x in [0.1, 0.2, 0.3, 0.4] {
///     session.step(&[x], &mut last)?;
/// }
/// // Sums may be taken in another order.
/// assert!((whole[0] - last[0]).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
///
/// The model cannot go first, nor be trained while it is lent:
///
/// ```compile_fail
/// # use tinylstm::{Model, Session};
/// # let model = Model::load("model.h5").unwrap();
/// let session = Session::new(&model, 1, 0).unwrap();
/// drop(model);
/// drop(session);
/// ```
///
/// Nor can two threads use one session:
///
/// ```compile_fail
/// fn shared<T: Sync>() {}
/// shared::<tinylstm::Session<'_>>();
/// ```
pub struct Session<'m> {
    raw: NonNull<sys::tlstm_session>,
    batch: usize,
    _model: PhantomData<&'m Model>,
}

// SAFETY: "one session belongs to one thread at a time": it may move, but is not `Sync`. The model
// it reads is `Sync`.
unsafe impl Send for Session<'_> {}

impl<'m> Session<'m> {
    /// For at most `batch` samples a call (1 for streams) and sequences of at most `timesteps` (0:
    /// the model's own input length; 1 is enough for steps). The state begins at zero.
    pub fn new(model: &'m Model, batch: usize, timesteps: usize) -> Result<Self> {
        // SAFETY: the model is lent for as long as the session lives.
        let raw = make(|session, error| unsafe {
            let (batch, timesteps) = (size(batch), size(timesteps));
            sys::tlstm_session_new(model.as_raw(), batch, timesteps, session, error)
        })?;
        Ok(Self {
            raw,
            batch,
            _model: PhantomData,
        })
    }

    /// How many input values one sample of so many timesteps has; 0 where they do not fit the
    /// model.
    pub fn input_size(&self, timesteps: usize) -> usize {
        // SAFETY: `self` is alive, here and below.
        unsafe { sys::tlstm_session_input_size(self.raw.as_ptr(), size(timesteps)) }
    }

    /// How many output values one sample of so many timesteps has.
    pub fn output_size(&self, timesteps: usize) -> usize {
        // SAFETY: see `input_size`.
        unsafe { sys::tlstm_session_output_size(self.raw.as_ptr(), size(timesteps)) }
    }

    /// Whole sequences of features, from a zero state: `x` holds `samples` x `timesteps` x
    /// features, `y` receives the outputs. The session's own state is not touched.
    pub fn run(
        &mut self,
        samples: usize,
        timesteps: usize,
        x: &[f32],
        y: &mut [f32],
    ) -> Result<()> {
        self.check_sizes(samples, timesteps, x.len(), y.len())?;
        let (raw, samples, timesteps) = (self.raw.as_ptr(), size(samples), size(timesteps));
        // SAFETY: x and y have the sizes that the library reads and writes.
        check(|error| unsafe {
            sys::tlstm_session_run(raw, samples, timesteps, x.as_ptr(), y.as_mut_ptr(), error)
        })
    }

    /// The same for tokens: `x` holds `samples` x `timesteps`.
    pub fn run_tokens(
        &mut self,
        samples: usize,
        timesteps: usize,
        x: &[i32],
        y: &mut [f32],
    ) -> Result<()> {
        self.check_sizes(samples, timesteps, x.len(), y.len())?;
        let (raw, samples, timesteps) = (self.raw.as_ptr(), size(samples), size(timesteps));
        // SAFETY: x and y have the sizes that the library reads and writes.
        check(|error| unsafe {
            let (x, y) = (x.as_ptr(), y.as_mut_ptr());
            sys::tlstm_session_run_tokens(raw, samples, timesteps, x, y, error)
        })
    }

    /// One timestep of each of the session's streams, from the state that the step before left.
    pub fn step(&mut self, x: &[f32], y: &mut [f32]) -> Result<()> {
        self.check_sizes(self.batch, 1, x.len(), y.len())?;
        // SAFETY: x and y have the sizes that the library reads and writes.
        check(|error| unsafe {
            sys::tlstm_session_step(self.raw.as_ptr(), x.as_ptr(), y.as_mut_ptr(), error)
        })
    }

    /// The same for tokens, one a stream.
    pub fn step_token(&mut self, x: &[i32], y: &mut [f32]) -> Result<()> {
        self.check_sizes(self.batch, 1, x.len(), y.len())?;
        // SAFETY: x and y have the sizes that the library reads and writes.
        check(|error| unsafe {
            sys::tlstm_session_step_token(self.raw.as_ptr(), x.as_ptr(), y.as_mut_ptr(), error)
        })
    }

    /// Where sizes are 0 the library refuses the call and reads nothing.
    fn check_sizes(&self, samples: usize, timesteps: usize, x: usize, y: usize) -> Result<()> {
        let input = self.input_size(timesteps).checked_mul(samples);
        let output = self.output_size(timesteps).checked_mul(samples);
        if output == Some(0) || (input == Some(x) && output == Some(y)) {
            return Ok(());
        }
        let place = if input == Some(x) { "y" } else { "x" };
        let (wanted, got) = if input == Some(x) {
            (output, y)
        } else {
            (input, x)
        };
        let message = format!(
            "expected {} values, got {got}",
            wanted.unwrap_or(usize::MAX)
        );
        Err(Error::new(ErrorKind::Shape, place, message))
    }

    /// How many values the recurrent state of all layers has.
    pub fn state_size(&self) -> usize {
        // SAFETY: see `input_size`.
        unsafe { sys::tlstm_session_state_size(self.raw.as_ptr()) }
    }

    /// Copies the recurrent state, layer after layer (LSTM: h then c), each (batch, units).
    pub fn get_state(&self, state: &mut [f32]) -> Result<()> {
        let (raw, count) = (self.raw.as_ptr(), state.len());
        // SAFETY: there is as much room as is said.
        check(|error| unsafe {
            sys::tlstm_session_get_state(raw, state.as_mut_ptr(), count, error)
        })
    }

    /// The recurrent state in a vector of its own.
    pub fn state(&self) -> Vec<f32> {
        let mut state = vec![0.0; self.state_size()];
        // It cannot fail: the size is right.
        let _ = self.get_state(&mut state);
        state
    }

    /// Goes on from a state, perhaps of another session on the same model.
    pub fn set_state(&mut self, state: &[f32]) -> Result<()> {
        let (raw, count) = (self.raw.as_ptr(), state.len());
        // SAFETY: there are as many values as is said.
        check(|error| unsafe { sys::tlstm_session_set_state(raw, state.as_ptr(), count, error) })
    }

    /// Back to the zero state.
    pub fn reset(&mut self) {
        // SAFETY: the session is ours alone.
        unsafe { sys::tlstm_session_reset(self.raw.as_ptr()) }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_session_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}
