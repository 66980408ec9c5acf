// See normaliser.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/normaliser.h"

#include <algorithm>
#include <cmath>

#include "rl/objective/table.h"

namespace hone {
namespace {

double AtLeastOne(double x) { return std::max(1.0, x); }

double SequenceMean(const Normaliser& n, double tokens) { return 1.0 / (AtLeastOne(n.sequences) * tokens); }
double TokenMean(const Normaliser& n, double) { return 1.0 / AtLeastOne(n.tokens); }
double Constant(const Normaliser& n, double) { return 1.0 / (AtLeastOne(n.sequences) * n.length); }
double SequenceSum(const Normaliser& n, double) { return 1.0 / AtLeastOne(n.sequences); }
double TokenSum(const Normaliser&, double) { return 1.0; }

constexpr TableRow<Aggregation, double (*)(const Normaliser&, double)> kAggregations[] = {
    {Aggregation::kSequenceMean, SequenceMean},
    {Aggregation::kTokenMean, TokenMean},
    {Aggregation::kConstant, Constant},
    {Aggregation::kSequenceSum, SequenceSum},
    {Aggregation::kTokenSum, TokenSum}};

Aggregation Resolve(TermAggregation own, Aggregation policy) {
  if (own == TermAggregation::kSame) return policy;
  return own == TermAggregation::kTokenMean ? Aggregation::kTokenMean : Aggregation::kSequenceMean;
}

// As torch.quantile: linear between the two nearest of the sorted values.
double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double rank = share * static_cast<double>(values.size() - 1);
  const double low = values[static_cast<size_t>(std::floor(rank))],
               high = values[static_cast<size_t>(std::ceil(rank))];
  const double part = rank - std::floor(rank);
  return part < 0.5 ? low + part * (high - low) : high - (1.0 - part) * (high - low);
}

}  // namespace

void CountSequence(const ObjectiveConfig& config, double tokens, Normaliser& normaliser) {
  if (tokens > 0.0 || config.count_empty) ++normaliser.sequences;
  normaliser.tokens += tokens;
  normaliser.entropy_tokens += tokens;
}

void SetEntropyThreshold(const ObjectiveConfig& config, std::vector<double> entropies,
                         Normaliser& normaliser) {
  if (config.top_entropy >= 1.0 || entropies.empty()) return;
  const auto is_nan = [](double h) { return std::isnan(h); };
  if (std::any_of(entropies.begin(), entropies.end(), is_nan))
    return;  // nothing to sort: such an update is not applied
  const double threshold = Quantile(entropies, 1.0 - config.top_entropy);
  normaliser.entropy_threshold = threshold;
  normaliser.entropy_tokens = static_cast<double>(
      std::count_if(entropies.begin(), entropies.end(), [&](double h) { return h >= threshold; }));
}

double PolicyWeight(const ObjectiveConfig& config, const Normaliser& normaliser, double tokens) {
  return Choose(kAggregations, config.aggregation)(normaliser, tokens);
}

double KlWeightOf(const ObjectiveConfig& config, const Normaliser& normaliser, double tokens) {
  return Choose(kAggregations, Resolve(config.kl_aggregation, config.aggregation))(normaliser, tokens);
}

double EntropyWeight(const ObjectiveConfig& config, const Normaliser& normaliser, double tokens) {
  if (config.entropy_aggregation == TermAggregation::kTokenMean) {
    return 1.0 / AtLeastOne(normaliser.entropy_tokens);
  }
  return Choose(kAggregations, Resolve(config.entropy_aggregation, config.aggregation))(normaliser, tokens);
}

}  // namespace hone
