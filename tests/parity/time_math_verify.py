"""Times Math-Verify and `hone grade` on the same generated pairs, one after the other in one run, on one core each.

    python tests/parity/time_math_verify.py build/release/hone [pairs]

Needs `pip install math-verify==0.9.0` (see requirements.txt). Both read the same pairs; parsing and comparison count, start-up does not.
"""

import json
import random
import subprocess
import sys
import time


def pairs(count):
    draw = random.Random(7)
    for _ in range(count):
        a, b, c, d = draw.randint(-100, 400), draw.randint(2, 41), draw.randint(2, 10), int(draw.random() < 1 / 3)
        yield draw.choice(
            [
                (f"{a}", f"{a + d}"),
                (f"\\frac{{{a}}}{{{b}}}", f"\\dfrac{{{3 * a + d}}}{{{3 * b}}}"),
                (f"{2 * c}\\sqrt{{{b}}}", f"\\sqrt{{{4 * c * c * b + d}}}"),
                (f"\\frac{{{b}\\pi}}{{{c}}}", f"\\frac{{{b + d}\\pi}}{{{c}}}"),
                (f"({a}, \\frac{{1}}{{{b}}})", f"\\left({a + d}, \\frac{{1}}{{{b}}}\\right)"),
                (f"[{a},{a + b})", f"[{a},{a + b}" + ("]" if d else ")")),
                (f"(x+{c})^2", f"x^2+{2 * c}x+{c * c + d}"),
            ]
        )


def main():
    hone, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    rows = [(gold, f"So the answer is \\boxed{{{pred}}}.") for gold, pred in pairs(count)]
    from math_verify import parse, verify

    parse("$1$")
    begin = time.perf_counter()
    theirs = [bool(verify(parse(f"${gold}$"), parse(pred))) for gold, pred in rows]
    their_seconds = time.perf_counter() - begin
    lines = "".join(json.dumps({"gold": gold, "pred": pred}) + "\n" for gold, pred in rows)
    subprocess.run([hone, "grade", "--threads", "1"], input="", text=True, check=True)
    begin = time.perf_counter()
    out = subprocess.run([hone, "grade", "--threads", "1"], input=lines, text=True, check=True, capture_output=True).stdout
    our_seconds = time.perf_counter() - begin
    ours = [json.loads(line)["reward"] == 1 for line in out.splitlines()]
    print(f"math-verify {count / their_seconds:8.0f} pairs/s")
    print(f"hone grade  {count / our_seconds:8.0f} pairs/s (start-up, JSON and pipes included)")
    print(f"they agree on {sum(a == b for a, b in zip(theirs, ours))} of {count}")


if __name__ == "__main__":
    main()
