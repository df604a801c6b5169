//! Which of the formats that are JSON a source is in, by the keys that stand outermost.

use super::walk::{elements, members, skip, trim_start};

/// A format that is JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Kind {
    /// BioC: a collection, a document, or several of either in a list (documents also under `PubTator3`, as its service sends them).
    Bioc,
    /// A line of JSON lines.
    Rolecall,
    /// A document of PubAnnotation, by a list that one of ours does not have.
    PubAnnotation,
    /// None that is known by its keys.
    Other,
}

/// What a source is in; of one that stops being JSON, by what stands before.
pub(in crate::formats) fn kind(source: &str) -> Kind {
    let begin = source.len() - trim_start(source).len();
    let bytes = source.as_bytes();
    if bytes.get(begin) == Some(&b'[') {
        let mut is_bioc = false;
        elements(source, begin, |_, at| {
            members(source, at, |key, at| {
                is_bioc |= key == "passages" || key == "documents" && bytes.get(at) == Some(&b'[');
                if is_bioc { None } else { skip(source, at) }
            });
            None
        });
        return if is_bioc { Kind::Bioc } else { Kind::Other };
    }
    let (mut is_bioc, mut is_ours, mut is_pubannotation) = (false, false, false);
    members(source, begin, |key, at| {
        is_bioc |= ["documents", "passages", "PubTator3"].contains(&&*key) && bytes.get(at) == Some(&b'[');
        is_ours |= key == "rolecall";
        is_pubannotation |= ["denotations", "sourcedb", "tracks"].contains(&&*key);
        if is_bioc { None } else { skip(source, at) }
    });
    match (is_bioc, is_ours, is_pubannotation) {
        (true, _, _) => Kind::Bioc,
        (_, true, _) => Kind::Rolecall,
        (_, _, true) => Kind::PubAnnotation,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_its_keys() {
        for (source, wanted) in [
            ("", Kind::Other),
            ("1", Kind::Other),
            ("[]", Kind::Other),
            ("\n[ {\"id\": {\"passages\": 1}, \"passages\": []}, 7]", Kind::Bioc),
            ("[{\"text\": \"\"}, {\"passages\": []}]", Kind::Other),
            ("[{\"source\": \"PMC\", \"documents\": [{\"", Kind::Bioc),
            ("[{\"documents\": 3}]", Kind::Other),
            ("{\"source\": \"\", \"documents\": [{\"", Kind::Bioc),
            ("{\"documents\": {}, \"sourcedb\": \"\"}", Kind::PubAnnotation),
            (" {\"PubTator3\": []}", Kind::Bioc),
            ("{\"tracks\": null, \"rolecall\": 1}", Kind::Rolecall),
            ("{\"text\": \"a\", \"x\": {\"denotations\": []}}", Kind::Other),
        ] {
            assert_eq!(kind(source), wanted, "{source}");
        }
    }
}
