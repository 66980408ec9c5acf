// Picks and draws the sample completions. Covered by tests/rl/report_test.cc.
#include "rl/report_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "rewards/combine.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr size_t kPrompts = 3;
constexpr size_t kMostBytes = 4000;  // of a completion shown

enum class Outcome { kRight, kWrong, kFault, kNotApplicable };

// Right means that the answer is: its part where the reward names one, else a positive score.
Outcome OutcomeOf(const Score& score) {
  if (score.status == Score::Status::kFault) return Outcome::kFault;
  if (score.status == Score::Status::kNotApplicable) return Outcome::kNotApplicable;
  return AnswerIsRight(score).value_or(score.value > 0) ? Outcome::kRight : Outcome::kWrong;
}

std::string Badge(Outcome outcome) {
  switch (outcome) {
    case Outcome::kRight:
      return "<span class=\"badge good\">right</span>";
    case Outcome::kWrong:
      return "<span class=\"badge bad\">wrong</span>";
    case Outcome::kFault:
      return "<span class=\"badge warn\">fault</span>";
    case Outcome::kNotApplicable:
      break;
  }
  return "<span class=\"badge\">not applicable</span>";
}

// Escaped, with tags of the asked format tinted and line ends visible.
std::string CompletionText(const Completion& completion) {
  std::string_view text = completion.text;
  const bool cut = text.size() > kMostBytes;
  if (cut) {
    size_t end = kMostBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out = EscapeHtml(text);
  for (const char* tag : {"&lt;think&gt;", "&lt;/think&gt;", "&lt;answer&gt;", "&lt;/answer&gt;"}) {
    const std::string marked = fmt::format("<i class=\"tag\">{}</i>", tag);
    for (size_t at = 0; (at = out.find(tag, at)) != std::string::npos; at += marked.size()) {
      out.replace(at, std::string_view(tag).size(), marked);
    }
  }
  for (size_t at = 0; (at = out.find('\n', at)) != std::string::npos;) {
    constexpr std::string_view kMark = "<i class=\"end\">↵</i>\n";
    out.replace(at, 1, kMark);
    at += kMark.size();
  }
  if (cut)
    out += fmt::format("<i class=\"special\">… {} more bytes</i>", completion.text.size() - text.size());
  return out + (completion.finish == FinishReason::kStop
                    ? "<i class=\"special\">⟨end⟩</i>"
                    : "<i class=\"special\">⟨cut at the length cap⟩</i>");
}

std::string ScoreText(const Score& score) {
  std::string out;
  if (score.status == Score::Status::kValue) out = "score " + FormatNumber(score.value);
  for (const auto& [name, value] : score.parts) {
    if (std::isnan(value)) continue;  // a fault, which the explanation names
    out += fmt::format("{}{} {}", out.empty() ? "" : " · ", EscapeHtml(name), FormatNumber(value));
  }
  if (!score.explanation.empty()) out += (out.empty() ? "" : " · ") + EscapeHtml(score.explanation);
  return out;
}

std::string RenderCompletion(const Completion& completion, const Score& score) {
  return fmt::format(
      "<div class=\"completion\"><div class=\"meta\">{}<span>{} "
      "tokens</span><span>{}</span></div><pre>{}</pre></div>\n",
      Badge(OutcomeOf(score)), completion.ids.size(), ScoreText(score), CompletionText(completion));
}

std::optional<size_t> FirstWith(const ScoredGroup& scored, Outcome outcome) {
  for (size_t i = 0; i < scored.scores.size(); ++i) {
    if (OutcomeOf(scored.scores[i]) == outcome) return i;
  }
  return std::nullopt;
}

std::string RenderGroup(const ScoredGroup& scored) {
  const Prompt& prompt = scored.group.prompt;
  const auto right = std::count_if(scored.scores.begin(), scored.scores.end(),
                                   [](const Score& score) { return OutcomeOf(score) == Outcome::kRight; });
  std::string out = fmt::format(
      "<article class=\"card\"><pre class=\"prompt\">{}</pre><div class=\"meta\"><span>answer "
      "<b>{}</b></span>"
      "<span>{} of {} right</span><span>prompt {}{}</span></div>\n",
      EscapeHtml(prompt.text), EscapeHtml(prompt.gold), right, scored.scores.size(), prompt.index,
      prompt.kind.empty() ? "" : ", " + EscapeHtml(prompt.kind));
  for (const Outcome outcome : {Outcome::kRight, Outcome::kWrong, Outcome::kFault, Outcome::kNotApplicable}) {
    const auto at = FirstWith(scored, outcome);
    if (at) out += RenderCompletion(scored.group.completions[*at], scored.scores[*at]);
  }
  return out + "</article>\n";
}

}  // namespace

std::string RenderSamples(const std::string& title, const std::vector<ScoredGroup>& groups) {
  if (groups.empty()) return "";
  std::vector<const ScoredGroup*> chosen;
  for (const ScoredGroup& scored : groups) chosen.push_back(&scored);
  std::stable_partition(chosen.begin(), chosen.end(), [](const ScoredGroup* scored) {
    return FirstWith(*scored, Outcome::kRight) && FirstWith(*scored, Outcome::kWrong);
  });
  chosen.resize(std::min(chosen.size(), kPrompts));
  std::string out = fmt::format("<div><h3>{}</h3>\n", EscapeHtml(title));
  for (const ScoredGroup* scored : chosen) out += RenderGroup(*scored);
  return out + "</div>\n";
}

}  // namespace hone
