//! Layers as they are described before a model has them.
use tinylstm_sys as sys;

use crate::array::size;
use crate::error::{check, Result};
use crate::text::{c_string, pointer_or_null, Texts};

/// A dimension of any size: Keras's `None`.
pub const ANY: i64 = -1;

/// Activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Activation {
    /// x
    Linear = sys::TLSTM_LINEAR,
    /// 1 / (1 + exp(-x))
    Sigmoid = sys::TLSTM_SIGMOID,
    /// The hyperbolic tangent.
    Tanh = sys::TLSTM_TANH,
    /// max(x, 0)
    Relu = sys::TLSTM_RELU,
    /// min(max(x, 0), 6)
    Relu6 = sys::TLSTM_RELU6,
    /// Keras's `leaky_relu`.
    LeakyRelu = sys::TLSTM_LEAKY_RELU,
    /// Keras's `elu`.
    Elu = sys::TLSTM_ELU,
    /// Keras's `selu`.
    Selu = sys::TLSTM_SELU,
    /// log(1 + exp(x))
    Softplus = sys::TLSTM_SOFTPLUS,
    /// x / (1 + |x|)
    Softsign = sys::TLSTM_SOFTSIGN,
    /// exp(x)
    Exponential = sys::TLSTM_EXPONENTIAL,
    /// clip(0.2 x + 0.5, 0, 1)
    HardSigmoidKeras2 = sys::TLSTM_HARD_SIGMOID_KERAS2,
    /// relu6(x + 3) / 6, Keras 3
    HardSigmoid = sys::TLSTM_HARD_SIGMOID,
    /// x sigmoid(x)
    Swish = sys::TLSTM_SWISH,
    /// Keras's `gelu`.
    Gelu = sys::TLSTM_GELU,
    /// x tanh(softplus(x))
    Mish = sys::TLSTM_MISH,
    /// exp(x) over their sum in the last dimension.
    Softmax = sys::TLSTM_SOFTMAX,
}

mod sealed {
    use super::{sys, Result};

    pub trait Sealed {
        fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()>;
    }
}
pub(crate) use sealed::Sealed;

/// What [`Model::add`](crate::Model::add) takes: [`Input`], [`Embedding`], [`Lstm`], [`Gru`],
/// [`SimpleRnn`], [`Dense`], [`Dropout`], [`Flatten`], [`Activate`] and [`KerasLayer`].
pub trait Layer: Sealed {}

impl<T: Sealed> Layer for T {}

/// The input of one sample: (timesteps) of tokens before an [`Embedding`], else (timesteps,
/// features) or (features).
#[derive(Debug, Clone)]
pub struct Input {
    shape: Vec<i64>,
    name: Option<String>,
}

impl Input {
    /// An input of this shape. A dimension may be [`ANY`].
    pub fn new(shape: &[i64]) -> Self {
        Self {
            shape: shape.to_vec(),
            name: None,
        }
    }

    /// The layer's name, "input_layer" by default.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }
}

impl Sealed for Input {
    fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()> {
        let name = self
            .name
            .as_deref()
            .map(|name| c_string("name", name))
            .transpose()?;
        let (ndim, shape) = (self.shape.len(), self.shape.as_ptr());
        // SAFETY: the shape has as many dimensions as is said.
        check(|error| unsafe {
            sys::tlstm_model_add_input(model, ndim, shape, pointer_or_null(&name), error)
        })
    }
}

/// Tokens (timesteps) to vectors (timesteps, output_dim).
#[derive(Debug)]
pub struct Embedding {
    dimensions: (usize, usize),
    options: sys::tlstm_embedding_options,
    texts: Texts,
}

impl Embedding {
    /// For tokens below `input_dim`.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        let options = defaults!(sys::tlstm_embedding_options_init);
        Self {
            dimensions: (input_dim, output_dim),
            options,
            texts: Texts::default(),
        }
    }

    texts! {
        /// The layer's name, "embedding" by default.
        name
        /// By Keras's name or as its JSON object, "uniform" by default.
        embeddings_initializer
        /// By Keras's name or as its JSON object, none by default.
        embeddings_regularizer
        /// By Keras's name or as its JSON object, none by default.
        embeddings_constraint
    }

    switches! {
        /// Whether token 0 is padding, which later layers skip.
        mask_zero
        /// Keras's `trainable=False`.
        frozen
    }

    numbers! {
        /// Timesteps, where no input layer says them; 0: any.
        input_length: usize
    }
}

