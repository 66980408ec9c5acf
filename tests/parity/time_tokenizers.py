#!/usr/bin/env python3
"""Times encoding the same text by the `tokenizers` package and by hone, both on one thread. See README.md here."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer  # noqa: E402  the threads must be set before

from machine_load import OthersShare, verdict


def hone_run(bench, path, text, repetitions):
    """Rates in bytes per second, and the number of ids."""
    done = subprocess.run(
        [*bench, "--benchmark_filter=^tokenizer/encode$", "--benchmark_format=json",
         f"--benchmark_repetitions={repetitions + 1}"],
        env={**os.environ, "HONE_BENCH_TOKENIZER": str(path.resolve()), "HONE_BENCH_TEXT": str(text.resolve())},
        stdout=subprocess.PIPE, text=True, check=True)
    rows = [row for row in json.loads(done.stdout)["benchmarks"] if row["run_type"] == "iteration"]
    assert len(rows) == repetitions + 1, f"{len(rows)} rows tokenizer/encode from {' '.join(bench)}"
    return [row["bytes_per_s"] for row in rows[1:]], int(rows[0]["ids"])


def tokenizers_run(path, text, repetitions):
    tokenizer = Tokenizer.from_file(str(path))
    content = text.read_bytes()
    rates = []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        ids = len(tokenizer.encode(content.decode(), add_special_tokens=False).ids)
        rates.append(len(content) / (time.perf_counter() - start))
    return rates[1:], ids


def measure(side, others, run, *arguments):
    clock = OthersShare()
    rates, ids = run(*arguments)
    others.append(clock.percent())
    shown = " ".join(f"{rate / 1e6:.2f}" for rate in rates)
    print(f"  {side:12} best {max(rates) / 1e6:7.2f} MB/s  (of {shown}; others {others[-1]:.0f} %)", flush=True)
    return max(rates), ids


def compare(path, args):
    print(f"{path}: {args.text}, {args.text.stat().st_size} bytes, one thread", flush=True)
    others = []
    ours, our_ids = measure("hone", others, hone_run, args.bench.split(), path, args.text, args.repetitions)
    theirs, their_ids = measure("tokenizers", others, tokenizers_run, path, args.text, args.repetitions)
    assert our_ids == their_ids, f"hone gives {our_ids} ids, tokenizers {their_ids}"
    print(f"  ratio {ours / theirs:.2f} ({our_ids} ids on both sides){verdict(others)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=pathlib.Path, help="a file of UTF-8 text, of some megabytes")
    parser.add_argument("tokenizers", nargs="+", type=pathlib.Path, help="tokenizer.json files")
    parser.add_argument("--bench", default="./hone bench", help="the benchmark command (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, help="timed runs after a warm-up; the best counts")
    args = parser.parse_args()
    for path in args.tokenizers:
        compare(path, args)


if __name__ == "__main__":
    sys.exit(main())
