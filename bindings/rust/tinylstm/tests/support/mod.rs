//! What the tests share.
#![allow(dead_code)]
use std::path::PathBuf;

use tinylstm::*;

pub const TIMESTEPS: usize = 100;
pub const WORDS: usize = 500;

/// The tutorial's model, compiled.
pub fn reference_model() -> Model {
    let mut model = Model::new(42).unwrap();
    model
        .add(&Input::new(&[TIMESTEPS as i64]))
        .unwrap()
        .add(&Embedding::new(WORDS, 16))
        .unwrap()
        .add(&Lstm::new(8))
        .unwrap()
        .add(&Dense::new(1).activation(Activation::Sigmoid))
        .unwrap();
    let rmsprop = Optimizer::new("rmsprop")
        .unwrap()
        .set("learning_rate", 1e-3)
        .unwrap();
    let loss = Loss::new("binary_crossentropy").unwrap();
    model.compile(&rmsprop, &loss, &["accuracy"]).unwrap();
    model
}

/// Generated reviews, padded, and their labels.
pub fn reviews(count: usize) -> (Array, Vec<i64>) {
    let reviews = Reviews::generate(count, 1, 42).unwrap();
    let x = reviews
        .x_train()
        .pad(&Pad::new().maxlen(TIMESTEPS))
        .unwrap();
    (x, reviews.y_train().as_slice().unwrap().to_vec())
}

/// A model y = x k + b with weights that are known.
pub fn linear_model(kernel: f32, bias: f32) -> Model {
    let mut model = Model::new(1).unwrap();
    model
        .add(&Input::new(&[1]))
        .unwrap()
        .add(&Dense::new(1))
        .unwrap();
    let sgd = Optimizer::new("sgd")
        .unwrap()
        .set("learning_rate", 0.125)
        .unwrap();
    model
        .compile(&sgd, &Loss::new("mse").unwrap(), &[])
        .unwrap();
    model
        .set_weight(0, &ArrayView::new(&[kernel], &[1, 1]).unwrap())
        .unwrap();
    model
        .set_weight(1, &ArrayView::new(&[bias], &[1]).unwrap())
        .unwrap();
    model
}

pub fn weights(model: &Model) -> Vec<Vec<u32>> {
    let bits = |weight: Array| {
        weight
            .as_slice::<f32>()
            .unwrap()
            .iter()
            .map(|w| w.to_bits())
            .collect()
    };
    (0..model.weight_names().count())
        .map(|i| bits(model.weight(i).unwrap()))
        .collect()
}

/// A path in a folder of the tests' own.
pub fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}
