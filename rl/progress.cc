// The cursor is hidden only within one write, so that it is never lost, not even to SIGKILL.
// Covered by tests/rl/progress_test.cc.
#include "rl/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "data/utf8.h"
#include "rl/metrics.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr size_t kStepEnds = 16;  // time left is judged by the last few steps

int TerminalWidth(FILE* out) {
  winsize size{};
  if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const int width = columns != nullptr ? std::atoi(columns) : 0;
  return width > 0 ? width : 80;
}

void Write(FILE* out, const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), out);
  (void)std::fflush(out);
}

// One line, without anything a terminal would obey.
std::string OneLine(const std::string& text) {
  std::string out;
  const std::string valid = ValidUtf8(text);
  for (size_t at = 0; at < valid.size();) {
    const Utf8Char c = NextUtf8(valid, at);
    const bool control = c.code_point < 0x20 || (c.code_point >= 0x7F && c.code_point < 0xA0);
    out += control ? std::string(" ") : valid.substr(at, c.size);
    at += c.size;
  }
  return out;
}

bool IsWide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

// A line under construction that stops at the terminal's edge.
class LineBuilder {
 public:
  LineBuilder(int width, bool color) : left_(width), color_(color) {}

  // `sgr`: the numbers of an SGR sequence, "" for plain.
  LineBuilder& Add(const std::string& text, const char* sgr = "") {
    std::string shown;
    for (size_t at = 0; at < text.size() && left_ > 0;) {
      const Utf8Char c = NextUtf8(text, at);
      const int columns = IsWide(c.code_point) ? 2 : 1;
      if (columns > left_) break;
      left_ -= columns;
      shown += text.substr(at, c.size);
      at += c.size;
    }
    if (shown.empty()) return *this;
    line_ += color_ && *sgr != '\0' ? fmt::format("\x1b[{}m{}\x1b[0m", sgr, shown) : shown;
    return *this;
  }

  int left() const { return left_; }
  const std::string& line() const { return line_; }

 private:
  int left_;
  bool color_;
  std::string line_;
};

// Columns a drawn line takes: SGR sequences take none.
int DisplayWidth(const std::string& line) {
  int width = 0;
  for (size_t at = 0; at < line.size();) {
    if (line[at] == '\x1b') {
      const size_t end = line.find('m', at);
      at = end == std::string::npos ? line.size() : end + 1;
      continue;
    }
    const Utf8Char c = NextUtf8(line, at);
    width += IsWide(c.code_point) ? 2 : 1;
    at += c.size;
  }
  return width;
}

std::string Sparkline(const std::vector<MetricPoint>& points, size_t columns) {
  static constexpr const char* kLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string out;
  const size_t count = std::min(points.size(), columns);
  for (size_t i = 0; i < count; ++i) {
    const size_t first = points.size() * i / count, last = points.size() * (i + 1) / count;
    double sum = 0, finite = 0;
    for (size_t p = first; p < last; ++p) {
      if (!std::isfinite(points[p].value)) continue;
      sum += points[p].value;
      ++finite;
    }
    if (finite == 0) {
      out += " ";
    } else {
      out += kLevels[std::clamp(static_cast<int>(sum / finite * 8), 0, 7)];
    }
  }
  return out;
}

// The same over a scale of its own, for metrics that are no shares.
std::string ScaledSparkline(std::vector<MetricPoint> points, size_t columns) {
  double low = INFINITY, high = -INFINITY;
  for (const MetricPoint& point : points) {
    if (!std::isfinite(point.value)) continue;
    low = std::min(low, point.value);
    high = std::max(high, point.value);
  }
  for (MetricPoint& point : points)
    point.value = high > low ? (point.value - low) / (high - low) : 0.0 * point.value;
  return Sparkline(points, columns);
}

// The last value reported, NaN if there is none.
double Latest(const LiveState& state, std::string_view name) {
  for (auto step = state.history.rbegin(); step != state.history.rend(); ++step) {
    const double value = MetricValue(step->values, name);
    if (!std::isnan(value)) return value;
  }
  return NAN;
}

double Total(const LiveState& state, std::string_view name) {
  double total = 0;
  for (const MetricPoint& point : MetricSeries(state.history, name)) {
    if (std::isfinite(point.value)) total += point.value;
  }
  return total;
}

std::string BarLine(const LiveState& state, int width, bool color) {
  LineBuilder line(width, color);
  line.Add(state.title + "  ", "1");
  const bool known = state.total_steps > 0;
  std::string tail =
      known ? fmt::format("  step {}/{}", state.step, state.total_steps) : fmt::format("step {}", state.step);
  tail += "  " + FormatDuration(std::floor(state.elapsed));
  if (known && state.seconds_left >= 0)
    tail += ", " + FormatDuration(std::ceil(state.seconds_left)) + " left";
  const int bar = std::min(40, line.left() - DisplayWidth(tail));
  if (known && bar >= 8) {
    const double share =
        std::clamp(static_cast<double>(state.step) / static_cast<double>(state.total_steps), 0.0, 1.0);
    const int filled = static_cast<int>(share * bar);
    std::string full, rest;
    for (int i = 0; i < bar; ++i) (i < filled ? full : rest) += i < filled ? "━" : "─";
    line.Add(full, "32").Add(rest, "2");
  }
  return line.Add(tail).line();
}

// "accuracy 61.2 %  reward 1.12  ...", leaving out what was never reported.
void AddMetrics(LineBuilder* line, const LiveState& state,
                const std::vector<std::pair<const char*, const char*>>& shown) {
  for (const auto& [label, name] : shown) {
    const double value = Latest(state, name);
    if (std::isnan(value)) continue;
    const MetricInfo* info = FindMetric(name);
    const bool share = info->unit == "share";
    const std::string text = share ? FormatShare(value) : FormatNumber(value);
    // What does not fit whole is left out.
    if (line->left() < static_cast<int>(std::strlen(label) + 1) + DisplayWidth(text)) return;
    line->Add(label, "2").Add(" ").Add(text).Add("   ");
  }
}

