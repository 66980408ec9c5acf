// See teacher.h. Covered by tests/rl/distill_test.cc.
#include "rl/teacher.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "data/error.h"
#include "data/random.h"
#include "policy/stored_weights.h"

namespace hone {
namespace {

std::vector<int32_t> Sorted(std::vector<int32_t> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string Listed(const std::vector<int32_t>& ids) {
  std::string out;
  for (const int32_t id : ids) out += (out.empty() ? "" : ", ") + std::to_string(id);
  return out.empty() ? "none" : out;
}

void RequireSameTokens(const ModelConfig& config, const Tokenizer& teacher, const Policy& student,
                       const std::string& where) {
  const std::string remedy = "distill from a model of the same tokenizer";
  if (const std::string what = student.tokenizer().FirstDifference(teacher); !what.empty())
    throw Error("student and teacher have different tokenizers: " + what, where, remedy);
  const auto ours = Sorted(student.stop_ids()), theirs = Sorted(StopIds(config, teacher, where));
  if (ours == theirs) return;
  throw Error(
      "student and teacher end completions by different tokens: " + Listed(ours) + " and " + Listed(theirs),
      where, remedy + ", or make eos_token_id in both config.json the same");
}

uint64_t DigestOf(const ModelConfig& config, ParameterSource& weights) {
  constexpr int64_t kBlock = 1 << 18;
  std::vector<float> scratch(kBlock);
  KeyHash hash;
  hash.Add(ModelConfigToJson(config, "float32"));
  for (const Parameter& p : weights.parameters()) {
    hash.Add(p.name);
    const int64_t size = Product(p.shape);
    for (int64_t done = 0; done < size; done += kBlock) {
      const int64_t count = std::min(kBlock, size - done);
      const float* values = weights.Read(p, done, count, scratch.data());
      hash.Add(std::string_view(reinterpret_cast<const char*>(values),
                                static_cast<size_t>(count) * sizeof(float)));
    }
  }
  return hash.value();
}

}  // namespace

Teacher::Teacher(const ModelConfig& config, ParameterSource& weights, const Tokenizer& tokenizer,
                 Policy& student, const std::string& where)
    : where_(where),
      model_(config, weights, student.model().precision(), student.pool()),
      digest_(DigestOf(config, weights)) {
  RequireVocabulary(config, tokenizer, where);
  RequireSameTokens(config, tokenizer, student, where);
}

std::unique_ptr<Teacher> Teacher::Load(const std::string& dir, Policy& student) {
  const auto stored = StoredWeights::Open(dir);
  return std::make_unique<Teacher>(stored->config(), *stored, Tokenizer::Load(dir), student, dir);
}

void Teacher::RequirePositions(std::span<const TrainingSequence> sequences) const {
  for (const TrainingSequence& s : sequences) {
    const auto size = static_cast<int64_t>(s.ids.size());
    if (size <= config().max_position_embeddings) continue;
    throw Error("a sequence has " + std::to_string(size) + " tokens but the teacher only " +
                    std::to_string(config().max_position_embeddings) + " positions",
                where_,
                "lower rollout.max_new_tokens, or take a teacher with more (max_position_embeddings)");
  }
}

}  // namespace hone
