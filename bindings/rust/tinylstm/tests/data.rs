//! Arrays, sequences, splitting, reviews and words.
mod support;

use support::*;
use tinylstm::*;

#[test]
fn arrays_keep_their_elements() {
    let array = Array::from_slice(&[1.5f64, -2.0, 0.25, 8.0], &[2, 2]).unwrap();
    let path = scratch("array.npy");
    array.save_npy(&path).unwrap();
    let read = Array::load_npy(&path).unwrap();
    assert_eq!(
        (read.dtype(), read.shape(), read.len()),
        (Dtype::Float64, vec![2, 2], 4)
    );
    assert_eq!(
        read.as_slice::<f64>().unwrap(),
        array.as_slice::<f64>().unwrap()
    );
    assert_eq!(
        read.take(&[1, 1]).unwrap().as_slice::<f64>().unwrap(),
        [0.25, 8.0, 0.25, 8.0]
    );
    let empty = Array::zeros(Dtype::Int64, &[0, 3]).unwrap();
    assert!(empty.is_empty() && empty.as_slice::<i64>().unwrap().is_empty());
}

#[test]
fn sequences_are_padded_as_keras_does() {
    let lists = [vec![1, 2, 3], vec![], vec![4]];
    let sequences = Sequences::new(&lists).unwrap();
    assert_eq!(
        sequences.iter().map(<[i32]>::to_vec).collect::<Vec<_>>(),
        lists
    );
    assert_eq!((sequences.get(1), sequences.get(3)), (Some(&[][..]), None));
    let pad = Pad::new()
        .maxlen(2)
        .padding(Side::Post)
        .truncating(Side::Post)
        .value(9.0);
    let padded = sequences.pad(&pad.dtype(Dtype::Float32)).unwrap();
    assert_eq!(
        padded.as_slice::<f32>().unwrap(),
        [1.0, 2.0, 9.0, 9.0, 4.0, 9.0]
    );
    let taken = sequences.take(&[2, 0]).unwrap();
    assert_eq!((taken.len(), taken.get(0)), (2, Some(&[4][..])));
}

#[test]
fn samples_that_are_arrays_are_padded_too() {
    let one = Array::from_slice(&[1.0f32, 2.0], &[1, 2]).unwrap();
    let two = Array::from_slice(&[3.0f32, 4.0, 5.0, 6.0], &[2, 2]).unwrap();
    let padded = pad_arrays(&[&one, &two], &Pad::new().dtype(Dtype::Float32)).unwrap();
    assert_eq!(padded.shape(), [2, 2, 2]);
    assert_eq!(padded.as_slice::<f32>().unwrap()[..4], [0.0, 0.0, 1.0, 2.0]);
}

/// What scikit-learn and NumPy draw.
#[test]
fn splits_are_those_of_scikit_learn() {
    let (train, test) = train_test_split(10, &Split::new().random_state(42)).unwrap();
    assert_eq!(train.as_slice::<i64>().unwrap(), [0, 7, 2, 9, 4, 3, 6]);
    assert_eq!(test.as_slice::<i64>().unwrap(), [8, 1, 5]);
    let (train, test) = train_test_split(4, &Split::new().train_size(3.0).shuffle(false)).unwrap();
    assert_eq!(
        (
            train.as_slice::<i64>().unwrap(),
            test.as_slice::<i64>().unwrap()
        ),
        (&[0, 1, 2][..], &[3][..])
    );
    let labels = Array::from_slice(&[0i64, 0, 0, 0, 1, 1, 1, 1], &[8]).unwrap();
    let (_, test) = train_test_split(8, &Split::new().test_size(0.5).stratify(&labels)).unwrap();
    let ones = test
        .as_slice::<i64>()
        .unwrap()
        .iter()
        .filter(|&&index| index >= 4)
        .count();
    assert_eq!((test.len(), ones), (4, 2));
    let shuffled = shuffled_indices(5, 0).unwrap();
    assert_eq!(shuffled.as_slice::<i64>().unwrap(), [2, 0, 1, 3, 4]);
}

#[test]
fn words_become_tokens_and_words_again() {
    let texts = ["Good film, good cast", "a bad film"];
    let tokenizer = Tokenizer::new().oov_token("<unk>").num_words(4);
    let words = Vocabulary::fit(&texts, &tokenizer).unwrap();
    assert_eq!(
        (words.len(), words.rank("<unk>"), words.rank("good")),
        (6, Some(1), Some(2))
    );
    assert_eq!(
        (
            words.rank("awful"),
            words.word(99),
            words.occurrences("good")
        ),
        (None, None, 2)
    );
    let tokens = words
        .texts_to_sequences(&["A GOOD film"], &tokenizer)
        .unwrap();
    assert_eq!(tokens.get(0).unwrap(), [1, 2, 3]);
    assert_eq!(
        words.sequence_to_text(&[1, 2, 3], &tokenizer).unwrap(),
        "<unk> good film"
    );
    let path = scratch("words.json");
    words.save(&path).unwrap();
    assert_eq!(
        Vocabulary::load(&path).unwrap().rank("film"),
        words.rank("film")
    );
    let reviews = words
        .texts_to_reviews(&["good awful"], &Imdb::new())
        .unwrap();
    assert_eq!(reviews.get(0).unwrap(), [1, 5, 2]);
}

#[test]
fn reviews_are_there_without_files() {
    let reviews = Reviews::generate(10, 4, 1).unwrap();
    assert_eq!((reviews.x_train().len(), reviews.x_test().len()), (10, 4));
    assert!(reviews
        .y_train()
        .as_slice::<i64>()
        .unwrap()
        .iter()
        .all(|&label| label <= 1));
    let words = Vocabulary::generate().unwrap();
    let token = reviews.x_train().get(0).unwrap()[1];
    assert!(words.word(i64::from(token) - 3).is_some());
    assert_eq!(
        Imdb::new().load("absent.npz").unwrap_err().kind(),
        ErrorKind::Io
    );
}

#[cfg(feature = "ndarray")]
#[test]
fn arrays_of_ndarray_are_not_copied() {
    let x = ndarray::array![[1.0f32, 2.0], [3.0, 4.0]];
    let view = ArrayView::try_from(&x).unwrap();
    assert_eq!(view.as_slice::<f32>().unwrap().as_ptr(), x.as_ptr());
    assert_eq!(view.as_ndarray::<f32>().unwrap(), x.view().into_dyn());
    assert!(view.as_ndarray::<f64>().is_err());
}
