#!/usr/bin/env python3
"""Tiny random checkpoints of every architecture hone supports, made by transformers; log-probs and gradients of both sides
are compared. `--golden DIR` also writes the small ones that ./hone test checks without Python. See README.md here."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import (AutoModelForCausalLM, DeepseekV2Config, DeepseekV3Config, LlamaConfig, Qwen2Config, Qwen3Config,
                          Qwen3MoeConfig)
from transformers.utils import logging as transformers_logging

from transformers_parity import check_tensors, hone_logprobs, load, lookup, max_difference, random_sequences

LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=32)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32)
DEEPSEEK_YARN = YARN | dict(beta_fast=32, beta_slow=1, mscale=0.707, mscale_all_dim=0.707)
PLAIN = dict(rope_type="default", rope_theta=10000.0)

DENSE = dict(vocab_size=61, hidden_size=48, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, rms_norm_eps=1e-5, rope_parameters=PLAIN)
QWEN3 = DENSE | dict(head_dim=20)
QWEN3_MOE = QWEN3 | dict(num_experts=8, num_experts_per_tok=3, moe_intermediate_size=24, norm_topk_prob=True)
MLA = dict(vocab_size=61, hidden_size=48, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4,
           num_key_value_heads=4, max_position_embeddings=128, kv_lora_rank=16, q_lora_rank=24, qk_nope_head_dim=12, qk_rope_head_dim=8,
           v_head_dim=10, rms_norm_eps=1e-5, rope_parameters=PLAIN)
V2 = MLA | dict(n_routed_experts=8, n_shared_experts=2, num_experts_per_tok=3, moe_intermediate_size=20,
                first_k_dense_replace=1, topk_method="greedy", routed_scaling_factor=1.0, norm_topk_prob=False)
V3 = MLA | dict(n_routed_experts=8, n_shared_experts=1, num_experts_per_tok=3, moe_intermediate_size=20,
                first_k_dense_replace=1, n_group=1, topk_group=1, routed_scaling_factor=2.5, num_mtp_layers=0)

CASES = {
    "llama": LlamaConfig(**DENSE),
    "llama_odd_heads_untied": LlamaConfig(**DENSE | dict(hidden_size=42, num_attention_heads=7, num_key_value_heads=7)),
    "llama_biases_tied": LlamaConfig(**DENSE | dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    "llama_scaled_rope": LlamaConfig(**DENSE | dict(rope_parameters=LLAMA3, num_key_value_heads=1)),
    "qwen2": Qwen2Config(**DENSE),
    "qwen2_tied_padded_vocab": Qwen2Config(**DENSE | dict(vocab_size=128, tie_word_embeddings=True)),
    "qwen2_sliding": Qwen2Config(**DENSE | dict(use_sliding_window=True, sliding_window=9, max_window_layers=1)),
    "qwen2_sliding_17": Qwen2Config(**DENSE | dict(use_sliding_window=True, sliding_window=17, num_attention_heads=6,
                                                   num_key_value_heads=3, layer_types=["sliding_attention", "full_attention",
                                                                                       "sliding_attention"])),
    "qwen2_yarn": Qwen2Config(**DENSE | dict(rope_parameters=YARN)),
    "qwen3": Qwen3Config(**QWEN3),
    "qwen3_biases_tied": Qwen3Config(**QWEN3 | dict(attention_bias=True, tie_word_embeddings=True, num_attention_heads=5,
                                                    num_key_value_heads=1)),
    "qwen3_sliding_yarn": Qwen3Config(**QWEN3 | dict(use_sliding_window=True, sliding_window=16, max_window_layers=0,
                                                     rope_parameters=YARN)),
    "qwen3_moe": Qwen3MoeConfig(**QWEN3_MOE),
    "qwen3_moe_mixed_layers": Qwen3MoeConfig(**QWEN3_MOE | dict(norm_topk_prob=False, decoder_sparse_step=2,
                                                                num_hidden_layers=4, mlp_only_layers=[3])),
    "qwen3_moe_sliding": Qwen3MoeConfig(**QWEN3_MOE | dict(use_sliding_window=True, sliding_window=7, attention_bias=True)),
    "deepseek_v2_lite": DeepseekV2Config(**V2 | dict(q_lora_rank=None, rope_parameters=DEEPSEEK_YARN)),
    "deepseek_v2": DeepseekV2Config(**V2 | dict(topk_method="group_limited_greedy", n_group=4, topk_group=2,
                                                routed_scaling_factor=16.0)),
    "deepseek_v2_dense": DeepseekV2Config(**V2 | dict(first_k_dense_replace=3)),
    "deepseek_v3": DeepseekV3Config(**V3),
    "deepseek_v3_groups_yarn": DeepseekV3Config(**V3 | dict(n_group=4, topk_group=2, n_shared_experts=2,
                                                            rope_parameters=DEEPSEEK_YARN | dict(mscale=1.0,
                                                                                                 mscale_all_dim=1.0))),
    "deepseek_v3_no_q_lora": DeepseekV3Config(**V3 | dict(q_lora_rank=None, rope_interleave=False, norm_topk_prob=False)),
}
GOLDEN = ("llama_scaled_rope", "qwen2_sliding", "qwen3_sliding_yarn", "qwen3_moe_mixed_layers", "deepseek_v2",
          "deepseek_v2_lite", "deepseek_v3_groups_yarn")


def randomize(model, seed):
    """Weights with something to say everywhere: norms near 1, biases and selection biases not 0, logits of order one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in list(model.named_parameters()) + [b for b in model.named_buffers() if "correction_bias" in b[0]]:
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith("norm.weight") or "layernorm" in name:
                tensor.copy_(1.0 + 0.2 * noise)
            elif tensor.dim() == 1:
                tensor.copy_(0.2 * noise)
            elif "embed_tokens" in name:
                tensor.copy_(noise)
            else:
                tensor.copy_(noise * tensor.shape[-1] ** -0.5)


