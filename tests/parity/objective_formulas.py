"""Makes tests/rl/fixtures/objective_formulas.json: objectives written out in PyTorch from their papers, and from what verl, OpenRLHF
and NeMo-RL document and do (August 2026), with gradients by autograd in double precision.

    /tmp/venv-parity/bin/python tests/parity/objective_formulas.py

Completions without a reward are left out of everything here.
"""

import torch

from objective_batches import case, padded, random_batch, store


class Setup:
    def __init__(self, batch):
        self.batch, self.size, self.length = batch, batch["group_size"], batch["max_length"]
        self.rewards = batch["rewards"]
        self.lp = padded(batch["logprobs"]).requires_grad_()
        self.entropy = padded(batch["entropies"]).requires_grad_()
        self.old, self.ref, self.gen = (padded(batch[k]) for k in ("old_logprobs", "ref_logprobs", "sampler_logprobs"))
        self.scored = torch.tensor([r is not None for r in self.rewards])
        self.mask = padded(batch["mask"]) * self.scored[:, None]
        self.tokens = self.mask.sum(1)
        # What a token's reward loses to the divergence; a completion's reward is this plus its own.
        self.reward = torch.tensor([0.0 if r is None else r for r in self.rewards], dtype=torch.float64)

    def by_group(self, rule):
        """`rule` of each group's rewards that there are."""
        out = torch.zeros(len(self.rewards), dtype=torch.float64)
        for begin in range(0, len(self.rewards), self.size):
            rows = [i for i in range(begin, begin + self.size) if self.scored[i]]
            if rows:
                out[rows] = rule(self.reward[rows])
        return out

    # ---- sums over the batch

    def per_token(self, x):
        return (x * self.mask).sum() / self.mask.sum()

    def per_sequence(self, x, only_nonempty):
        means = (x * self.mask).sum(1) / self.tokens.clamp(min=1)
        return means.sum() / ((self.tokens > 0) if only_nonempty else self.scored).sum()

    def sums(self, x, only_nonempty):
        return (x * self.mask).sum() / ((self.tokens > 0) if only_nonempty else self.scored).sum()

    def sequence_mean_log(self, x):
        return (x * self.mask).sum(1, keepdim=True) / self.tokens.clamp(min=1)[:, None]

    def to_come(self, x):
        """Of each token, the sum of x over it and the tokens after it."""
        return (x * self.mask).flip(1).cumsum(1).flip(1) * self.mask

    def whiten(self, a, bessel, floor, epsilon):
        if a.dim() == 1:
            a = a[:, None] * self.mask
        n = self.mask.sum()
        mean = (a * self.mask).sum() / n
        variance = ((a - mean) ** 2 * self.mask).sum() / (n - 1 if bessel else n)
        return (a - mean) / (variance + epsilon).clamp(min=floor).sqrt() * self.mask


def zscore(epsilon, bessel, single=0.0):
    def rule(r):
        if len(r) == 1:
            return r / (1 + epsilon) * single
        return (r - r.mean()) / (r.std(unbiased=bessel) + epsilon)

    return rule


def mean_only(single=0.0):
    return lambda r: r * single if len(r) == 1 else r - r.mean()


def leave_one_out(single=0.0):
    return lambda r: r * single if len(r) == 1 else r - (r.sum() - r) / (len(r) - 1)


def column(a):
    return a[:, None] if a.dim() == 1 else a


def clipped(ratio, a, low, high, c=None):
    a = column(a)
    value = torch.minimum(ratio * a, ratio.clamp(1 - low, 1 + high) * a)
    if c is not None:
        value = torch.where(a < 0, torch.maximum(value, c * a), value)
    return -value


def k1(lp, ref):
    return lp - ref


def k2(lp, ref):
    return 0.5 * (lp - ref) ** 2


def k3(lp, ref):
    return torch.exp(ref - lp) - (ref - lp) - 1


def bounded_k3(lp, ref):
    d = (ref - lp).clamp(-20, 20)
    return (d.exp() - d - 1).clamp(-10, 10)


def straight_through(value, gradient):
    return gradient - gradient.detach() + value.detach()


# ---- the published objectives


