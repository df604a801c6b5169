//! The tagger's tables as a safetensors file: `features` (hashes, rising), `starts` (where a feature's weights begin), `tags` and
//! `weights` (one of each after the other), and the names of the tags in the header.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// What training makes and the tagger looks up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PosTables {
    /// Names of the tags by id.
    pub tags: Vec<String>,
    /// Hashes of the features, rising.
    pub features: Vec<u32>,
    /// First weight of each feature; its last is before the first of the next.
    pub starts: Vec<u32>,
    /// Tag of each weight.
    pub tags_of_weights: Vec<u8>,
    /// The weights.
    pub weights: Vec<i16>,
}

/// Why tables can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the part-of-speech tables can't be used: {0}")]
pub struct TableError(String);

impl PosTables {
    /// Reads the file form.
    ///
    /// # Errors
    /// When it is not what [`PosTables::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, TableError> {
        let wrong = |what: &dyn std::fmt::Display| TableError(what.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| wrong(&error))?;
        let names = header.metadata().as_ref().and_then(|metadata| metadata.get("tags")).ok_or_else(|| wrong(&"no tags"))?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| wrong(&error))?;
        let part = |name: &str, dtype: Dtype| {
            let view = file.tensor(name).map_err(|error| wrong(&error))?;
            if view.dtype() == dtype { Ok(view.data()) } else { Err(wrong(&format!("\"{name}\" has another type"))) }
        };
        let u32s = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|&four| u32::from_le_bytes(four)).collect::<Vec<u32>>();
        let tables = Self {
            tags: names.split(' ').map(str::to_owned).collect(),
            features: u32s(part("features", Dtype::U32)?),
            starts: u32s(part("starts", Dtype::U32)?),
            tags_of_weights: part("tags", Dtype::U8)?.to_vec(),
            weights: part("weights", Dtype::I16)?.as_chunks().0.iter().map(|&two| i16::from_le_bytes(two)).collect(),
        };
        let rising = tables.starts.is_sorted() && tables.starts.last().is_none_or(|&last| last as usize <= tables.weights.len());
        let known = tables.tags_of_weights.iter().all(|&tag| usize::from(tag) < tables.tags.len());
        let paired = tables.features.len() == tables.starts.len() && tables.tags_of_weights.len() == tables.weights.len();
        if rising && known && paired { Ok(tables) } else { Err(wrong(&"its parts do not fit each other")) }
    }

    /// The file form.
    ///
    /// # Errors
    /// When it can't be laid out.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TableError> {
        let wrong = |error: safetensors::SafeTensorError| TableError(error.to_string());
        let u32s = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let weights: Vec<u8> = self.weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let parts = [
            ("features", Dtype::U32, self.features.len(), u32s(&self.features)),
            ("starts", Dtype::U32, self.starts.len(), u32s(&self.starts)),
            ("tags", Dtype::U8, self.tags_of_weights.len(), self.tags_of_weights.clone()),
            ("weights", Dtype::I16, self.weights.len(), weights),
        ];
        let views = parts.iter().map(|(name, dtype, count, bytes)| Ok((*name, TensorView::new(*dtype, vec![*count], bytes)?)));
        let views = views.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        safetensors::serialize(views, Some([("tags".to_owned(), self.tags.join(" "))].into())).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> PosTables {
        PosTables {
            tags: vec!["NN".to_owned(), "''".to_owned()],
            features: vec![3, 9],
            starts: vec![0, 2],
            tags_of_weights: vec![0, 1, 1],
            weights: vec![5, -700, 1],
        }
    }

    #[test]
    fn tables_survive_their_file_form() {
        assert_eq!(PosTables::parse(&tables().to_bytes().unwrap()).unwrap(), tables());
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let bad = PosTables { starts: vec![0, 9], ..tables() };
        assert!(PosTables::parse(&bad.to_bytes().unwrap()).is_err());
        let bad = PosTables { tags_of_weights: vec![0, 1, 7], ..tables() };
        assert!(PosTables::parse(&bad.to_bytes().unwrap()).is_err());
        assert!(PosTables::parse(b"nothing").is_err());
    }
}