def make(config, directory, seed):
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32)
    randomize(model, seed)
    model.save_pretrained(directory)


def reference_gradients(model, sequences):
    """d(mean negative log-prob over all scored tokens) / d(weight), as in `hone gradients`."""
    total = sum(len(ids) - 1 for ids in sequences)
    model.zero_grad()
    for ids in sequences:
        if len(ids) < 2:
            continue
        logits = model(torch.tensor([ids])).logits[0, :-1]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="sum") / total
        loss.backward()
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def hone_gradients(hone, directory, sequences, out):
    lines = "".join(json.dumps({"ids": ids}) + "\n" for ids in sequences)
    subprocess.run([hone, "gradients", str(directory), "--out", str(out)], input=lines, text=True, stdout=subprocess.DEVNULL,
                   check=True, timeout=600)
    return load_file(out)


def gradient_error(model, got, sequences):
    """Largest |difference| of a tensor as a share of the largest entry of that tensor's gradient (norms), over tensors; and
    whether every trained tensor is there."""
    want = reference_gradients(model, sequences)
    worst, seen = 0.0, set()
    for name, gradient in got.items():
        reference = lookup(want, name)
        seen.add(name)
        scale = reference.norm().item()
        if scale == 0.0:
            assert gradient.abs().max().item() == 0.0, f"{name}: a gradient where transformers has none"
            continue
        worst = max(worst, (gradient - reference).norm().item() / scale)
    stored = set()
    for name in want:
        stored.add(name)
    plain = {n for n in stored if ".experts." not in n or "shared" in n}
    assert plain <= seen, f"without a gradient: {sorted(plain - seen)[:3]}"
    return worst


def bf16_difference(directory, model, sequences, hone):
    """(hone's, transformers') largest difference in bf16 from transformers in fp32 on the weights rounded to bf16."""
    rounded = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.bfloat16, attn_implementation="eager",
                                                   experts_implementation="eager").eval()
    exact = load(directory)
    with torch.no_grad():
        for (_, a), (_, b) in zip(exact.state_dict().items(), rounded.state_dict().items()):
            a.copy_(b.to(torch.float32))
    lines = "".join(json.dumps({"ids": ids}) + "\n" for ids in sequences)
    done = subprocess.run([hone, "logprobs", str(directory), "--dtype", "bf16"], input=lines, text=True,
                          stdout=subprocess.PIPE, check=True, timeout=600)
    answers = [json.loads(line)["logprobs"] for line in done.stdout.splitlines()]
    ours = [abs(a - b) for ids, answer in zip(sequences, answers)
            for a, b in zip(answer[1:], logprobs(exact, ids))]
    theirs = [abs(a - b) for ids in sequences for a, b in zip(logprobs(rounded, ids), logprobs(exact, ids))]
    return max(ours), max(theirs)


def logprobs(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    return torch.log_softmax(logits, -1)[:-1].gather(1, torch.tensor(ids[1:], dtype=torch.int64)[:, None])[:, 0].tolist()


def write_golden(directory, source, model, sequences):
    """The checkpoint with its expected log-probs. Written in the file format hone reads, per expert and fused alike."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(source, directory)
    (directory / "generation_config.json").unlink(missing_ok=True)
    with open(directory / "expected.jsonl", "w") as out:
        for ids in sequences:
            out.write(json.dumps({"ids": ids, "logprobs": [round(l, 7) for l in logprobs(model, ids)]}) + "\n")


def check(name, config, args, scratch):
    directory = scratch / name
    make(config, directory, args.seed)
    model = load(directory)
    tensors = check_tensors(model, directory)
    rng = np.random.default_rng(args.seed)
    sequences = random_sequences(model, rng, args.sequences, args.longest)
    difference = max_difference(model, sequences, hone_logprobs(args.hone, directory, sequences))
    gradients = hone_gradients(args.hone, directory, sequences, scratch / "gradients.safetensors")
    error = gradient_error(model, gradients, sequences)
    ours, theirs = bf16_difference(directory, model, sequences, args.hone)
    if args.golden and name in GOLDEN:
        write_golden(args.golden / name, directory, model, [ids for ids in sequences if len(ids) > 1][:4])
    text = (f"{tensors} tensors, log-probs {difference:.2g}, gradients {error:.2g}, bf16 {ours:.2g} "
            f"(transformers {theirs:.2g})")
    assert difference <= 1e-4 and error <= 1e-4 and ours <= 2 * theirs, text
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CASES)} (default: all)")
    parser.add_argument("--hone", default="./hone", help="the hone command (default: %(default)s)")
    parser.add_argument("--golden", type=pathlib.Path, help="write checkpoints and expected log-probs into this directory")
    parser.add_argument("--sequences", type=int, default=12, help="random id sequences per checkpoint")
    parser.add_argument("--longest", type=int, default=80, help="ids in the longest of them")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    transformers_logging.disable_progress_bar()
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.names or CASES:
            try:
                print(f"ok {name}: {check(name, CASES[name], args, pathlib.Path(scratch))} (seed {args.seed})", flush=True)
            except Exception as error:  # one bad case must not hide the verdict on the others
                failures += 1
                print(f"FAILED {name} (seed {args.seed}): {type(error).__name__}: {error}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