def published(s):
    z = s.by_group(zscore(1e-4, bessel=False))
    ratio = (s.lp - s.old).exp()
    sequence = s.sequence_mean_log(s.lp - s.old).exp()
    yield "grpo", [], z, s.per_sequence(clipped(ratio, z, 0.2, 0.2), False)
    r1 = clipped(ratio, z, 10, 10) + 0.001 * k3(s.lp, s.ref)
    yield "r1", [], z, s.per_sequence(r1, False)
    r1 = clipped(ratio, z, 0.2, 0.2) + 0.5 * k3(s.lp, s.ref)
    yield "r1", ["clip_low=0.2", "clip_high=0.2", "kl_coefficient=0.5"], z, s.per_sequence(r1, False)
    centred = s.by_group(mean_only())
    yield "dr_grpo", [], centred, s.sums(clipped(ratio, centred, 0.2, 0.2), False) / s.length
    sample = s.by_group(zscore(1e-6, bessel=True))
    yield "dapo", [], sample, s.per_token(clipped(ratio, sample, 0.2, 0.28))
    yield "gspo", [], z, s.per_sequence(clipped(sequence, z, 3e-4, 4e-4), False)
    wide = ["clip_low=0.2", "clip_high=0.2"]
    yield "gspo", wide, z, s.per_sequence(clipped(sequence, z, 0.2, 0.2), False)
    yield "luspo", wide, z, s.sums(clipped(sequence, z, 0.2, 0.2), False)
    weight = ratio.clamp(max=5).detach()
    yield "cispo", [], z, s.per_token(-weight * z[:, None] * s.lp)
    t = torch.where(z > 0, 1.0, 1.05)[:, None]
    yield "sapo", [], z, s.per_sequence(-torch.sigmoid(t * (ratio - 1)) * 4 / t * z[:, None], False)
    w = ((s.lp - s.old) * s.mask).sum(1).exp().detach()
    phi = torch.where(z >= 0, w**2 * torch.exp(3 * (1 - w)), w**3 * torch.exp(2 * (1 - w)))
    yield "vespo", [], z, s.per_token(-(phi * z)[:, None] * s.lp)
    loo = s.by_group(leave_one_out())
    yield "rloo", [], loo, s.sums(-loo[:, None] * s.lp, False)
    reward = s.reward.clone()
    s.reward = reward - 0.05 * (k1(s.old, s.ref) * s.mask).sum(1)
    loo = s.by_group(leave_one_out())
    s.reward = reward
    yield "rloo", ["kl_coefficient=0.05"], loo, s.sums(-loo[:, None] * s.lp, False)
    returns = (s.reward[:, None] - 0.01 * s.to_come(k1(s.old, s.ref))) * s.mask
    a = s.whiten(returns, bessel=False, floor=1e-8, epsilon=0)
    yield "reinforce_pp", [], a, s.per_token(clipped(ratio, a, 0.2, 0.2))


def pass_at_k(s):
    """By counting every subset of k of each group's completions."""
    from itertools import combinations

    k = 2

    def rule(r):
        sets = list(combinations(range(len(r)), min(k, len(r))))
        value = torch.tensor([1.0 if any(r[i] >= 1 for i in c) else 0.0 for c in sets], dtype=torch.float64)
        if value.std(unbiased=False) == 0 or len(r) == 1:
            return torch.zeros_like(r)
        own = torch.stack([value[[i in c for c in sets]].mean() for i in range(len(r))])
        return (own - value.mean()) / value.std(unbiased=False)

    a = s.by_group(rule)
    settings = ["baseline=pass_at_k", "pass_k=2", "scale=none"]
    yield "grpo", settings, a, s.per_sequence(clipped((s.lp - s.old).exp(), a, 0.2, 0.2), False)


# ---- verl


