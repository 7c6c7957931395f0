//! Arrays of numbers, owned or over slices.
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::Path;
use std::ptr::NonNull;
use std::slice;

use tinylstm_sys as sys;

use crate::error::{check, make, Error, ErrorKind, Result};
use crate::text::c_path;

/// The type of an array's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// `f32`
    Float32,
    /// `f64`
    Float64,
    /// `i32`
    Int32,
    /// `i64`
    Int64,
    /// A type that came into the library after this crate was made.
    Other(i32),
}

impl Dtype {
    pub(crate) fn code(self) -> sys::tlstm_dtype {
        match self {
            Self::Float32 => sys::TLSTM_FLOAT32,
            Self::Float64 => sys::TLSTM_FLOAT64,
            Self::Int32 => sys::TLSTM_INT32,
            Self::Int64 => sys::TLSTM_INT64,
            Self::Other(code) => code,
        }
    }

    fn from_code(code: sys::tlstm_dtype) -> Self {
        match code {
            sys::TLSTM_FLOAT32 => Self::Float32,
            sys::TLSTM_FLOAT64 => Self::Float64,
            sys::TLSTM_INT32 => Self::Int32,
            sys::TLSTM_INT64 => Self::Int64,
            other => Self::Other(other),
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for i32 {}
    impl Sealed for i64 {}
}

/// Numbers that can be an array's elements: `f32`, `f64`, `i32` and `i64`.
pub trait Element: Copy + sealed::Sealed + 'static {
    /// The dtype of arrays of such elements.
    const DTYPE: Dtype;
}

impl Element for f32 {
    const DTYPE: Dtype = Dtype::Float32;
}
impl Element for f64 {
    const DTYPE: Dtype = Dtype::Float64;
}
impl Element for i32 {
    const DTYPE: Dtype = Dtype::Int32;
}
impl Element for i64 {
    const DTYPE: Dtype = Dtype::Int64;
}

/// A dense array in C order, the first dimension counting samples. Always behind a reference: it is
/// what [`Array`] and [`ArrayView`] lend, and what calls that read arrays take.
#[repr(C)]
pub struct ArrayRef {
    _opaque: [u8; 0],
    _not_automatic: PhantomData<*mut u8>,
}

// SAFETY: "any number of threads may read one"; writing needs `&mut`.
unsafe impl Sync for ArrayRef {}

impl ArrayRef {
    /// # Safety
    ///
    /// `raw` is an array that lives, and is not written, as long as `'a`.
    pub(crate) unsafe fn from_raw<'a>(raw: *const sys::tlstm_array) -> &'a Self {
        &*raw.cast()
    }

    pub(crate) fn as_raw(&self) -> *const sys::tlstm_array {
        (self as *const Self).cast()
    }

    /// The type of the elements.
    pub fn dtype(&self) -> Dtype {
        // SAFETY: `self` is a living array, here and below.
        Dtype::from_code(unsafe { sys::tlstm_array_dtype(self.as_raw()) })
    }

    /// The sizes of the dimensions.
    pub fn shape(&self) -> Vec<usize> {
        // SAFETY: the array has `ndim` sizes.
        let sizes = unsafe {
            let ndim = sys::tlstm_array_ndim(self.as_raw());
            slice::from_raw_parts(sys::tlstm_array_shape(self.as_raw()), ndim)
        };
        sizes.iter().map(|&size| size as usize).collect()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        // SAFETY: see `dtype`.
        unsafe { sys::tlstm_array_size(self.as_raw()) }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, not copied. [`ErrorKind::Shape`] when they are of another type.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        self.require::<T>()?;
        if self.is_empty() {
            return Ok(&[]);
        }
        // SAFETY: the array has `len` elements of this type.
        Ok(unsafe {
            slice::from_raw_parts(sys::tlstm_array_data(self.as_raw()).cast(), self.len())
        })
    }

    fn require<T: Element>(&self) -> Result<()> {
        if self.dtype() == T::DTYPE {
            return Ok(());
        }
        let message = format!("holds {:?}, not {:?}", self.dtype(), T::DTYPE);
        Err(Error::new(ErrorKind::Shape, "dtype", message))
    }

    /// The rows `indices`, copied in that order: NumPy's `array[indices]`.
    pub fn take(&self, indices: &[i64]) -> Result<Array> {
        // SAFETY: `indices` has as many elements as is said.
        let raw = make(|array, error| unsafe {
            sys::tlstm_array_take(self.as_raw(), indices.as_ptr(), indices.len(), array, error)
        })?;
        Ok(Array { raw })
    }

    /// Writes a `.npy` file, atomically.
    pub fn save_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        // SAFETY: `path` lives through the call.
        check(|error| unsafe { sys::tlstm_array_save_npy(self.as_raw(), path.as_ptr(), error) })
    }

    /// One-hot rows of class numbers, as `keras.utils.to_categorical`. `num_classes` 0 means the
    /// largest number + 1.
    ///
    /// ```
    /// # fn main() -> tinylstm::Result<()> {
    /// let classes = tinylstm::Array::from_slice(&[0i32, 2], &[2])?;
    /// let one_hot = classes.to_categorical(3)?;
    /// assert_eq!(one_hot.as_slice::<f32>()?, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_categorical(&self, num_classes: usize) -> Result<Array> {
        // SAFETY: see `dtype`.
        let raw = make(|array, error| unsafe {
            sys::tlstm_to_categorical(self.as_raw(), size(num_classes), array, error)
        })?;
        Ok(Array { raw })
    }
}

