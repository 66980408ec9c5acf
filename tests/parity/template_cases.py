"""Writes tests/data/fixtures/template_cases.jsonl: small templates, each with what `transformers` renders or that it
refuses. tests/data/chat_template_test.cc holds data/chat_template to it.

    python tests/parity/template_cases.py > tests/data/fixtures/template_cases.jsonl
"""
import datetime
import json
import random
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)
VARIABLES = {
    "messages": [
        {"role": "system", "content": " Be brief. "},
        {"role": "user", "content": "Grüße, 'x' & <b>\n\"q\" 😀"},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1, "b": [1.5, True, None]}}}]},
        {"role": "tool", "content": "</think>\n4\n</think>5"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "items": {}, "required": ["a"]}}}],
    "n": 7, "m": -3, "f": 2.5, "s": "héllo wörld", "t": "a,b,,c", "e": "", "none_value": None, "yes": True,
    "xs": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "d": {"b": 1, "a": {"x": "y"}, "k\n": "v"},
    "rows": [{"n": "u", "v": 3}, {"n": "w", "v": 1}, {"n": "v", "v": 2}, {"n": "z"}], "bos_token": "<s>", "add_generation_prompt": True,
}

# One construct after another; what jinja2 makes of each is the expectation.
CASES = r"""
plain text
{{ 'a' }}{{ "b" 'c' }}{{ 1 }}{{ 1.0 }}{{ true }}{{ none }}{{ undefined_thing }}|
{{ '\n\t\\ \' \" \x41 \u00e9 \U0001F600 \101 \q' }}
{{ 1_000 }} {{ 1e3 }} {{ 2.5e-7 }} {{ 1e16 }} {{ 123456789012345.6 }} {{ 1e22 }} {{ 0.1 + 0.2 }} {{ 1/3 }} {{ -0.0 }} {{ 5e-324 }}
{{ 05 }}
{# a comment #}x{#- y -#} z
a {%- if true -%} b {%- endif -%} c
a {{- 'b' -}} c
a {%+ if true +%} b {%+ endif +%} c
a {% if true %}  b
a {{ 'x' }}  {{ 'y' }}
{% raw %}{{ x }}{% if %}{% endraw %}|
{%- raw -%}  {{ x }}  {%- endraw -%}  y
{% if n > 3 %}big{% elif n > 1 %}mid{% else %}small{% endif %}
{% if e %}1{% elif none_value %}2{% elif xs %}3{% endif %}
{% for x in xs %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %},{% endif %}{% endfor %}
{% for x in [] %}no{% else %}empty{% endfor %}
{% for x in xs %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}-{{ loop.nextitem }};{{ loop.depth }}{{ loop.depth0 }} {% endfor %}
{% for x in xs if x != 1 %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% else %}none{% endfor %}
{% for x in xs if x > 9 %}x{% else %}none{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in d | items %}{{ k }}={{ v }};{% endfor %}
{% for k in d %}{{ k }}{% endfor %}{% for c in 'hé' %}[{{ c }}]{% endfor %}
{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for x in undefined_thing %}x{% else %}nothing{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in range(3) %}{% for y in range(3) %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% else %}E{% endfor %}{% endfor %}
{% for x in xs %}{% set n = x %}{% endfor %}{{ n }}
{% set n = 1 %}{% for x in xs %}{{ n }}{% set n = n + x %}{{ n }} {% endfor %}{{ n }}
{% if true %}{% set q = 3 %}{% endif %}{{ q }}
{% set ns = namespace(a=1, b='x') %}{% for x in xs %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c }}
{% set ns = namespace() %}{% set ns.x = [1] %}{{ ns.x }}{{ ns['x'] }}{{ ns.x is defined }}{{ ns.y is defined }}
{% set ns = namespace({'p': 2}, q=3) %}{{ ns.p + ns.q }}
{% set ns = namespace(_a=1) %}
{% set d.x = 1 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}
{% set x %}a{{ n }}b{% endset %}[{{ x }}]{{ x is string }}
{% set x | upper | replace('A', 'z') %}a{{ n }}b{% endset %}[{{ x }}]
{% filter upper %}abc{{ s }}{% endfilter %}
{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% with n = 1 %}{% with m = n %}{{ m }}{% endwith %}{% endwith %}
{% macro m(a, b='x', c=none) %}<{{ a }}{{ b }}{{ c }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(c=3, a=4) }}{{ m() }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m(a, b=a ~ '!') %}{{ b }}{% endmacro %}{{ m('q') }}
{% macro m(a) %}{% if a > 0 %}{{ a }}{{ m(a - 1) }}{% endif %}{% endmacro %}{{ m(5) }}
{% macro m() %}{{ n }}{% endmacro %}{% set n = 99 %}{{ m() }}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in {{ n }}{% endcall %}
{% macro m(x) %}{% for i in range(2) %}[{{ caller(i, x) }}]{% endfor %}{% endmacro %}{% call(i, x) m('z') %}{{ i }}{{ x }}{% endcall %}
{% set r = namespace(v='') %}{% macro m() %}{% set r.v = 'set' %}{% endmacro %}{{ m() }}{{ r.v }}
{% generation %}abc{% set g = 1 %}{% endgeneration %}{{ g }}
{{ raise_exception('no ' ~ n) }}
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j %-d %% %p %I') }}
{{ strftime_now is defined }}
{{ 1 + 2 * 3 - 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}
{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 1 // 0 }}
{{ 1 % 0 }}
{{ 'a' + 1 }}
{{ 'a' ~ 1 ~ none ~ true ~ [1, 'x'] ~ undefined_thing }}
{{ 'ab' * 3 }}{{ 2 * 'x' }}{{ [1] * 3 }}{{ 'a' * -1 }}|
{{ [1, 2] + [3] }}{{ (1,) + (2,) }}{{ () }}{{ (1,) }}{{ (1, 2) }}
{{ [1] + (2,) }}
{{ 1 if n else 2 }}{{ 1 if e else 2 }}{{ 1 if e }}|{{ 'a' if e else 'b' if n else 'c' }}
{{ not n }}{{ not e }}{{ not not n }}{{ n and e }}{{ e or 'd' }}{{ n and 's' }}{{ none_value or 0 }}
{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 1 == 1.0 == true }}{{ 1 != 2 }}{{ 'a' < 'b' }}{{ [1, 2] < [1, 3] }}{{ 2 >= 2 }}{{ 2 <= 1 }}
{{ 1 < 'a' }}
{{ none_value < 1 }}
{{ undefined_thing < 1 }}
{{ undefined_thing == undefined_other }}{{ undefined_thing == none }}{{ none == false }}{{ 1 == true }}{{ 0 == false }}{{ '1' == 1 }}
{{ 'a' in 'cat' }}{{ 'z' not in 'cat' }}{{ 1 in xs }}{{ 'b' in d }}{{ 'q' in d }}{{ 'x' in undefined_thing }}{{ not 'x' in e }}
{{ 1 in 'cat' }}
{{ 1 in none }}
{{ xs[0] }}{{ xs[-1] }}{{ xs[9] }}|{{ d['b'] }}{{ d.b }}{{ d['zz'] }}|{{ d.a.x }}{{ s[1] }}{{ s[-1] }}{{ s[99] }}|{{ xs.0 }}
{{ xs[1:] }}{{ xs[:-1] }}{{ xs[::-1] }}{{ xs[::2] }}{{ xs[5:] }}{{ s[1:4] }}{{ s[::-1] }}{{ s[-3:] }}{{ (1, 2, 3)[1:] }}{{ xs[-9:9] }}{{ xs[2:0:-1] }}
{{ xs[::0] }}
{{ none_value[1:] }}
{{ undefined_thing.x }}
{{ d.x.y }}
{{ undefined_thing['x'] }}
{{ undefined_thing() }}
{{ none_value.x }}|{{ n.x }}|{{ s.x }}|{{ xs.x }}|{{ n[0] }}
{{ undefined_thing + 1 }}
{{ -n }}{{ +n }}{{ -m }}{{ -f }}
{{ -s }}
{{ {'a': 1, 'b': [1, 2.0, none], 3: 'x', none: 1} }}{{ {} }}{{ {'a': {'b': 'c'}}.a.b }}
{{ {'a': 1, 'a': 2} }}{{ {1: 'x', true: 'y'} }}
{{ {[]: 1} }}
{{ [1, 'a', "it's", 'say "x"', 'both \' "', '\n\t\\', 'é', '\x00\x7f\u200b\u00a0', none, true, 1.0] }}
{{ messages }}
{{ tools | tojson }}
{{ tools | tojson(indent=2) }}
{{ messages | tojson(indent=4) }}
{{ messages | tojson(ensure_ascii=true) }}
{{ d | tojson(sort_keys=true, separators=(',', ':')) }}{{ {} | tojson(indent=2) }}{{ [] | tojson(indent=2) }}
{{ [1.5, 1e30, -0.0, true, none, 'a\u2028b', '\x1f\x7f'] | tojson }}{{ (1, 2) | tojson }}{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }}
{{ undefined_thing | tojson }}
{{ [undefined_thing] | tojson }}
{{ '  a b ' | trim }}|{{ '--a-' | trim('-') }}|{{ none_value | trim }}|{{ 5 | trim }}
{{ s | upper }}{{ s | title }}{{ s | capitalize }}{{ 'ABC Def' | lower }}{{ 'foo bar-baz (qux) [x' | title }}{{ 'éCOLE' | capitalize }}
{{ s | replace('l', 'L') }}{{ s | replace('l', 'L', 1) }}{{ 'abc' | replace('', '-') }}{{ 12 | replace(1, 3) }}
{{ xs | length }}{{ s | length }}{{ d | count }}{{ undefined_thing | length }}{{ e | length }}
{{ 5 | length }}
{{ xs | join }}{{ xs | join(', ') }}{{ rows | join('/', attribute='n') }}{{ s | join('.') }}{{ [none, undefined_thing, 1] | join('-') }}
{{ xs | first }}{{ xs | last }}{{ [] | first }}|{{ [] | last }}|{{ s | first }}{{ s | last }}{{ d | first }}
{{ xs | sort }}{{ xs | sort(reverse=true) }}{{ words | sort }}{{ words | sort(case_sensitive=true) }}{{ rows[:3] | sort(attribute='v') }}
{{ [1, 'a'] | sort }}
{{ [none, none] | sort }}{{ [undefined_thing, undefined_thing] | sort }}
{{ d | dictsort }}{{ {'b': 1, 'A': 2} | dictsort }}{{ {'b': 1, 'A': 2} | dictsort(true) }}{{ {'b': 1, 'A': 2} | dictsort(by='value') }}
{{ words | unique | list }}{{ [1, 1, 2] | unique | join(',') }}
{{ xs | min }}{{ xs | max }}{{ words | min }}{{ [] | max }}|{{ rows[:3] | max(attribute='v') }}
{{ xs | sum }}{{ xs | sum(start=10) }}{{ rows[:3] | sum(attribute='v') }}{{ [1.5, 2] | sum }}
{{ xs | reverse | list }}{{ s | reverse }}{{ xs | list }}{{ 'abc' | list }}{{ d | list }}{{ range(3) | list }}{{ range(5, 1, -2) | list }}{{ range(2, 5) | list }}
{{ range(100001) | length }}
{{ range(1, 2, 0) }}
{{ rows | map(attribute='n') | list }}{{ words | map('upper') | join(' ') }}{{ rows | map(attribute='v', default=0) | list }}{{ words | map('replace', 'p', 'P') | list }}
{{ rows | map(attribute='n') | length }}
{{ xs | select('odd') | list }}{{ xs | reject('gt', 1) | list }}{{ [0, 1, '', 'x'] | select | list }}{{ words | reject('equalto', 'fig') | join }}{{ xs | select('in', [1, 2]) | list }}
{{ rows | selectattr('n', 'equalto', 'u') | list }}{{ rows | selectattr('v') | map(attribute='n') | join }}{{ rows | rejectattr('v', 'defined') | list }}{{ messages | selectattr('role', '==', 'user') | map(attribute='content') | first }}
{{ tools | map(attribute='function.name') | join }}{{ messages | rejectattr('content') | list | length }}
{{ undefined_thing | default('x') }}{{ none_value | default('x') }}{{ e | default('x', true) }}{{ n | d('x') }}{{ none_value | default('x', boolean=true) }}{{ undefined_thing | default }}|
{{ '42' | int }}{{ '4x' | int }}{{ '4.7' | int }}{{ 4.7 | int }}{{ 'x' | int(9) }}{{ none_value | int }}{{ true | int }}{{ ' 12 ' | int }}
{{ '4.5' | float }}{{ 'x' | float }}{{ 'x' | float(1.5) }}{{ 3 | float }}{{ '1e3' | float }}
{{ undefined_thing | int }}
{{ m | abs }}{{ -2.5 | abs }}{{ n | string }}{{ none_value | string }}{{ xs | string }}{{ undefined_thing | string }}|
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb\n\nc' | indent(2, true) }}|{{ 'a\nb\n\nc' | indent(2, first=true, blank=true) }}|{{ 'a\nb' | indent('> ') }}
{{ '<a&"\'>' | e }}{{ '<a>' | safe }}{{ ('<a>' | safe) + '<b>' }}{{ '<b>' + ('<a>' | safe) }}{{ ('<a>' | safe) ~ '<b>' ~ 1 }}{{ '<x>' | escape | escape }}
{{ 'a' | nosuchfilter }}
{{ 'a' is nosuchtest }}
{{ n is defined }}{{ undefined_thing is defined }}{{ undefined_thing is undefined }}{{ d.q is defined }}{{ d.b is not defined }}{{ none_value is none }}{{ n is not none }}
{{ s is string }}{{ n is string }}{{ d is mapping }}{{ xs is mapping }}{{ xs is iterable }}{{ s is iterable }}{{ n is iterable }}{{ d is iterable }}{{ undefined_thing is iterable }}
{{ xs is sequence }}{{ s is sequence }}{{ d is sequence }}{{ n is sequence }}{{ undefined_thing is sequence }}{{ none_value is sequence }}{{ range(2) is sequence }}{{ (xs | map('string')) is sequence }}{{ (xs | map('string')) is iterable }}{{ d.items() is sequence }}{{ d.items() is iterable }}
{{ n is number }}{{ f is number }}{{ true is number }}{{ s is number }}{{ n is integer }}{{ true is integer }}{{ f is float }}{{ true is boolean }}{{ 1 is boolean }}{{ true is true }}{{ false is false }}{{ 1 is true }}
{{ n is odd }}{{ n is even }}{{ n is divisibleby 7 }}{{ n is divisibleby(2) }}{{ n is eq 7 }}{{ n is ne(7) }}{{ n is gt 3 }}{{ n is lt 3 }}{{ n is ge 7 }}{{ n is le 6 }}{{ n is in [7] }}{{ n is equalto 7 }}
{{ none_value is sameas none }}{{ yes is sameas true }}{{ none_value is sameas false }}{{ range is callable }}{{ n is callable }}{{ undefined_thing is callable }}
{{ n is defined and s is defined or e }}{{ 'x' if n is defined else 'y' }}{{ n is not defined or n is odd }}{{ (n is odd) == true }}
{{ not n is defined }}{{ n is defined is true }}
{{ t.split(',') }}{{ t.split(',', 1) }}{{ ' a  b '.split() }}{{ ' a  b c '.split(none, 1) }}{{ t.rsplit(',', 1) }}{{ 'a b  c '.rsplit() }}{{ 'a b  c '.rsplit(none, 1) }}{{ e.split() }}{{ e.split(',') }}{{ t.split(maxsplit=1, sep=',') }}
{{ t.split('') }}
{{ messages[3].content.split('</think>')[-1].lstrip('\n') }}{{ messages[3].content.split('</think>')[0].rstrip('\n') }}|
{{ ' a '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ '\u00a0a\u2003'.strip() }}|{{ 'héh'.strip('hé') }}|
{{ s.startswith('hé') }}{{ s.endswith('ld') }}{{ s.startswith(('x', 'h')) }}{{ s.startswith('') }}{{ s.endswith(()) }}
{{ s.startswith(1) }}
{{ s.replace('l', 'L') }}{{ s.replace('l', 'L', 2) }}{{ s.upper() }}{{ s.lower() }}{{ 'ABC dEF'.capitalize() }}{{ s.find('w') }}{{ s.find('zz') }}{{ s.count('l') }}{{ 'aaa'.count('aa') }}{{ 'ab'.count('') }}
{{ ','.join(['a', 'b']) }}{{ ','.join('abc') }}{{ 'a\nb\r\nc'.splitlines() }}{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ 'abc'.removeprefix('x') }}
{{ ','.join([1]) }}
{{ s.nosuch() }}
{{ d.get('b') }}{{ d.get('zz') }}{{ d.get('zz', 5) }}{{ d.keys() }}{{ d.values() }}{{ d.items() }}{{ d.items() | list }}{{ d.keys() | list | length }}
{{ d.items()[0] }}|
{{ tools[0].function.parameters['items'] }}{{ dict(a=1, b=2) }}{{ dict({'x': 1}, y=2) }}
{{ d.get() }}
{{ loop }}
{{ xs | map('string') | first }}{{ (xs | map('string') | list)[1] }}{% set g = xs | map('string') %}{{ g | list }}{{ g | list }}{% if g %}T{% endif %}
{% for x in xs %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}
{{ n | string ~ '!' }}{{ -1 | abs }}{{ 1 + 2 | string | length }}{{ 'a' ~ 'b' | upper }}{{ 2 * n ~ 'x' }}
{{ xs|length - 1 }}{{ (xs|length) - 1 }}{{ messages[messages|length - 1].role }}
{{ 'a' if true }}{{ ('a', 'b')[0] }}{{ [1, 2,] }}{{ {'a': 1,} }}{{ 1, 2 }}
{{ }}
{{ 1 + }}
{{ (1 }}
{{ 'a }}
{% if %}x{% endif %}
{% if true %}x
{% endif %}
{% for x in xs %}
{% for true in xs %}{% endfor %}
{% break %}
{% nosuch %}
{{ 'a' 'b' ~ 'c' }}{{ 'x' * 2 ~ 'y' }}
{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] | trim + '!' }}{% endif %}
{{ (messages | last).role }}{{ messages[-1]['role'] }}{{ messages[0].nosuch }}|
{{ '%s' | length }}{{ 'é😀' | length }}{{ 'é😀'[1] }}{{ 'é😀'[::-1] }}
{{ bos_token + 'x' if bos_token is defined else 'y' }}{% if tools is defined and tools %}T{% endif %}{% if not nothing %}N{% endif %}
{{ true and 1 }}{{ True }}{{ False }}{{ None }}{{ true + true }}{{ [true, 1] }}{{ true == 1 }}{{ 1.0 == 1 }}{{ 10 / 4 }}{{ 10 // 4.0 }}
{% set x = namespace(a=[]) %}{% set x.a = x.a + [1] %}{% set x.a = x.a + [2] %}{{ x.a }}
{% set x = 'a' %}{% set y %}{% set x = 'b' %}{{ x }}{% endset %}{{ x }}{{ y }}
{% for i in range(3) %}{% set last = loop.last %}{{ last }}{% endfor %}{{ last is defined }}
{% for m in messages %}{% if loop.previtem is defined and loop.previtem.role == 'user' %}after user: {{ m.role }}{% endif %}{% endfor %}
""".strip("\n").split("\n") + [
    "line one\n  {% if true %}\n    indented\n  {% endif %}\nline two\n",
    "{% for x in xs %}\n  {{ x }}\n{% endfor %}\n\n",
    "a\n  {# comment #}\nb\n  {{ n }}\nc",
    "a\r\nb\rc{{ 'x\r\ny' }}\r\n",
    "  {%- if true %} x {% endif -%}  \n y",
    "\t{% set x = 1 %}\n\n{{ x }}\n\n",
    "{{ 'multi\nline' }}\n{% raw %}\n a {{ b }}\n{% endraw %}\nz",
    "x {#- c -#}\n y {%- raw %} r {% endraw -%} \n z",
    "{% macro m(a) -%}\n  [{{ a }}]\n{%- endmacro %}\n{{ m(1) }}\n{{ m(2) }}",
    "{% if true %}\n{{ n }}\n{%+ if true %}\nq\n{%+ endif %}\n{% endif %}",
    "   {% if true %}x{% endif %}   {% if true %}   {% endif %}\n   {#c#}   {% if true %}y{% endif %}",
    "{{ n -}}   \n  {{- n }}\n{{ n }}   {% if true -%}\n   z {% endif %}",
]


