#!/usr/bin/env python3
"""GGUF files of `hone export` in the gguf package and in llama.cpp: greedy text there and here. See README.md here."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from llama_cpp import Llama


def export(hone, model, out, dtype):
    out.unlink(missing_ok=True)
    subprocess.run([hone, "export", str(model), "--out", str(out), "--dtype", dtype], check=True, timeout=600,
                   stdout=subprocess.DEVNULL)


def encode(hone, model, text):
    """Ids of `text` as hone reads it, without tokens of the tokenizer's own."""
    done = subprocess.run([hone, "tokenize", str(model)], input=json.dumps({"text": text}) + "\n", text=True,
                          stdout=subprocess.PIPE, check=True, timeout=60)
    return json.loads(done.stdout)["ids"]


def greedy_here(hone, model, prompt, count):
    done = subprocess.run([hone, "generate", str(model), prompt, "--temperature", "0", "--max-new-tokens", str(count), "--json"],
                          text=True, stdout=subprocess.PIPE, check=True, timeout=600)
    return json.loads(done.stdout)["ids"]


def greedy_there(llama, ids, count):
    llama.reset()
    out = []
    for token in llama.generate(ids, temp=0.0, top_k=1, repeat_penalty=1.0):
        out.append(token)
        if len(out) == count:
            break
    return out


def logits_there(llama, ids):
    llama.reset()
    llama.eval(ids)
    return np.array(llama.scores[:len(ids)], dtype=np.float64)


def logprobs(logits, ids):
    shifted = logits - logits.max(-1, keepdims=True)
    table = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return table[np.arange(len(ids) - 1), ids[1:]]


def logprobs_here(hone, model, ids):
    done = subprocess.run([hone, "logprobs", str(model)], input=json.dumps({"ids": ids}) + "\n", text=True,
                          stdout=subprocess.PIPE, check=True, timeout=600)
    return np.array(json.loads(done.stdout)["logprobs"][1:], dtype=np.float64)


def check_q8(path, exact):
    """Every Q8_0 tensor within half a step of its block's scale of the F32 file's. Returns how many there are."""
    plain = {t.name: t for t in gguf.GGUFReader(exact).tensors}
    count = 0
    for tensor in gguf.GGUFReader(path).tensors:
        if tensor.tensor_type != gguf.GGMLQuantizationType.Q8_0:
            continue
        want = gguf.dequantize(plain[tensor.name].data, plain[tensor.name].tensor_type).reshape(-1, 32)
        got = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(-1, 32)
        largest = np.abs(want).max(-1, keepdims=True)
        assert (np.abs(got - want) <= largest * (0.502 / 127 + 1 / 2048) + 1e-7).all(), f"{tensor.name} is further off than its rounding"
        count += 1
    return count


def check(model, prompts, args, scratch):
    files = {dtype: scratch / f"{dtype}.gguf" for dtype in ("fp32", "fp16", "bf16", "q8_0")}
    for dtype, path in files.items():
        export(args.hone, model, path, dtype)
    count = check_q8(files["q8_0"], files["fp32"])
    worst = {}
    for dtype, path in files.items():
        llama = Llama(str(path), n_ctx=args.context, logits_all=True, verbose=False, n_threads=2, seed=1,
                      type_k=int(gguf.GGMLQuantizationType.F32), type_v=int(gguf.GGMLQuantizationType.F32))
        for prompt in prompts:
            ids = encode(args.hone, model, prompt)
            theirs = llama.tokenize(prompt.encode(), add_bos=False, special=True)
            assert theirs == ids, f"llama.cpp reads {prompt!r} as {theirs}, hone as {ids}"
            here = greedy_here(args.hone, model, prompt, args.tokens)
            difference = np.abs(logprobs(logits_there(llama, ids + here), ids + here) -
                                logprobs_here(args.hone, model, ids + here)).max()
            worst[dtype] = max(worst.get(dtype, 0.0), float(difference))
            if dtype == "fp32":
                there = greedy_there(llama, ids, len(here))
                assert there == here, f"after {prompt!r}: {there} there, {here} here"
        del llama
    text = ", ".join(f"{dtype} {d:.2g}" for dtype, d in worst.items())
    assert worst["fp32"] <= 1e-3, text
    return f"{len(prompts)} greedy texts of {args.tokens} tokens the same, {count} Q8_0 tensors within rounding, log-probs off by {text}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=pathlib.Path, help="Hugging Face model directories")
    parser.add_argument("--prompt", action="append", help="may be given several times")
    parser.add_argument("--hone", default="./hone", help="the hone command (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=64, help="tokens of a greedy text")
    parser.add_argument("--context", type=int, default=256)
    args = parser.parse_args()
    failures = 0
    for model in args.models:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                print(f"ok {model}: {check(model, args.prompt or ['Once upon a time'], args, pathlib.Path(scratch))}", flush=True)
            except Exception as error:  # one bad model must not hide the verdict on the others
                failures += 1
                print(f"FAILED {model}: {type(error).__name__}: {error}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
