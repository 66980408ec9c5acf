"""Makes tests/rl/fixtures/objective_trl.json: advantages, losses and gradients by TRL's own code.

Advantages are the lines of GRPOTrainer._generate_and_score_completions between its reward calculation and its slicing, executed
as they stand in the installed package; the sampler's weights likewise. The loss is GRPOTrainer._compute_loss itself, in double
precision, on a trainer whose model is a table of log-probs and entropies.

    /tmp/venv-parity/bin/python tests/parity/objective_trl.py
"""

import inspect
import math
import textwrap
import types

import torch
import transformers
import trl
from trl.trainer import grpo_trainer
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from objective_batches import case, padded, random_batch, store

SOURCE = inspect.getsource(GRPOTrainer._generate_and_score_completions)


def part(begin, end):
    """The method's lines from the first one with `begin` up to the next one with `end`, as code of their own."""
    lines = SOURCE.splitlines()
    first = next(i for i, line in enumerate(lines) if begin in line)
    last = next(i for i, line in enumerate(lines) if i > first and end in line)
    return compile(textwrap.dedent("\n".join(lines[first:last])), begin, "exec")


ADVANTAGES = part("unscorable_mask = torch.isnan(rewards_per_func).all(dim=1)", "# Slice to keep only the local part")
SAMPLER = part("per_token_logps_diff = (old_per_token_logps", "# Compute the per-token log probabilities for the reference model")


class Accelerator:
    num_processes = 1
    sync_gradients = True
    gather = staticmethod(lambda x: x)
    gather_for_metrics = staticmethod(lambda x: x)
    reduce = staticmethod(lambda x, reduction=None: x)
    pad_across_processes = staticmethod(lambda x, dim=0, pad_index=0: x)


def trainer_of(args, size, logprobs, entropies, longest):
    """What the executed lines read of a trainer."""
    self = GRPOTrainer.__new__(GRPOTrainer)
    self.args = args
    args.steps_per_generation = 1
    self.accelerator = Accelerator()
    self.model = types.SimpleNamespace(training=True)
    for name in (
        "scale_rewards multi_objective_aggregation loss_type importance_sampling_level off_policy_mask_threshold beta "
        "top_entropy_quantile entropy_coef use_adaptive_entropy use_vllm vllm_importance_sampling_correction "
        "vllm_importance_sampling_mode vllm_importance_sampling_clip_max vllm_importance_sampling_clip_min"
    ).split():
        setattr(self, name, getattr(args, name))
    self.num_generations = size
    self.reward_funcs = [None]
    self.reward_weights = torch.ones(1, dtype=torch.float64)
    self.epsilon_low = args.epsilon
    self.epsilon_high = args.epsilon if args.epsilon_high is None else args.epsilon_high
    self.max_completion_length = longest
    self._entropy_bonus_enabled = self.entropy_coef != 0.0 or self.use_adaptive_entropy
    self._last_world_entropy = float("inf")
    self._entropy_window_stats = None
    self.aux_loss_enabled = False
    self.current_gradient_accumulation_steps = 1
    self._metrics = {mode: __import__("collections").defaultdict(list) for mode in ("train", "eval")}
    self._get_per_token_logps_and_entropies = lambda *a, **k: (logprobs, entropies, None)
    return self


def advantages_of(self, batch):
    rewards = torch.tensor([[math.nan if r is None else r] for r in batch["rewards"]], dtype=torch.float64)
    scope = dict(vars(grpo_trainer), self=self, rewards_per_func=rewards, num_generations=batch["group_size"], device="cpu")
    exec(ADVANTAGES, scope)
    return scope["advantages"]


