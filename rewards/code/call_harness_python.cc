// The Python that calls a submission's function, and how Python values become plain ones. Covered by
// tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

// Runs beside the submission, which may break it, but can win nothing by that: whatever is encoded is
// compared elsewhere. encode reads the values below subclasses, so that what arrives is always freshly built.
const char* const kPlainValuesPython = R"py(
import json, os, sys
sys.set_int_max_str_digits(0)

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
    if kind is complex:
        return {"c": [encode(value.real, other), encode(value.imag, other)]}
    if kind is range:
        return {"r": [value.start, value.stop, value.step]}
    return other(value)

def dump(value):
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
)py";

const char* const kCallHarnessPython = R"py(
def find(name):
    first, _, rest = name.partition(".")
    found = solution.__dict__[first]
    if rest:
        found = getattr(found() if isinstance(found, type) else found, rest)
    return found

def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(3, view):]

lines = sys.stdin.buffer.read().split(b"\n", 2)
nonce, name, args = lines[0], lines[1].decode(), json.loads(lines[2])
solution = type(sys)("solution")
sys.modules["solution"] = solution
sys.argv = ["solution.py"]
with open("solution.py", encoding="utf-8") as file:
    exec(compile(file.read(), "solution.py", "exec"), solution.__dict__)
result = dump(encode(find(name)(*args), lambda value: {"o": type(value).__name__}))
send(b"%s %d\n%s\n%s done\n" % (nonce, len(result), result, nonce))
os._exit(0)
)py";

std::vector<BoxFile> PythonCallFiles(std::string_view code) {
  return {{"solution.py", std::string(code)},
          {"harness.py", std::string(kPlainValuesPython) + kCallHarnessPython}};
}

std::vector<std::string> PythonCallCommand() { return {"/usr/bin/python3", "-I", "-B", "harness.py"}; }

}  // namespace hone