def verl(s):
    z = s.by_group(zscore(1e-6, True, single=1.0))
    d = s.lp - s.old
    ratio = d.clamp(-20, 20).exp()
    vanilla = clipped(ratio, z, 0.2, 0.2, c=3.0)
    yield [], z, s.per_token(vanilla)
    kl = bounded_k3(s.lp, s.ref)
    yield ["use_kl_loss=True", "kl_loss_coef=0.1"], z, s.per_token(vanilla) + 0.1 * s.per_token(kl)
    for name, kind in (("k1", k1), ("abs", lambda a, b: (a - b).abs()), ("mse", k2)):
        settings = ["use_kl_loss=True", "kl_loss_coef=0.1", "kl_loss_type=" + name, "loss_agg_mode=seq-mean-token-mean"]
        yield settings, z, s.per_sequence(vanilla + 0.1 * kind(s.lp, s.ref), True)
    plus = straight_through(bounded_k3(s.lp, s.ref), k2(s.lp, s.ref))
    yield ["use_kl_loss=True", "kl_loss_coef=0.1", "kl_loss_type=k3+"], z, s.per_token(vanilla + 0.1 * plus)
    yield ["loss_agg_mode=seq-mean-token-sum"], z, s.sums(vanilla, True)
    yield ["loss_agg_mode=seq-mean-token-sum-norm"], z, s.sums(vanilla, True) / s.length
    yield ["loss_agg_mode=seq-mean-token-sum-norm", "loss_scale_factor=100"], z, s.sums(vanilla, True) / 100
    yield ["loss_agg_mode=token-sum"], z, (vanilla * s.mask).sum()
    tight = clipped(ratio, z, 0.1, 0.3, c=1.2)
    yield ["clip_ratio_low=0.1", "clip_ratio_high=0.3", "clip_ratio_c=1.2"], z, s.per_token(tight)
    yield ["entropy_coeff=0.01"], z, s.per_token(vanilla - 0.01 * s.entropy)
    centred = s.by_group(mean_only(single=1.0))
    yield ["algorithm.norm_adv_by_std_in_grpo=False"], centred, s.per_token(clipped(ratio, centred, 0.2, 0.2, 3.0))
    loo = s.by_group(leave_one_out(single=1.0))
    yield ["adv_estimator=rloo"], loo, s.per_token(clipped(ratio, loo, 0.2, 0.2, 3.0))

    def best(r):
        out = torch.zeros_like(r)
        if len(r) > 1:
            top = torch.topk(r, 2)
            out[top.indices[0]] = (top.values[0] - top.values[1]) / (r.std() + 1e-6)
        return out

    a = s.by_group(best)
    yield ["algorithm.adv_estimator=grpo_passk"], a, s.per_token(clipped(ratio, a, 0.2, 0.2, 3.0))
    a = s.whiten(s.reward, bessel=True, floor=0, epsilon=1e-8)
    yield ["adv_estimator=reinforce_plus_plus"], a.sum(1) / s.tokens.clamp(min=1), s.per_token(clipped(ratio, a, 0.2, 0.2, 3.0))
    a = s.whiten(centred, bessel=True, floor=0, epsilon=1e-8)
    yield ["adv_estimator=reinforce_plus_plus_baseline"], a.sum(1) / s.tokens.clamp(min=1), s.per_token(
        clipped(ratio, a, 0.2, 0.2, 3.0)
    )
    a = s.whiten((s.reward[:, None] - 0.05 * s.to_come(k1(s.old, s.ref))) * s.mask, True, 0, 1e-8)
    settings = ["adv_estimator=reinforce_plus_plus", "use_kl_in_reward=True", "algorithm.kl_ctrl.kl_coef=0.05"]
    yield settings, a, s.per_token(clipped(ratio, a, 0.2, 0.2, 3.0))
    reward = s.reward.clone()
    s.reward = reward - 0.05 * (bounded_k3(s.old, s.ref) * s.mask).sum(1)
    a = s.by_group(zscore(1e-6, True, single=1.0))
    s.reward = reward
    yield ["use_kl_in_reward=True", "kl_coef=0.05", "kl_penalty=low_var_kl"], a, s.per_token(clipped(ratio, a, 0.2, 0.2, 3.0))

    mean = s.sequence_mean_log(d)
    straight = (s.lp - s.lp.detach() + mean.detach()).clamp(max=10).exp()
    gspo = s.per_sequence(clipped(straight, z, 0.02, 0.03), True)
    base = ["loss_mode=gspo", "clip_ratio_low=0.02", "clip_ratio_high=0.03"]
    yield base, z, gspo
    yield base + ["use_kl_loss=True", "kl_loss_coef=0.1", "entropy_coeff=0.01"], z, gspo + s.per_token(0.1 * kl - 0.01 * s.entropy)
    weight = ratio.clamp(1 - 10, 1 + 0.2).detach()
    yield ["loss_mode=cispo", "clip_ratio_low=10", "clip_ratio_high=0.2"], z, s.per_token(-weight * z[:, None] * s.lp)
    t = torch.where(z > 0, 1.0, 1.05)[:, None]
    yield ["loss_mode=sapo"], z, s.per_sequence(-torch.sigmoid(t * (ratio - 1)) * 4 / t * z[:, None], True)
    yield ["actor_rollout_ref.actor.policy_loss.loss_mode=gpg"], z, s.per_token(-z[:, None] * s.lp)
    token = (s.old - s.gen).exp().clamp(max=1.1)
    yield ["rollout_is=token", "rollout_is_threshold=1.1"], z, s.per_token(vanilla * token)
    whole = ((s.old - s.gen) * s.mask).sum(1, keepdim=True).exp().clamp(max=2.0)
    yield ["algorithm.rollout_correction.rollout_is=sequence"], z, s.per_token(vanilla * whole)


