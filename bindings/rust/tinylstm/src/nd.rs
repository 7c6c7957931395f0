//! Arrays to and from those of `ndarray`, without copies.
use ndarray::{ArrayBase, ArrayViewD, Data, Dimension, IxDyn};

use crate::array::{ArrayRef, ArrayView, Element};
use crate::error::{Error, ErrorKind, Result};

impl ArrayRef {
    /// The same elements as an array of `ndarray`.
    ///
    /// ```
    /// # fn main() -> tinylstm::Result<()> {
    /// let x = tinylstm::Array::from_slice(&[1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
    /// assert_eq!(x.as_ndarray::<f32>()?[[1, 0]], 3.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_ndarray<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        ArrayViewD::from_shape(IxDyn(&self.shape()), self.as_slice()?)
            .map_err(|error| Error::new(ErrorKind::Shape, "shape", error.to_string()))
    }
}

/// Over the elements of an array of `ndarray`, which must lie in C order.
///
/// ```
/// use tinylstm::ArrayView;
///
/// # fn main() -> tinylstm::Result<()> {
/// let x = ndarray::Array2::<f32>::zeros((3, 2));
/// assert_eq!(ArrayView::try_from(&x)?.shape(), [3, 2]);
/// assert!(ArrayView::try_from(&x.t()).is_err());
/// # Ok(())
/// # }
/// ```
impl<'a, T, S, D> TryFrom<&'a ArrayBase<S, D>> for ArrayView<'a>
where
    T: Element,
    S: Data<Elem = T>,
    D: Dimension,
{
    type Error = Error;

    fn try_from(array: &'a ArrayBase<S, D>) -> Result<Self> {
        let not_contiguous = || Error::new(ErrorKind::Shape, "array", "does not lie in C order");
        let elements = array.as_slice().ok_or_else(not_contiguous)?;
        ArrayView::new(elements, array.shape())
    }
}
