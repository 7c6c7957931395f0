//! What every language must do alike, in Rust. tests/acceptance/acceptance.c says what the lines
//! mean, and its compare.py looks that the programs of all languages print the same ones.
//!
//! ```text
//! acceptance IMDB_NPZ OUT_DIR [OTHER.h5]
//! ```
use std::path::Path;
use std::{env, fs, process};

use tinylstm::*;

const TIMESTEPS: usize = 100;
const WORDS: usize = 500;
const SAMPLES: i64 = 256;

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv1a(hash: u64, bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    bytes.into_iter().fold(hash, step)
}

fn fnv1a_floats(hash: u64, array: &ArrayRef) -> Result<u64> {
    let bytes = array
        .as_slice::<f32>()?
        .iter()
        .flat_map(|value| value.to_ne_bytes());
    Ok(fnv1a(hash, bytes))
}

// ---- The data ----

struct Data {
    x: Array,
    y: Array,
    x_val: Array,
    y_val: Array,
}

fn take(reviews: &Reviews, indices: &ArrayRef) -> Result<(Array, Array)> {
    let rows = indices.as_slice()?;
    let x = reviews
        .x_train()
        .take(rows)?
        .pad(&Pad::new().maxlen(TIMESTEPS))?;
    Ok((x, reviews.y_train().take(rows)?))
}

/// The training reviews, a fifth of them for validation, as the tutorial cuts them.
fn load(path: &str) -> Result<Data> {
    let reviews = Imdb::new().num_words(WORDS).load(path)?;
    let split = Split::new().test_size(0.2).random_state(42);
    let (train, validation) = train_test_split(reviews.x_train().len(), &split)?;
    let (x, y) = take(&reviews, &train)?;
    let (x_val, y_val) = take(&reviews, &validation)?;
    Ok(Data { x, y, x_val, y_val })
}

// ---- The model ----

fn build() -> Result<Model> {
    let mut model = Model::new(42)?;
    model
        .add(&Input::new(&[TIMESTEPS as i64]))?
        .add(&Embedding::new(WORDS, 16))?
        .add(&Lstm::new(8))?
        .add(&Dense::new(1).activation(Activation::Sigmoid))?;
    Ok(model)
}

fn compile(model: &mut Model) -> Result<()> {
    let rmsprop = Optimizer::new("rmsprop")?.set("learning_rate", 1e-4)?;
    model.compile(&rmsprop, &Loss::new("binary_crossentropy")?, &["accuracy"])
}

fn train(model: &mut Model, data: &Data) -> Result<History> {
    let fit = model
        .fit(&data.x, &data.y)
        .epochs(2)
        .batch_size(64)
        .threads(2);
    fit.validation_data(&data.x_val, &data.y_val).run()
}

fn print_weights(model: &Model) -> Result<()> {
    let hash = (0..model.weight_names().count()).try_fold(FNV_BASIS, |hash, weight| {
        fnv1a_floats(hash, &*model.weight(weight)?)
    })?;
    println!("weights {hash:016x}");
    Ok(())
}

/// As C's `%.17g` writes numbers of 0.0001 and above: 17 significant digits, no zeros at the end.
fn digits(value: f64) -> String {
    let exponent = value.abs().log10().floor() as i32;
    let places = usize::try_from(16 - exponent).unwrap_or(0);
    let text = format!("{value:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn print_history(history: &History) {
    for epoch in 0..history.epochs() {
        let columns = ["loss", "accuracy", "val_loss", "val_accuracy"];
        let values = columns.map(|column| digits(history.value(column, epoch)));
        println!("history {}", values.join(" "));
    }
}

// ---- Files and predictions ----

fn print_file(path: &Path) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    println!("file {:016x}", fnv1a(FNV_BASIS, bytes));
}

fn print_predictions(what: &str, model: &Model, x: &ArrayRef) -> Result<()> {
    let first: Vec<i64> = (0..SAMPLES).collect();
    let samples = x.take(&first)?;
    let scores = model.predict(&samples)?;
    println!("{what} {:016x}", fnv1a_floats(FNV_BASIS, &scores)?);
    Ok(())
}

fn print_stream(model: &Model, x: &ArrayRef) -> Result<()> {
    let tokens = &x.as_slice::<i32>()?[..TIMESTEPS];
    let mut session = Session::new(model, 1, 0)?;
    let (mut whole, mut stepped) = ([0.0], [0.0]);
    session.run_tokens(1, TIMESTEPS, tokens, &mut whole)?;
    for token in tokens.chunks(1) {
        session.step_token(token, &mut stepped)?;
    }
    let equal = whole[0].to_bits() == stepped[0].to_bits();
    println!("stream {}", if equal { "equal" } else { "differs" });
    Ok(())
}

// ---- Bad input ----

/// A sample of zeros, but for its last token.
fn sample(timesteps: usize, last: i32) -> Result<Array> {
    let mut x = Array::zeros(Dtype::Int32, &[1, timesteps])?;
    x.as_mut_slice()?[timesteps - 1] = last;
    Ok(x)
}

fn print_errors(trained: &Model, data: &Data) -> Result<()> {
    let (mut model, shorter, unknown) =
        (build()?, sample(50, 0)?, sample(TIMESTEPS, WORDS as i32)?);
    let bad = [
        Model::load("missing.h5").err(),
        Model::from_bytes(b"this is not a model").err(),
        model
            .add(&Dense::new(0).activation(Activation::Sigmoid))
            .err(),
        Optimizer::new("rmsprob").err(),
        Loss::new("mse2").err(),
        model.fit(&data.x, &data.y).run().err(),
        trained.predict(&shorter).err(),
        trained.predict(&unknown).err(),
        Optimizer::new("rmsprop")?
            .set("learning_rate", f64::NAN)
            .err(),
        trained.save("no-such-folder/model.h5").err(),
    ];
    for (number, error) in bad.iter().enumerate() {
        let error = error.as_ref().expect("bad input gives an error");
        let (code, place) = (error.kind().code(), error.place());
        println!("error {} {code} {place} | {}", number + 1, error.message());
    }
    Ok(())
}

// ---- Memory ----

fn resident_kilobytes() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

fn come_and_go(times: usize) -> Result<()> {
    for _ in 0..times {
        let mut model = build()?;
        model.build()?;
        Session::new(&model, 1, 0)?;
    }
    Ok(())
}

fn print_leak() -> Result<()> {
    come_and_go(500)?;
    let before = resident_kilobytes();
    come_and_go(10_000)?;
    match resident_kilobytes() - before {
        grown if grown < 1024 => println!("leak ok"),
        grown => println!("leak of {grown} KB"),
    }
    Ok(())
}

fn run(imdb: &str, out: &str, other: Option<&String>) -> Result<()> {
    let path = Path::new(out).join("model.h5");
    let data = load(imdb)?;
    let mut model = build()?;
    compile(&mut model)?;
    let history = train(&mut model, &data)?;
    model.save(&path)?;
    print_weights(&model)?;
    print_history(&history);
    print_file(&path);
    print_predictions("predict", &model, &data.x_val)?;
    if let Some(other) = other {
        print_predictions("other", &Model::load(other)?, &data.x_val)?;
    }
    print_stream(&model, &data.x_val)?;
    print_errors(&model, &data)?;
    print_leak()
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.len() < 2 || arguments.len() > 3 {
        eprintln!("usage: acceptance IMDB_NPZ OUT_DIR [OTHER.h5]");
        process::exit(2);
    }
    if let Err(error) = run(&arguments[0], &arguments[1], arguments.get(2)) {
        eprintln!("acceptance: {error}");
        process::exit(1);
    }
}
