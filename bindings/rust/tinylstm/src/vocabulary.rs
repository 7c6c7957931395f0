//! Words and their ranks; texts to tokens and back.
use std::fmt;
use std::path::Path;
use std::ptr::NonNull;

use tinylstm_sys as sys;

use crate::array::size;
use crate::error::{check, make, Result};
use crate::imdb::Imdb;
use crate::sequences::Sequences;
use crate::text::{borrowed, c_path, c_string, owned, pointer_or_null, StringArray, Texts};

/// What Keras's Tokenizer does to a text before it looks words up; begins with its defaults.
#[derive(Debug)]
pub struct Tokenizer {
    options: sys::tlstm_text_options,
    texts: Texts,
    num_words: usize,
}

impl Default for Tokenizer {
    fn default() -> Self {
        let options = defaults!(sys::tlstm_text_options_init);
        Self {
            options,
            texts: Texts::default(),
            num_words: 0,
        }
    }
}

impl Tokenizer {
    /// Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    switches! {
        /// Whether texts are brought to lower case first.
        lower
        /// Whether every character is a word.
        char_level
    }

    texts! {
        /// Characters that become what separates words.
        filters
        /// What separates words, a blank by default.
        split
        /// What stands for words that are not kept; by default they vanish.
        oov_token
    }

    /// Words of this rank and above are not kept; 0: no limit.
    pub fn num_words(mut self, num_words: usize) -> Self {
        self.num_words = num_words;
        self
    }
}

/// A word index: words and their ranks, 1 being the most frequent.
///
/// ```
/// use tinylstm::{Tokenizer, Vocabulary};
///
/// # fn main() -> tinylstm::Result<()> {
/// let tokenizer = Tokenizer::new();
/// let words = Vocabulary::fit(&["the film, the plot", "The cast"], &tokenizer)?;
/// assert_eq!((words.rank("the"), words.word(2)), (Some(1), Some("film")));
/// let tokens = words.texts_to_sequences(&["the cast"], &tokenizer)?;
/// assert_eq!(words.sequence_to_text(tokens.get(0).unwrap(), &tokenizer)?, "the cast");
/// # Ok(())
/// # }
/// ```
pub struct Vocabulary {
    raw: NonNull<sys::tlstm_vocabulary>,
}

// SAFETY: nothing in it belongs to a thread, and "any number of threads may read one".
unsafe impl Send for Vocabulary {}
unsafe impl Sync for Vocabulary {}

impl Vocabulary {
    /// Reads a word index, a JSON object of word to rank.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::load_from(Some(path.as_ref()))
    }

    /// Reads the word index of the IMDB reviews that Keras keeps.
    pub fn load_default() -> Result<Self> {
        Self::load_from(None)
    }

    fn load_from(path: Option<&Path>) -> Result<Self> {
        let path = path.map(c_path).transpose()?;
        // SAFETY: the path lives through the call.
        let raw = make(|vocabulary, error| unsafe {
            sys::tlstm_vocabulary_load(pointer_or_null(&path), vocabulary, error)
        })?;
        Ok(Self { raw })
    }

    /// The words of [`Reviews::generate`](crate::Reviews::generate).
    pub fn generate() -> Result<Self> {
        // SAFETY: nothing goes in.
        let raw =
            make(|vocabulary, error| unsafe { sys::tlstm_vocabulary_generate(vocabulary, error) })?;
        Ok(Self { raw })
    }

    /// Learns a word index from texts, as `Tokenizer.fit_on_texts`.
    pub fn fit<S: AsRef<str>>(texts: &[S], tokenizer: &Tokenizer) -> Result<Self> {
        tokenizer.texts.check()?;
        let strings = StringArray::new("texts", texts)?;
        // SAFETY: there are as many strings as is said; they and the options live through the call.
        let raw = make(|vocabulary, error| unsafe {
            let options = &tokenizer.options;
            sys::tlstm_vocabulary_fit(strings.as_ptr(), texts.len(), options, vocabulary, error)
        })?;
        Ok(Self { raw })
    }

    /// Writes the word index as JSON, by rank, atomically.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        // SAFETY: the path lives through the call.
        check(|error| unsafe {
            sys::tlstm_vocabulary_save(self.raw.as_ptr(), path.as_ptr(), error)
        })
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        // SAFETY: `self` is alive, here and below.
        unsafe { sys::tlstm_vocabulary_size(self.raw.as_ptr()) }
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rank of a word, where it is known.
    pub fn rank(&self, word: &str) -> Option<i64> {
        let word = c_string("word", word).ok()?;
        // SAFETY: the word lives through the call.
        let rank = unsafe { sys::tlstm_vocabulary_rank(self.raw.as_ptr(), word.as_ptr()) };
        Some(rank).filter(|&rank| rank != 0)
    }

    /// The word of a rank.
    pub fn word(&self, rank: i64) -> Option<&str> {
        // SAFETY: the word lives as long as the vocabulary.
        unsafe { borrowed(sys::tlstm_vocabulary_word(self.raw.as_ptr(), rank)) }
    }

    /// How often [`Vocabulary::fit`] saw a word; 0 where that is not known.
    pub fn occurrences(&self, word: &str) -> i64 {
        // SAFETY: the word lives through the call.
        c_string("word", word).map_or(0, |word| unsafe {
            sys::tlstm_vocabulary_occurrences(self.raw.as_ptr(), word.as_ptr())
        })
    }

    /// Texts to tokens, as `Tokenizer.texts_to_sequences`.
    pub fn texts_to_sequences<S: AsRef<str>>(
        &self,
        texts: &[S],
        tokenizer: &Tokenizer,
    ) -> Result<Sequences> {
        tokenizer.texts.check()?;
        let strings = StringArray::new("texts", texts)?;
        // SAFETY: there are as many strings as is said; they and the options live through the call,
        // and the sequences are nobody else's.
        unsafe {
            let raw = make(|sequences, error| {
                sys::tlstm_texts_to_sequences(
                    self.raw.as_ptr(),
                    strings.as_ptr(),
                    texts.len(),
                    &tokenizer.options,
                    size(tokenizer.num_words),
                    sequences,
                    error,
                )
            })?;
            Ok(Sequences::from_raw(raw))
        }
    }

    /// Tokens back to words with blanks between, as `Tokenizer.sequences_to_texts`.
    pub fn sequence_to_text(&self, tokens: &[i32], tokenizer: &Tokenizer) -> Result<String> {
        tokenizer.texts.check()?;
        let mut text = std::ptr::null_mut();
        // SAFETY: there are as many tokens as is said; the text is handed over.
        unsafe {
            check(|error| {
                sys::tlstm_sequence_to_text(
                    self.raw.as_ptr(),
                    tokens.as_ptr(),
                    tokens.len(),
                    &tokenizer.options,
                    size(tokenizer.num_words),
                    &mut text,
                    error,
                )
            })?;
            Ok(owned(text))
        }
    }

    /// Texts to tokens as the IMDB reviews are encoded.
    pub fn texts_to_reviews<S: AsRef<str>>(&self, texts: &[S], imdb: &Imdb) -> Result<Sequences> {
        let strings = StringArray::new("texts", texts)?;
        // SAFETY: as in `texts_to_sequences`.
        unsafe {
            let raw = make(|sequences, error| {
                sys::tlstm_texts_to_reviews(
                    self.raw.as_ptr(),
                    strings.as_ptr(),
                    texts.len(),
                    &imdb.options,
                    sequences,
                    error,
                )
            })?;
            Ok(Sequences::from_raw(raw))
        }
    }
}

impl Drop for Vocabulary {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_vocabulary_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vocabulary({})", self.len())
    }
}
