#!/usr/bin/env python3
"""PyTorch's training step on an encoder of BERT's kind (forward, backward, AdamW) as a peer that answers while a bench measures itself.

    PEER_PYTHON=peer/bin/python cargo bench --bench training

Weights are random, since they decide nothing about the speed. Lines come in on standard input, one answer goes out for each:

    step BATCHxLENGTH TIMES        -> the shortest of so many steps, in seconds
"""
import argparse
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional


class Layer(nn.Module):
    """A layer with one product for query, key and value, as ours has."""

    def __init__(self, width, heads, inner, dropout):
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.joint, self.attended = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inner, self.output = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        batch, length, width = x.shape
        joint = self.joint(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        context = functional.scaled_dot_product_attention(joint[0], joint[1], joint[2])
        x = self.first(x + self.dropout(self.attended(context.transpose(1, 2).reshape(batch, length, width))))
        return self.second(x + self.dropout(self.output(functional.gelu(self.inner(x)))))


class Tagger(nn.Module):
    """Embeddings, layers and an emission for each tag."""

    def __init__(self, config, tags):
        super().__init__()
        width, dropout = config["hidden_size"], config["hidden_dropout_prob"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(dropout)
        layer = lambda: Layer(width, config["num_attention_heads"], config["intermediate_size"], dropout)
        self.layers = nn.ModuleList(layer() for _ in range(config["num_hidden_layers"]))
        self.emission = nn.Linear(width, tags)

    def forward(self, ids):
        x = self.words(ids) + self.positions(torch.arange(ids.shape[1]))
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x)
        return self.emission(x)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("config")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--tags", type=int, default=25)
    arguments = arguments.parse_args()
    torch.set_num_threads(arguments.threads)
    with open(arguments.config, encoding="utf-8") as file:
        config = json.load(file)
    tagger = Tagger(config, arguments.tags)
    optimizer = torch.optim.AdamW(tagger.parameters(), lr=1e-5, fused=True)
    print(f"pytorch {torch.__version__}", flush=True)
    for line in sys.stdin:
        _, shape, times = line.split()
        batch, length = map(int, shape.split("x"))
        ids = torch.randint(1000, config["vocab_size"], (batch, length))
        gold = torch.randint(0, arguments.tags, (batch * length,))
        best = float("inf")
        for _ in range(int(times)):
            begin = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(tagger(ids).flatten(0, 1), gold).backward()
            nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
            best = min(best, time.perf_counter() - begin)
        print(best, flush=True)


main()
