#!/usr/bin/env python3
"""Times a whole GRPO step of TRL and of hone on the same model and prompts. See README.md here."""

import argparse
import json
import os
import pathlib
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from datasets import Dataset
from transformers import AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from machine_load import OthersShare, verdict

PROMPTS, GROUP, MINIBATCHES, NEW_TOKENS = 64, 8, 2, 41
SEQUENCES = PROMPTS * GROUP
LEARNING_RATE = 1e-6  # the model, and with it the length of its completions, stays what it is
RECIPE = pathlib.Path(__file__).resolve().parents[2] / "recipes" / "r1_zero.toml"


class Clock(TrainerCallback):
    """When each update ended."""

    def __init__(self):
        self.ends = []

    def on_step_end(self, args, state, control, **kwargs):
        self.ends.append(time.perf_counter())


def hone_steps(hone, model, precision, steps, run):
    """Seconds and sampled tokens of each step but the first."""
    settings = [f"model.path={model.resolve()}", f"run.precision={precision}", f"grpo.steps={steps + 1}",
                f"grpo.prompts_per_step={PROMPTS}", f"grpo.group_size={GROUP}", f"grpo.minibatches={MINIBATCHES}",
                f"rollout.max_new_tokens={NEW_TOKENS}", f"optimizer.learning_rate={LEARNING_RATE}",
                "eval.prompts=1", "eval.samples_per_prompt=1", "eval.every=0"]
    command = [*hone, "run", str(RECIPE), "--run-dir", str(run)] + [part for s in settings for part in ("--set", s)]
    done = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr}"
    lines = [dict(re.findall(r"(\S+)=(\S+)", line)) for line in done.stderr.splitlines()]
    timed = [(float(f["seconds"]), float(f["tokens"])) for f in lines if "seconds" in f and "tokens" in f]
    assert len(timed) == steps + 1, f"{len(timed)} steps in hone's output:\n{done.stderr}"
    return timed[1:]


def hone_prompts(run):
    """The prompts of that run, in order. TRL's tokenizer must make the same ids of them."""
    with sqlite3.connect(f"file:{run}/hone.db?mode=ro", uri=True) as db:
        rows = db.execute("SELECT prompt, prompt_ids FROM groups ORDER BY step, slot").fetchall()
    tokenizer = AutoTokenizer.from_pretrained(run / "model", padding_side="left")
    for text, ids in rows:
        stored = [int.from_bytes(ids[i:i + 4], "little") for i in range(0, len(ids), 4)]
        assert tokenizer(text)["input_ids"] == stored, f"other ids for {text!r}"
    return tokenizer, [text for text, _ in rows]


def trl_steps(model, tokenizer, prompts, precision, args):
    """Seconds and sampled tokens of each step but the first. A step is one generation and MINIBATCHES updates."""
    sampled = []

    def reward(completion_ids, **_):
        sampled.append(sum(len(ids) for ids in completion_ids))
        return [float(len(ids) % 2) for ids in completion_ids]

    pieces = SEQUENCES // MINIBATCHES // args.micro_batch
    clock = Clock()
    init = {"dtype": torch.bfloat16 if precision == "bf16-pure" else torch.float32, "attn_implementation": "sdpa"}
    if json.loads((model / "config.json").read_text()).get("n_routed_experts"):
        init["experts_implementation"] = args.experts
    with tempfile.TemporaryDirectory() as scratch:
        config = GRPOConfig(
            output_dir=scratch, use_cpu=True, bf16=precision == "bf16-autocast", use_vllm=False, model_init_kwargs=init,
            per_device_train_batch_size=args.micro_batch, gradient_accumulation_steps=pieces,
            steps_per_generation=MINIBATCHES * pieces, num_generations=GROUP, max_completion_length=NEW_TOKENS,
            num_iterations=1, beta=0.0, temperature=1.0, top_k=0, top_p=1.0, learning_rate=LEARNING_RATE,
            lr_scheduler_type="constant", max_steps=MINIBATCHES * (args.steps + 1), gradient_checkpointing=False,
            shuffle_dataset=False, dataloader_pin_memory=False, save_strategy="no", logging_strategy="no",
            report_to="none", disable_tqdm=True, seed=1)
        trainer = GRPOTrainer(model=str(model), reward_funcs=reward, args=config, processing_class=tokenizer,
                              train_dataset=Dataset.from_dict({"prompt": prompts}), callbacks=[clock])
        trainer.train()
    assert len(clock.ends) == MINIBATCHES * (args.steps + 1) and len(sampled) == args.steps + 1, "an unexpected schedule"
    ends = clock.ends[MINIBATCHES - 1::MINIBATCHES]
    return [(b - a, tokens) for a, b, tokens in zip(ends, ends[1:], sampled[1:])]


def measure(side, others, steps_of, *arguments):
    """The median step; prints it, and adds to `others` the share of the machine that it did not have."""
    clock = OthersShare()
    seconds, tokens = zip(*steps_of(*arguments))
    others.append(clock.percent())
    median = statistics.median(seconds)
    shown = " ".join(f"{s:.2f}" for s in seconds)
    print(f"  {side:18} median {median:7.2f} s  (of {shown}; {statistics.mean(tokens) / SEQUENCES:.1f} tokens a "
          f"completion; others {others[-1]:.0f} %)", flush=True)
    return median


def compare(model, args):
    print(f"{model}: {PROMPTS} prompts x {GROUP} completions of at most {NEW_TOKENS} tokens, {MINIBATCHES} updates, "
          f"{torch.get_num_threads()} threads, TRL's micro-batch {args.micro_batch}", flush=True)
    others = []
    with tempfile.TemporaryDirectory() as scratch:
        runs = {precision: pathlib.Path(scratch) / precision for precision in ("fp32", "bf16")}
        ours = min(measure(f"hone {precision}", others, hone_steps, args.hone.split(), model, precision, args.steps, run)
                   for precision, run in runs.items())
        tokenizer, prompts = hone_prompts(runs["fp32"])
    theirs = min(measure(f"TRL {precision}", others, trl_steps, model, tokenizer, prompts, precision, args)
                 for precision in args.precisions)
    print(f"  ratio {theirs / ours:.2f} (TRL's faster {theirs:.2f} s over hone's faster {ours:.2f} s){verdict(others)}",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=pathlib.Path, help="Hugging Face model directories")
    parser.add_argument("--hone", default="./hone", help="the hone command (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=5, help="timed steps after a first one that does not count")
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16-autocast", "bf16-pure"],
                        choices=["fp32", "bf16-autocast", "bf16-pure"], help="TRL's, all tried (default: all)")
    parser.add_argument("--micro-batch", type=int, default=SEQUENCES // MINIBATCHES,
                        help="sequences in one of TRL's forwards (default: %(default)s, a whole minibatch)")
    parser.add_argument("--experts", default="grouped_mm", help="transformers' way to compute experts (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="torch's threads (default: all cores)")
    args = parser.parse_args()
    if (SEQUENCES // MINIBATCHES) % args.micro_batch or args.micro_batch % GROUP:
        parser.error(f"--micro-batch must be a multiple of {GROUP} that divides {SEQUENCES // MINIBATCHES}")
    torch.set_num_threads(args.threads)
    for model in args.models:
        compare(model, args)


if __name__ == "__main__":
    sys.exit(main())
