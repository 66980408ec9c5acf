// The side of a proxied test that holds the submission. Covered by tests/rewards/judge_assert_test.cc.
#include "rewards/code/assert_proxy.h"

namespace hone {

// References are indices into `objects`; the same object always has the same one.
const char* const kProxySubmissionPython = R"py(
import builtins, operator, types
objects, indices = [], {}

def refer(value):
    if id(value) not in indices:
        indices[id(value)] = len(objects)
        objects.append(value)
    return {"h": [indices[id(value)], 1 if type(value) is types.GeneratorType else 0]}

def solution_class(name):
    return solution.__dict__.get(name)

def special(tag, body):
    if tag == "h":
        return objects[body]
    if tag == "bi":
        return getattr(builtins, body)
    if tag == "cb":
        return lambda *args, **named: call_back(body, args, named)
    if tag == "wrap":
        return WRAPPERS[body[0]](*(decode(part, special) for part in body[1]))
    raise ValueError(tag)

WRAPPERS = {"property": property, "staticmethod": staticmethod, "classmethod": classmethod}
OPERATORS = {name: getattr(operator, name) for name in
             "eq lt le gt ge add sub mul truediv floordiv mod pow and_ or_ xor matmul".split()}

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
        if type(arg) in MUTABLE:
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
        try:
            value = next(target) if value is None else target.send(value)
        except StopIteration:
            return {"stop": True}
    elif op == "operator":
        value = OPERATORS[message["n"]](target, value)
    elif op == "class":
        value = type(target)(message["n"], tuple(decode(message["b"], special)), value)
    elif op == "super":
        value = super(target, value)
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
except (EOFError, OSError):  # the test is done
    leave(0)
)py";

}  // namespace hone
