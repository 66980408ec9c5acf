#!/usr/bin/env python3
"""Times sampling by transformers' `generate` and by hone's rollout engine on the same weights and prompts. See README.md here."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import torch
from transformers import AutoModelForCausalLM, GenerationConfig

from machine_load import OthersShare, verdict

# What tests/bench/rollout_bench.cc samples; its rows are hone's side.
PROMPTS, COMPLETIONS, PROMPT_TOKENS, NEW_TOKENS = 32, 8, 12, 64
TOKENS = PROMPTS * COMPLETIONS * NEW_TOKENS
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def prompt_ids(vocab_size):
    rows = [[(7 * slot + 3 * t) % vocab_size for t in range(PROMPT_TOKENS)] for slot in range(PROMPTS)]
    return torch.tensor(rows).repeat_interleave(COMPLETIONS, dim=0)


def load(directory, dtype, experts):
    model = AutoModelForCausalLM.from_pretrained(
        directory, dtype=DTYPES[dtype], attn_implementation="sdpa", experts_implementation=experts).eval()
    # Plain sampling to a fixed length: without an eos nothing stops early and no filter of the logits runs.
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=1.0, top_k=0, top_p=1.0, min_new_tokens=NEW_TOKENS, max_new_tokens=NEW_TOKENS,
        eos_token_id=None, pad_token_id=0, bos_token_id=model.config.bos_token_id, use_cache=True)
    return model


def generate_rate(model):
    """Tokens per second of one call."""
    ids = prompt_ids(model.config.vocab_size)
    start = time.perf_counter()
    with torch.inference_mode():
        out = model.generate(ids, attention_mask=torch.ones_like(ids))
    seconds = time.perf_counter() - start
    assert out.shape == (PROMPTS * COMPLETIONS, PROMPT_TOKENS + NEW_TOKENS), f"sampled a {tuple(out.shape)}"
    return TOKENS / seconds


def transformers_rates(directory, dtype, experts, repetitions):
    model = load(directory, dtype, experts)
    generate_rate(model)  # warm-up
    return [generate_rate(model) for _ in range(repetitions)]


def hone_rates(bench, directory, dtype, repetitions):
    done = subprocess.run(
        [*bench, f"--benchmark_filter=^rollout/{dtype}$", "--benchmark_format=json",
         f"--benchmark_repetitions={repetitions + 1}"],
        env={**os.environ, "HONE_BENCH_MODEL": str(directory.resolve())}, stdout=subprocess.PIPE, text=True, check=True)
    rows = [row for row in json.loads(done.stdout)["benchmarks"] if row["run_type"] == "iteration"]
    rates = [row["tokens_per_s"] for row in rows]
    assert len(rates) == repetitions + 1, f"{len(rates)} rows rollout/{dtype} from {' '.join(bench)}"
    return rates[1:]  # the first was the warm-up


def measure(side, others, rates_of, *arguments):
    """The best rate; prints it, and adds to `others` the share of the machine that it did not have."""
    clock = OthersShare()
    rates = rates_of(*arguments)
    others.append(clock.percent())
    shown = " ".join(f"{rate:.0f}" for rate in rates)
    print(f"  {side:30} best {max(rates):8.0f} tokens/s  (of {shown}; others {others[-1]:.0f} %)", flush=True)
    return max(rates)


def compare(directory, args):
    config = json.loads((directory / "config.json").read_text())
    kinds = args.experts if config.get("n_routed_experts") else ["eager"]
    print(f"{directory}: {config['architectures'][0]}, {PROMPTS} prompts x {COMPLETIONS} completions, {PROMPT_TOKENS} + "
          f"{NEW_TOKENS} tokens, {torch.get_num_threads()} threads", flush=True)
    theirs, ours, others = 0.0, 0.0, []
    for dtype in DTYPES:
        ours = max(ours, measure(f"hone {dtype}", others, hone_rates, args.bench.split(), directory, dtype,
                                 args.repetitions))
        for kind in kinds:
            theirs = max(theirs, measure(f"transformers {dtype} {kind}", others, transformers_rates, directory, dtype,
                                         kind, args.repetitions))
    print(f"  ratio {ours / theirs:.2f} (hone's best {ours:.0f} over transformers' best {theirs:.0f} tokens/s)"
          f"{verdict(others)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=pathlib.Path, help="Hugging Face model directories")
    parser.add_argument("--bench", default="./hone bench", help="the benchmark command (default: %(default)s)")
    parser.add_argument("--experts", nargs="+", default=["eager", "grouped_mm"],
                        help="transformers' ways to compute experts (default: %(default)s; batched_mm is slow on a CPU)")
    parser.add_argument("--repetitions", type=int, default=3, help="timed calls after a warm-up; the best counts")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="torch's threads (default: all cores)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    for directory in args.models:
        compare(directory, args)


if __name__ == "__main__":
    sys.exit(main())
