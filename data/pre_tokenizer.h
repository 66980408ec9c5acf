// Cuts text into the pieces that byte-pair encoding works on one by one. Covered by tests/data/tokenizer_parity_test.cc.
#ifndef HONE_DATA_PRE_TOKENIZER_H_
#define HONE_DATA_PRE_TOKENIZER_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer_json.h"

namespace hone {

// Immutable, so threads may share it.
class PreTokenizer {
 public:
  // The pieces of one text, in order, none empty. They point into the text or, where it was changed, into `changed`.
  struct Pieces {
    std::vector<std::string_view> list;
    std::deque<std::string> changed;
  };

  PreTokenizer() = default;  // the whole text is one piece

  // Split, Digits, Metaspace, ByteLevel and Sequences of them; ByteLevel may only be the last. Error naming anything else.
  static PreTokenizer Read(const TokenizerSection& section);

  // `text` is valid UTF-8. `at_start` says that it begins the whole text: Metaspace may put a blank only there. Error as
  // Pattern::Matches.
  Pieces Split(std::string_view text, bool at_start) const;

  bool byte_level() const { return byte_level_; }  // pieces are to be read byte by byte
  bool empty() const { return steps_.empty(); }

  // What llama.cpp calls the same cuts: gpt-2, llama-bpe, qwen2, deepseek-llm, deepseek-coder, deepseek-v3; else "".
  const std::string& family() const { return family_; }
  const std::string& description() const { return description_; }  // equal iff the pre-tokenizers are

 private:
  enum class Kind { kSplit, kSpaceBefore, kMetaspace };
  enum class Behavior { kIsolated, kRemoved, kContiguous, kMergedWithPrevious, kMergedWithNext };
  enum class Blank { kAlways, kFirst, kNever };
  struct Step {
    Kind kind;
    std::shared_ptr<const Pattern> pattern;  // of kSplit
    Behavior behavior = Behavior::kIsolated;
    bool invert = false;
    std::string replacement;  // of kMetaspace: stands for a blank
    Blank blank = Blank::kNever;
  };

  void ReadStep(const TokenizerSection& section);
  void ReadByteLevel(const TokenizerSection& section);
  void ReadMetaspace(const TokenizerSection& section);
  void AddSplit(Pattern pattern, Behavior behavior, bool invert = false);
  void Describe(const std::string& step);
  static void Isolate(const std::vector<Span>& matches, std::string_view text,
                      std::vector<std::string_view>& out);
  static void Cut(const Step& step, const std::vector<Span>& matches, std::string_view text,
                  std::vector<std::string_view>& out);
  static std::string WithBlanks(const Step& step, std::string_view text, bool at_start);

  std::vector<Step> steps_;
  bool byte_level_ = false;
  std::string family_;
  std::string description_ = "none";
};

}  // namespace hone

#endif  // HONE_DATA_PRE_TOKENIZER_H_
