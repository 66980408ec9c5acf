// The two Python programs. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/assert_proxy.h"

#include "rewards/code/call_harness.h"

namespace hone {
namespace {

// Decoding of what both sides send, and messages: four bytes of length, then JSON.
constexpr const char* kMessages = R"py(
MOST = 1 << 26

def read_exactly(size):
    parts = []
    while size:
        part = os.read(3, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

def receive():
    size = int.from_bytes(read_exactly(4), "big")
    if size > MOST:
        raise EOFError
    return json.loads(read_exactly(size))

def send(message):
    data = dump(message)
    view = memoryview(len(data).to_bytes(4, "big") + data)
    while view:
        view = view[os.write(3, view):]

def decode(value, special):
    if type(value) is list:
        return [decode(item, special) for item in value]
    if type(value) is not dict:
        return value
    (tag, body), = value.items()
    if tag == "t":
        return tuple(decode(item, special) for item in body)
    if tag == "d":
        return {decode(k, special): decode(v, special) for k, v in body}
    if tag == "s":
        return {decode(item, special) for item in body}
    if tag == "fs":
        return frozenset(decode(item, special) for item in body)
    if tag == "b":
        return bytes.fromhex(body)
    if tag == "ba":
        return bytearray.fromhex(body)
    if tag == "f":
        return float(body)
    if tag == "c":
        return complex(*(decode(part, special) for part in body))
    if tag == "r":
        return range(*body)
    return special(tag, body)
)py";

// References are indices into `objects`; the same object always has the same one.
constexpr const char* kSubmissionSide = R"py(
import builtins, types
objects, indices = [], {}

def refer(value):
    if id(value) not in indices:
        indices[id(value)] = len(objects)
        objects.append(value)
    return {"h": [indices[id(value)], callable(value)]}

def special(tag, body):
    if tag == "h":
        return objects[body]
    if tag == "bi":
        return getattr(builtins, body)
    if tag == "cb":
        return lambda *args, **named: call_back(body, args, named)
    raise ValueError(tag)

class Foreign(Exception):
    pass

def call_back(index, args, named):
    send({"cb": index, "a": encode(list(args), refer), "k": encode(named, refer)})
    answer = serve()
    if "e" in answer:
        raise getattr(builtins, answer["e"][0], Foreign)(answer["e"][1])
    return decode(answer["v"], special)

def call(message):
    args = decode(message["a"], special)
    result = {"v": encode(decode(message["h"], special)(*args, **decode(message["k"], special)), refer)}
    changed = []
    for i, arg in enumerate(args):
        if type(arg) in (list, dict, set, bytearray):
            after = encode(arg, refer)
            if after != message["a"][i]:
                changed.append([i, after])
    if changed:
        result["m"] = changed
    return result

def act(message):
    op = message["op"]
    if op == "call":
        return call(message)
    if op == "name":
        return {"v": encode(solution.__dict__[message["n"]], refer)}
    target = decode(message["h"], special)
    value = decode(message.get("x"), special)
    if op == "get":
        value = getattr(target, message["n"])
    elif op == "set":
        value = setattr(target, message["n"], value)
    elif op == "item":
        value = target[value]
    elif op == "put":
        value = target.__setitem__(value, decode(message["y"], special))
    elif op == "len":
        value = len(target)
    elif op == "bool":
        value = bool(target)
    elif op == "str":
        value = str(target)
    elif op == "repr":
        value = repr(target)
    elif op == "iter":
        value = iter(target)
        return {"v": refer(value)}
    elif op == "next":
        for value in target:
            return {"v": encode(value, refer)}
        return {"stop": True}
    elif op == "isinstance":
        value = isinstance(value, target)
    return {"v": encode(value, refer)}

def name_of(error):
    for kind in type(error).__mro__:
        if getattr(builtins, kind.__name__, None) is kind or solution.__dict__.get(kind.__name__) is kind:
            return kind.__name__
    return "Exception"

# Answers requests until one is itself an answer, to a call back.
def serve():
    while True:
        message = receive()
        if "op" not in message:
            return message
        try:
            answer = act(message)
        except Exception as error:
            try:
                text = str(error)
            except Exception:
                text = ""
            answer = {"e": [name_of(error), text[:1000]]}
        send(answer)

def exceptions():
    found = {}
    for name, value in list(solution.__dict__.items()):
        if isinstance(value, type) and issubclass(value, Exception) and getattr(builtins, name, None) is not value:
            bases = [base.__name__ for base in value.__mro__ if getattr(builtins, base.__name__, None) is base]
            found[name] = bases[0]
    return found

solution = types.ModuleType("solution")
sys.modules["solution"] = solution
sys.argv = ["solution.py"]
with open("solution.py", encoding="utf-8") as file:
    code = compile(file.read(), "solution.py", "exec")
exec(code, solution.__dict__)
names = [name for name, value in solution.__dict__.items()
         if not name.startswith("__") and not isinstance(value, types.ModuleType)]
send({"names": names, "exceptions": exceptions()})
try:
    serve()
except EOFError:
    os._exit(0)
)py";

// `report` ends the process at once, so that no `except:` of a test can swallow what it says.
constexpr const char* kTestSide = R"py(
import ast, builtins, importlib
nonce = sys.stdin.buffer.read()
MODULES = {"math", "cmath", "random", "copy", "itertools", "functools", "collections", "re", "string", "heapq", "bisect",
           "datetime", "decimal", "fractions", "operator", "statistics", "sys", "json", "typing", "time", "hashlib"}

def report(word, note=""):
    payload = (word + " " + note[:2000]).encode("utf-8", "replace")
    view = memoryview(b"%s %d\n%s\n%s done\n" % (nonce, len(payload), payload, nonce))
    while view:
        view = view[os.write(4, view):]
    os._exit(0)

callbacks, numbers, kinds = [], {}, {}

class Reference:
    __slots__ = ("hone_number", "hone_callable")
    def __init__(self, number, is_callable):
        object.__setattr__(self, "hone_number", number)
        object.__setattr__(self, "hone_callable", is_callable)
    def __call__(self, *args, **named):
        return ask({"op": "call", "h": out(self), "a": out(list(args)), "k": out(named)}, args)
    def __getattr__(self, name):
        if name.startswith("__") and name not in ("__name__", "__doc__", "__dict__"):
            raise AttributeError(name)
        return ask({"op": "get", "h": out(self), "n": name})
    def __setattr__(self, name, value):
        ask({"op": "set", "h": out(self), "n": name, "x": out(value)})
    def __getitem__(self, key):
        return ask({"op": "item", "h": out(self), "x": out(key)})
    def __setitem__(self, key, value):
        ask({"op": "put", "h": out(self), "x": out(key), "y": out(value)})
    def __len__(self):
        return ask({"op": "len", "h": out(self)})
    def __bool__(self):
        return bool(ask({"op": "bool", "h": out(self)}))
    def __str__(self):
        return str(ask({"op": "str", "h": out(self)}))
    def __repr__(self):
        return str(ask({"op": "repr", "h": out(self)}))
    def __iter__(self):
        iterator = ask({"op": "iter", "h": out(self)})
        while True:
            answer = exchange({"op": "next", "h": out(iterator)})
            if "stop" in answer:
                return
            yield value_of(answer)
    def __instancecheck__(self, value):
        return bool(ask({"op": "isinstance", "h": out(self), "x": out(value)}))
    def __eq__(self, other):
        return type(other) is Reference and other.hone_number == self.hone_number
    def __hash__(self):
        return hash(self.hone_number)
    def __copy__(self):
        return self
    def __deepcopy__(self, memo):
        return self

def cross(value):
    if type(value) is Reference:
        return {"h": value.hone_number}
    if getattr(builtins, getattr(value, "__name__", None) or "", None) is value:
        return {"bi": value.__name__}
    if callable(value):
        if id(value) not in numbers:
            numbers[id(value)] = len(callbacks)
            callbacks.append(value)
        return {"cb": numbers[id(value)]}
    report("unusable", "a value of type %s cannot be handed to the submission" % type(value).__name__)

def out(value):
    return encode(value, cross)

def special(tag, body):
    if tag == "h" and type(body) is list and type(body[0]) is int:
        return Reference(body[0], bool(body[1]))
    raise ValueError(tag)

def incoming(value):
    try:
        return decode(value, special)
    except Exception:
        report("gone", "the submission's answer is no value")

def exchange(message):
    try:
        send(message)
        while True:
            answer = receive()
            if type(answer) is not dict:
                report("gone", "the submission's answer is no answer")
            if "cb" not in answer:
                return answer
            send(called_back(answer))
    except (OSError, EOFError):
        report("gone", "the submission ended")
    except (ValueError, RecursionError, MemoryError, KeyError, TypeError, IndexError):
        report("gone", "the submission's answer is no answer")

def called_back(request):
    args, named = incoming(request["a"]), incoming(request["k"])
    try:
        return {"v": out(callbacks[request["cb"]](*args, **named))}
    except Exception as error:
        return {"e": [type(error).__name__, str(error)]}

def value_of(answer):
    if "e" in answer:
        try:
            name, text = answer["e"]
            kind = kinds.get(name) or getattr(builtins, name, Exception)
            error = kind(text) if issubclass(kind, Exception) else Exception(text)
        except Exception:
            error = Exception("an exception of the submission")
        error.hone_remote = True
        raise error
    if "v" not in answer:
        report("gone", "the submission's answer is no answer")
    return incoming(answer["v"])

def renew(old, new):
    if type(old) is not type(new):
        return
    if type(old) in (list, bytearray):
        old[:] = new
    elif type(old) in (dict, set):
        old.clear()
        old.update(new)

def ask(message, args=()):
    answer = exchange(message)
    for change in answer.get("m", ()):
        try:
            old, new = args[change[0]], incoming(change[1])
        except Exception:
            report("gone", "the submission's answer is no answer")
        renew(old, new)
    return value_of(answer)

def used_names(tree):
    loads, stores = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loads if isinstance(node.ctx, ast.Load) else stores).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            stores.add(node.name)
        elif isinstance(node, ast.alias):
            stores.add((node.asname or node.name).partition(".")[0])
    return loads - stores

