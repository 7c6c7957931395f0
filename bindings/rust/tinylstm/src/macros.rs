//! The setters that all builders have, and the options that they begin with.

/// The options as the library's own `_init` function fills them in.
macro_rules! defaults {
    ($init:path) => {{
        let mut options = std::mem::MaybeUninit::zeroed();
        // SAFETY: zeros are a value, too; the function writes what the struct had in the first
        // release.
        unsafe {
            $init(options.as_mut_ptr());
            options.assume_init()
        }
    }};
}

/// Setters of switches: 0 and 1 for C.
macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            pub fn $name(mut self, on: bool) -> Self {
                self.options.$name = on.into();
                self
            }
        )*
    };
}

/// Setters of numbers. Counts are `usize` here and `i64` for C.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $kind:tt)*) => {
        $(numbers!(@one $(#[$doc])* $name: $kind);)*
    };
    (@one $(#[$doc:meta])* $name:ident: usize) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: usize) -> Self {
            self.options.$name = crate::array::size($name);
            self
        }
    };
    (@one $(#[$doc:meta])* $name:ident: $kind:tt) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: $kind) -> Self {
            self.options.$name = $name;
            self
        }
    };
}

/// Setters of strings.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            pub fn $name(mut self, text: &str) -> Self {
                self.options.$name = self.texts.keep(stringify!($name), text);
                self
            }
        )*
    };
}
