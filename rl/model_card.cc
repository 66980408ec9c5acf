// See model_card.h. Covered by tests/rl/model_card_test.cc.
#include "rl/model_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "data/text_file.h"
#include "rl/evaluation.h"
#include "rl/metrics.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr std::string_view kHeldOut = "held_out/";

std::string WithoutWorkingDirectory(std::string text) {
  const std::string prefix = std::filesystem::current_path().string() + "/";
  for (size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) text.erase(at, prefix.size());
  return text;
}

// As a YAML scalar in double quotes.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

const StepMetrics* Evaluated(const std::vector<StepMetrics>& history, int64_t last, bool first) {
  const StepMetrics* found = nullptr;
  for (const StepMetrics& step : history) {
    if (step.step > last || std::isnan(MetricValue(step.values, "held_out/pass@1"))) continue;
    found = &step;
    if (first) break;
  }
  return found;
}

std::string Results(const std::vector<StepMetrics>& history, int64_t step) {
  const StepMetrics* before = Evaluated(history, step, true);
  const StepMetrics* after = Evaluated(history, step, false);
  if (after == nullptr) return "";
  std::string out =
      "## Results\n\nOn held-out prompts, which no step was trained on, with 95 % intervals.\n\n| metric | "
      "start | this model | interval |\n|---|---|---|---|\n";
  for (const auto& [name, value] : EvaluationHeadline(after->values)) {
    if (!name.starts_with(kHeldOut)) continue;
    const MetricInfo* info = FindMetric(name);
    const auto shown = [&](double number) { return FormatMetric(number, info == nullptr ? "" : info->unit); };
    const std::string rest = name.substr(kHeldOut.size());
    const double low = MetricValue(after->values, "held_out_low/" + rest),
                 high = MetricValue(after->values, "held_out_high/" + rest);
    out += fmt::format("| {} | {} | {} | {} |\n", rest, shown(MetricValue(before->values, name)),
                       shown(value), std::isnan(low) ? "" : shown(low) + " to " + shown(high));
  }
  return out + "\n";
}

}  // namespace

std::string RenderModelCard(const ModelCard& card, const ModelConfig& config, int64_t num_parameters,
                            const std::vector<StepMetrics>& history, int64_t step) {
  std::string out = fmt::format(
      "---\nlicense: {}\nlibrary_name: transformers\npipeline_tag: text-generation\ntags:\n- hone\n---\n\n"
      "# {}\n\n{}, {} parameters, {}. Made by hone " HONE_VERSION ": {}.\n\n",
      card.license.empty() ? "unknown" : Quoted(card.license), card.name, config.architecture,
      FormatNumber(static_cast<double>(num_parameters)),
      card.start.empty() ? "trained from new weights"
                         : "started from `" + WithoutWorkingDirectory(card.start) + "`",
      WithoutWorkingDirectory(card.method));
  out += "## Data\n\n";
  for (const std::string& line : card.data) out += "- " + WithoutWorkingDirectory(line) + "\n";
  out += "\n" + Results(history, step);
  return out + "## Recipe\n\n```toml\n" + WithoutWorkingDirectory(card.recipe) + "```\n";
}

std::string LicenseOf(const std::string& model_dir) {
  const std::string path = model_dir + "/README.md";
  if (!std::filesystem::is_regular_file(path)) return "";
  const std::string text = ReadFile(path);
  if (!text.starts_with("---\n")) return "";
  const std::string head =
      text.substr(3, text.find("\n---", 3) - 3) + "\n";  // its lines, each after a line end
  constexpr std::string_view kKey = "\nlicense:";
  const size_t at = head.find(kKey);
  if (at == std::string::npos) return "";
  const size_t begin = at + kKey.size();
  std::string value = head.substr(begin, head.find('\n', begin) - begin);
  std::erase_if(value, [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r'; });
  return value;
}

}  // namespace hone
