// A model and its tokenizer as one GGUF file that llama.cpp loads. Covered by tests/policy/gguf_test.cc and tests/parity/gguf_llama.py.
#ifndef HONE_POLICY_GGUF_H_
#define HONE_POLICY_GGUF_H_

#include <string>

#include "data/tokenizer.h"
#include "policy/config.h"
#include "policy/gguf_file.h"
#include "policy/parameter_source.h"

namespace hone {

struct GgufOptions {
  GgufType type = GgufType::kF32;  // of matrices; vectors and routers are F32, rows that Q8_0 cannot hold F16
  std::string name;                // general.name
  std::string chat_template = {};  // empty: none
};

// Error, naming what it is, for a model that llama.cpp would compute otherwise or not at all, for a tokenizer it has no name for,
// for a value that is not finite, and where the file cannot be written.
void ExportGguf(const std::string& path, const ModelConfig& config, ParameterSource& source,
                const Tokenizer& tokenizer, const GgufOptions& options);

// The tokenizer's part, filled up to `vocab_size` tokens. Error as above; `where` names the tokenizer.
void AddTokenizer(const Tokenizer& tokenizer, int64_t vocab_size, const std::string& where,
                  GgufMetadata& metadata);

}  // namespace hone

#endif  // HONE_POLICY_GGUF_H_
