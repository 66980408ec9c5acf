"""Makes tests/kernels/fixtures/gkd_jsd.txt: divergences and their slopes by GKDTrainer.generalized_jsd_loss, in double precision.

After a line with the versions, each case is: beta, temperature, rows, vocabulary; the student's logits; the teacher's; a loss for
each row; d loss / d student logits.

    /tmp/venv-parity/bin/python tests/parity/distill_trl.py
"""

import pathlib

import torch
import trl
from trl.experimental.gkd import GKDTrainer

FIXTURE = pathlib.Path(__file__).resolve().parents[1] / "kernels" / "fixtures" / "gkd_jsd.txt"


def line(values):
    return " ".join(f"{v:.9g}" for v in values.flatten().tolist())


def main():
    gen = torch.Generator().manual_seed(7)
    out = [f"# trl {trl.__version__}, torch {torch.__version__}"]
    for beta in (0.0, 0.1, 0.5, 0.9, 1.0):
        for temperature, spread, vocab in ((1.0, 2.0, 9), (0.7, 1.0, 17), (1.9, 4.0, 12)):
            rows = 3
            # Short decimals, so that both sides start from the same numbers.
            student, teacher = (
                torch.round(torch.randn(rows, vocab, generator=gen, dtype=torch.float64) * spread * 256) / 256 for _ in range(2)
            )
            student.requires_grad_()
            loss = GKDTrainer.generalized_jsd_loss(student, teacher, beta=beta, temperature=temperature, reduction="none").sum(-1)
            loss.sum().backward()
            out += [f"{beta} {temperature} {rows} {vocab}", line(student.detach()), line(teacher), line(loss.detach()), line(student.grad)]
    FIXTURE.write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
