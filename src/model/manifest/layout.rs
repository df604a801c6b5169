//! How a manifest is written: what people look for on lines of its own, and tables of numbers, nine tenths of it, in a row.

use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{Result, Write};

/// Members of objects on lines of their own, arrays and all in them on one line.
#[derive(Default)]
pub(super) struct Layout {
    objects: PrettyFormatter<'static>,
    /// Arrays that are open.
    arrays: usize,
}

impl Layout {
    /// Lets the one that is in charge here write.
    fn write<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        object: impl FnOnce(&mut PrettyFormatter<'static>, &mut W) -> Result<()>,
        in_row: impl FnOnce(&mut CompactFormatter, &mut W) -> Result<()>,
    ) -> Result<()> {
        if self.arrays == 0 { object(&mut self.objects, writer) } else { in_row(&mut CompactFormatter, writer) }
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.arrays += 1;
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.arrays -= 1;
        CompactFormatter.end_array(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.write(writer, |it, w| it.begin_object(w), |it, w| it.begin_object(w))
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.write(writer, |it, w| it.end_object(w), |it, w| it.end_object(w))
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.write(writer, |it, w| it.begin_object_key(w, first), |it, w| it.begin_object_key(w, first))
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.write(writer, |it, w| it.begin_object_value(w), |it, w| it.begin_object_value(w))
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.write(writer, |it, w| it.end_object_value(w), |it, w| it.end_object_value(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize as _;

    #[test]
    fn objects_have_lines_and_arrays_have_one() {
        let value = serde_json::json!({ "a": 1, "b": { "c": [[1, 2], { "d": [3] }, {}], "e": {} }, "f": [] });
        let mut bytes = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Layout::default())).unwrap();
        let expected = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [[1,2],{\"d\":[3]},{}],\n    \"e\": {}\n  },\n  \"f\": []\n}";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
