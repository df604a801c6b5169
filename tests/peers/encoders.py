"""Writes tests/fixtures/encoders: small random checkpoints by PyTorch and transformers, with the states that they give.

    python -m venv peer && peer/bin/pip install torch transformers && peer/bin/python tests/peers/encoders.py

`bert` is a cased BERT with a masked-language head in `pytorch_model.bin`, in three precisions, whose vocabulary stands in `tokenizer.json` alone, with the
activation `gelu_new`; `mpnet` is an MPNet in `model.safetensors` with sequences beyond its farthest distance.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForMaskedLM, MPNetConfig, MPNetModel

FOLDER = Path(__file__).parent.parent / "fixtures" / "encoders"
LETTERS = "abcdefghij"


def randomise(model):
    """Also biases and norms, so that no term can be forgotten unnoticed."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)


def write(name, encoder, lengths, extra):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in encoder.config.to_dict().items() if key in extra}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    sequences = [[(i * 7 + 3 * length) % (encoder.config.vocab_size - 5) + 5 for i in range(length)] for length in lengths]
    states = [encoder(input_ids=torch.tensor([ids])).last_hidden_state[0] for ids in sequences]
    # The last states of each sequence are enough: they depend on all pieces.
    expected = [{"ids": ids, "last": [round(x, 6) for x in state[-1].tolist()]} for ids, state in zip(sequences, states)]
    (folder / "states.json").write_text(json.dumps(expected) + "\n")
    return folder


COMMON = ["model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
          "max_position_embeddings", "layer_norm_eps"]
SIZES = dict(vocab_size=40, hidden_size=12, num_attention_heads=3, intermediate_size=20, hidden_dropout_prob=0.0,
             attention_probs_dropout_prob=0.0)


@torch.no_grad()
def main():
    torch.manual_seed(1)
    bert = BertForMaskedLM(BertConfig(**SIZES, num_hidden_layers=2, max_position_embeddings=24, hidden_act="gelu_new")).eval()
    randomise(bert)
    for parameter in bert.parameters():
        parameter.copy_(parameter.bfloat16().half())
    kinds = [torch.float32, torch.float16, torch.bfloat16]
    folder = write("bert", bert.bert, [9, 20], COMMON + ["type_vocab_size"])
    state = bert.state_dict()
    torch.save({name: state[name].to(kinds[i % 3]) for i, name in enumerate(state)}, folder / "pytorch_model.bin")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS.upper(), *LETTERS, *("##" + c for c in LETTERS)]
    tokenizer = {
        "truncation": {"max_length": 8}, "padding": {"pad_id": 0},
        "added_tokens": [{"id": i, "content": piece, "special": True} for i, piece in enumerate(pieces[:5])],
        "normalizer": {"type": "BertNormalizer", "lowercase": False, "strip_accents": None},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "vocab": {piece: i for i, piece in enumerate(pieces)}},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer) + "\n")

    mpnet = MPNetModel(MPNetConfig(**SIZES, num_hidden_layers=2, max_position_embeddings=152, layer_norm_eps=1e-5),
                       add_pooling_layer=False).eval()
    randomise(mpnet)
    folder = write("mpnet", mpnet, [7, 150], COMMON + ["relative_attention_num_buckets"])
    save_file(mpnet.state_dict(), folder / "model.safetensors")
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", *LETTERS, *("##" + c for c in LETTERS), "<mask>"]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")


main()