impl fmt::Debug for ArrayRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({:?}, {:?})", self.dtype(), self.shape())
    }
}

/// A number of things for C, where numbers have a sign. What does not fit cannot be either.
pub(crate) fn size(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn sizes(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&dimension| size(dimension)).collect()
}

/// An array that owns its elements.
///
/// ```
/// use tinylstm::{Array, Dtype};
///
/// # fn main() -> tinylstm::Result<()> {
/// let mut x = Array::zeros(Dtype::Float32, &[2, 3])?;
/// x.as_mut_slice::<f32>()?[4] = 1.5;
/// assert_eq!(x.shape(), [2, 3]);
/// assert_eq!(x.as_slice::<f32>()?[3..], [0.0, 1.5, 0.0]);
/// # Ok(())
/// # }
/// ```
pub struct Array {
    raw: NonNull<sys::tlstm_array>,
}

// SAFETY: nothing in an array belongs to a thread; reading from many is allowed by its header.
unsafe impl Send for Array {}
unsafe impl Sync for Array {}

impl Array {
    /// # Safety
    ///
    /// `raw` is an array that belongs to nobody else.
    pub(crate) unsafe fn from_raw(raw: NonNull<sys::tlstm_array>) -> Self {
        Self { raw }
    }

    /// An array of zeros.
    pub fn zeros(dtype: Dtype, shape: &[usize]) -> Result<Self> {
        let shape = sizes(shape);
        // SAFETY: `shape` has as many elements as is said.
        let raw = make(|array, error| unsafe {
            sys::tlstm_array_new(dtype.code(), shape.len(), shape.as_ptr(), array, error)
        })?;
        Ok(Self { raw })
    }

    /// A copy of `elements`. Where they can stay where they are, use an [`ArrayView`].
    pub fn from_slice<T: Element>(elements: &[T], shape: &[usize]) -> Result<Self> {
        let mut array = Self::zeros(T::DTYPE, shape)?;
        require_count(elements.len(), array.len())?;
        array.as_mut_slice()?.copy_from_slice(elements);
        Ok(array)
    }

    /// Reads a `.npy` file.
    pub fn load_npy(path: impl AsRef<Path>) -> Result<Self> {
        let path = c_path(path.as_ref())?;
        // SAFETY: `path` lives through the call.
        let raw =
            make(|array, error| unsafe { sys::tlstm_array_load_npy(path.as_ptr(), array, error) })?;
        Ok(Self { raw })
    }

    /// The elements, to be written. [`ErrorKind::Shape`] when they are of another type.
    pub fn as_mut_slice<T: Element>(&mut self) -> Result<&mut [T]> {
        self.require::<T>()?;
        if self.is_empty() {
            return Ok(&mut []);
        }
        // SAFETY: the array owns `len` elements of this type, and is borrowed for as long as they.
        Ok(unsafe {
            let data = sys::tlstm_array_mutable_data(self.raw.as_ptr());
            slice::from_raw_parts_mut(data.cast(), self.len())
        })
    }
}

impl Deref for Array {
    type Target = ArrayRef;

    fn deref(&self) -> &ArrayRef {
        // SAFETY: the array lives as long as `self`.
        unsafe { ArrayRef::from_raw(self.raw.as_ptr()) }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        // SAFETY: `raw` is ours alone.
        unsafe { sys::tlstm_array_free(self.raw.as_ptr()) }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// An array over a slice, which is not copied.
///
/// ```
/// use tinylstm::ArrayView;
///
/// # fn main() -> tinylstm::Result<()> {
/// let tokens = vec![1, 14, 22, 16, 43, 2];
/// let x = ArrayView::new(&tokens, &[2, 3])?;
/// assert_eq!(x.as_slice::<i32>()?.as_ptr(), tokens.as_ptr());
/// # Ok(())
/// # }
/// ```
///
/// It cannot outlive the slice:
///
/// ```compile_fail
/// # use tinylstm::ArrayView;
/// let x = {
///     let tokens = vec![1, 14, 22];
///     ArrayView::new(&tokens, &[1, 3]).unwrap()
/// };
/// println!("{x:?}");
/// ```
pub struct ArrayView<'a> {
    array: Array,
    _elements: PhantomData<&'a [f32]>,
}

impl<'a> ArrayView<'a> {
    /// An array of this shape over all of `elements`.
    pub fn new<T: Element>(elements: &'a [T], shape: &[usize]) -> Result<Self> {
        let count = shape
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size));
        require_count(elements.len(), count.unwrap_or(usize::MAX))?;
        let shape = sizes(shape);
        let data = elements.as_ptr() as *mut T;
        // SAFETY: there are as many elements as the shape says. The library's readers never write
        // them, and this crate lends no mutable view of them.
        let raw = make(|array, error| unsafe {
            let dtype = T::DTYPE.code();
            sys::tlstm_array_wrap(
                data.cast(),
                dtype,
                shape.len(),
                shape.as_ptr(),
                array,
                error,
            )
        })?;
        Ok(Self {
            array: Array { raw },
            _elements: PhantomData,
        })
    }
}

impl Deref for ArrayView<'_> {
    type Target = ArrayRef;

    fn deref(&self) -> &ArrayRef {
        &self.array
    }
}

impl fmt::Debug for ArrayView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

fn require_count(got: usize, wanted: usize) -> Result<()> {
    if got == wanted {
        return Ok(());
    }
    let message = format!("the shape has {wanted} elements, the slice {got}");
    Err(Error::new(ErrorKind::Shape, "elements", message))
}