# ---- OpenRLHF


def openrlhf(s):
    ratio = (s.lp - s.old).clamp(-20, 20).exp()
    z = s.by_group(zscore(1e-9, True)).clamp(-10, 10)
    returns = lambda a, kl: (column(a) - 0.01 * s.to_come(kl)) * s.mask
    a = returns(z, k1(s.old, s.ref).clamp(-10, 10))
    yield [], a, s.per_token(clipped(ratio, a, 0.2, 0.2))
    off = ["init_kl_coef=0"]
    yield off, z, s.per_token(clipped(ratio, z, 0.2, 0.2))
    yield off + ["eps_clip_low_high=[0.1,0.3]", "dual_clip=1.2"], z, s.per_token(clipped(ratio, z, 0.1, 0.3, 1.2))
    for name, kind in (("k2", k2), ("k3", k3)):
        a = returns(z, kind(s.old, s.ref).clamp(-10, 10))
        yield ["algo.kl.estimator=" + name], a, s.per_token(clipped(ratio, a, 0.2, 0.2))
        kl = kind(s.lp, s.ref).clamp(-10, 10)
        settings = ["use_kl_loss=True", "init_kl_coef=0.2", "kl_estimator=" + name]
        yield settings, z, s.per_token(clipped(ratio, z, 0.2, 0.2)) + 0.2 * s.per_token(kl)
    centred = s.by_group(mean_only()).clamp(-10, 10)
    yield off + ["advantage_estimator=dr_grpo"], centred, s.per_token(clipped(ratio, centred, 0.2, 0.2))
    loo = s.by_group(leave_one_out()).clamp(-10, 10)
    yield off + ["algo.advantage.estimator=rloo"], loo, s.per_token(clipped(ratio, loo, 0.2, 0.2))
    for estimator, raw in (("reinforce", s.reward), ("reinforce_baseline", centred)):
        a = s.whiten(returns(raw, k1(s.old, s.ref)), bessel=False, floor=1e-8, epsilon=0)
        yield ["advantage_estimator=" + estimator], a, s.per_token(clipped(ratio, a, 0.2, 0.2))
    cut = s.by_group(zscore(1e-9, True)).clamp(-0.7, 0.7)
    yield off + ["reward_clip_range=[-0.7,0.7]"], cut, s.per_token(clipped(ratio, cut, 0.2, 0.2))
    yield off + ["entropy_loss_coef=0.01"], z, s.per_token(clipped(ratio, z, 0.2, 0.2) - 0.01 * s.entropy)

    sequence = s.sequence_mean_log(s.lp - s.old).exp()
    gspo = off + ["policy_loss_type=gspo", "eps_clip=0.05"]
    yield gspo, z, s.per_sequence(clipped(sequence, z, 0.05, 0.05), True)
    sampled = s.sequence_mean_log(s.lp - s.gen).exp()
    yield gspo + ["enable_vllm_is_correction=True"], z, s.per_sequence(clipped(sampled, z, 0.05, 0.05), True)
    kl = s.per_token(k1(s.lp, s.ref).clamp(-10, 10))
    settings = ["policy_loss_type=gspo", "eps_clip=0.05", "use_kl_loss=True", "init_kl_coef=0.2"]
    yield settings, z, s.per_sequence(clipped(sequence, z, 0.05, 0.05), True) + 0.2 * kl

    loss, weight = clipped(ratio, z, 0.2, 0.2), (s.old - s.gen).exp()
    bounds = ["enable_vllm_is_correction=True", "vllm_is_truncated_threshold=[0.8,1.2]", "vllm_is_correction_type="]
    named = lambda kind: off + bounds[:2] + [bounds[2] + kind]
    yield named("tis"), z, s.per_token(loss * weight.clamp(0.8, 1.2))
    yield named("icepop"), z, s.per_token(loss * weight * ((weight >= 0.8) & (weight <= 1.2)))
    mean = s.sequence_mean_log(s.old - s.gen).exp()
    yield named("seq-mask-tis"), z, s.per_token(loss * weight * ((mean >= 0.8) & (mean <= 1.2)))


# ---- NeMo-RL


