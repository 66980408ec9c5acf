// See pattern.h.
#include "data/pattern.h"

#include <oniguruma.h>

#include "data/error.h"
#include "data/utf8.h"

namespace hone {

namespace {

constexpr size_t kMaxPattern = 1 << 16;
constexpr unsigned int kMaxStack = 1 << 20;  // places Oniguruma may remember to go back to

const OnigUChar* Bytes(std::string_view text) { return reinterpret_cast<const OnigUChar*>(text.data()); }

std::string Fault(int code, OnigErrorInfo* info = nullptr) {
  OnigUChar message[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int size =
      info != nullptr ? onig_error_code_to_str(message, code, info) : onig_error_code_to_str(message, code);
  return ValidUtf8(std::string_view(reinterpret_cast<char*>(message), static_cast<size_t>(size)));
}

void CheckSize(std::string_view text, const std::string& where) {
  if (text.empty() || text.size() > kMaxPattern) {
    throw Error("a pattern of " + std::to_string(text.size()) + " bytes is not supported", where,
                "patterns have 1 to " + std::to_string(kMaxPattern));
  }
}

}  // namespace

Pattern Pattern::Literal(std::string_view text, const std::string& where) {
  CheckSize(text, where);
  Pattern out;
  out.text_ = text;
  return out;
}

Pattern Pattern::Regex(std::string_view text, const std::string& where) {
  CheckSize(text, where);
  Pattern out;
  out.text_ = text;
  out.classes_ = ClassPattern::Compile(text);
  return out.classes_ ? out : RegexByOniguruma(text, where);
}

Pattern Pattern::RegexByOniguruma(std::string_view text, const std::string& where) {
  CheckSize(text, where);
  Pattern out;
  out.text_ = text;
  OnigRegex regex = nullptr;
  OnigErrorInfo info;
  const int code = onig_new(&regex, Bytes(text), Bytes(text) + text.size(), ONIG_OPTION_NONE,
                            ONIG_ENCODING_UTF8, ONIG_SYNTAX_RUBY, &info);
  if (code != ONIG_NORMAL) {
    throw Error(
        "'" + std::string(text.substr(0, 80)) + "' is not a regular expression: " + Fault(code, &info), where,
        "take the file from the model's own repository");
  }
  out.regex_.reset(regex, onig_free);
  return out;
}

void Pattern::Matches(std::string_view text, std::vector<Span>& spans) const {
  spans.clear();
  size_t begin = 0, end = 0;
  if (regex_) {
    OnigurumaMatches(text, spans);
  } else if (classes_) {
    while (classes_->Find(text, end, begin, end)) spans.emplace_back(begin, end);
  } else {
    for (; (begin = text.find(text_, end)) != std::string_view::npos; spans.emplace_back(begin, end))
      end = begin + text_.size();
  }
}

// An empty match right behind another match does not count.
void Pattern::OnigurumaMatches(std::string_view text, std::vector<Span>& spans) const {
  const std::unique_ptr<OnigMatchParam, void (*)(OnigMatchParam*)> limits(onig_new_match_param(),
                                                                          onig_free_match_param);
  const std::unique_ptr<OnigRegion, void (*)(OnigRegion*)> region(
      onig_region_new(), [](OnigRegion* r) { onig_region_free(r, 1); });
  onig_initialize_match_param(limits.get());
  onig_set_match_stack_limit_size_of_match_param(limits.get(), kMaxStack);
  onig_set_retry_limit_in_match_of_match_param(limits.get(), kMaxSteps);
  onig_set_retry_limit_in_search_of_match_param(limits.get(), kMaxSteps);
  const OnigUChar* const first = Bytes(text);
  const OnigUChar* const last = first + text.size();
  for (size_t from = 0; from <= text.size();) {
    const int found = onig_search_with_param(regex_.get(), first, last, first + from, last, region.get(),
                                             ONIG_OPTION_NONE, limits.get());
    if (found == ONIG_MISMATCH) break;
    if (found < 0) {
      throw Error("the pattern '" + text_.substr(0, 80) + "' cannot be matched: " + Fault(found), "",
                  "use a shorter text or another tokenizer");
    }
    const Span span(region->beg[0], region->end[0]);
    if (span.first == span.second && !spans.empty() && spans.back().second == span.first) {
      from = span.first < text.size() ? span.first + NextUtf8(text, span.first).size : text.size() + 1;
    } else {
      spans.push_back(span);
      from = span.second;
    }
  }
}

}  // namespace hone
