// The tensors of a model as llama.cpp wants them. Covered by tests/policy/gguf_test.cc and tests/parity/gguf_llama.py.
#ifndef HONE_POLICY_GGUF_TENSORS_H_
#define HONE_POLICY_GGUF_TENSORS_H_

#include <vector>

#include "policy/config.h"
#include "policy/gguf_file.h"
#include "policy/parameter_source.h"

namespace hone {

// Matrices in `type`, or F16 where Q8_0 does not fit; vectors, routers and rope factors in F32. References both arguments.
std::vector<GgufTensor> GgufTensors(const ModelConfig& config, ParameterSource& source, GgufType type);

}  // namespace hone

#endif  // HONE_POLICY_GGUF_TENSORS_H_
