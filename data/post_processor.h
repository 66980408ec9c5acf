// The ids that a tokenizer puts around a text when asked for its special tokens. Covered by tests/data/tokenizer_test.cc.
#ifndef HONE_DATA_POST_PROCESSOR_H_
#define HONE_DATA_POST_PROCESSOR_H_

#include <cstdint>
#include <vector>

#include "data/tokenizer_json.h"

namespace hone {

struct PostProcessor {
  std::vector<int32_t> before, after;

  // TemplateProcessing (its template for a single text), ByteLevel (adds nothing) and Sequences of them. Error naming anything else.
  static PostProcessor Read(const TokenizerSection& section);
};

}  // namespace hone

#endif  // HONE_DATA_POST_PROCESSOR_H_
