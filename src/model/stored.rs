//! Where an engine takes its weights from: the bytes of a model, used in place where they can be, or weights that were trained.

use super::ModelError;
use super::quantize::{QuantizedRows, dequantize_rows, from_bytes, quantize_rows};
use super::weights::Weights;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::borrow::Cow;

/// Gives weights by name, each once while an engine is put together.
pub trait WeightSource {
    /// The values of a weight, row by row.
    ///
    /// # Errors
    /// When it is missing or of another shape.
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError>;

    /// A matrix of rows × columns as integers with a scale per row; rounded if it is not kept that way.
    ///
    /// # Errors
    /// When it is missing or of another shape.
    fn rounded(&self, name: &str, shape: [usize; 2]) -> Result<QuantizedRows, ModelError>;

    /// A table that is read row by row, as exactly as it is known.
    ///
    /// # Errors
    /// When it is missing or of another shape.
    fn table(&self, name: &str, shape: [usize; 2]) -> Result<Table, ModelError>;
}

/// A table that is read row by row.
pub enum Table {
    /// Integers as two's complement bytes, which may lie in the program itself, and a scale for each row.
    Integers {
        /// Rows of bytes.
        bytes: Cow<'static, [u8]>,
        /// One scale per row.
        scales: Vec<f32>,
    },
    /// Values that are no multiples of a scale.
    Floats(Vec<f32>),
}

impl WeightSource for Weights {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        Ok(self.get(name, shape)?.flatten_all()?.to_vec1()?)
    }

    fn rounded(&self, name: &str, shape: [usize; 2]) -> Result<QuantizedRows, ModelError> {
        Ok(quantize_rows(&self.values(name, &shape)?, shape[1]))
    }

    fn table(&self, name: &str, shape: [usize; 2]) -> Result<Table, ModelError> {
        let values = self.values(name, &shape)?;
        let QuantizedRows { integers, scales } = quantize_rows(&values, shape[1]);
        // Weights that were read from a model folder are what integers stand for.
        if dequantize_rows(&integers, &scales, shape[1]) != values {
            return Ok(Table::Floats(values));
        }
        Ok(Table::Integers { bytes: integers.into_iter().map(i8::cast_unsigned).collect(), scales })
    }
}

/// The weights of a source whose names begin with a prefix, under what follows it.
pub struct Under<'s, S> {
    source: &'s S,
    prefix: &'s str,
}

impl<'s, S> Under<'s, S> {
    /// Of this source.
    pub fn new(source: &'s S, prefix: &'s str) -> Self {
        Self { source, prefix }
    }
}

impl<S: WeightSource> WeightSource for Under<'_, S> {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.source.values(&format!("{}{name}", self.prefix), shape)
    }

    fn rounded(&self, name: &str, shape: [usize; 2]) -> Result<QuantizedRows, ModelError> {
        self.source.rounded(&format!("{}{name}", self.prefix), shape)
    }

    fn table(&self, name: &str, shape: [usize; 2]) -> Result<Table, ModelError> {
        self.source.table(&format!("{}{name}", self.prefix), shape)
    }
}

/// Weights in the bytes of a model's safetensors file.
pub struct StoredWeights<'a> {
    file: SafeTensors<'a>,
    /// The bytes again, if they live as long as the program.
    in_place: Option<&'static [u8]>,
}

/// Bytes of the integers of a matrix and the scales of its rows.
type Integers<'a> = (&'a [u8], Vec<f32>);

impl<'a> StoredWeights<'a> {
    /// Looks through the bytes of a file.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] when they are not those of a whole safetensors file.
    #[expect(clippy::ptr_arg, reason = "whether the bytes are borrowed says whether they live as long as the program")]
    pub fn new(bytes: &'a Cow<'static, [u8]>) -> Result<Self, ModelError> {
        let in_place = match bytes {
            Cow::Borrowed(bytes) => Some(*bytes),
            Cow::Owned(_) => None,
        };
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| super::quantize::damaged(format!("not a whole safetensors file: {error}")))?;
        Ok(Self { file, in_place })
    }

    fn view(&self, name: &str, shape: &[usize]) -> Result<TensorView<'a>, ModelError> {
        let view = self.file.tensor(name).map_err(|_| ModelError::MissingWeight(name.to_owned()))?;
        if view.shape() == shape {
            Ok(view)
        } else {
            let (name, found, expected) = (name.to_owned(), view.shape().to_vec(), shape.to_vec());
            Err(ModelError::Shape { name, found, expected })
        }
    }

    /// Bytes and scales of a matrix that is kept in integers; `None` when it is not.
    fn integers(&self, name: &str, shape: [usize; 2]) -> Result<Option<Integers<'a>>, ModelError> {
        let view = self.view(name, &shape)?;
        if view.dtype() != Dtype::I8 {
            return Ok(None);
        }
        Ok(Some((view.data(), self.values(&format!("{name}.scale"), &[shape[0]])?)))
    }
}

