// The Python side of python_host.h. Covered by tests/rewards/plugins_python_test.cc.
#include "rewards/plugins/python_host.h"

namespace hone {

// Questions come on what was standard input and answers go to what was standard output; the user's code finds
// nothing to read, and prints to standard error.
const char kPythonWorker[] = R"python(
import asyncio, importlib.util, inspect, json, math, os, sys, traceback

questions = os.fdopen(os.dup(0), "r", encoding="utf-8")
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.dup2(2, 1)


def say(answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def trace(error):
    """The error's own line, then the traceback from the user's first frame on."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename.startswith("<"):  # this file and the importer
        frames = frames.tb_next
    lines = traceback.format_exception(type(error), error, frames)[:-1]
    head = traceback.format_exception_only(type(error), error)[-1].strip()
    return (head + "\n" + "".join(lines)[-4000:]).rstrip()


def load(path, name):
    if not os.path.isfile(path):
        raise FileNotFoundError("there is no file " + path)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    sys.argv = [path]
    stem = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    function = module
    for part in name.split("."):
        if not hasattr(function, part):
            known = ", ".join(n for n, f in vars(module).items() if inspect.isfunction(f)) or "none"
            raise AttributeError(f"{path} has no function '{name}'; its functions: {known}")
        function = getattr(function, part)
    if not callable(function):
        raise TypeError(f"'{name}' in {path} is not a function")
    return function


def wanted(function, arguments):
    """Those arguments the function names; all of them when it takes **columns."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return arguments
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return arguments
    names = {p.name for p in parameters}
    return {name: value for name, value in arguments.items() if name in names}


def score_of(value):
    if value is None:
        return {"not_applicable": "the function returned None"}
    if isinstance(value, (str, bytes)):
        return {"fault": f"the function returned {value!r:.80} for a score"}
    try:
        number = float(value)
    except Exception:
        return {"fault": f"the function returned {value!r:.80} for a score"}
    if not math.isfinite(number):
        return {"fault": f"the function returned {number} for a score"}
    return {"value": number}


def main():
    try:
        function = load(sys.argv[1], sys.argv[2])
    except BaseException as error:
        say({"error": trace(error)})
        return
    say({"ready": True})
    loop = asyncio.new_event_loop()
    for line in questions:
        question = json.loads(line)
        completions = question["completions"]
        count = len(completions)
        columns = {"gold": question["gold"], "kind": question["kind"]}
        columns.update(question["columns"])
        arguments = {name: [value] * count for name, value in columns.items()}
        arguments["prompts"] = [question["prompt"]] * count
        arguments["completions"] = [c["text"] for c in completions]
        arguments["completion_ids"] = [c["ids"] for c in completions]
        answer = {"id": question["id"]}
        try:
            values = function(**wanted(function, arguments))
            if inspect.isawaitable(values):
                values = loop.run_until_complete(values)
            values = list(values)
            if len(values) != count:
                answer["fault"] = f"the function returned {len(values)} scores for {count} completions"
            else:
                answer["scores"] = [score_of(value) for value in values]
        except BaseException as error:
            answer["fault"] = trace(error)
        sys.stdout.flush()
        say(answer)


main()
)python";

}  // namespace hone
