"""Random batches for the objective's fixtures, and how they are stored: in the format of `hone loss`, with what is to come out."""

import json
import math
import pathlib

import torch

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "rl" / "fixtures"


def rounded(x, digits=4):
    """Short decimals, so that the files stay small; both sides read the same doubles."""
    return [[round(v, digits) for v in row] for row in x]


def random_batch(seed, groups=3, size=4, longest=7, spread=0.3, nulls=True, binary=False, holes=True):
    """Ragged completions in whole groups: a group of equal rewards, one with a missing reward, masked tokens inside and a wholly
    masked completion among them. Entropies and rewards are short binary fractions: a quantile or a tie is exact in float too."""
    gen = torch.Generator().manual_seed(seed)
    draw = lambda n: torch.randn(n, generator=gen, dtype=torch.float64).tolist()
    count = groups * size
    lengths = torch.randint(1, longest + 1, (count,), generator=gen).tolist()
    base = [[-abs(v) * 1.5 - 0.05 for v in draw(n)] for n in lengths]
    near = lambda rows, s: [[v + s * d for v, d in zip(row, draw(len(row)))] for row in rows]
    rewards = [float(torch.randint(0, 2 if binary else 9, (1,), generator=gen)) / (1 if binary else 8) for _ in range(count)]
    rewards[:size] = [0.5] * size
    if nulls:
        rewards[size] = None
    mask = [[1] * n for n in lengths]
    if holes:
        for i in range(0, count, 3):
            mask[i][int(torch.randint(0, lengths[i], (1,), generator=gen))] = 0
        mask[count - 1] = [0] * lengths[count - 1]
    return {
        "group_size": size,
        "rewards": rewards,
        "logprobs": rounded(base),
        "old_logprobs": rounded(near(base, spread)),
        "ref_logprobs": rounded(near(base, 0.4)),
        "sampler_logprobs": rounded(near(base, 0.25)),
        "entropies": [[math.floor(abs(v) * 256) / 128 for v in draw(n)] for n in lengths],
        "mask": mask,
        "max_length": longest + 2,
    }


def padded(rows, fill=0.0):
    width = max(len(row) for row in rows)
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows], dtype=torch.float64)


def ragged(tensor, rows):
    return [tensor[i, : len(row)].tolist() for i, row in enumerate(rows)]


def case(name, preset, settings, batch_index, batch, advantages, loss, logprobs, entropies=None):
    """`advantages` per completion, or per token as a padded tensor. Backward must have run."""
    rows = batch["logprobs"]
    out = {"name": name, "preset": preset, "settings": settings, "batch": batch_index}
    out["advantages"] = advantages.tolist() if advantages.dim() == 1 else ragged(advantages, rows)
    out["loss"] = loss.item()
    out["gradient"] = ragged(torch.zeros_like(logprobs) if logprobs.grad is None else logprobs.grad, rows)
    if entropies is not None and entropies.grad is not None:
        out["entropy_gradient"] = ragged(entropies.grad, rows)
    return out


def store(file, versions, batches, cases):
    def short(x):
        if isinstance(x, float):
            return float(f"{x:.11g}")
        if isinstance(x, list):
            return [short(v) for v in x]
        if isinstance(x, dict):
            return {k: short(v) for k, v in x.items()}
        return x

    path = FIXTURES / file
    path.write_text(json.dumps({"made_with": versions, "batches": batches, "cases": short(cases)}, separators=(",", ":")) + "\n")
    print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