impl Sealed for Embedding {
    fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()> {
        self.texts.check()?;
        let (input_dim, output_dim) = self.dimensions;
        // SAFETY: the options and what they point to live through the call.
        check(|error| unsafe {
            let (input_dim, output_dim) = (size(input_dim), size(output_dim));
            sys::tlstm_model_add_embedding(model, input_dim, output_dim, &self.options, error)
        })
    }
}

macro_rules! recurrent_layer {
    ($(#[$doc:meta])* $name:ident, $add:path) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            units: usize,
            options: sys::tlstm_recurrent_options,
            texts: Texts,
        }

        impl $name {
            /// A layer with Keras's defaults.
            pub fn new(units: usize) -> Self {
                let options = defaults!(sys::tlstm_recurrent_options_init);
                Self { units, options, texts: Texts::default() }
            }

            /// The activation of the output, tanh by default.
            pub fn activation(mut self, activation: Activation) -> Self {
                self.options.activation = activation as i32;
                self
            }

            switches! {
                /// Whether there is a bias.
                use_bias
                /// Whether all outputs (timesteps, units) are given, and not only the last one.
                return_sequences
                /// Whether the sequence is read from its end.
                go_backwards
                /// Whether predict and fit carry the state from batch to batch.
                stateful
                /// Keras's `trainable=False`.
                frozen
            }

            numbers! {
                /// The fraction of the inputs that is dropped while training.
                dropout: f64
                /// The fraction of the recurrent state that is dropped while training.
                recurrent_dropout: f64
            }

            texts! {
                /// The layer's name; by default its class in lower case, with a number where needed.
                name
                /// By Keras's name or as its JSON object, "glorot_uniform" by default.
                kernel_initializer
                /// By Keras's name or as its JSON object, "orthogonal" by default.
                recurrent_initializer
                /// By Keras's name or as its JSON object, "zeros" by default.
                bias_initializer
                /// By Keras's name or as its JSON object, none by default.
                kernel_regularizer
                /// By Keras's name or as its JSON object, none by default.
                recurrent_regularizer
                /// By Keras's name or as its JSON object, none by default.
                bias_regularizer
                /// By Keras's name or as its JSON object, none by default.
                kernel_constraint
                /// By Keras's name or as its JSON object, none by default.
                recurrent_constraint
                /// By Keras's name or as its JSON object, none by default.
                bias_constraint
            }
        }

        impl Sealed for $name {
            fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()> {
                self.texts.check()?;
                // SAFETY: the options and what they point to live through the call.
                check(|error| unsafe { $add(model, size(self.units), &self.options, error) })
            }
        }
    };
}

/// The setter of what LSTM and GRU have, and SimpleRNN has not.
macro_rules! gated_layer {
    ($name:ident) => {
        impl $name {
            /// The activation of the gates, sigmoid by default.
            pub fn recurrent_activation(mut self, activation: Activation) -> Self {
                self.options.recurrent_activation = activation as i32;
                self
            }
        }
    };
}

recurrent_layer! {
    /// Long short-term memory.
    Lstm, sys::tlstm_model_add_lstm
}
recurrent_layer! {
    /// Gated recurrent units.
    Gru, sys::tlstm_model_add_gru
}
recurrent_layer! {
    /// The plain recurrent layer.
    SimpleRnn, sys::tlstm_model_add_simple_rnn
}
gated_layer!(Lstm);
gated_layer!(Gru);

impl Lstm {
    switches! {
        /// Whether the forget gate's bias starts at 1, as it does by default.
        unit_forget_bias
    }
}

impl Gru {
    switches! {
        /// Keras 2 and 3's form, the default; else that of the paper.
        reset_after
    }
}

