//! Which format a file is in, by what stands at its beginning.

use super::medline::tag_of;
use super::pubmed::ARTICLES;
use serde::de::IgnoredAny;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// JSON that has to be read whole before it is known which.
    Json,
    /// A JSON object a line.
    JsonLines,
    /// BioC XML.
    BiocXml,
    /// PubMed XML.
    PubMed,
    /// XML of no kind that is known.
    OtherXml,
    /// PubTator.
    PubTator,
    /// MEDLINE, nbib.
    Medline,
}

/// Bytes that are looked at, at most.
pub(super) const HEAD: usize = 64 << 10;

/// What a file is, by its first bytes (not cut inside the first line unless there are [`HEAD`] of them); `None` for plain text.
/// `whole` says that there is nothing behind them.
pub(super) fn kind(head: &[u8], whole: bool) -> Option<Kind> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.chars().next()? {
        '<' => xml(text),
        '[' if whole => serde_json::from_str::<IgnoredAny>(text).is_ok().then_some(Kind::Json),
        '[' => text.trim_start_matches(['[', ' ', '\n', '\r', '\t']).starts_with(['{', ']']).then_some(Kind::Json),
        '{' => object(text, whole),
        _ => lines(text),
    }
}

fn xml(text: &str) -> Option<Kind> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let markup = rest.strip_prefix('<')?;
        if let Some(comment) = markup.strip_prefix("!--") {
            rest = comment.split_once("-->")?.1;
        } else if markup.starts_with('?') {
            rest = markup.split_once("?>")?.1;
        } else if let Some(declaration) = markup.strip_prefix('!') {
            // A declaration with declarations inside ends behind those.
            let inside = declaration.find('[').filter(|at| declaration.find('>').is_none_or(|end| *at < end));
            let behind = inside.map_or(Some(declaration), |_| declaration.split_once(']').map(|(_, behind)| behind))?;
            rest = behind.split_once('>')?.1;
        } else {
            let name: String = markup.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':')).collect();
            if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                return None;
            }
            let is_pubmed =
                |name: &str| ARTICLES.contains(&name) || ARTICLES.iter().any(|article| format!("{article}Set") == name);
            return Some(match name.as_str() {
                "collection" => Kind::BiocXml,
                name if is_pubmed(name) => Kind::PubMed,
                _ => Kind::OtherXml,
            });
        }
    }
}

fn object(text: &str, whole: bool) -> Option<Kind> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if text.starts_with("{\"rolecall\":") {
        return Some(Kind::JsonLines);
    }
    if serde_json::from_str::<IgnoredAny>(first.trim_end()).is_err() {
        // An object over many lines, or one that is longer than what was looked at.
        let begins = text.trim_start_matches(['{', ' ', '\n', '\r', '\t']);
        return (begins.starts_with(['"', '}']) || whole && text.trim_end().ends_with('}')).then_some(Kind::Json);
    }
    Some(if rest.trim_start().starts_with('{') { Kind::JsonLines } else { Kind::Json })
}

fn lines(text: &str) -> Option<Kind> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let mut bars = first.splitn(3, '|');
    let (id, letter, behind) = (bars.next().unwrap_or_default(), bars.next(), bars.next());
    if matches!(letter, Some("t" | "a")) && behind.is_some() && !id.contains(char::is_whitespace) {
        return Some(Kind::PubTator);
    }
    let is_record = text.lines().take(50).filter_map(tag_of).any(|(tag, _)| tag == "PMID");
    (tag_of(first).is_some() && is_record).then_some(Kind::Medline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_known_by_its_beginning() {
        let cases: &[(&str, Option<Kind>)] = &[
            ("", None),
            ("Loss of p53\n", None),
            (
                "\u{feff}<?xml version=\"1.0\"?>\n<!DOCTYPE collection SYSTEM 'BioC.dtd'>\n<!-- x --><collection>",
                Some(Kind::BiocXml),
            ),
            ("<!DOCTYPE PubmedArticleSet PUBLIC \"-//NLM\" \"x\">\n<PubmedArticleSet>", Some(Kind::PubMed)),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><MedlineCitationSet/>", Some(Kind::PubMed)),
            ("<PubmedBookArticle>", Some(Kind::PubMed)),
            ("<html>", Some(Kind::OtherXml)),
            ("< 5 % of patients", None),
            ("{\"text\":\"a\",\"denotations\":[]}", Some(Kind::Json)),
            ("{\"text\":\"a\",\"denotations\":[]}\n{\"text\":\"b\"}\n", Some(Kind::JsonLines)),
            ("{\"rolecall\":1,\"name\":\"very long", Some(Kind::JsonLines)),
            ("{\n \"text\": \"a\"\n}", Some(Kind::Json)),
            ("{\"documents\":[]}", Some(Kind::Json)),
            ("[{\"text\":1}]", Some(Kind::Json)),
            ("[Article in French]\nLoss", None),
            ("{braces} in a text", None),
            ("123|t|Title\n123|a|x\n", Some(Kind::PubTator)),
            ("a|b|c", None),
            ("\nPMID- 12\nOWN - NLM\n", Some(Kind::Medline)),
            ("AB  - only\n", None),
        ];
        for (head, wanted) in cases {
            assert_eq!(kind(head.as_bytes(), true), *wanted, "{head}");
        }
    }
}
