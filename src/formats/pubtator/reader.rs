//! From a stream of blocks to documents, one at a time.

use super::block::Block;
use crate::formats::Entry;
use crate::formats::finding::Remark;
use crate::formats::lines::{Line, Lines};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// Reads documents one by one. It ends behind the last block, or behind an error of the system.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    file: PathBuf,
    /// A text line that belongs to the next block.
    waiting: Option<(u32, String)>,
    /// Lines before a block that could not be read.
    refused: Vec<Entry>,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`; `file` is what it is called in findings.
    pub fn new(file: &Path, input: R) -> Self {
        Self { lines: Lines::new(input), file: file.to_path_buf(), waiting: None, refused: Vec::new(), done: false }
    }

    fn entry(&mut self) -> io::Result<Option<Entry>> {
        let mut block: Option<Block> = None;
        loop {
            let line = match self.waiting.take() {
                Some(line) => Some(line),
                None => self.line(block.as_mut())?,
            };
            let Some((number, line)) = line else {
                self.done = true;
                return Ok(block.map(|block| block.read(&self.file)));
            };
            if line.trim().is_empty() {
                match block.take_if(|block| block.has_text()) {
                    Some(block) => return Ok(Some(block.read(&self.file))),
                    None => continue,
                }
            }
            match &mut block {
                Some(block) if !block.begins_another(&line) => block.add(number, line),
                Some(_) => {
                    self.waiting = Some((number, line));
                    return Ok(block.map(|block| block.read(&self.file)));
                }
                None => block = Some(Block::begin(number, line)),
            }
        }
    }

    /// The next line that is text. One that is not is reported with the block it stands in, or by itself.
    fn line(&mut self, block: Option<&mut Block>) -> io::Result<Option<(u32, String)>> {
        let mut block = block;
        while let Some(Line { number, content }) = self.lines.next()? {
            match (content, block.as_deref_mut()) {
                (Ok(line), _) => return Ok(Some((number, line))),
                (Err(remark), Some(block)) => block.remark(number, remark),
                (Err(remark), None) => self.refused.push(Entry::refused(&self.file, number, remark)),
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(refused) = self.refused.pop() {
            return Some(Ok(refused));
        }
        if self.done {
            return None;
        }
        match self.entry() {
            Ok(Some(entry)) => Some(Ok(entry)),
            Ok(None) => self.refused.pop().map(Ok),
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

/// `id|t|text` as id, letter and text; split at the first two bars only.
pub(super) fn text_line(line: &str) -> Option<(&str, char, &str)> {
    let (id, rest) = line.split_once('|')?;
    let (letter, text) = rest.split_once('|')?;
    match letter {
        "t" if !id.contains('\t') => Some((id, 't', text)),
        "a" if !id.contains('\t') => Some((id, 'a', text)),
        _ => None,
    }
}

/// The remark on a line that is neither text nor annotation.
pub(super) fn not_understood(line: &str) -> Remark {
    let shown: String = line.chars().take(80).collect();
    Remark::error("not-understood", format!("\"{shown}\" is neither text nor annotation; the line is kept, but not shown"))
        .hint("a mention has an id, start, end, text and type with tabs between, a relation an id, a type and two identifiers")
}
