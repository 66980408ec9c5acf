// Uniform tries, verdicts, and giving up. Covered by tests/data/sign_corpus_test.cc.
#include "data/sign_corpus.h"

#include <utility>

#include "data/error.h"

namespace hone {

std::string WriteSignTry(const SignExpression& signs, int64_t target, bool yes) {
  int64_t left = target - signs.numbers.at(0);
  std::string text = std::to_string(left);
  for (size_t i = 1; i < signs.numbers.size(); ++i) {
    const bool minus = signs.minus.at(i - 1);
    left -= minus ? -signs.numbers[i] : signs.numbers[i];
    text += (minus ? '-' : '+') + std::to_string(left);
  }
  return text + (yes ? 'y' : 'n');
}

SignCorpus::SignCorpus(SignCorpusConfig config, uint64_t seed, PromptTemplate prompt_template)
    : config_(config), seed_(seed), template_(std::move(prompt_template)) {
  const std::pair<const char*, double> shares[] = {{"direct_share", config.direct_share},
                                                   {"give_up", config.give_up},
                                                   {"patient_share", config.patient_share},
                                                   {"wrong_verdict", config.wrong_verdict}};
  for (const auto& [name, value] : shares) {
    if (!(value >= 0.0 && value <= 1.0))
      throw Error(std::string(name) + " is " + std::to_string(value), "", "give a value from 0 to 1");
  }
  if (config.max_tries < 1)
    throw Error("max_tries is " + std::to_string(config.max_tries), "", "give at least 1");
}

std::string SignCorpus::Think(SignDocument& document, DataRandom& random) const {
  std::vector<bool>& signs = document.answer.minus;
  const size_t count = document.answer.numbers.size() - 1;
  if (random.Chance(config_.direct_share)) {
    signs = DrawSigns(count, random);
    return "easy";
  }
  const int64_t target = document.question.solution.Value();
  const bool patient = random.Chance(config_.patient_share);
  std::string text;
  while (true) {
    signs = DrawSigns(count, random);
    const bool hit = document.answer.Value() == target;
    const bool yes = random.Chance(config_.wrong_verdict) ? !hit : hit;
    text += (text.empty() ? "" : ",") + WriteSignTry(document.answer, target, yes);
    ++document.tries;
    if (yes || document.tries == config_.max_tries) return text;
    if (!patient && random.Chance(config_.give_up)) return text;
  }
}

SignDocument SignCorpus::DocumentAt(int64_t index) const {
  DataRandom random(KeyHash().Add("sign corpus").Add(seed_).Add(static_cast<uint64_t>(index)).value());
  SignDocument document;
  document.question = DrawSignQuestion(Split::kTrain, random);
  document.prompt = template_.Apply(document.question.Text());
  document.answer.numbers = document.question.solution.numbers;
  const std::string thinking = Think(document, random);
  document.completion = "<think>" + thinking + "</think><answer>" + document.answer.Text() + "</answer><eos>";
  return document;
}

}  // namespace hone
