# The rewards of python_reward.toml: plain functions with the signature that TRL's reward functions have. Each gets one
# list per argument, with an entry per completion, and returns one number per completion, or None for "no opinion".
import re

ANSWER = re.compile(r"\s*<think>(.*?)</think>\s*<answer>\s*(-?\d+)\s*</answer>", re.DOTALL)


def answer(completions, gold, **columns):
    """1 when the text is <think>..</think><answer>N</answer> and N is the right number."""
    matches = [ANSWER.fullmatch(text) for text in completions]
    return [float(m is not None and int(m.group(2)) == int(right)) for m, right in zip(matches, gold)]


async def effort(completions, question, **columns):
    """Up to 1 for working with the question's own numbers between the think tags."""
    scores = []
    for text, asked in zip(completions, question):
        worked = text.split("</think>")[0]
        numbers = re.findall(r"\d+", asked)
        scores.append(sum(n[-1] in worked for n in numbers) / len(numbers) if "</think>" in text else None)
    return scores
