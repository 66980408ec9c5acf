// What both sides of a proxied test make of values. Covered by tests/rewards/judge_assert_test.cc.
#include "rewards/code/assert_proxy.h"

namespace hone {

// Values of the standard library cross by value as well: `extra` takes them apart with their own classes' methods, `decode` builds
// them anew. Messages are four bytes of length, then JSON.
const char* const kProxyValuesPython = R"py(
MOST = 1 << 26
import collections
deque, Counter, defaultdict, OrderedDict = (collections.deque, collections.Counter, collections.defaultdict,
                                            collections.OrderedDict)
MAPS = {"Counter": Counter, "defaultdict": defaultdict, "OrderedDict": OrderedDict}
VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
MUTABLE = (list, dict, set, bytearray, deque, Counter, defaultdict, OrderedDict)
CLASSES = {"datetime": ("date", "datetime", "time", "timedelta"), "decimal": ("Decimal",), "fractions": ("Fraction",)}
FACTORIES = {"int": int, "list": list, "set": set, "dict": dict, "str": str, "float": float, "bool": bool}

def read_exactly(size):
    parts = []
    while size:
        part = read(3, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

def receive():
    size = int.from_bytes(read_exactly(4), "big")
    if size > MOST:
        raise EOFError
    return decode_json(read_exactly(size).decode())[0]

def send(message):
    data = dump(message)
    view = memoryview(len(data).to_bytes(4, "big") + data)
    while view:
        view = view[write(3, view):]

# The name of a standard library's class; what a submission calls so as well wins nothing, the parts are taken anew.
def standard(kind):
    for module, names in CLASSES.items():
        if kind.__name__ in names and getattr(sys.modules.get(module), kind.__name__, None) is kind:
            return kind.__name__
    return None

def seconds(value):
    offset = value.utcoffset()
    return None if offset is None else offset.days * 86400 + offset.seconds

def extra(value, kind, other):
    if kind in (Counter, OrderedDict, defaultdict):
        factory = getattr(value, "default_factory", None)
        factory = next((name for name, known in FACTORIES.items() if known is factory), None)
        return {"map": [kind.__name__, factory, [[encode(k, other), encode(v, other)] for k, v in value.items()]]}
    if kind is deque:
        return {"deque": [value.maxlen, [encode(item, other) for item in value]]}
    if kind in VIEWS:
        return {"view": [VIEWS[kind], [encode(item, other) for item in value]]}
    fields = getattr(kind, "_fields", None)
    if issubclass(kind, tuple) and type(fields) is tuple and len(fields) == tuple.__len__(value) and \
            all(type(name) is str for name in fields):
        return {"named": [kind.__name__, list(fields), [encode(item, other) for item in tuple.__iter__(value)]]}
    name = standard(kind)
    if name == "date":
        return {"date": [value.year, value.month, value.day]}
    if name in ("datetime", "time"):
        day = [value.year, value.month, value.day] if name == "datetime" else []
        return {name: [day + [value.hour, value.minute, value.second, value.microsecond], seconds(value)]}
    if name == "timedelta":
        return {name: [value.days, value.seconds, value.microseconds]}
    if name == "Decimal":
        return {name: str(value)}
    if name == "Fraction":
        return {name: [value.numerator, value.denominator]}
    return None

named_tuples = {}

def named_tuple(name, fields, values):
    known = solution_class(name)
    if not (isinstance(known, type) and issubclass(known, tuple) and getattr(known, "_fields", None) == tuple(fields)):
        key = (name, tuple(fields))
        if key not in named_tuples:
            named_tuples[key] = collections.namedtuple(name, fields)
        known = named_tuples[key]
    return tuple.__new__(known, values)

def decode_standard(tag, body):
    if tag == "Decimal":
        import decimal
        return decimal.Decimal(body)
    if tag == "Fraction":
        import fractions
        return fractions.Fraction(*body)
    import datetime
    if tag in ("date", "timedelta"):
        return getattr(datetime, tag)(*body)
    parts, offset = body
    zone = None if offset is None else datetime.timezone(datetime.timedelta(seconds=offset))
    return getattr(datetime, tag)(*parts, tzinfo=zone)

def decode_rich(tag, body, special):
    if tag == "map":
        name, factory, pairs = body
        found = MAPS[name]() if name != "defaultdict" else defaultdict(FACTORIES.get(factory))
        for key, value in pairs:
            found[decode(key, special)] = decode(value, special)
        return found
    if tag == "deque":
        return deque((decode(item, special) for item in body[1]), body[0])
    if tag == "view":
        items = [decode(item, special) for item in body[1]]
        if body[0] == "keys":
            return dict.fromkeys(items).keys()
        return dict(items).items() if body[0] == "items" else dict(enumerate(items)).values()
    if tag == "named":
        return named_tuple(body[0], body[1], [decode(item, special) for item in body[2]])
    if tag in ("date", "datetime", "time", "timedelta", "Decimal", "Fraction"):
        return decode_standard(tag, body)
    return special(tag, body)

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
    return decode_rich(tag, body, special)
)py";

}  // namespace hone
