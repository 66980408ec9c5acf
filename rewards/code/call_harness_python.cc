// The Python that calls a submission's function, and how Python values become plain ones. Covered by
// tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

// Runs beside the submission, which may break it, but can win nothing by that: whatever is encoded is
// compared elsewhere. encode reads the values below subclasses, so that what arrives is always freshly built.
const char* const kPlainValuesPython = R"py(
import json, os, sys
from builtins import *  # the real ones, whatever a submission does to the module
read, write, leave = os.read, os.write, os._exit
encode_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).iterencode
decode_json = json.JSONDecoder().raw_decode
sys.set_int_max_str_digits(0)

PLAIN = (tuple, dict, set, frozenset, bytes, bytearray)

def extra(value, kind, other):  # for more kinds of values
    return None

def encode(value, other):
    kind = type(value)
    if value is None or kind is bool:
        return value
    if issubclass(kind, int):
        return int.__pos__(value)
    if issubclass(kind, float):
        value = float.__pos__(value)
        return {"f": repr(value)} if value - value != 0 else value
    if issubclass(kind, str):
        return str.__getitem__(value, slice(None))
    if issubclass(kind, list):
        return [encode(item, other) for item in list.__iter__(value)]
    found = extra(value, kind, other) if kind not in PLAIN else None
    if found is not None:
        return found
    if issubclass(kind, tuple):
        return {"t": [encode(item, other) for item in tuple.__iter__(value)]}
    if issubclass(kind, dict):
        return {"d": [[encode(k, other), encode(v, other)] for k, v in dict.items(value)]}
    if issubclass(kind, set):
        return {"s": [encode(item, other) for item in set.__iter__(value)]}
    if issubclass(kind, frozenset):
        return {"fs": [encode(item, other) for item in frozenset.__iter__(value)]}
    if issubclass(kind, (bytes, bytearray)):
        return {"b" if issubclass(kind, bytes) else "ba": bytes(memoryview(value)).hex()}
    if kind.__name__ == "deque" and kind.__module__ == "collections":
        return [encode(item, other) for item in list(value)]
    if kind is complex:
        return {"c": [encode(value.real, other), encode(value.imag, other)]}
    if kind is range:
        return {"r": [value.start, value.stop, value.step]}
    return other(value)

def dump(value):
    return "".join(encode_json(value, True)).encode()
)py";

const char* const kCallHarnessPython = R"py(
def find(name):
    first, _, rest = name.partition(".")
    if first not in solution.__dict__:
        refuse("the submission defines no " + ("class " if rest else "function ") + first)
    found = solution.__dict__[first]
    if rest:
        found = found() if isinstance(found, type) else found
        if not hasattr(found, rest):
            refuse("the submission's class %s has no function %s" % (first, rest))
        found = getattr(found, rest)
    if not callable(found):
        refuse("the submission's %s is no function" % name)
    return found

def send(data, code):
    view = memoryview(b"%s %d\n%s\n%s done\n" % (nonce, len(data), data, nonce))
    while view:
        view = view[write(3, view):]
    leave(code)

def refuse(why):
    send(b"!" + why.encode(), 1)

lines = sys.stdin.buffer.read().split(b"\n", 2)
nonce, name, args = lines[0], lines[1].decode(), json.loads(lines[2])
solution = type(sys)("solution")
sys.modules["solution"] = solution
sys.argv = ["solution.py"]
with open("solution.py", encoding="utf-8") as file:
    exec(compile(file.read(), "solution.py", "exec"), solution.__dict__)
send(dump(encode(find(name)(*args), lambda value: {"o": type(value).__name__})), 0)
)py";

std::vector<BoxFile> PythonCallFiles(std::string_view code) {
  return {{"solution.py", std::string(code)},
          {"harness.py", std::string(kPlainValuesPython) + kCallHarnessPython}};
}

std::vector<std::string> PythonCallCommand() { return {"/usr/bin/python3", "-I", "-B", "harness.py"}; }

}  // namespace hone
