// Values as text: Python's str and repr, and json.dumps. Covered by tests/data/chat_template_test.cc.
#include <algorithm>
#include <cstdio>

#include "data/jinja/python_text.h"
#include "data/jinja/value.h"
#include "data/utf8.h"

namespace hone::jinja {
namespace {

// Appends and pays for what it appends.
class Writer {
 public:
  explicit Writer(Budget& budget) : budget_(budget) {}
  void operator()(std::string_view text) {
    budget_.Spend(2 * static_cast<int64_t>(text.size()) + Budget::kStep);
    out_ += text;
  }
  std::string Take() { return std::move(out_); }

 private:
  Budget& budget_;
  std::string out_;
};

void WriteRepr(const Value& value, Writer& write);

void WriteItems(const std::vector<Value>& items, Writer& write) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) write(", ");
    WriteRepr(items[i], write);
  }
}

void WriteSequence(const Sequence& s, Writer& write) {
  switch (s.kind) {
    case Sequence::Kind::kTuple:
      write("(");
      WriteItems(s.items, write);
      return write(s.items.size() == 1 ? ",)" : ")");
    case Sequence::Kind::kList:
      write("[");
      WriteItems(s.items, write);
      return write("]");
    case Sequence::Kind::kRange:
      throw Fault("a range has no text here; write range(..) | list");
    default:
      write(s.kind == Sequence::Kind::kKeys     ? "dict_keys(["
            : s.kind == Sequence::Kind::kValues ? "dict_values(["
                                                : "dict_items([");
      WriteItems(s.items, write);
      return write("])");
  }
}

void WriteRepr(const Value& value, Writer& write) {
  if (value.IsUndefined()) return write("Undefined");
  if (value.IsNone()) return write("None");
  if (const bool* truth = value.As<bool>()) return write(*truth ? "True" : "False");
  if (value.IsInteger()) return write(std::to_string(value.Integer()));
  if (const double* number = value.As<double>()) return write(FloatRepr(*number));
  if (const Text* text = value.As<Text>()) {
    const std::string quoted = StringRepr(*text->bytes);
    return write(text->safe ? "Markup(" + quoted + ")" : quoted);
  }
  if (const Sequence* s = value.AsSequence()) return WriteSequence(*s, write);
  const Dict* dict = value.AsDict();
  if (dict == nullptr) throw Fault(std::string("a ") + value.TypeName() + " has no text of its own to print");
  write("{");
  for (size_t i = 0; i < dict->entries.size(); ++i) {
    if (i > 0) write(", ");
    WriteRepr(dict->entries[i].first, write);
    write(": ");
    WriteRepr(dict->entries[i].second, write);
  }
  write("}");
}

std::string JsonString(std::string_view text, bool ensure_ascii) {
  std::string out = "\"";
  const auto escape = [&out](unsigned code) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", code);
    out += buffer;
  };
  static constexpr std::string_view kShort = "\"\\\n\r\t\f\b", kLetters = "\"\\nrtfb";
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    const size_t known = c.size == 1 ? kShort.find(text[at]) : std::string_view::npos;
    const auto code = static_cast<unsigned>(c.code_point);
    if (known != std::string_view::npos) {
      out += '\\';
      out += kLetters[known];
    } else if (code < 0x20 || (ensure_ascii && code > 0x7e && code < 0x10000)) {
      escape(code);
    } else if (ensure_ascii && code >= 0x10000) {
      escape(0xd800 + ((code - 0x10000) >> 10));
      escape(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      out += text.substr(at, c.size);
    }
    at += c.size;
  }
  return out + '"';
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, Budget& budget) : style_(style), write_(budget), budget_(budget) {}

  std::string Take() { return write_.Take(); }

  void Write(const Value& value, int level) {
    if (const std::string* text = value.AsString()) return write_(JsonString(*text, style_.ensure_ascii));
    if (const Sequence* s = value.AsListOrTuple()) {
      if (s->items.empty()) return write_("[]");
      write_("[");
      for (size_t i = 0; i < s->items.size(); ++i) {
        Separate(i, level + 1);
        Write(s->items[i], level + 1);
      }
      return Close("]", level);
    }
    if (const Dict* dict = value.AsDict()) return WriteDict(*dict, level);
    write_(Scalar(value));
  }

 private:
  void Separate(size_t index, int level) {
    if (index > 0) write_(style_.item_separator);
    if (style_.indented) Newline(level);
  }
  void Newline(int level) {
    write_("\n");
    for (int i = 0; i < level; ++i) write_(style_.indent);
  }
  void Close(std::string_view bracket, int level) {
    if (style_.indented) Newline(level);
    write_(bracket);
  }

  void WriteDict(const Dict& dict, int level) {
    if (dict.entries.empty()) return write_("{}");
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [&](const auto* a, const auto* b) { return Less(a->first, b->first, budget_); });
    }
    write_("{");
    for (size_t i = 0; i < entries.size(); ++i) {
      Separate(i, level + 1);
      const std::string* name = entries[i]->first.AsString();
      write_(JsonString(name != nullptr ? *name : Scalar(entries[i]->first), style_.ensure_ascii));
      write_(style_.key_separator);
      Write(entries[i]->second, level + 1);
    }
    Close("}", level);
  }

  static std::string Scalar(const Value& value) {
    if (value.IsNone()) return "null";
    if (const bool* truth = value.As<bool>()) return *truth ? "true" : "false";
    if (value.IsInteger()) return std::to_string(value.Integer());
    if (const double* number = value.As<double>()) {
      const std::string text = FloatRepr(*number);
      return text == "nan" ? "NaN" : text == "inf" ? "Infinity" : text == "-inf" ? "-Infinity" : text;
    }
    throw Fault(std::string("a ") + value.TypeName() + " cannot be written as JSON");
  }

  const JsonStyle& style_;
  Writer write_;
  Budget& budget_;
};

}  // namespace

std::string Repr(const Value& value, Budget& budget) {
  Writer write(budget);
  WriteRepr(value, write);
  return write.Take();
}

std::string ToText(const Value& value, Budget& budget) {
  if (value.IsUndefined()) return "";
  const std::string* text = value.AsString();
  if (text == nullptr) return Repr(value, budget);
  budget.Spend(2 * static_cast<int64_t>(text->size()));
  return *text;
}

Value ToString(const Value& value, Budget& budget) {
  return value.AsString() != nullptr ? value : Value::String(ToText(value, budget));
}

std::string ToJson(const Value& value, const JsonStyle& style, Budget& budget) {
  JsonWriter writer(style, budget);
  writer.Write(value, 0);
  return writer.Take();
}

}  // namespace hone::jinja
