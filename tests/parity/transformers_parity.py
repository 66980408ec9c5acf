#!/usr/bin/env python3
"""Loads checkpoints in transformers and compares its log-probs with those of `hone logprobs`. See README.md here."""

import argparse
import json
import logging
import pathlib
import re
import subprocess
import sys
import warnings

import numpy as np
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM


class Recorder(logging.Handler):
    """Keeps every message transformers logs at warning level or above."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def load(directory):
    """The model in fp32. Raises if transformers has anything to say about the checkpoint."""
    recorder = Recorder()
    logger = logging.getLogger("transformers")
    logger.addHandler(recorder)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model, info = AutoModelForCausalLM.from_pretrained(
                directory, dtype=torch.float32, attn_implementation="eager",
                experts_implementation="eager", output_loading_info=True)
    finally:
        logger.removeHandler(recorder)
    problems = [f"{kind}: {keys}" for kind, keys in info.items() if keys]
    problems += recorder.messages + [str(w.message) for w in caught]
    expected = json.loads((directory / "config.json").read_text())["architectures"]
    if [type(model).__name__] != expected:
        problems.append(f"loaded as {type(model).__name__}, config.json says {expected}")
    if problems:
        raise AssertionError("\n".join(problems))
    return model.eval()


def lookup(state, name):
    """The part of the model's state that the file calls `name`; transformers fuses the experts of a layer."""
    if name in state:
        return state[name]
    prefix, expert, kind = re.fullmatch(r"(.*\.experts)\.(\d+)\.(gate|up|down)_proj\.weight", name).groups()
    if kind == "down":
        return state[prefix + ".down_proj"][int(expert)]
    gate, up = state[prefix + ".gate_up_proj"][int(expert)].chunk(2)
    return gate if kind == "gate" else up


def check_tensors(model, directory):
    """Every stored tensor arrived in the model bit for bit. Returns their number."""
    state = model.state_dict()
    count = 0
    for path in sorted(directory.glob("*.safetensors")):
        with safe_open(path, framework="pt") as tensors:
            for name in tensors.keys():
                stored = tensors.get_tensor(name).to(torch.float32)
                if not torch.equal(stored, lookup(state, name)):
                    raise AssertionError(f"{name} differs between file and model")
                count += 1
    return count


def random_sequences(model, rng, count, longest):
    longest = min(longest, model.config.max_position_embeddings)
    lengths = [1, 2, longest] + [int(n) for n in rng.integers(1, longest + 1, size=max(0, count - 3))]
    return [rng.integers(0, model.config.vocab_size, size=n).tolist() for n in lengths]


def reference_logprobs(model, ids):
    """Log-probs of ids[1:], each given those before it."""
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    assert torch.isfinite(logits).all(), "logits are not finite"
    return torch.log_softmax(logits, dim=-1)[:-1].gather(1, torch.tensor(ids[1:], dtype=torch.int64)[:, None])[:, 0].numpy()


def hone_logprobs(hone, directory, sequences):
    lines = "".join(json.dumps({"ids": ids}) + "\n" for ids in sequences)
    done = subprocess.run([hone, "logprobs", str(directory), "--dtype", "fp32"], input=lines, text=True,
                          stdout=subprocess.PIPE, check=True, timeout=600)
    return [json.loads(line)["logprobs"] for line in done.stdout.splitlines()]


def max_difference(model, sequences, answers):
    assert len(answers) == len(sequences), f"{len(sequences)} sequences sent, {len(answers)} answers"
    worst = 0.0
    for ids, answer in zip(sequences, answers):
        assert len(answer) == len(ids) and answer[0] is None, f"ill-formed answer for {len(ids)} ids"
        reference = reference_logprobs(model, ids)
        if len(ids) > 1:
            worst = max(worst, float(np.abs(reference - np.array(answer[1:], dtype=np.float64)).max()))
    return worst


def check(directory, args):
    model = load(directory)
    count = check_tensors(model, directory)
    sequences = random_sequences(model, np.random.default_rng(args.seed), args.sequences, args.longest)
    if args.load_only:
        reference_logprobs(model, sequences[2])
        return f"{type(model).__name__}, {count} tensors equal, logits finite"
    worst = max_difference(model, sequences, hone_logprobs(args.hone, directory, sequences))
    tokens = sum(len(ids) - 1 for ids in sequences)
    text = f"{type(model).__name__}, {count} tensors equal, max |difference| {worst:.3g} over {tokens} log-probs"
    assert worst <= args.tolerance, f"{text}: above {args.tolerance:g}"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="+", type=pathlib.Path, help="Hugging Face model directories")
    parser.add_argument("--hone", default="./hone", help="the hone command (default: %(default)s)")
    parser.add_argument("--load-only", action="store_true", help="check loading, without running hone")
    parser.add_argument("--sequences", type=int, default=24, help="random id sequences per checkpoint")
    parser.add_argument("--longest", type=int, default=96, help="ids in the longest of them")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest absolute difference allowed")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    failures = 0
    for directory in args.checkpoints:
        try:
            print(f"ok {directory}: {check(directory, args)} (seed {args.seed})")
        except Exception as error:  # one bad checkpoint must not hide the verdict on the others
            failures += 1
            print(f"FAILED {directory} (seed {args.seed}): {type(error).__name__}: {error}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
