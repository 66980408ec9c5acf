// See normalizer.h.
#include "data/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "data/error.h"

namespace hone {

namespace {

constexpr int kCompose = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
constexpr int kDecompose = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;

int FormOptions(const std::string& type) {
  if (type == "NFC") return kCompose;
  if (type == "NFD") return kDecompose;
  if (type == "NFKC") return kCompose | UTF8PROC_COMPAT;
  if (type == "NFKD") return kDecompose | UTF8PROC_COMPAT;
  return 0;
}

// No character below U+0300 changes in NFC, none below U+0080 in the others.
bool HasNormalForm(std::string_view text, int form) {
  const unsigned char limit = form == kCompose ? 0xcc : 0x80;
  return std::all_of(text.begin(), text.end(), [&](char c) { return static_cast<unsigned char>(c) < limit; });
}

std::string NormalForm(std::string_view text, int form) {
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, static_cast<utf8proc_option_t>(form));
  if (size < 0) throw Error(std::string("cannot normalise the text: ") + utf8proc_errmsg(size), "", "");
  std::string out(reinterpret_cast<char*>(mapped), static_cast<size_t>(size));
  std::free(mapped);
  return out;
}

// Nothing real grows by more: NFKD's longest is 18 characters for one, Llama-2's space becomes three bytes.
size_t MaxSize(std::string_view text) { return 64 * text.size() + 4096; }

std::string Replaced(std::string_view text, const Pattern& pattern, const std::string& with, size_t limit) {
  std::string out;
  size_t done = 0;
  std::vector<Span> spans;
  pattern.Matches(text, spans);
  for (const auto& [begin, end] : spans) {
    if (begin == end)
      throw Error("the normalizer's pattern '" + pattern.text() + "' matches the empty text", "",
                  kOwnRepository);
    out.append(text, done, begin - done);
    out += with;
    done = end;
    if (out.size() > limit) return out;
  }
  return out.append(text, done);
}

}  // namespace

Normalizer Normalizer::Read(const TokenizerSection& section) {
  Normalizer out;
  for (const TokenizerSection& step : FlatSteps(section, "normalizers")) {
    const std::string type = step.Type();
    out.description_ = out.steps_.empty() ? type : out.description_ + ", " + type;
    if (const int form = FormOptions(type)) {
      step.AllowOnly({});
      out.steps_.push_back({Kind::kForm, form, "", nullptr});
    } else if (type == "Prepend") {
      step.AllowOnly({"prepend"});
      out.steps_.push_back({Kind::kPrepend, 0, step.Text("prepend"), nullptr});
      out.description_ += " " + step.value.at("prepend").dump();
    } else if (type == "Replace") {
      step.AllowOnly({"pattern", "content"});
      out.steps_.push_back({Kind::kReplace, 0, step.Text("content"),
                            std::make_shared<const Pattern>(step.PatternAt("pattern"))});
      out.description_ += " " + step.value.at("pattern").dump() + " by " + step.value.at("content").dump();
    } else {
      step.Refuse("the normalizer " + step.value.at("type").dump());
    }
  }
  return out;
}

std::string_view Normalizer::Apply(std::string_view text, std::string& storage) const {
  const size_t limit = MaxSize(text);
  std::string_view now = text;
  for (const Step& step : steps_) {
    std::string next;
    if (step.kind == Kind::kForm) {
      if (HasNormalForm(now, step.form)) continue;
      next = NormalForm(now, step.form);
    } else if (step.kind == Kind::kPrepend) {
      if (now.empty()) continue;
      next.reserve(step.text.size() + now.size());
      next.append(step.text).append(now);
    } else {
      next = Replaced(now, *step.pattern, step.text, limit);
    }
    if (next.size() > limit)
      throw Error("the normalizer makes a text of " + std::to_string(text.size()) + " bytes longer than " +
                      std::to_string(limit),
                  "", kOwnRepository);
    storage = std::move(next);
    now = storage;
  }
  return now;
}

}  // namespace hone
