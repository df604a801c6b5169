//! candle-transformers' BERT as a peer that answers while a bench measures itself in between: `BENCH_CANDLE=1 cargo bench --bench
//! encoder` builds and starts it with an encoder folder in Hugging Face layout.
//!
//! Lines come in on standard input, one answer goes out for each:
//!
//! ```text
//! run f32 BATCHxLENGTH TIMES     -> the shortest of so many runs, in seconds
//! hidden f32 BATCHxLENGTH FILE   -> "done"; the last hidden states are in the file, as little-endian f32
//! ```

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: candle-peer FOLDER")?);
    let config: Config = serde_json::from_slice(&std::fs::read(folder.join("config.json"))?)?;
    let bytes = std::fs::read(folder.join("model.safetensors"))?;
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)?;
    let (model, vocabulary) = (BertModel::load(weights, &config)?, config.vocab_size);
    answer("candle default features")?;
    for line in std::io::stdin().lines() {
        let line = line?;
        let [what, _, shape, last] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { return Err(line.into()) };
        let (batch, length) = shape.split_once('x').ok_or("a shape is BATCHxLENGTH")?;
        let ids = ids(batch.parse()?, length.parse()?, vocabulary)?;
        let kinds = ids.zeros_like()?;
        if what == "hidden" {
            let states: Vec<f32> = model.forward(&ids, &kinds, None)?.flatten_all()?.to_vec1()?;
            std::fs::write(last, states.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())?;
            answer("done")?;
            continue;
        }
        let mut best = f64::INFINITY;
        for _ in 0..last.parse()? {
            let begun = Instant::now();
            model.forward(&ids, &kinds, None)?;
            best = best.min(begun.elapsed().as_secs_f64());
        }
        answer(&best.to_string())?;
    }
    Ok(())
}

/// The same ids as in the bench.
fn ids(batch: usize, length: usize, vocabulary: usize) -> candle_core::Result<Tensor> {
    let ids = (0..batch * length).map(|i| (i * 7919 % (vocabulary - 1000) + 1000) as u32).collect();
    Tensor::from_vec(ids, (batch, length), &Device::Cpu)
}

fn answer(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