/// activation(x kernel + bias) on the last dimension.
#[derive(Debug)]
pub struct Dense {
    units: usize,
    activation: Activation,
    options: sys::tlstm_dense_options,
    texts: Texts,
}

impl Dense {
    /// A linear layer with Keras's defaults.
    pub fn new(units: usize) -> Self {
        let options = defaults!(sys::tlstm_dense_options_init);
        Self {
            units,
            activation: Activation::Linear,
            options,
            texts: Texts::default(),
        }
    }

    /// What is done to the sum.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    switches! {
        /// Whether there is a bias.
        use_bias
        /// Keras's `trainable=False`.
        frozen
    }

    texts! {
        /// The layer's name, "dense" by default.
        name
        /// By Keras's name or as its JSON object, "glorot_uniform" by default.
        kernel_initializer
        /// By Keras's name or as its JSON object, "zeros" by default.
        bias_initializer
        /// By Keras's name or as its JSON object, none by default.
        kernel_regularizer
        /// By Keras's name or as its JSON object, none by default.
        bias_regularizer
        /// By Keras's name or as its JSON object, none by default.
        kernel_constraint
        /// By Keras's name or as its JSON object, none by default.
        bias_constraint
    }
}

impl Sealed for Dense {
    fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()> {
        self.texts.check()?;
        let (units, activation) = (size(self.units), self.activation as i32);
        // SAFETY: the options and what they point to live through the call.
        check(|error| unsafe {
            sys::tlstm_model_add_dense(model, units, activation, &self.options, error)
        })
    }
}

/// Layers without options of their own; their name is the only one.
macro_rules! named_layer {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* }, $add:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $($field: $kind,)*
            name: Option<String>,
        }

        impl $name {
            /// A layer with a name of the library's choice.
            #[allow(clippy::new_without_default)]
            pub fn new($($field: $kind),*) -> Self {
                Self { $($field,)* name: None }
            }

            /// The layer's name.
            pub fn name(mut self, name: &str) -> Self {
                self.name = Some(name.to_owned());
                self
            }
        }

        impl Sealed for $name {
            fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()> {
                let name = self.name.as_deref().map(|name| c_string("name", name)).transpose()?;
                // SAFETY: the name lives through the call.
                check(|error| unsafe {
                    $add(model, $(self.$field as _,)* pointer_or_null(&name), error)
                })
            }
        }
    };
}

named_layer! {
    /// Sets inputs to 0 with probability `rate` while training, and scales the others.
    Dropout { rate: f64 }, sys::tlstm_model_add_dropout
}
named_layer! {
    /// All dimensions of a sample to one.
    Flatten {}, sys::tlstm_model_add_flatten
}
named_layer! {
    /// An activation as a layer of its own.
    Activate { activation: Activation }, sys::tlstm_model_add_activation
}

/// Any layer of the library from Keras's class name and its configuration as JSON.
///
/// ```
/// use tinylstm::{Input, KerasLayer, Model};
///
/// # fn main() -> tinylstm::Result<()> {
/// let mut model = Model::new(42)?;
/// model.add(&Input::new(&[10, 3]))?;
/// model.add(&KerasLayer::new("LSTM").config(r#"{"units": 8}"#))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct KerasLayer {
    class_name: String,
    config: Option<String>,
}

impl KerasLayer {
    /// A layer of this class, with Keras's defaults.
    pub fn new(class_name: &str) -> Self {
        Self {
            class_name: class_name.to_owned(),
            config: None,
        }
    }

    /// Its configuration, a JSON object.
    pub fn config(mut self, json: &str) -> Self {
        self.config = Some(json.to_owned());
        self
    }
}

impl Sealed for KerasLayer {
    fn add_to(&self, model: *mut sys::tlstm_model) -> Result<()> {
        let class_name = c_string("class_name", self.class_name.as_str())?;
        let config = self
            .config
            .as_deref()
            .map(|json| c_string("config", json))
            .transpose()?;
        // SAFETY: the strings live through the call.
        check(|error| unsafe {
            let config = pointer_or_null(&config);
            sys::tlstm_model_add_layer(model, class_name.as_ptr(), config, error)
        })
    }
}
