//! Weights by name, and from NumPy's and PyTorch's files.

use std::path::Path;
use std::ptr;

use tinylstm_sys as sys;

use crate::array::{Array, ArrayRef};
use crate::error::{check, make, Result};
use crate::model::Model;
use crate::text::{c_path, c_string, StringArray};

/// How arrays are named and laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WeightOrder {
    /// As Keras's `get_weights()`: kernels (inputs, outputs), gates i, f, c, o and z, r, h.
    #[default]
    Keras,
    /// As PyTorch's `state_dict()`: weights (outputs, inputs), gates i, f, g, o and r, z, n.
    PyTorch,
}

/// How to read arrays as weights.
#[derive(Debug, Clone, Default)]
pub struct WeightsOptions {
    order: WeightOrder,
    modules: Vec<String>,
    layers: Vec<String>,
}

impl WeightsOptions {
    /// In Keras's order, by the names of the layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another order.
    pub fn order(mut self, order: WeightOrder) -> Self {
        self.order = order;
        self
    }

    /// The arrays of `module` are those of `layer`, where names alone do not say it. The second
    /// level of a stacked PyTorch module is `rnn.l1`.
    pub fn map(mut self, module: &str, layer: &str) -> Self {
        self.modules.push(module.into());
        self.layers.push(layer.into());
        self
    }

    fn call(
        &self,
        run: impl Fn(*const sys::tlstm_weights_options, *mut *mut sys::tlstm_error) -> sys::tlstm_status,
    ) -> Result<()> {
        let modules = StringArray::new("module", &self.modules)?;
        let layers = StringArray::new("layer", &self.layers)?;
        let mut options = defaults!(sys::tlstm_weights_options_init);
        options.order = match self.order {
            WeightOrder::Keras => sys::TLSTM_KERAS_ORDER,
            WeightOrder::PyTorch => sys::TLSTM_PYTORCH_ORDER,
        };
        options.modules = modules.as_ptr();
        options.layers = layers.as_ptr();
        options.module_count = self.modules.len();
        check(|error| run(&options, error))
    }
}

impl Model {
    /// A copy of a weight ("kernel", "recurrent_kernel", "bias", "embeddings") of a layer.
    pub fn layer_weight(&self, layer: &str, weight: &str) -> Result<Array> {
        let (layer, weight) = (c_string("layer", layer)?, c_string("weight", weight)?);
        let names = (layer.as_ptr(), weight.as_ptr());
        // SAFETY: the names live through the call; the array is new and nobody else's.
        unsafe {
            let raw = make(|value, error| {
                sys::tlstm_model_get_layer_weight(self.as_raw(), names.0, names.1, value, error)
            })?;
            Ok(Array::from_raw(raw))
        }
    }

    /// Replaces a weight of a layer; the shape must be the same, the dtype may be any.
    pub fn set_layer_weight(&mut self, layer: &str, weight: &str, value: &ArrayRef) -> Result<()> {
        let (layer, weight) = (c_string("layer", layer)?, c_string("weight", weight)?);
        let (model, names) = (self.as_mut_raw(), (layer.as_ptr(), weight.as_ptr()));
        // SAFETY: the model is ours alone, names and array live through the call.
        check(|error| unsafe {
            sys::tlstm_model_set_layer_weight(model, names.0, names.1, value.as_raw(), error)
        })
    }

    /// All weights of a built model from a `.npz` or `.safetensors` file, all or nothing. What was
    /// converted stands in [`Model::notes`].
    pub fn import_weights(
        &mut self,
        path: impl AsRef<Path>,
        options: &WeightsOptions,
    ) -> Result<()> {
        let (model, path) = (self.as_mut_raw(), c_path(path.as_ref())?);
        // SAFETY: the model is ours alone, path and options live through the call.
        options.call(|options, error| unsafe {
            sys::tlstm_model_import_weights(model, path.as_ptr(), options, error)
        })
    }

    /// The same from the file's bytes.
    pub fn import_weights_bytes(&mut self, bytes: &[u8], options: &WeightsOptions) -> Result<()> {
        let (model, data, length) = (self.as_mut_raw(), bytes.as_ptr().cast(), bytes.len());
        // SAFETY: the model is ours alone; there are as many bytes as is said.
        options.call(|options, error| unsafe {
            sys::tlstm_model_import_weights_memory(model, data, length, options, error)
        })
    }

    /// The same from arrays with names.
    ///
    /// ```
    /// # use tinylstm::{Array, Dense, Input, Model, WeightOrder, WeightsOptions};
    /// # fn main() -> tinylstm::Result<()> {
    /// let mut model = Model::new(42)?;
    /// model.add(&Input::new(&[3]))?.add(&Dense::new(1))?.build()?;
    /// let weight = Array::from_slice(&[1.0f32, 2.0, 3.0], &[1, 3])?;
    /// let bias = Array::from_slice(&[0.5f32], &[1])?;
    /// let options = WeightsOptions::new().order(WeightOrder::PyTorch);
    /// model.import_arrays(&[("fc.weight", &weight), ("fc.bias", &bias)], &options)?;
    /// assert_eq!(model.layer_weight("dense", "kernel")?.shape(), [3, 1]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn import_arrays(
        &mut self,
        arrays: &[(&str, &ArrayRef)],
        options: &WeightsOptions,
    ) -> Result<()> {
        let texts: Vec<&str> = arrays.iter().map(|(name, _)| *name).collect();
        let names = StringArray::new("names", &texts)?;
        let values: Vec<_> = arrays.iter().map(|(_, value)| value.as_raw()).collect();
        let (model, count) = (self.as_mut_raw(), values.len());
        // SAFETY: the model is ours alone; there are as many names and arrays as is said.
        options.call(|options, error| unsafe {
            sys::tlstm_model_import_arrays(
                model,
                names.as_ptr(),
                values.as_ptr(),
                count,
                options,
                error,
            )
        })
    }

    /// The same from arrays in Keras's order of weights, or in PyTorch's of parameters.
    pub fn import_array_list(
        &mut self,
        values: &[&ArrayRef],
        options: &WeightsOptions,
    ) -> Result<()> {
        let values: Vec<_> = values.iter().map(|value| value.as_raw()).collect();
        let (model, count) = (self.as_mut_raw(), values.len());
        // SAFETY: the model is ours alone; there are as many arrays as is said.
        options.call(|options, error| unsafe {
            sys::tlstm_model_import_arrays(
                model,
                ptr::null(),
                values.as_ptr(),
                count,
                options,
                error,
            )
        })
    }
}
