//! What a call costs from Rust: the tutorial's LSTM on one sample, as a whole sequence of 100 tokens
//! and as one step of a stream. tests/acceptance/overhead.py compares with C.
//!
//! Prints a JSON line a measurement: `{"what": "run1", "language": "rust", "median_ns": 12345.6}`
use std::time::Instant;

use tinylstm::*;

const TIMESTEPS: usize = 100;
const WORDS: usize = 500;
const BLOCKS: usize = 101;

fn build() -> Result<Model> {
    let mut model = Model::new(42)?;
    model
        .add(&Input::new(&[TIMESTEPS as i64]))?
        .add(&Embedding::new(WORDS, 16))?
        .add(&Lstm::new(8))?
        .add(&Dense::new(1).activation(Activation::Sigmoid))?
        .build()?;
    Ok(model)
}

/// Blocks of calls, because one call is shorter than the clock is good; the median of the blocks.
fn measure(what: &str, calls: usize, mut call: impl FnMut(usize) -> Result<()>) -> Result<()> {
    let mut nanoseconds = Vec::new();
    for _ in 0..BLOCKS {
        let start = Instant::now();
        for i in 0..calls {
            call(i % TIMESTEPS)?;
        }
        nanoseconds.push(start.elapsed().as_nanos() as f64 / calls as f64);
    }
    nanoseconds.sort_by(f64::total_cmp);
    let median = nanoseconds[BLOCKS / 2];
    println!(r#"{{"what": "{what}", "language": "rust", "median_ns": {median:.1}}}"#);
    Ok(())
}

fn main() -> Result<()> {
    let tokens: Vec<i32> = (0..2 * TIMESTEPS).map(|i| (i * 7 % WORDS) as i32).collect();
    let model = build()?;
    let mut session = Session::new(&model, 1, 0)?;
    let mut y = [0.0];
    measure("run1", 200, |i| {
        session.run_tokens(1, TIMESTEPS, &tokens[i..i + TIMESTEPS], &mut y)
    })?;
    measure("step", 20000, |i| {
        session.step_token(&tokens[i..=i], &mut y)
    })
}