impl WeightSource for StoredWeights<'_> {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let view = self.view(name, shape)?;
        match (view.dtype(), shape) {
            (Dtype::F32, _) => Ok(from_bytes(view.data())),
            (Dtype::I8, &[rows, columns]) => {
                let QuantizedRows { integers, scales } = self.rounded(name, [rows, columns])?;
                Ok(dequantize_rows(&integers, &scales, columns))
            }
            (other, _) => Err(super::quantize::damaged(format!("\"{name}\" is stored as {other:?}; only I8 and F32 are read"))),
        }
    }

    fn rounded(&self, name: &str, shape: [usize; 2]) -> Result<QuantizedRows, ModelError> {
        match self.integers(name, shape)? {
            Some((bytes, scales)) => {
                Ok(QuantizedRows { integers: bytes.iter().map(|byte| byte.cast_signed()).collect(), scales })
            }
            None => Ok(quantize_rows(&self.values(name, &shape)?, shape[1])),
        }
    }

    fn table(&self, name: &str, shape: [usize; 2]) -> Result<Table, ModelError> {
        let Some((bytes, scales)) = self.integers(name, shape)? else { return Ok(Table::Floats(self.values(name, &shape)?)) };
        let place = |all: &'static [u8]| {
            let from = (bytes.as_ptr() as usize).checked_sub(all.as_ptr() as usize)?;
            all.get(from..from + bytes.len())
        };
        let bytes = match self.in_place.and_then(place) {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(bytes.to_vec()),
        };
        Ok(Table::Integers { bytes, scales })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::folder::tests::tiny_parts;
    use crate::model::quantize::{from_safetensors, to_safetensors};

    #[test]
    fn weights_in_place_are_those_that_were_read_and_lie_where_they_were() {
        let bytes = to_safetensors(&tiny_parts(4).weights).unwrap();
        let read = from_safetensors(&bytes).unwrap();
        let leaked: Cow<'static, [u8]> = Cow::Borrowed(Box::leak(bytes.into_boxed_slice()));
        let stored = StoredWeights::new(&leaked).unwrap();
        for (name, tensor) in read.iter() {
            let shape = tensor.dims();
            assert_eq!(stored.values(name, shape).unwrap(), read.values(name, shape).unwrap(), "{name}");
            if let &[rows, columns] = shape {
                assert_eq!(
                    stored.rounded(name, [rows, columns]).unwrap(),
                    read.rounded(name, [rows, columns]).unwrap(),
                    "{name}"
                );
            }
        }
        let words = "embeddings.word_embeddings.weight";
        let Table::Integers { bytes: Cow::Borrowed(place), scales } = stored.table(words, [100, 64]).unwrap() else {
            panic!("the table was copied")
        };
        let Table::Integers { bytes, scales: same } = read.table(words, [100, 64]).unwrap() else { panic!("not rounded") };
        assert_eq!((place, &scales), (&*bytes, &same));
        assert!(leaked.as_ptr_range().contains(&place.as_ptr()));
    }

    #[test]
    fn values_that_integers_do_not_stand_for_stay_as_they_are() {
        let weights = tiny_parts(4).weights;
        assert!(matches!(weights.table("embeddings.word_embeddings.weight", [100, 64]).unwrap(), Table::Floats(_)));
        let owned: Cow<'static, [u8]> = Cow::Owned(to_safetensors(&weights).unwrap());
        let stored = StoredWeights::new(&owned).unwrap();
        assert!(matches!(stored.values("nothing", &[1]), Err(ModelError::MissingWeight(_))));
        assert!(matches!(stored.values("tagger.emission.bias", &[1]), Err(ModelError::Shape { .. })));
    }
}