def run(name, batch_index, batch, settings):
    values = dict(s.split("=", 1) for s in settings)
    config = {k: (None if v == "None" else v == "True" if v in ("True", "False") else v) for k, v in values.items()}
    for k, v in config.items():
        if isinstance(v, str):
            try:
                config[k] = float(v)
            except ValueError:
                pass
    args = GRPOConfig(output_dir="/tmp/none", report_to=[], use_cpu=True, bf16=False, **config)
    logprobs = padded(batch["logprobs"]).requires_grad_()
    entropies = padded(batch["entropies"]).requires_grad_()
    old, ref, sampler = (padded(batch[k]) for k in ("old_logprobs", "ref_logprobs", "sampler_logprobs"))
    mask = padded(batch["mask"])
    self = trainer_of(args, batch["group_size"], logprobs, entropies, batch["max_length"])
    advantages = advantages_of(self, batch)
    inputs = {
        "prompt_ids": torch.zeros(len(mask), 0, dtype=torch.long),
        "prompt_mask": torch.zeros(len(mask), 0),
        "completion_ids": torch.zeros(mask.shape, dtype=torch.long),
        "completion_mask": mask,
        "advantages": advantages,
        "num_items_in_batch": mask.sum(),
        "old_per_token_logps": old,
        "ref_per_token_logps": ref,
    }
    if args.use_vllm:
        inputs["sampling_per_token_logps"] = sampler
        if args.vllm_importance_sampling_correction:
            scope = dict(vars(grpo_trainer), self=self, mask=mask, old_per_token_logps=old,
                         sampling_per_token_logps=sampler)
            exec(SAMPLER, scope)
            inputs["importance_sampling_ratio"] = scope["vllm_importance_sampling_ratio"]
    loss = self._compute_loss(self.model, inputs)
    if loss.requires_grad:
        loss.backward()
    bonus = entropies if self.entropy_coef > 0 and not self.use_adaptive_entropy else None
    return case(name, "trl", settings, batch_index, batch, advantages, loss, logprobs, bonus)


LOSSES = "grpo bnpo dr_grpo dapo cispo sapo luspo vespo".split()


def settings_table():
    for loss in LOSSES:
        one = [f"loss_type={loss}"]
        yield loss, one
        yield loss + " beta", one + ["beta=0.04", "epsilon_high=0.28" if loss != "cispo" else "epsilon_high=5.0"]
        yield loss + " plain kl", one + ["beta=0.3", "use_bias_correction_kl=False"]
        yield loss + " sequence", one + ["importance_sampling_level=sequence", "epsilon=0.05", "beta=0.1"]
        yield loss + " entropy", one + ["top_entropy_quantile=0.3", "entropy_coef=0.02"]
        vllm = ["use_vllm=True", "vllm_importance_sampling_mode=token_truncate", "vllm_importance_sampling_clip_max=1.2",
                "vllm_importance_sampling_clip_min=0.8", "beta=0.02"]
        yield loss + " vllm", one + vllm
        yield loss + " off policy", one + ["off_policy_mask_threshold=0.05"]
    for mode in ("token_mask", "sequence_truncate", "sequence_mask"):
        yield mode, ["use_vllm=True", f"vllm_importance_sampling_mode={mode}", "vllm_importance_sampling_clip_max=1.3",
                     "vllm_importance_sampling_clip_min=0.5"]
    yield "vespo token_mask", ["loss_type=vespo", "use_vllm=True", "vllm_importance_sampling_mode=token_mask",
                               "vllm_importance_sampling_clip_max=1.3"]
    yield "off policy by sampler", ["use_vllm=True", "vllm_importance_sampling_correction=False", "off_policy_mask_threshold=0.05"]
    yield "two-sided", ["delta=1.35", "epsilon=0.1"]
    yield "two-sided inside", ["delta=1.05", "epsilon=0.2"]
    yield "batch", ["scale_rewards=batch"]
    yield "none", ["scale_rewards=False"]
    yield "normalize then sum", ["multi_objective_aggregation=normalize_then_sum"]
    yield "adaptive", ["use_adaptive_entropy=True", "entropy_coef=0.1", "entropy_target=0.5"]
    yield "highest entropy", ["top_entropy_quantile=0.0"]
    yield "quoted", ["loss_type=dapo", "epsilon_high=0.28", "beta=0.04"]


def main():
    batches = [random_batch(1), random_batch(2, size=3, spread=0.05), random_batch(3, groups=4, size=2, spread=1.5)]
    cases = []
    for name, settings in settings_table():
        for i, batch in enumerate(batches):
            if i == 0 or " " not in name or "sequence" in name:
                cases.append(run(name, i, batch, settings))
    versions = f"trl {trl.__version__}, torch {torch.__version__}, transformers {transformers.__version__}"
    store("objective_trl.json", versions, batches, cases)


if __name__ == "__main__":
    main()