def nemo_rl(s):
    def others(r):
        out = []
        for i in range(len(r)):
            rest = torch.cat([r[:i], r[i + 1 :]])
            if len(rest) == 0:
                out.append(torch.tensor(0.0))
                continue
            std = rest.std() if len(rest) > 1 else torch.tensor(0.0)
            difference = r[i] - rest.mean()
            out.append(difference / (std + 1e-6) if std > 0 else difference)
        return torch.stack(out).double()

    a = s.by_group(others)
    score = torch.exp(s.lp - s.lp.detach())
    kl = lambda kind=bounded_k3: 0.01 * score * kind(s.lp, s.ref)
    ratio = (s.lp - s.old).exp()
    loss = clipped(ratio, a, 0.2, 0.2)
    yield [], a, s.per_token(loss + kl())
    yield ["reference_policy_kl_type=k1"], a, s.per_token(loss + kl(lambda p, q: -(q - p).clamp(-20, 20).clamp(-10, 10)))
    yield ["reference_policy_kl_type=k2", "kl_input_clamp_value=0.3", "kl_output_clamp_value=0.02"], a, s.per_token(
        loss + kl(lambda p, q: ((q - p).clamp(-0.3, 0.3) ** 2 / 2).clamp(-0.02, 0.02))
    )
    yield ["reference_policy_kl_type=k3", "kl_input_clamp_value=None", "kl_output_clamp_value=None"], a, s.per_token(loss + kl(k3))
    off = ["reference_policy_kl_penalty=0"]
    yield off + ["ratio_clip_min=0.1", "ratio_clip_max=0.3", "ratio_clip_c=1.2"], a, s.per_token(clipped(ratio, a, 0.1, 0.3, 1.2))
    yield ["token_level_loss=False"], a, s.per_sequence(loss + kl(), False)
    sequence = s.sequence_mean_log(s.lp - s.old).exp()
    gspo = ["token_level_loss=False", "sequence_level_importance_ratios=True"]
    tight = clipped(sequence, a, 0.05, 0.05)
    yield gspo + ["ratio_clip_min=0.05", "ratio_clip_max=0.05"], a, s.per_sequence(tight + kl(), False)
    whole = ((s.old - s.gen) * s.mask).sum(1, keepdim=True).exp()
    correct = ["use_importance_sampling_correction=True"]
    settings = off + gspo + ["ratio_clip_min=0.05", "ratio_clip_max=0.05"] + correct
    yield settings, a, s.per_sequence(whole * tight, False)
    yield off + ["disable_ppo_ratio=True"], a, s.per_token(-a[:, None] * s.lp)
    yield off + ["force_on_policy_ratio=True"], a, s.per_token(-a[:, None] * score)
    z = s.by_group(zscore(1e-6, True))
    yield off + ["grpo.use_leave_one_out_baseline=False"], z, s.per_token(clipped(ratio, z, 0.2, 0.2))
    loo = s.by_group(leave_one_out())
    yield off + ["normalize_rewards=False"], loo, s.per_token(clipped(ratio, loo, 0.2, 0.2))
    weight = (s.old - s.gen).exp()
    yield off + ["loss_fn.use_importance_sampling_correction=True"], a, s.per_token(loss * weight)
    bounds = ["truncated_importance_sampling_ratio=1.2", "truncated_importance_sampling_ratio_min=0.8"]
    kind = lambda name: off + correct + bounds + ["truncated_importance_sampling_type=" + name]
    yield kind("tis"), a, s.per_token(loss * weight.clamp(max=1.2))
    yield kind("icepop"), a, s.per_token(loss * weight * ((weight >= 0.8) & (weight <= 1.2)))
    mean = s.sequence_mean_log(s.old - s.gen).exp()
    yield kind("seq-mask-tis"), a, s.per_token(loss * weight * ((mean >= 0.8) & (mean <= 1.2)))


def main():
    batches = [random_batch(11), random_batch(12, size=3, spread=1.2), random_batch(13, size=5, binary=True)]
    cases = []
    families = [(None, published), (None, pass_at_k), ("verl", verl), ("openrlhf", openrlhf), ("nemo_rl", nemo_rl)]
    for family, formulas in families:
        for i, batch in enumerate(batches):
            if (formulas is pass_at_k) != (i == 2):
                continue
            total = len(list(formulas(Setup(batch))))
            for n in range(total):  # a fresh graph for each
                s = Setup(batch)
                row = list(formulas(s))[n]
                preset, settings, advantages, loss = row if family is None else (family, *row)
                if i > 0 and n > 5 and family is not None:
                    continue
                loss.backward()
                has_bonus = any("entropy" in x for x in settings)
                cases.append(case(f"{preset} {n}", preset, settings, i, batch, advantages.detach(), loss, s.lp,
                                  s.entropy if has_bonus else None))
    store("objective_formulas.json", f"torch {torch.__version__}", batches, cases)


if __name__ == "__main__":
    main()
