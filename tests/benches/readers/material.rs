//! Abstracts that are made of sentences with known places, so that their annotations are right without a model.

use rolecall::document::Document;
use rolecall::formats::brat;
use rolecall::text::SourceText;
use std::fmt::Write as _;
use std::path::Path;

/// Sentences of an abstract.
const SENTENCES: usize = 13;

/// A text with annotations: in each sentence a variation, a gene and a regulation with two roles.
pub struct Abstract {
    pub text: String,
    number: usize,
}

impl Abstract {
    pub fn new(number: usize) -> Self {
        let mut text = format!("Study {number} of the QRX7 channel\n");
        for sentence in 0..SENTENCES {
            let gene = gene(number, sentence);
            write!(
                text,
                "We report that a missense mutation of {gene} in α-subunits strongly reduces currents, as was {number} expected. "
            )
            .unwrap();
        }
        text.push('\n');
        Self { text, number }
    }

    pub fn source(&self) -> SourceText {
        SourceText::new(self.text.as_str())
    }

    /// The same annotations as brat's lines.
    pub fn standoff(&self) -> String {
        let (mut spans, mut roles) = (String::new(), String::new());
        let mut number = 0;
        let mut from = 0;
        for sentence in 0..SENTENCES {
            let gene = gene(self.number, sentence);
            for (label, words) in [("Var", "mutation"), ("Gene", gene.as_str()), ("NegReg", "reduces")] {
                let at = from + self.text[from..].find(words).unwrap();
                from = at + words.len();
                let start = self.text[..at].chars().count();
                number += 1;
                writeln!(spans, "T{number}\t{label} {start} {}\t{words}", start + words.chars().count()).unwrap();
            }
            let role = 2 * sentence + 1;
            writeln!(roles, "R{role}\tThemeOf Arg1:T{} Arg2:T{}", number - 1, number - 2).unwrap();
            writeln!(roles, "R{}\tCauseOf Arg1:T{} Arg2:T{number}", role + 1, number - 2).unwrap();
        }
        spans + &roles
    }

    pub fn document(&self) -> Document {
        let (mut document, findings) = brat::read("a", self.source(), Path::new("a.ann"), &self.standoff());
        assert!(findings.is_empty(), "{findings:?}");
        document.name = format!("made-{}", self.number);
        document.provenance.id = Some(self.number.to_string());
        document
    }
}

fn gene(number: usize, sentence: usize) -> String {
    format!("QRX{}", (number * 31 + sentence * 7) % 9_000)
}

/// An article of PubMed XML with a structured abstract, markup inside, and ids of other articles.
pub fn pubmed_article(number: usize) -> String {
    let text = Abstract::new(number).text;
    let (title, rest) = text.split_once('\n').unwrap();
    let rest = rest.trim_end().replace("missense", "<i>missense</i>");
    let half = rest.match_indices(". ").nth(SENTENCES / 2).unwrap().0 + 1;
    let (first, second) = rest.split_at(half);
    format!(
        "<PubmedArticle><MedlineCitation Status=\"MEDLINE\"><PMID Version=\"1\">{number}</PMID><Article><Journal><Title>J &amp; K</Title></Journal>\
         <ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText Label=\"METHODS\">{first}</AbstractText>\
         <AbstractText Label=\"RESULTS\">{}</AbstractText></Abstract></Article>\
         <CommentsCorrectionsList><CommentsCorrections><PMID Version=\"1\">99</PMID></CommentsCorrections></CommentsCorrectionsList>\
         </MedlineCitation></PubmedArticle>\n",
        second.trim_start()
    )
}
