//! Is a film review good or bad? The IMDB tutorial from the data to typed sentences:
//!
//! ```text
//! imdb [--data imdb.npz] [--word-index FILE] [--epochs N] [--out DIR]
//! ```
//!
//! The reviews come from `--data`, else from `$TINYLSTM_IMDB` or where Keras keeps them; where there
//! are none they are generated. Trains an LSTM with checkpoints and early stopping, leaves
//! best-lstm-model.h5 (which Keras opens too), history.csv and loss.svg in DIR, and tells what the
//! best model makes of the test reviews and of three sentences.
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use tinylstm::*;

const TIMESTEPS: usize = 100;
const WORDS: usize = 500;
const SENTENCES: [&str; 3] = [
    "What a wonderful film, I loved every minute of it, simply great",
    "It was not good at all, a boring waste of time",
    "The worst movie I have ever seen, terrible acting and a stupid plot",
];

struct Arguments {
    data: Option<PathBuf>,
    word_index: Option<PathBuf>,
    epochs: usize,
    out: PathBuf,
}

fn usage() -> ! {
    eprintln!("usage: imdb [--data imdb.npz] [--word-index FILE] [--epochs N] [--out DIR]");
    process::exit(2);
}

fn arguments() -> Arguments {
    let mut given = Arguments {
        data: None,
        word_index: None,
        epochs: 100,
        out: ".".into(),
    };
    let mut words = env::args().skip(1);
    while let (Some(option), value) = (words.next(), words.next()) {
        let value = value.unwrap_or_else(|| usage());
        match option.as_str() {
            "--data" => given.data = Some(value.into()),
            "--word-index" => given.word_index = Some(value.into()),
            "--epochs" => given.epochs = value.parse().unwrap_or_else(|_| usage()),
            "--out" => given.out = value.into(),
            _ => usage(),
        }
    }
    given
}

// ---- The data ----

fn encoding() -> Imdb {
    Imdb::new().num_words(WORDS)
}

fn load_words(given: &Arguments) -> Option<Vocabulary> {
    let beside = given
        .data
        .as_deref()
        .map(|data| data.with_file_name("imdb_word_index.json"));
    let named = given
        .word_index
        .clone()
        .or_else(|| beside.filter(|path| path.exists()));
    let words = named.map_or_else(Vocabulary::load_default, Vocabulary::load);
    if let Err(error) = &words {
        println!("No word index ({error}), so no sentences will be judged.");
    }
    words.ok()
}

/// The reviews, of the 500 most frequent words, and those words.
fn load(given: &Arguments) -> Result<(Reviews, Option<Vocabulary>)> {
    let found = match &given.data {
        Some(path) => Ok(encoding().load(path)?),
        None => encoding().load_default(),
    };
    match found {
        Ok(reviews) => Ok((reviews, load_words(given))),
        Err(error) => {
            println!("No IMDB reviews ({error}), so these are generated ones.");
            Ok((
                Reviews::generate(25000, 25000, 42)?,
                Some(Vocabulary::generate()?),
            ))
        }
    }
}

/// The last 100 words of each review, padded in front.
fn pad(sequences: &SequencesRef) -> Result<Array> {
    sequences.pad(&Pad::new().maxlen(TIMESTEPS))
}

fn take(reviews: &Reviews, indices: &ArrayRef) -> Result<(Array, Array)> {
    let rows = indices.as_slice()?;
    let taken = reviews.x_train().take(rows)?;
    Ok((pad(&taken)?, reviews.y_train().take(rows)?))
}

// ---- The model ----

fn build() -> Result<Model> {
    let mut model = Model::new(42)?;
    model
        .add(&Input::new(&[TIMESTEPS as i64]))?
        .add(&Embedding::new(WORDS, 16))?
        .add(&Lstm::new(8))?
        .add(&Dense::new(1).activation(Activation::Sigmoid))?;
    let rmsprop = Optimizer::new("rmsprop")?.set("learning_rate", 1e-4)?;
    model.compile(&rmsprop, &Loss::new("binary_crossentropy")?, &["accuracy"])?;
    Ok(model)
}

/// A fifth of the training reviews validates; the best model so far goes to the file `best`.
fn train(model: &mut Model, reviews: &Reviews, epochs: usize, best: &Path) -> Result<History> {
    let split = Split::new().test_size(0.2).random_state(42);
    let (rows, val_rows) = train_test_split(reviews.x_train().len(), &split)?;
    let (x, y) = take(reviews, &rows)?;
    let (x_val, y_val) = take(reviews, &val_rows)?;
    let mut checkpoint = Checkpoint::new(best).save_best_only(true);
    let mut stopping = EarlyStopping::new()
        .patience(3)
        .restore_best_weights(true)
        .verbose(true);
    model
        .fit(&x, &y)
        .batch_size(64)
        .epochs(epochs)
        .verbose(Verbose::Progress)
        .validation_data(&x_val, &y_val)
        .callback(&mut checkpoint)
        .callback(&mut stopping)
        .run()
}

// ---- The best model at work ----

fn test(model: &Model, reviews: &Reviews) -> Result<()> {
    let found = model.evaluate(&*pad(reviews.x_test())?, reviews.y_test())?;
    let accuracy = found.get("accuracy").unwrap_or(f64::NAN);
    println!(
        "Test reviews: loss: {:.4} - accuracy: {accuracy:.4}",
        found.loss()
    );
    Ok(())
}

fn judge(model: &Model, words: &Vocabulary) -> Result<()> {
    let x = pad(&*words.texts_to_reviews(&SENTENCES, &encoding())?)?;
    let scores = model.predict(&x)?;
    for (sentence, score) in SENTENCES.iter().zip(scores.as_slice::<f32>()?) {
        println!("{:5.1} % good: \"{sentence}\"", 100.0 * score);
    }
    Ok(())
}

fn run(given: &Arguments) -> Result<()> {
    let mut model = build()?;
    print!("{}", model.summary(0)?);
    let (reviews, words) = load(given)?;
    let [best, csv, svg] =
        ["best-lstm-model.h5", "history.csv", "loss.svg"].map(|name| given.out.join(name));
    let history = train(&mut model, &reviews, given.epochs, &best)?;
    history.save_csv(&csv)?;
    history.save_svg("loss", &svg)?;
    println!(
        "Wrote {}, {} and {}",
        best.display(),
        csv.display(),
        svg.display()
    );

    let best_model = Model::load(&best)?;
    test(&best_model, &reviews)?;
    words.map_or(Ok(()), |words| judge(&best_model, &words))
}

fn main() {
    let given = arguments();
    if let Err(error) = fs::create_dir_all(&given.out) {
        eprintln!("imdb: {}: {error}", given.out.display());
        process::exit(1);
    }
    if let Err(error) = run(&given) {
        eprintln!("imdb: {error}");
        process::exit(1);
    }
}
