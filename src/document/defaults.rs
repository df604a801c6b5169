//! What files leave out because it goes without saying.

/// Whether a field is as it is without a word, for `skip_serializing_if`: files that were written before there was the field stay the
/// same, and so do their hashes.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