class Expressions:
    """Random expressions over the variables above; most make sense, some do not."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *options):
        return self.random.choice(options)

    def atom(self):
        return self.pick("n", "m", "f", "s", "t", "e", "yes", "none_value", "xs", "words", "d", "rows", "0", "1", "2", "-1", "1.5", "'a'", "'l'",
                         "''", "','", "'b'", "[]", "[1, 2]", "(1, 'a')", "{'k': n}", "undefined_thing", "none", "true", "messages", "rows[0]")

    def of(self, depth):
        if depth == 0:
            return self.atom()
        a, b = self.of(depth - 1), self.of(self.random.randrange(depth))
        return self.pick(
            f"{a} {self.pick('+', '-', '*', '/', '//', '%', '~', '~', '**')} {b}",
            f"({a} {self.pick('+', '-', '*', '~')} {b})",
            f"{a} {self.pick('==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or')} {b}",
            f"({a} {self.pick('==', '!=', '<', 'in', 'and', 'or')} {b})",
            f"not {a}", f"-{a}", f"({a} if {b} else {self.atom()})", f"[{a}, {b}]", f"({a})[{self.pick('0', '-1', '1', b)}]",
            f"{self.pick('xs', 's', 'words', 'n', 't')}[{self.pick('1:', ':-1', '::-1', '::2', '-2:', ':1')}]", f"({a}).{self.pick('b', 'n', 'x', 'a')}",
            f"({a}) | {self.pick('length', 'first', 'last', 'list', 'string', 'trim', 'upper', 'lower', 'join', 'sort', 'tojson', 'int', 'float', 'abs', 'title', 'capitalize', 'sum', 'min', 'max')}",
            f"({a}) | default({b}, {self.pick('true', 'false')})", f"({a}) | join({b})", f"({a}) | replace({b}, 'z')",
            f"({a}) | map('string') | list", f"({a}) | {self.pick('select', 'reject')} | list",
            f"({a}) | {self.pick('selectattr', 'rejectattr')}('n') | list", f"({a}) | map(attribute='n') | list",
            f"({a}) is {self.pick('defined', 'none', 'string', 'mapping', 'iterable', 'sequence', 'number', 'boolean', 'odd', 'integer', 'float')}",
            f"({a}) is not {self.pick('defined', 'none', 'string', 'mapping')}",
            f"({a}).{self.pick('split', 'strip', 'startswith', 'endswith', 'rsplit', 'lstrip', 'count', 'find')}({b})",
            f"({a}).{self.pick('split', 'strip', 'upper', 'lower', 'capitalize', 'items', 'keys', 'values', 'splitlines')}()",
            f"({a}).get({b})", f"{{'a': {a}, 'b': {b}}}")


def rendered(template):
    """What transformers makes of it, or None where it refuses."""
    try:
        compiled = _compile_jinja_template(template)
        compiled.globals["strftime_now"] = NOW.strftime
        return compiled.render(**json.loads(json.dumps(VARIABLES)))
    except Exception:  # noqa: BLE001  whatever it refuses with
        return None


def hidden(text):
    """Whether the text holds what no other program can say: an address, or an integer beyond 64 bits."""
    digits = "".join(c if c.isdigit() else " " for c in text).split()
    return " at 0x" in text or " object" in text or "e+" in text or any(len(d) > 18 for d in digits) or "j)" in text


def main():
    print(json.dumps({"variables": VARIABLES, "now": NOW.isoformat()}, ensure_ascii=False))
    for template in CASES:
        print(json.dumps({"template": template, "expected": rendered(template)}, ensure_ascii=False))
    expressions, seen, refused = Expressions(1), set(), 0
    while len(seen) < 700:
        expression = "{{ " + expressions.of(expressions.random.randrange(1, 4)) + " }}"
        expected = rendered(expression)
        if expression in seen or len(expression) > 120 or (expected is not None and (hidden(expected) or len(expected) > 160)):
            continue
        refused += expected is None
        if expected is None and refused > 200:
            continue
        seen.add(expression)
        print(json.dumps({"template": expression, "expected": expected}, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
