//! Token sequences of differing length, and their padding.
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::slice;

use tinylstm_sys as sys;

use crate::array::{Array, ArrayRef, Dtype};
use crate::error::{make, Result};

/// A list of token sequences. Always behind a reference: it is what [`Sequences`] and
/// [`Reviews`](crate::Reviews) lend.
#[repr(C)]
pub struct SequencesRef {
    _opaque: [u8; 0],
    _not_automatic: PhantomData<*mut u8>,
}

// SAFETY: "any number of threads may read one", and nothing writes.
unsafe impl Sync for SequencesRef {}

impl SequencesRef {
    /// # Safety
    ///
    /// `raw` is a list that lives as long as `'a`.
    pub(crate) unsafe fn from_raw<'a>(raw: *const sys::tlstm_sequences) -> &'a Self {
        &*raw.cast()
    }

    fn as_raw(&self) -> *const sys::tlstm_sequences {
        (self as *const Self).cast()
    }

    /// The number of sequences.
    pub fn len(&self) -> usize {
        // SAFETY: `self` is a living list, here and below.
        unsafe { sys::tlstm_sequences_count(self.as_raw()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tokens of a sequence, not copied.
    pub fn get(&self, index: usize) -> Option<&[i32]> {
        let mut length = 0;
        // SAFETY: a sequence that is there has `length` tokens, which live as long as the list.
        unsafe {
            let tokens = sys::tlstm_sequences_get(self.as_raw(), index, &mut length);
            match (tokens.is_null(), length) {
                (true, _) if index >= self.len() => None,
                (_, 0) => Some(&[]),
                _ => Some(slice::from_raw_parts(tokens, length)),
            }
        }
    }

    /// One sequence after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[i32]> + '_ {
        (0..self.len()).map(move |index| self.get(index).unwrap_or(&[]))
    }

    /// The sequences `indices`, copied in that order.
    pub fn take(&self, indices: &[i64]) -> Result<Sequences> {
        // SAFETY: `indices` has as many elements as is said.
        let raw = make(|taken, error| unsafe {
            sys::tlstm_sequences_take(self.as_raw(), indices.as_ptr(), indices.len(), taken, error)
        })?;
        Ok(Sequences { raw })
    }

    /// To one array (sequences, timesteps), as `keras.utils.pad_sequences`.
    ///
    /// ```
    /// use tinylstm::{Pad, Sequences};
    ///
    /// # fn main() -> tinylstm::Result<()> {
    /// let sequences = Sequences::new(&[&[7, 8, 9][..], &[5]])?;
    /// let padded = sequences.pad(&Pad::new().maxlen(2))?;
    /// assert_eq!(padded.as_slice::<i32>()?, [8, 9, 0, 5]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pad(&self, options: &Pad) -> Result<Array> {
        // SAFETY: the options live through the call; the new array is nobody else's.
        unsafe {
            let raw = make(|padded, error| {
                sys::tlstm_pad_sequences(self.as_raw(), &options.options, padded, error)
            })?;
            Ok(Array::from_raw(raw))
        }
    }
}

impl fmt::Debug for SequencesRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequences({})", self.len())
    }
}

/// A list of token sequences that owns its tokens.
pub struct Sequences {
    raw: NonNull<sys::tlstm_sequences>,
}

// SAFETY: nothing in it belongs to a thread, and it is never written.
unsafe impl Send for Sequences {}
unsafe impl Sync for Sequences {}

impl Sequences {
    /// # Safety
    ///
    /// `raw` is a list that belongs to nobody else.
    pub(crate) unsafe fn from_raw(raw: NonNull<sys::tlstm_sequences>) -> Self {
        Self { raw }
    }

    /// Copies sequences.
    pub fn new<S: AsRef<[i32]>>(sequences: &[S]) -> Result<Self> {
        let lengths: Vec<usize> = sequences
            .iter()
            .map(|tokens| tokens.as_ref().len())
            .collect();
        let tokens: Vec<i32> = sequences
            .iter()
            .flat_map(|tokens| tokens.as_ref())
            .copied()
            .collect();
        // SAFETY: there are as many tokens as all lengths say.
        let raw = make(|made, error| unsafe {
            sys::tlstm_sequences_new(
                tokens.as_ptr(),
                lengths.as_ptr(),
                lengths.len(),
                made,
                error,
            )
        })?;
        Ok(Self { raw })
    }
}

impl Deref for Sequences {
    type Target = SequencesRef;

    fn deref(&self) -> &SequencesRef {
        // SAFETY: the list lives as long as `self`.
        unsafe { SequencesRef::from_raw(self.raw.as_ptr()) }
    }
}

impl Drop for Sequences {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_sequences_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Sequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Where padding and truncation happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// In front: Keras's `'pre'`.
    Pre,
    /// At the end: Keras's `'post'`.
    Post,
}

impl Side {
    fn code(self) -> i32 {
        match self {
            Self::Pre => sys::TLSTM_PRE,
            Self::Post => sys::TLSTM_POST,
        }
    }
}

/// How sequences are padded; begins with Keras's defaults.
#[derive(Debug, Clone)]
pub struct Pad {
    options: sys::tlstm_pad_options,
}

impl Default for Pad {
    fn default() -> Self {
        Self {
            options: defaults!(sys::tlstm_pad_options_init),
        }
    }
}

impl Pad {
    /// Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    numbers! {
        /// Timesteps of the result; 0: those of the longest sequence.
        maxlen: usize
        /// What fills, 0 by default.
        value: f64
    }

    /// The type of the result's elements, `i32` by default.
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.options.dtype = dtype.code();
        self
    }

    /// Where what is missing is filled in.
    pub fn padding(mut self, side: Side) -> Self {
        self.options.padding = side.code();
        self
    }

    /// Where what is too long is cut.
    pub fn truncating(mut self, side: Side) -> Self {
        self.options.truncating = side.code();
        self
    }
}

/// Pads samples that are arrays (timesteps, ...) to one array (samples, maxlen, ...).
pub fn pad_arrays(samples: &[&ArrayRef], options: &Pad) -> Result<Array> {
    let samples: Vec<_> = samples.iter().map(|sample| sample.as_raw()).collect();
    // SAFETY: the samples and the options live through the call; the new array is nobody else's.
    unsafe {
        let raw = make(|padded, error| {
            let count = samples.len();
            sys::tlstm_pad_arrays(samples.as_ptr(), count, &options.options, padded, error)
        })?;
        Ok(Array::from_raw(raw))
    }
}
