//! Which samples train and which test, as scikit-learn draws them.
use std::marker::PhantomData;

use tinylstm_sys as sys;

use crate::array::{Array, ArrayRef};
use crate::error::{check, make, Error, ErrorKind, Result};

/// Arguments of [`train_test_split`]; begins with scikit-learn's defaults.
#[derive(Debug, Clone)]
pub struct Split<'a> {
    options: sys::tlstm_split_options,
    _labels: PhantomData<&'a ArrayRef>,
}

impl Default for Split<'_> {
    fn default() -> Self {
        Self {
            options: defaults!(sys::tlstm_split_options_init),
            _labels: PhantomData,
        }
    }
}

impl<'a> Split<'a> {
    /// scikit-learn's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    numbers! {
        /// Below 1 a fraction, from 1 on a number of samples. By default what `train_size` leaves,
        /// or a quarter.
        test_size: f64
        /// The same for the training part. By default what `test_size` leaves.
        train_size: f64
        /// The seed, in 0 to 2^32 - 1.
        random_state: i64
    }

    switches! {
        /// Whether samples are drawn; else the first ones train and the last ones test.
        shuffle
    }

    /// Class labels whose proportions both parts keep.
    pub fn stratify(mut self, labels: &'a ArrayRef) -> Self {
        self.options.stratify = labels.as_raw();
        self
    }
}

/// Which of `samples` samples train and which test: two `i64` arrays of indices in the exact order
/// of `sklearn.model_selection.train_test_split`.
///
/// ```
/// use tinylstm::{train_test_split, Split};
///
/// # fn main() -> tinylstm::Result<()> {
/// let (train, test) = train_test_split(10, &Split::new().test_size(0.2).random_state(42))?;
/// assert_eq!(test.as_slice::<i64>()?, [8, 1]);
/// assert_eq!(train.len(), 8);
/// # Ok(())
/// # }
/// ```
pub fn train_test_split(samples: usize, options: &Split<'_>) -> Result<(Array, Array)> {
    let mut train = std::ptr::null_mut();
    let mut test = std::ptr::null_mut();
    // SAFETY: the options live through the call; both arrays are new and nobody else's.
    unsafe {
        check(|error| {
            sys::tlstm_train_test_split(samples, &options.options, &mut train, &mut test, error)
        })?;
        Ok((adopt(train)?, adopt(test)?))
    }
}

unsafe fn adopt(raw: *mut sys::tlstm_array) -> Result<Array> {
    let missing = || Error::new(ErrorKind::Internal, "", "nothing was made");
    Ok(Array::from_raw(
        std::ptr::NonNull::new(raw).ok_or_else(missing)?,
    ))
}

/// The order into which `numpy.random.RandomState(seed).shuffle` brings 0 to `count` - 1.
pub fn shuffled_indices(count: usize, seed: i64) -> Result<Array> {
    // SAFETY: the array is new and nobody else's.
    unsafe {
        let raw = make(|indices, error| sys::tlstm_shuffled_indices(count, seed, indices, error))?;
        Ok(Array::from_raw(raw))
    }
}