std::string CurveLine(const LiveState& state, int width, bool color) {
  const bool scored = !MetricSeries(state.history, "accuracy").empty();
  const char* name = scored ? "accuracy" : "loss";
  const std::vector<MetricPoint> points = MetricSeries(state.history, name);
  if (points.empty()) return "";
  LineBuilder line(width, color);
  line.Add(name, "2").Add(" ").Add(
      scored ? FormatShare(points.back().value) : FormatNumber(points.back().value), "1");
  const size_t room = static_cast<size_t>(std::clamp(line.left() - 3, 0, 40));
  line.Add("  ").Add(scored ? Sparkline(points, room) : ScaledSparkline(points, room), "36").Add("   ");
  AddMetrics(&line, state, {{"held-out pass@1", "held_out/pass@1"}});
  return line.line();
}

}  // namespace

std::vector<std::string> RenderLiveView(const LiveState& state, int width, bool color) {
  std::vector<std::string> lines = {BarLine(state, width, color)};
  lines.push_back(CurveLine(state, width, color));
  LineBuilder first(width, color), second(width, color);
  AddMetrics(&first, state,
             {{"reward", "reward"},
              {"format", "format"},
              {"length", "length"},
              {"truncated", "truncated"},
              {"entropy", "entropy"},
              {"kl", "kl"},
              {"divergence", "divergence"}});
  AddMetrics(&second, state,
             {{"tokens/s", "tokens_per_second"},
              {"grad norm", "grad_norm"},
              {"clip", "clip_fraction"},
              {"lr", "learning_rate"},
              {"groups without signal", "groups_without_signal"}});
  lines.push_back(first.line());
  lines.push_back(second.line());
  const double faults = Total(state, "faults"), skipped = Total(state, "updates_not_applied");
  LineBuilder trouble(width, color);
  if (faults > 0) trouble.Add(fmt::format("{:.0f} reward faults   ", faults), "33");
  if (skipped > 0) trouble.Add(fmt::format("{:.0f} updates not applied", skipped), "33");
  lines.push_back(trouble.line());
  std::erase(lines, "");
  return lines;
}

std::string StepLine(int64_t step, int64_t total_steps, const Metrics& values) {
  std::string line = fmt::format("step={}", step);
  if (total_steps > 0) line += fmt::format(" total={}", total_steps);
  const auto add = [&](std::string_view name, double value) {
    line += fmt::format(" {}={:.6g}", name, std::isnan(value) ? std::fabs(value) : value);
  };
  for (const MetricInfo& info : kMetrics) {
    for (const auto& [name, value] : values) {
      if (FindMetric(name) == &info) add(name, value);
    }
  }
  for (const auto& [name, value] : values) {
    if (FindMetric(name) == nullptr) add(name, value);
  }
  return line;
}

bool Progress::CanBeLive(FILE* out) {
  const char* term = std::getenv("TERM");
  return isatty(fileno(out)) == 1 && term != nullptr && *term != '\0' && std::strcmp(term, "dumb") != 0;
}

Progress::Progress(FILE* out, bool live, int64_t total_steps, const std::string& title)
    : out_(out), live_(live), start_(std::chrono::steady_clock::now()) {
  const char* no_color = std::getenv("NO_COLOR");
  color_ = no_color == nullptr || *no_color == '\0';
  state_.title = OneLine(title);
  state_.total_steps = std::max<int64_t>(total_steps, 0);
  if (live_) Draw();
}

Progress::~Progress() { Finish(); }

void Progress::Step(int64_t step, const Metrics& values) {
  if (finished_) return;
  if (!live_) {
    Write(out_, StepLine(step, state_.total_steps, values) + "\n");
    return;
  }
  state_.step = step;
  state_.history.push_back({step, values});
  state_.elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  step_ends_.push_back(state_.elapsed);
  if (step_ends_.size() > kStepEnds) step_ends_.erase(step_ends_.begin());
  if (step_ends_.size() > 1) {
    const double per_step =
        (step_ends_.back() - step_ends_.front()) / static_cast<double>(step_ends_.size() - 1);
    state_.seconds_left = per_step * static_cast<double>(std::max<int64_t>(state_.total_steps - step, 0));
  }
  Draw();
}

void Progress::Note(const std::string& line) {
  if (finished_) return;
  if (!live_) {
    Write(out_, OneLine(line) + "\n");
    return;
  }
  Write(out_, EraseSequence(TerminalWidth(out_)) + OneLine(line) + "\n");
  drawn_.clear();
  Draw();
}

void Progress::Finish() {
  if (finished_) return;
  if (live_) Draw();
  finished_ = true;
}

// The view's lines as the terminal holds them now: a narrower terminal has wrapped them.
std::string Progress::EraseSequence(int width) const {
  int rows = 0;
  for (const std::string& line : drawn_) rows += std::max(1, (DisplayWidth(line) + width - 1) / width);
  return rows > 0 ? fmt::format("\x1b[{}A\r\x1b[J", rows) : std::string("\r");
}

void Progress::Draw() {
  const int width = TerminalWidth(out_);
  // The last column stays free: writing there makes some terminals wrap.
  std::vector<std::string> lines = RenderLiveView(state_, std::max(1, width - 1), color_);
  std::string text = "\x1b[?25l" + EraseSequence(width);
  for (const std::string& line : lines) text += line + "\n";
  Write(out_, text + "\x1b[?25h");
  drawn_ = std::move(lines);
}

}  // namespace hone
