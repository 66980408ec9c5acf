#!/usr/bin/env python3
"""Compares `hone tokenize` and `hone detokenize` with the `tokenizers` package, id for id, on random texts. See README.md here."""

import argparse
import json
import pathlib
import random
import shlex
import subprocess
import sys
import unicodedata

from tokenizers import Tokenizer, normalizers

BLANKS = [" ", "  ", "    ", "\n", "\n\n", "\r\n", "\t", " ", "　", "\u0085", " \n "]
WORDS = ["the", "Hello", "'s", "'S", "'ſ", "'ll", "'RE", "don't", "12", "3.14", "1234567", "½", "x=1;", "!?", "--", "__init__",
         "straße", "naïve", "e\u0301", "한국어", "中文字", "ひらがな", "カタカナ", "नमस्ते", "العربية", "русский", "ﬁ", "①", "👩‍👩‍👧", "🚀", "\u200d",
         "\ufeff", "▁", "<0x41>", "Ġ"]


def assigned_characters():
    """Those that Python's Unicode (14) knows: hone's and tokenizers' tables differ in what came later."""
    return [chr(c) for c in range(1, 0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]


def reordered_differently(characters):
    """Marks to which the old tables behind tokenizers' normal forms give another combining class, or another decomposition."""
    nfc, nfkd = normalizers.NFC(), normalizers.NFKD()
    different = set()
    for c in characters:
        if nfkd.normalize_str(c) != unicodedata.normalize("NFKD", c):
            different.add(c)
        elif unicodedata.combining(c):
            samples = ["q" + c + mark for mark in "\u0301\u0323\u0334"] + ["q" + mark + c for mark in "\u0301\u0323\u0334"]
            if any(nfc.normalize_str(s) != unicodedata.normalize("NFC", s) for s in samples):
                different.add(c)
    return different


class Texts:
    """Random texts: words, blanks, tokens of the vocabulary, added tokens whole and cut, characters of one script and any at all."""

    def __init__(self, tokenizer, skipped, seed):
        self.random = random.Random(seed)
        self.characters = [c for c in assigned_characters() if c not in skipped]
        self.pieces = [tokenizer.decode([i], skip_special_tokens=False) for i in range(tokenizer.get_vocab_size())]
        self.pieces = [p for p in self.pieces if "\ufffd" not in p and not any(c in skipped for c in p)]
        self.added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]

    def part(self):
        r = self.random
        kind = r.random()
        if kind < 0.25:
            return r.choice(self.pieces)
        if kind < 0.45:
            return r.choice(WORDS)
        if kind < 0.6:
            return r.choice(BLANKS)
        if kind < 0.68 and self.added:
            token = r.choice(self.added)
            return token if r.random() < 0.7 else token[:r.randrange(len(token) + 1)]
        if kind < 0.8:
            return "".join(chr(r.randrange(32, 127)) for _ in range(r.randrange(1, 8)))
        start = r.randrange(len(self.characters))
        if kind < 0.9:
            return "".join(self.characters[min(start + r.randrange(64), len(self.characters) - 1)] for _ in range(r.randrange(1, 9)))
        return "".join(r.choice(self.characters) for _ in range(r.randrange(1, 6)))

    def text(self):
        return "".join(self.part() for _ in range(self.random.randrange(0, 16)))


def run(hone, arguments, rows):
    stdin = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([*hone, *arguments], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"hone {' '.join(arguments)}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def decoded(tokenizer, ids, skip_special):
    """What tokenizers decodes, but for added tokens that it takes for spellings of bytes (DeepSeek's "ü"): hone gives their text."""
    added = tokenizer.get_added_tokens_decoder()
    itself = {i: t.content for i, t in added.items() if "\ufffd" in tokenizer.decode([i], skip_special_tokens=False)}
    rows = []
    for row in ids:
        parts, begin = [], 0
        for at, i in enumerate(row):
            if i in itself:
                parts += [tokenizer.decode(row[begin:at], skip_special_tokens=skip_special), itself[i]]
                begin = at + 1
        rows.append("".join(parts) + tokenizer.decode(row[begin:], skip_special_tokens=skip_special))
    return rows


def compare(path, hone, count, seed, skipped):
    tokenizer = Tokenizer.from_file(str(path))
    texts = Texts(tokenizer, skipped, seed)
    samples = [texts.text() for _ in range(count)]
    rows = [{"text": text} for text in samples]
    wrong = []

    def check(what, ours, theirs):
        assert len(ours) == len(theirs), f"{len(ours)} answers to {len(theirs)} lines"
        for text, our, their in zip(samples, ours, theirs):
            if our != their:
                wrong.append((what, text, our, their))

    encoded = [e.ids for e in tokenizer.encode_batch(samples, add_special_tokens=False)]
    check("encode", [row["ids"] for row in run(hone, ["tokenize", str(path)], rows)], encoded)
    # Ids of the texts, and random ones: these spell broken UTF-8 too.
    size = tokenizer.get_vocab_size()
    known = [i for i in range(size) if tokenizer.id_to_token(i) is not None]
    ids = [e if i % 2 else [texts.random.choice(known) for _ in range(texts.random.randrange(12))] for i, e in enumerate(encoded)]
    for flags, skip in ([], False), (["--skip-special"], True):
        ours = [row["text"] for row in run(hone, ["detokenize", str(path), *flags], [{"ids": row} for row in ids])]
        check("decode " + " ".join(flags), ours, decoded(tokenizer, ids, skip))
    if not (path.parent / "tokenizer_config.json").exists():  # which may ask for other special tokens than the file
        ours = [row["ids"] for row in run(hone, ["tokenize", str(path), "--special"], rows)]
        check("encode --special", ours, [e.ids for e in tokenizer.encode_batch(samples)])
    print(f"{path}: {count} texts, {sum(map(len, encoded))} ids, seed {seed}: {len(wrong)} differ", flush=True)
    for what, text, our, their in wrong[:5]:
        print(f"  {what} {text!r}\n    hone       {our!r}\n    tokenizers {their!r}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizers", nargs="+", type=pathlib.Path, help="tokenizer.json files")
    parser.add_argument("--hone", default="./hone", help="the command (default: %(default)s)")
    parser.add_argument("--texts", type=int, default=100000, help="random texts for each file")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    skipped = reordered_differently(assigned_characters())
    print(f"left out: {len(skipped)} characters whose normal forms tokenizers takes from an older Unicode")
    results = [compare(path, shlex.split(args.hone), args.texts, args.seed, skipped) for path in args.tokenizers]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