def scope(tree, hello):
    names = {"__name__": "hone_test", "__builtins__": builtins}
    used = used_names(tree)
    for name in used & MODULES:
        names[name] = importlib.import_module(name)
    theirs = [name for name in hello["names"] if type(name) is str and name in used and name not in names]
    others = [name for name in used - set(names) if not hasattr(builtins, name)]
    hidden = [name for name in theirs if hasattr(builtins, name)]
    for name, base in hello["exceptions"].items():
        base = getattr(builtins, base)
        if issubclass(base, Exception):
            kinds[name] = type(name, (base,), {})
    for name in [name for name in others if name in theirs] or (hidden if not others and len(hidden) == 1 else []):
        names[name] = kinds.get(name) or ask({"op": "name", "n": name})
    return names

with open("test.py", encoding="utf-8") as file:
    text = file.read()
try:
    tree = ast.parse(text, "test.py")
    code = compile(tree, "test.py", "exec")
except (SyntaxError, ValueError, RecursionError) as error:
    report("unusable", "the test is not Python: %s" % error)
try:
    hello = receive()
    names = scope(tree, hello)
except (OSError, EOFError):
    report("gone", "the submission ended")
except Exception:
    report("gone", "the submission's first answer is no answer")
try:
    exec(code, names)
except Exception as error:
    note = "%s: %s" % (type(error).__name__, error)
    report("raised" if getattr(error, "hone_remote", False) else "failed", note)
except BaseException as error:
    report("failed", "the test ended with %s" % type(error).__name__)
report("passed")
)py";

}  // namespace

std::vector<BoxFile> SubmissionSideFiles(std::string_view code) {
  return {{"solution.py", std::string(code)},
          {"harness.py", std::string(kPlainValuesPython) + kMessages + kSubmissionSide}};
}

std::vector<std::string> SubmissionSideCommand() { return {"/usr/bin/python3", "-I", "-B", "harness.py"}; }

std::vector<BoxFile> TestSideFiles(std::string_view assertion) {
  return {{"test.py", std::string(assertion)},
          {"checker.py", std::string(kPlainValuesPython) + kMessages + kTestSide}};
}

std::vector<std::string> TestSideCommand() { return {"/usr/bin/python3", "-I", "-S", "-B", "checker.py"}; }

}  // namespace hone
