//! Optimizers and losses with their settings.
use std::fmt;
use std::ptr::NonNull;

use tinylstm_sys as sys;

use crate::error::{check, make, Result};
use crate::text::c_string;

macro_rules! settings {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $new:path, $set:path, $free:path) => {
        $(#[$doc])*
        pub struct $name {
            raw: NonNull<$raw>,
        }

        // SAFETY: nothing in it belongs to a thread. It is not `Sync`: its header promises nothing.
        unsafe impl Send for $name {}

        impl $name {
            /// By Keras's name, with Keras's defaults.
            pub fn new(name: &str) -> Result<Self> {
                let name = c_string("name", name)?;
                // SAFETY: the name lives through the call.
                let raw = make(|made, error| unsafe { $new(name.as_ptr(), made, error) })?;
                Ok(Self { raw })
            }

            /// Changes a setting, by Keras's name. Booleans are 0 and 1. The error for an unknown
            /// one names those there are.
            pub fn set(self, setting: &str, value: f64) -> Result<Self> {
                let setting = c_string("setting", setting)?;
                // SAFETY: the name lives through the call.
                check(|error| unsafe {
                    $set(self.raw.as_ptr(), setting.as_ptr(), value, error)
                })?;
                Ok(self)
            }

            pub(crate) fn as_raw(&self) -> *const $raw {
                self.raw.as_ptr()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: `raw` is ours alone.
                unsafe { $free(self.raw.as_ptr()) }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

settings! {
    /// An optimizer: "rmsprop", "adam", "sgd", ...
    ///
    /// ```
    /// # fn main() -> tinylstm::Result<()> {
    /// let adam = tinylstm::Optimizer::new("adam")?.set("learning_rate", 1e-4)?.set("amsgrad", 1.0)?;
    /// # Ok(())
    /// # }
    /// ```
    Optimizer, sys::tlstm_optimizer, sys::tlstm_optimizer_new, sys::tlstm_optimizer_set, sys::tlstm_optimizer_free
}

settings! {
    /// A loss: "binary_crossentropy", "mse", ...
    ///
    /// ```
    /// # fn main() -> tinylstm::Result<()> {
    /// let loss = tinylstm::Loss::new("binary_crossentropy")?.set("from_logits", 1.0)?;
    /// # Ok(())
    /// # }
    /// ```
    Loss, sys::tlstm_loss, sys::tlstm_loss_new, sys::tlstm_loss_set, sys::tlstm_loss_free
}
