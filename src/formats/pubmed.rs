//! PubMed XML, as it is downloaded from PubMed or from NLM's baseline. It is only read, one article at a time.
//!
//! The text is the title, a line end and the parts of the abstract joined by line ends, each `Label: text` when it has a label; all
//! text inside a part counts, whatever elements it stands in (`<i>`, `<sup>`, MathML). The id is that of the citation itself and
//! never one of those it cites. Without an `Abstract`, an `OtherAbstract` is taken.
//! The format: <https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html>.

use super::Entry;
use super::finding::Remark;
use super::xml::{Fault, Node, Xml};
use crate::document::Document;
use crate::text::SourceText;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// The elements that hold one article, outermost first.
pub(super) const ARTICLES: [&str; 4] = ["PubmedArticle", "PubmedBookArticle", "MedlineCitation", "BookDocument"];

/// Reads articles one by one. It ends behind the last one, or where the XML is broken.
pub struct Reader<R> {
    xml: Xml<R>,
    file: PathBuf,
    done: bool,
}

/// What was read of an article.
#[derive(Default)]
struct Article {
    pmid: Option<String>,
    title: Option<String>,
    book_title: Option<String>,
    parts: Vec<String>,
    other_parts: Vec<String>,
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`; `file` is what it is called in findings.
    pub fn new(file: &Path, input: R) -> Self {
        Self { xml: Xml::new(input), file: file.to_path_buf(), done: false }
    }

    fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        loop {
            self.xml.begin_document();
            match self.xml.next()? {
                Node::Start(name, _) if ARTICLES.contains(&name.as_str()) => {
                    let line = self.xml.line();
                    let article = self.article(name)?;
                    return Ok(Some(self.finish(line, article)));
                }
                Node::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads to the end of the element `name`, whose start was just read.
    fn article(&mut self, name: String) -> Result<Article, Fault> {
        let mut article = Article::default();
        let mut path = vec![name];
        loop {
            let parent = path.last().map(String::as_str).unwrap_or_default();
            match self.xml.next()? {
                Node::Start(name, attributes) => match (parent, name.as_str()) {
                    ("MedlineCitation" | "BookDocument", "PMID") if article.pmid.is_none() => {
                        article.pmid = Some(self.xml.text()?.trim().to_owned()).filter(|pmid| !pmid.is_empty());
                    }
                    (_, "ArticleTitle") if article.title.is_none() => article.title = tidy(&self.xml.text()?),
                    ("Book", "BookTitle") if article.book_title.is_none() => article.book_title = tidy(&self.xml.text()?),
                    ("Abstract" | "OtherAbstract", "AbstractText") => {
                        let text = tidy(&self.xml.text()?);
                        let label = attributes.into_iter().find(|(key, _)| key == "Label").and_then(|(_, label)| tidy(&label));
                        let part = text.map(|text| label.map_or(text.clone(), |label| format!("{label}: {text}")));
                        let parts = if parent == "Abstract" { &mut article.parts } else { &mut article.other_parts };
                        parts.extend(part);
                    }
                    _ => path.push(name),
                },
                Node::End(_) => {
                    path.pop();
                    if path.is_empty() {
                        return Ok(article);
                    }
                }
                Node::Text(_) => {}
                Node::Eof => return Ok(article),
            }
        }
    }

    fn finish(&mut self, line: u32, article: Article) -> Entry {
        let Article { pmid, title, book_title, parts, other_parts } = article;
        let parts = if parts.is_empty() { other_parts } else { parts };
        let lines: Vec<String> = title.or(book_title).into_iter().chain(parts).collect();
        let mut findings: Vec<_> =
            self.xml.take_remarks().into_iter().map(|(line, remark)| remark.on(&self.file, line)).collect();
        if lines.is_empty() {
            let remark = Remark::warning("no-text", "the article has neither a title nor an abstract");
            findings.push(remark.on(&self.file, line));
        }
        let stem = || self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = pmid.as_ref().map_or_else(|| format!("{}-{line}", stem()), |pmid| format!("PubMed-{pmid}"));
        let mut document = Document::new(name, SourceText::new(lines.join("\n")));
        document.provenance.database = pmid.as_ref().map(|_| "PubMed".to_owned());
        document.provenance.id = pmid;
        Entry { line, document: Some(document), findings }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let entry = self.entry();
        // Behind a fault nothing can be read.
        self.done = !matches!(entry, Ok(Some(_)));
        entry.unwrap_or_else(|fault| Some(fault.into_entry(&self.file))).map(Ok)
    }
}

/// The text without the line breaks and indents of the XML; `None` when nothing is left.
fn tidy(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(at) = rest.find([' ', '\n', '\t', '\r']) {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches([' ', '\n', '\t', '\r']);
        let blanks = from.strip_suffix(after).unwrap_or_default();
        out.push_str(before);
        // Blanks alone are the text's own.
        out.push_str(if blanks.contains(['\n', '\t', '\r']) { " " } else { blanks });
        rest = after;
    }
    out.push_str(rest);
    Some(out).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(source: &str) -> Vec<Entry> {
        Reader::new(Path::new("set.xml"), source.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    fn texts(entries: &[Entry]) -> Vec<(&str, &str)> {
        entries.iter().filter_map(|e| e.document.as_ref()).map(|d| (d.name.as_str(), d.text.as_str())).collect()
    }

    #[test]
    fn all_text_inside_counts_and_only_the_articles_own_id() {
        let source = r#"<?xml version="1.0"?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">12</PMID><Article>
<ArticleTitle>Loss of <i>BRCA<sub>1</sub></i>
   at 10&#8201;&lt; 20.</ArticleTitle><Abstract><AbstractText Label="BACKGROUND">A <mml:math xmlns:mml="x"><mml:mi>x</mml:mi></mml:math> b.</AbstractText>
<AbstractText Label="">C.</AbstractText><AbstractText>D  e.</AbstractText><CopyrightInformation>no</CopyrightInformation></Abstract>
<OtherAbstract><AbstractText>no</AbstractText></OtherAbstract></Article>
<CommentsCorrectionsList><CommentsCorrections><PMID>99</PMID></CommentsCorrections></CommentsCorrectionsList></MedlineCitation>
<PubmedData><ReferenceList><Reference><ArticleIdList><ArticleId>98</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID>13</PMID><Book><BookTitle>A book</BookTitle></Book><Abstract><AbstractText>F.</AbstractText></Abstract></BookDocument></PubmedBookArticle>
<PubmedArticle><MedlineCitation><PMID>14</PMID><Article><ArticleTitle>G</ArticleTitle></Article><OtherAbstract><AbstractText>H</AbstractText></OtherAbstract></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>15</PMID></MedlineCitation></PubmedArticle></PubmedArticleSet>"#;
        let entries = read_all(source);
        let wanted = [
            ("PubMed-12", "Loss of BRCA1 at 10\u{2009}< 20.\nBACKGROUND: A x b.\nC.\nD  e."),
            ("PubMed-13", "A book\nF."),
            ("PubMed-14", "G\nH"),
            ("PubMed-15", ""),
        ];
        assert_eq!(texts(&entries), wanted);
        assert_eq!((entries[3].findings[0].code, entries[3].findings[0].line), ("no-text", 11));
    }

    #[test]
    fn what_was_read_before_a_break_stands() {
        let article = "<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>A</ArticleTitle></Article></MedlineCitation></PubmedArticle>\n";
        let entries = read_all(&format!("<PubmedArticleSet>{article}<PubmedArticle><MedlineCitation><PMID>2</P"));
        assert_eq!((texts(&entries), entries.len()), (vec![("PubMed-1", "A")], 2));
        assert_eq!((entries[1].findings[0].code, entries[1].findings[0].line), ("xml", 2));
    }

    proptest! {
        #[test]
        fn no_input_stops_the_reader(parts in prop::collection::vec("<?/?(PubmedArticle|MedlineCitation|PMID|Abstract|AbstractText)?[>&;#x]?.{0,3}", 0..9)) {
            let _ = read_all(&parts.concat());
        }
    }
}
