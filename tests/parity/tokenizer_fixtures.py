#!/usr/bin/env python3
"""Writes tests/data/fixtures/tokenizers.jsonl: small tokenizer.json files and what the `tokenizers` package makes of texts and ids."""

import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = pathlib.Path(__file__).resolve().parents[1] / "data" / "fixtures" / "tokenizers.jsonl"
CORPUS = """The quick brown fox doesn't jump over 1234 lazy dogs; they'll sleep, and I've seen 56.78% of them. The end!
 def answer(x): return x + 1  # the answer to the question is the answer
Die Straße ist naïve, e\u0301tude; 中文字 中文, 한국어, नमस्ते, русский текст, \u00bd cup   and   more   spaces
The the the there then that this these 10 100 1000 2000 20000 answers"""
WORDS = ["the", "The", " answer", "doesn't", "'S", "'ſ", " 1234", "12", "½", "x=1;", "!?", "naïve", "e\u0301", "é", "한국어", "中文字", "नमस्ते",
         "русский", "ﬁ", "①", "🚀", "\u200d", "▁", "<0x41>", "Ġ", "Å", "\u212b", " ", "  ", "   ", "\n", "\r\n", "\t", "\u00a0", "　",
         "<s>", "</s>", "<mask>", "<mask>x", "word", "word_", "Å<", "<s", "-", "--", "a-b-c", "aaa", "_"]
DEEPSEEK_CJK = "[一-龥ࠀ-一가-퟿]+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK_V3 = (r'[!"#$%&' r"'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
               r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(pattern, behavior, invert)


def sequence(*steps):
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def byte_level(pre_tokenizer, normalizer=None, added=("<s>", "</s>"), ignore_merges=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS.split("\n"), trainer)
    tokenizer.model.ignore_merges = ignore_merges
    tokenizer.add_tokens([AddedToken(a, special=True, normalized=False) if isinstance(a, str) else a for a in added])
    return tokenizer


def characters(pre_tokenizer=None, normalizer=None, decoder=None, byte_fallback=False, fuse_unk=False):
    """A vocabulary of characters, of which the corpus has more than the vocabulary."""
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    specials = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if byte_fallback else [])
    trained.train_from_iterator(CORPUS.split("\n")[:2], trainers.BpeTrainer(
        vocab_size=len(specials) + 110, special_tokens=specials, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    tokenizer = Tokenizer(models.BPE(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]], unk_token="<unk>",
                                     fuse_unk=fuse_unk, byte_fallback=byte_fallback))
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder
    return tokenizer


def metaspace(scheme, split_words):
    return characters(pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split_words),
                      decoder=decoders.Metaspace(prepend_scheme=scheme, split=split_words), fuse_unk=split_words)


def tokenizers():
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False)
    yield "gpt-2", byte_level(plain)
    yield "gpt-2 with a blank before", byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    llama3 = byte_level(sequence(split(Regex(LLAMA3))), ignore_merges=True)
    llama3.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A <s> $B", special_tokens=[
            ("<s>", llama3.token_to_id("<s>")), ("</s>", llama3.token_to_id("</s>"))])])
    yield "llama-bpe with a template", llama3
    yield "qwen2", byte_level(sequence(split(Regex(LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")))), normalizers.NFC())
    yield "deepseek-coder", byte_level(sequence(
        split(Regex("[\r\n]")), split(Regex(r"\s?\p{L}+")), split(Regex(r"\s?\p{P}+")), split(Regex(DEEPSEEK_CJK)),
        pre_tokenizers.Digits(individual_digits=True)))
    yield "deepseek-v3", byte_level(sequence(
        split(Regex(r"\p{N}{1,3}")), split(Regex("[一-龥぀-ゟ゠-ヿ]+")), split(Regex(DEEPSEEK_V3))))
    for behavior in "removed", "merged_with_previous", "merged_with_next", "contiguous":
        yield "Split " + behavior, byte_level(sequence(split(Regex(r"[\s\-]"), behavior)))
        yield "Split inverted " + behavior, byte_level(sequence(split(Regex(r"\p{L}"), behavior, True)))
    yield "Split by a text", byte_level(sequence(split("-", "merged_with_next"), split(Regex(r"(?<=a)\w|\b"), "isolated")))
    yield "Digits", byte_level(sequence(pre_tokenizers.Digits(individual_digits=False)))
    yield "flags", byte_level(plain, normalizers.NFC(), [
        AddedToken("<s>", special=True, normalized=False, lstrip=True), AddedToken("</s>", special=True, rstrip=True),
        AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False), AddedToken("word", single_word=True),
        AddedToken("Å", normalized=True), AddedToken("-", normalized=False, single_word=True), AddedToken("--", normalized=False)])
    for name in "NFD", "NFKC", "NFKD":
        yield name, byte_level(plain, getattr(normalizers, name)())
    yield "Replace", byte_level(plain, normalizers.Sequence([
        normalizers.Replace(Regex(r"\s+"), " "), normalizers.Replace("a", "<s>"), normalizers.Prepend("x")]),
        ["<s>", AddedToken("</s>", normalized=True)])
    llama2 = characters(None, normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]), True, True)
    llama2.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    yield "llama-2", llama2
    yield "metaspace always", metaspace("always", True)
    yield "metaspace first", metaspace("first", True)
    yield "metaspace never", metaspace("never", True)
    yield "metaspace unsplit", metaspace("first", False)


def fixture(name, tokenizer, rng):
    cases = []
    for i in range(24):
        text = "".join(rng.choice(WORDS) for _ in range(rng.randrange(0, 9)))
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        shown = ids if i % 2 else [rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randrange(10))]
        cases.append({"text": text, "ids": ids, "special": tokenizer.encode(text).ids, "shown": shown,
                      "decoded": tokenizer.decode(shown, skip_special_tokens=False),
                      "clean": tokenizer.decode(shown, skip_special_tokens=True)})
    return {"name": name, "file": json.loads(tokenizer.to_str()), "cases": cases}


def main():
    rng = random.Random(7)
    rows = [json.dumps(fixture(name, tokenizer, rng), ensure_ascii=False, separators=(",", ":"))
            for name, tokenizer in tokenizers()]
    OUT.write_text("\n".join(rows) + "\n")
    print(f"{len(rows)} tokenizers, {OUT.stat().st_size} bytes: {OUT}")


if __name__ == "__main__":
    main()
