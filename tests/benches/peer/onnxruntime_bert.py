#!/usr/bin/env python3
"""ONNX Runtime on a BERT encoder, f32 and int8 (dynamic), as a peer that answers while a bench measures itself in between.

    python3 -m venv peer && peer/bin/pip install onnx onnxruntime safetensors numpy
    PEER_PYTHON=peer/bin/python cargo bench --bench encoder

The graph is built here from config.json and model.safetensors (Hugging Face layout), so nothing else is needed. Lines come in on
standard input, one answer goes out for each:

    run PRECISION BATCHxLENGTH TIMES           -> the shortest of so many runs, in seconds
    hidden PRECISION BATCHxLENGTH FILE         -> "done"; the last hidden states are in the file, as little-endian f32
"""
import argparse
import json
import os
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


def build(folder):
    """The encoder as an ONNX model with inputs ids (batch x length) and pos (length) and the output hidden."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    weights = load_file(os.path.join(folder, "model.safetensors"))
    weights = {name.removeprefix("bert."): values.astype(np.float32) for name, values in weights.items()}
    width, heads = config["hidden_size"], config["num_attention_heads"]
    head_width, epsilon = width // heads, config["layer_norm_eps"]
    nodes, constants = [], []

    def constant(name, values):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def op(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def norm(x, name, output):
        scale = constant(output + ".scale", weights[name + ".weight"])
        shift = constant(output + ".shift", weights[name + ".bias"])
        return op("LayerNormalization", [x, scale, shift], output, axis=-1, epsilon=epsilon)

    def linear(x, name, output):
        product = op("MatMul", [x, constant(output + ".weight", weights[name + ".weight"].T)], output + ".product")
        return op("Add", [product, constant(output + ".bias", weights[name + ".bias"])], output)

    embeddings = "embeddings."
    op("Gather", [constant("words", weights[embeddings + "word_embeddings.weight"]), "ids"], "word")
    op("Gather", [constant("positions", weights[embeddings + "position_embeddings.weight"]), "pos"], "position")
    op("Add", ["word", "position"], "placed")
    op("Add", ["placed", constant("kind", weights[embeddings + "token_type_embeddings.weight"][0])], "embedded")
    x = norm("embedded", embeddings + "LayerNorm", "x")
    constant("split", np.array([0, 0, heads, head_width], np.int64))
    constant("join", np.array([0, 0, width], np.int64))
    constant("scale", np.array(head_width**-0.5, np.float32))
    constant("root", np.array(2**0.5, np.float32))
    constant("half", np.array(0.5, np.float32))
    constant("one", np.array(1.0, np.float32))
    for number in range(config["num_hidden_layers"]):
        part, out = f"encoder.layer.{number}.", f"layer{number}."

        def split(x, name, order):
            rows = linear(x, f"{part}attention.self.{name}", out + name)
            shaped = op("Reshape", [rows, "split"], out + name + ".split")
            return op("Transpose", [shaped], out + name + ".heads", perm=order)

        query, key, value = split(x, "query", [0, 2, 1, 3]), split(x, "key", [0, 2, 3, 1]), split(x, "value", [0, 2, 1, 3])
        scores = op("Mul", [op("MatMul", [query, key], out + "scores"), "scale"], out + "scaled")
        mixed = op("MatMul", [op("Softmax", [scores], out + "weights", axis=-1), value], out + "mixed")
        heads_joined = op("Transpose", [mixed], out + "rows", perm=[0, 2, 1, 3])
        context = op("Reshape", [heads_joined, "join"], out + "context")
        attended = linear(context, part + "attention.output.dense", out + "attended")
        y = norm(op("Add", [attended, x], out + "residual"), part + "attention.output.LayerNorm", out + "norm")
        inner = linear(y, part + "intermediate.dense", out + "inner")
        # GELU with the error function, in the form that ONNX Runtime fuses.
        erf = op("Erf", [op("Div", [inner, "root"], out + "divided")], out + "erf")
        grown = op("Mul", [inner, op("Add", [erf, "one"], out + "shifted")], out + "grown")
        gelu = op("Mul", [grown, "half"], out + "gelu")
        output = linear(gelu, part + "output.dense", out + "output")
        x = norm(op("Add", [output, y], out + "sum"), part + "output.LayerNorm", out + "x")
    op("Identity", [x], "hidden")
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"]),
        helper.make_tensor_value_info("pos", TensorProto.INT64, ["length"]),
    ]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", "length", width])]
    graph = helper.make_graph(nodes, "bert", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model, config["vocab_size"]


def sessions(folder, threads):
    """A session for each precision, and the size of the vocabulary."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as temporary:
        paths = {name: os.path.join(temporary, name + ".onnx") for name in ("f32", "int8")}
        model, vocabulary = build(folder)
        onnx.save(model, paths["f32"])
        quantize_dynamic(paths["f32"], paths["int8"], weight_type=QuantType.QInt8)
        load = lambda path: ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return {name: load(path) for name, path in paths.items()}, vocabulary


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = arguments.parse_args()
    loaded, vocabulary = sessions(arguments.folder, arguments.threads)
    print(f"onnxruntime {ort.__version__}", flush=True)
    for line in sys.stdin:
        what, precision, shape, last = line.rstrip("\n").split(" ", 3)
        batch, length = map(int, shape.split("x"))
        # The same ids as in the bench.
        ids = (np.arange(batch * length, dtype=np.int64) * 7919 % (vocabulary - 1000) + 1000).reshape(batch, length)
        feed = {"ids": ids, "pos": np.arange(length)}
        session = loaded[precision]
        if what == "hidden":
            session.run(None, feed)[0].astype("<f4").tofile(last)
            print("done", flush=True)
            continue
        best = float("inf")
        for _ in range(int(last)):
            begin = time.perf_counter()
            session.run(None, feed)
            best = min(best, time.perf_counter() - begin)
        print(best, flush=True)


main()
