// See file_tasks.h. Covered by tests/data/file_tasks_test.cc.
#include "data/file_tasks.h"

#include <unordered_set>
#include <utility>

#include "data/data_check.h"
#include "data/error.h"
#include "data/random.h"
#include "data/table_file.h"

namespace hone {
namespace {

using Hashes = std::unordered_set<uint64_t>;

uint64_t HashOf(std::string_view text) { return KeyHash().Add(text).value(); }

// Takes rows as they come; `other_split` says which questions belong to the other split.
class RowCollector {
 public:
  explicit RowCollector(std::function<bool(const std::string& normalized)> other_split)
      : other_split_(std::move(other_split)) {}

  void Add(FileQuestion question, bool needs_gold) {
    ++rows_.num_read;
    if (question.text.find_first_not_of(" \t\r\n") == std::string::npos) {
      ++rows_.num_without_prompt;
    } else if (needs_gold && question.gold.empty()) {
      ++rows_.num_without_gold;
    } else if (other_split_(NormalizedText(question.text))) {
      ++rows_.num_other_split;
    } else if (!seen_.insert(HashOf(question.text)).second) {
      ++rows_.num_repeated;
    } else {
      digest_.Add(question.text).Add(question.gold).Add(question.kind).Add(question.columns);
      rows_.questions.push_back(std::move(question));
    }
  }

  FileRows Take() {
    rows_.digest = digest_.value();
    return std::move(rows_);
  }

 private:
  std::function<bool(const std::string&)> other_split_;
  Hashes seen_;
  KeyHash digest_;
  FileRows rows_;
};

void ForEachQuestion(const FileTaskConfig& config, const std::vector<std::string>& paths,
                     const std::function<void(FileQuestion)>& visit) {
  for (const std::string& path : paths) {
    ForEachRow(path, [&](const Row& row, const std::string& where) {
      visit(ReadQuestion(row, config.adapter, config.columns, config.language, where));
    });
  }
}

// Of every row of the files of held-out questions.
Hashes HeldOutHashes(const FileTaskConfig& config) {
  Hashes hashes;
  ForEachQuestion(config, config.held_out, [&](const FileQuestion& question) {
    hashes.insert(HashOf(NormalizedText(question.text)));
  });
  return hashes;
}

std::function<bool(const std::string&)> OtherSplit(const FileTaskConfig& config, Split split) {
  if (config.held_out.empty()) {
    return [split](const std::string& text) { return IsHeldOut(text) != (split == Split::kHeldOut); };
  }
  if (split == Split::kHeldOut) return [](const std::string&) { return false; };
  return
      [held_out = HeldOutHashes(config)](const std::string& text) { return held_out.contains(HashOf(text)); };
}

}  // namespace

std::string FileRows::Summary() const {
  std::string left_out;
  const auto add = [&](int64_t count, const char* why) {
    if (count > 0) left_out += (left_out.empty() ? "" : ", ") + std::to_string(count) + " " + why;
  };
  add(num_without_prompt, "without a prompt");
  add(num_without_gold, "without a gold");
  add(num_repeated, "repeated");
  add(num_other_split, "of the other split");
  return std::to_string(num_read) + " rows: " + std::to_string(questions.size()) + " used" +
         (left_out.empty() ? "" : "; left out: " + left_out);
}

FileRows ReadFileRows(const FileTaskConfig& config, Split split) {
  const bool own_files = split == Split::kHeldOut && !config.held_out.empty();
  const std::vector<std::string>& paths = own_files ? config.held_out : config.data;
  const char* key = own_files ? "task.held_out" : "task.data";
  if (paths.empty()) throw Error("task.kind = file needs files", key, "name files of JSON lines or Parquet");
  // Prompts alone, and messages without an answer, are for rewards that need no gold.
  const bool needs_gold = !config.columns.gold.empty() ||
                          (config.adapter != RowAdapter::kPrompts && config.adapter != RowAdapter::kMessages);
  RowCollector collector(OtherSplit(config, split));
  ForEachQuestion(config, paths,
                  [&](FileQuestion question) { collector.Add(std::move(question), needs_gold); });
  FileRows rows = collector.Take();
  if (rows.questions.empty())
    throw Error(std::string("no row is left to ") + (split == Split::kTrain ? "train on" : "hold out") +
                    " (" + rows.Summary() + ")",
                std::string(key) + " = " + paths[0],
                split == Split::kHeldOut && !own_files
                    ? "name files in task.held_out"
                    : "choose task.adapter and task.columns as the rows are");
  return rows;
}

std::shared_ptr<const FileRows> FileRowsCache::Get(const FileTaskConfig& config, Split split) {
  Kept& kept = (*kept_)[split == Split::kTrain ? 0 : 1];
  if (kept.rows == nullptr || kept.config != config)
    kept = {config, std::make_shared<const FileRows>(ReadFileRows(config, split))};
  return kept.rows;
}

Prompt FileTask::PromptAt(int64_t index) const {
  const FileQuestion& question = rows_->questions.at(static_cast<size_t>(index));
  Prompt prompt;
  prompt.index = index;
  prompt.text = template_.Apply(question.text);
  prompt.gold = question.gold;
  prompt.kind = question.kind;
  prompt.columns = question.columns;
  return prompt;
}

}  // namespace hone
