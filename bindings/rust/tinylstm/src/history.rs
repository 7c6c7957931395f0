//! Losses and metrics by epoch.
use std::fmt;
use std::path::Path;
use std::ptr::NonNull;

use tinylstm_sys as sys;

use crate::error::{check, Result};
use crate::text::{borrowed, c_path, c_string};

/// Losses and metrics by epoch: what Keras's `fit()` returns.
pub struct History {
    raw: NonNull<sys::tlstm_history>,
}

// SAFETY: nothing in it belongs to a thread, and its header says "read-only".
unsafe impl Send for History {}
unsafe impl Sync for History {}

impl History {
    pub(crate) fn from_raw(raw: NonNull<sys::tlstm_history>) -> Self {
        Self { raw }
    }

    /// The number of finished epochs.
    pub fn epochs(&self) -> usize {
        // SAFETY: `self` is alive, here and below.
        unsafe { sys::tlstm_history_epochs(self.raw.as_ptr()) }
    }

    /// "loss", the metrics, and the same with "val_".
    pub fn columns(&self) -> impl Iterator<Item = &str> + '_ {
        // SAFETY: the names live as long as the history.
        let count = unsafe { sys::tlstm_history_columns(self.raw.as_ptr()) };
        (0..count).map(move |column| unsafe {
            borrowed(sys::tlstm_history_column(self.raw.as_ptr(), column)).unwrap_or_default()
        })
    }

    /// The value of a column in an epoch; NaN when there is none.
    pub fn value(&self, column: &str, epoch: usize) -> f64 {
        // SAFETY: the name lives through the call.
        c_string("column", column).map_or(f64::NAN, |column| unsafe {
            sys::tlstm_history_value(self.raw.as_ptr(), column.as_ptr(), epoch)
        })
    }

    /// A column, epoch after epoch.
    pub fn column(&self, column: &str) -> Option<Vec<f64>> {
        let known = self.columns().any(|name| name == column);
        known.then(|| {
            (0..self.epochs())
                .map(|epoch| self.value(column, epoch))
                .collect()
        })
    }

    /// Writes a CSV file as Keras's CSVLogger does.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        // SAFETY: the path lives through the call.
        check(|error| unsafe {
            sys::tlstm_history_save_csv(self.raw.as_ptr(), path.as_ptr(), error)
        })
    }

    /// Draws a column, and its "val_" column where there is one, as SVG.
    pub fn save_svg(&self, column: &str, path: impl AsRef<Path>) -> Result<()> {
        let (column, path) = (c_string("column", column)?, c_path(path.as_ref())?);
        // SAFETY: the strings live through the call.
        check(|error| unsafe {
            let history = self.raw.as_ptr();
            sys::tlstm_history_save_svg(history, column.as_ptr(), path.as_ptr(), error)
        })
    }
}

impl Drop for History {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_history_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self
            .columns()
            .map(|name| (name, self.column(name).unwrap_or_default()));
        f.debug_map().entries(columns).finish()
    }
}
