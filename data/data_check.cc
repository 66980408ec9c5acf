// See data_check.h. Covered by tests/data/data_check_test.cc.
#include "data/data_check.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/error.h"
#include "data/random.h"
#include "data/table_file.h"

namespace hone {
namespace {

constexpr size_t kMostExamples = 5;
constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::string_view kMarks = ".,;:!?\"'`";

bool IsBlank(std::string_view text) { return text.find_first_not_of(kBlanks) == std::string_view::npos; }

// A text, or the contents of a list of messages, one a line; nothing for anything else.
std::string TextOf(const Row& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  if (!value.is_array()) return text;
  for (const Row& message : value) {
    if (!message.is_object() || !message.contains("content") || !message["content"].is_string()) continue;
    text += (text.empty() ? "" : "\n") + message["content"].get<std::string>();
  }
  return text;
}

// Of the first of `names` that the row has; false without any.
bool TakeText(const Row& row, std::initializer_list<std::string> names, std::string& text) {
  for (const std::string& name : names) {
    const Row* found = FindColumn(row, name);
    if (found == nullptr) continue;
    text = TextOf(*found);
    return true;
  }
  return false;
}

CheckedRow ParseCheckedRow(const Row& row, const TextColumns& columns, const std::string& where) {
  CheckedRow checked;
  checked.where = where;
  if (const Row* messages = FindColumn(row, "messages"); messages != nullptr && messages->is_array()) {
    Row asked = Row::array(), answered = Row::array();
    for (const Row& message : *messages) {
      const bool answers = message.is_object() && message.value("role", Row()) == "assistant";
      (answers ? answered : asked).push_back(message);
    }
    checked.prompt = TextOf(asked);
    checked.completion = TextOf(answered);
    return checked;
  }
  if (!TakeText(row, {columns.prompt, "prompt", "question", "problem", "instruction", "text"},
                checked.prompt))
    throw Error("the row has no prompt (" + ColumnNames(row) + ")", where,
                "write {\"prompt\":\"..\"} on every line, or question, or problem");
  TakeText(row, {columns.completion, "completion", "response", "answer", "solution", "output"},
           checked.completion);
  return checked;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; (at = text.find_first_not_of(kBlanks, at)) != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

int64_t Characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

Lengths LengthsOf(const std::vector<CheckedRow>& rows,
                  const std::function<int64_t(const CheckedRow&)>& measure) {
  std::vector<int64_t> all;
  for (const CheckedRow& row : rows) all.push_back(measure(row));
  if (all.empty()) return {};
  std::sort(all.begin(), all.end());
  return {all.front(), all[(all.size() - 1) / 2], all[(all.size() - 1) * 9 / 10], all.back()};
}

// Every kGramWords words in a row of a normalised text: hash and the text they span.
void ForEachGram(const std::string& normalized,
                 const std::function<void(uint64_t hash, std::string_view gram)>& visit) {
  const std::vector<std::string_view> words = Words(normalized);
  for (size_t i = 0; i + kGramWords <= words.size(); ++i) {
    const std::string_view last = words[i + kGramWords - 1];
    const std::string_view gram(words[i].data(),
                                static_cast<size_t>(last.data() + last.size() - words[i].data()));
    visit(KeyHash().Add(gram).value(), gram);
  }
}

// Number of rows that hold each gram, and the first of them.
struct GramRows {
  int64_t rows = 0;
  size_t first = 0;
  size_t last = static_cast<size_t>(-1);
};
using GramIndex = std::unordered_map<uint64_t, GramRows>;

GramIndex IndexGrams(const std::vector<std::string>& normalized) {
  GramIndex index;
  for (size_t r = 0; r < normalized.size(); ++r) {
    ForEachGram(normalized[r], [&](uint64_t hash, std::string_view) {
      GramRows& gram = index[hash];
      if (gram.rows == 0) gram.first = r;
      if (gram.last != r) ++gram.rows;
      gram.last = r;
    });
  }
  return index;
}

std::vector<std::string> Normalized(const std::vector<CheckedRow>& rows, bool with_completion) {
  std::vector<std::string> texts;
  for (const CheckedRow& row : rows)
    texts.push_back(NormalizedText(with_completion ? row.prompt + " " + row.completion : row.prompt));
  return texts;
}

// text -> the first row that has it.
using FirstRows = std::unordered_map<std::string, size_t>;

class LeakFinder {
 public:
  LeakFinder(const std::vector<CheckedRow>& train, const std::vector<CheckedRow>& held_out)
      : train_(train), held_out_(held_out), held_out_texts_(Normalized(held_out, false)) {
    for (size_t r = 0; r < train.size(); ++r) {
      exact_.emplace(train[r].prompt, r);
      normalized_.emplace(NormalizedText(train[r].prompt), r);
    }
    train_grams_ = IndexGrams(Normalized(train, true));
    held_out_grams_ = IndexGrams(held_out_texts_);
  }

  LeakReport Run() {
    for (size_t r = 0; r < held_out_.size(); ++r) {
      if (!IsBlank(held_out_[r].prompt)) Look(r);
    }
    report_.boilerplate = std::ssize(boilerplate_);
    return std::move(report_);
  }

 private:
  void Look(size_t r) {
    const std::string& text = held_out_texts_[r];
    if (const auto found = exact_.find(held_out_[r].prompt); found != exact_.end()) {
      ++report_.exact;
      Note({Leak::Kind::kExact, held_out_[r].where, train_[found->second].where, held_out_[r].prompt});
    } else if (const auto same = normalized_.find(text); !text.empty() && same != normalized_.end()) {
      ++report_.normalized;
      Note({Leak::Kind::kNormalized, held_out_[r].where, train_[same->second].where, text});
    } else {
      LookForGrams(r, text);
    }
  }

  void LookForGrams(size_t r, const std::string& text) {
    bool is_found = false;
    ForEachGram(text, [&](uint64_t hash, std::string_view gram) {
      const auto found = train_grams_.find(hash);
      if (found == train_grams_.end()) return;
      const int64_t here = held_out_grams_.at(hash).rows;
      if (here > 1 && std::max(here, found->second.rows) > kBoilerplateRows) {
        boilerplate_.insert(hash);
      } else if (!std::exchange(is_found, true)) {
        ++report_.gram;
        Note({Leak::Kind::kGram, held_out_[r].where, train_[found->second.first].where, std::string(gram)});
      }
    });
  }

  void Note(Leak leak) {
    if (report_.examples.size() < kMostExamples) report_.examples.push_back(std::move(leak));
  }

  const std::vector<CheckedRow>&train_, &held_out_;
  const std::vector<std::string> held_out_texts_;
  FirstRows exact_, normalized_;
  GramIndex train_grams_, held_out_grams_;
  std::unordered_set<uint64_t> boilerplate_;
  LeakReport report_;
};

}  // namespace

std::vector<CheckedRow> ReadCheckedRows(const std::string& path, const TextColumns& columns) {
  std::vector<CheckedRow> rows;
  ForEachRow(path, [&](const Row& row, const std::string& where) {
    rows.push_back(ParseCheckedRow(row, columns, where));
  });
  if (rows.empty()) throw Error("there is no row in it", path, "name a file of JSON lines");
  return rows;
}

std::string NormalizedText(std::string_view text) {
  std::string out;
  for (std::string_view word : Words(text)) {
    const size_t first = word.find_first_not_of(kMarks);
    if (first == std::string_view::npos) continue;
    word = word.substr(first, word.find_last_not_of(kMarks) + 1 - first);
    if (!out.empty()) out += ' ';
    for (const char c : word) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

SetReport DescribeSet(const std::vector<CheckedRow>& rows) {
  SetReport report;
  report.rows = std::ssize(rows);
  report.has_completions =
      std::any_of(rows.begin(), rows.end(), [](const CheckedRow& row) { return !IsBlank(row.completion); });
  const auto note = [&](const CheckedRow& row, const std::string& what) {
    if (report.examples.size() < kMostExamples) report.examples.push_back(row.where + ": " + what);
  };
  FirstRows prompts, whole;
  for (size_t r = 0; r < rows.size(); ++r) {
    const CheckedRow& row = rows[r];
    if (IsBlank(row.prompt)) ++report.empty_prompts, note(row, "the prompt is empty");
    if (report.has_completions && IsBlank(row.completion))
      ++report.empty_completions, note(row, "the completion is empty");
    const auto [same, is_new] = whole.emplace(row.prompt + '\0' + row.completion, r);
    const bool has_prompt = !prompts.emplace(row.prompt, r).second;
    if (!is_new) {
      ++report.duplicates;
      note(row, "the same as " + rows[same->second].where);
    } else if (has_prompt) {
      ++report.repeated_prompts;
    }
  }
  report.prompt_characters = LengthsOf(rows, [](const CheckedRow& r) { return Characters(r.prompt); });
  report.prompt_words = LengthsOf(rows, [](const CheckedRow& r) { return std::ssize(Words(r.prompt)); });
  report.completion_characters =
      LengthsOf(rows, [](const CheckedRow& r) { return Characters(r.completion); });
  report.completion_words =
      LengthsOf(rows, [](const CheckedRow& r) { return std::ssize(Words(r.completion)); });
  return report;
}

LeakReport FindLeaks(const std::vector<CheckedRow>& train, const std::vector<CheckedRow>& held_out) {
  return LeakFinder(train, held_out).Run();
}

}  // namespace hone
