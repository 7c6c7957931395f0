//! The IMDB data set, and generated reviews for machines without it.
use std::fmt;
use std::path::Path;
use std::ptr::NonNull;

use tinylstm_sys as sys;

use crate::array::ArrayRef;
use crate::error::{make, Result};
use crate::sequences::SequencesRef;
use crate::text::{c_path, pointer_or_null};

/// Arguments of `keras.datasets.imdb.load_data`; begins with its defaults.
#[derive(Debug, Clone)]
pub struct Imdb {
    pub(crate) options: sys::tlstm_imdb_options,
}

impl Default for Imdb {
    fn default() -> Self {
        Self {
            options: defaults!(sys::tlstm_imdb_options_init),
        }
    }
}

impl Imdb {
    /// Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    numbers! {
        /// How many of the most frequent words are kept; 0: all.
        num_words: usize
        /// How many of the most frequent words are left out.
        skip_top: usize
        /// Longer reviews are dropped; 0: none.
        maxlen: usize
        /// Seed of the shuffle.
        seed: i64
        /// What is put before each review; negative: nothing.
        start_char: i64
        /// What stands for words left out; negative: they vanish.
        oov_char: i64
        /// What is added to each rank; negative: nothing.
        index_from: i64
    }

    /// Reads an `imdb.npz` as it is.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Reviews> {
        self.load_from(Some(path.as_ref()))
    }

    /// Reads the file that `$TINYLSTM_IMDB` names, or the one that Keras keeps.
    pub fn load_default(&self) -> Result<Reviews> {
        self.load_from(None)
    }

    fn load_from(&self, path: Option<&Path>) -> Result<Reviews> {
        let path = path.map(c_path).transpose()?;
        // SAFETY: path and options live through the call.
        let raw = make(|reviews, error| unsafe {
            sys::tlstm_imdb_load(pointer_or_null(&path), &self.options, reviews, error)
        })?;
        Ok(Reviews { raw })
    }
}

/// Film reviews and whether they are good (1) or bad (0).
pub struct Reviews {
    raw: NonNull<sys::tlstm_reviews>,
}

// SAFETY: nothing in it belongs to a thread, and its header says "read-only".
unsafe impl Send for Reviews {}
unsafe impl Sync for Reviews {}

impl Reviews {
    /// Makes reviews from a seed, always the same. The order of their words matters.
    ///
    /// ```
    /// # fn main() -> tinylstm::Result<()> {
    /// let reviews = tinylstm::Reviews::generate(100, 20, 42)?;
    /// assert_eq!(reviews.x_train().len(), 100);
    /// assert_eq!(reviews.y_test().shape(), [20]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn generate(train: usize, test: usize, seed: u64) -> Result<Self> {
        // SAFETY: only numbers go in.
        let raw = make(|reviews, error| unsafe {
            sys::tlstm_reviews_generate(train, test, seed, reviews, error)
        })?;
        Ok(Self { raw })
    }

    /// The words of the training reviews.
    pub fn x_train(&self) -> &SequencesRef {
        // SAFETY: the parts live as long as the whole, here and below.
        unsafe { SequencesRef::from_raw(sys::tlstm_reviews_x_train(self.raw.as_ptr())) }
    }

    /// The labels of the training reviews, `i64`.
    pub fn y_train(&self) -> &ArrayRef {
        // SAFETY: see `x_train`.
        unsafe { ArrayRef::from_raw(sys::tlstm_reviews_y_train(self.raw.as_ptr())) }
    }

    /// The words of the test reviews.
    pub fn x_test(&self) -> &SequencesRef {
        // SAFETY: see `x_train`.
        unsafe { SequencesRef::from_raw(sys::tlstm_reviews_x_test(self.raw.as_ptr())) }
    }

    /// The labels of the test reviews, `i64`.
    pub fn y_test(&self) -> &ArrayRef {
        // SAFETY: see `x_train`.
        unsafe { ArrayRef::from_raw(sys::tlstm_reviews_y_test(self.raw.as_ptr())) }
    }
}

impl Drop for Reviews {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_reviews_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Reviews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Reviews({}, {})",
            self.x_train().len(),
            self.x_test().len()
        )
    }
}
