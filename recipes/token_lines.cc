// See token_lines.h.
#include "recipes/token_lines.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "data/error.h"
#include "data/json.h"

namespace hone {
namespace {

// {"ids": [...]} -> ids. Error naming the line.
std::vector<int32_t> ParseIds(const std::string& line, const std::string& where, const ModelConfig& config) {
  const auto json = ParseStrictJson(line, where);
  if (!json.is_object() || !json.contains("ids") || !json["ids"].is_array() || json["ids"].empty()) {
    throw Error("expected an object such as {\"ids\":[1,2,3]}", where, "write one per line");
  }
  std::vector<int32_t> ids;
  for (const auto& id : json["ids"]) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= config.vocab_size) {
      throw Error("id " + id.dump() + " is not a token of this model", where,
                  "use integers from 0 to " + std::to_string(config.vocab_size - 1));
    }
    ids.push_back(id.get<int32_t>());
  }
  if (static_cast<int64_t>(ids.size()) > config.max_position_embeddings) {
    throw Error(std::to_string(ids.size()) + " ids are more than the model's " +
                    std::to_string(config.max_position_embeddings) + " positions",
                where, "shorten the line");
  }
  return ids;
}

}  // namespace

void ForEachTokenLine(std::istream& in, const ModelConfig& config,
                      const std::function<void(TrainingBatch batch, const std::string& where)>& visit) {
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = "stdin:" + std::to_string(number);
    TrainingBatch batch;
    batch.tokens = ParseIds(line, where, config);
    const auto length = static_cast<int32_t>(batch.tokens.size());
    batch.sequence_begin = {0, length};
    for (int32_t i = 0; i + 1 < length; ++i) {
      batch.scored_rows.push_back(i);
      batch.targets.push_back(batch.tokens[i + 1]);
    }
    visit(std::move(batch), where);
  }
}

}  // namespace hone
