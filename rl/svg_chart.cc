// From points to an inline SVG: thin, scale, draw. Covered by tests/rl/report_test.cc.
#include "rl/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "rl/text.h"

namespace hone {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMostMarkers = 30;  // with more points than this the line alone is drawn
constexpr size_t kMostTooltips = 120;
constexpr double kLeft = 42, kRight = 12, kTop = 10, kBottom = 22;

// Neighbouring points as one: their mean and range. A single point has low == mean == high.
struct Bucket {
  double step = 0, mean = kNaN, low = kNaN, high = kNaN;
};

std::vector<Bucket> Thin(const std::vector<MetricPoint>& points, size_t most) {
  const size_t count = std::min(points.size(), most);
  std::vector<Bucket> buckets(count);
  for (size_t b = 0; b < count; ++b) {
    const size_t first = points.size() * b / count, last = points.size() * (b + 1) / count;
    Bucket& bucket = buckets[b];
    double sum = 0;
    size_t finite = 0;
    for (size_t i = first; i < last; ++i) {
      bucket.step += points[i].step / static_cast<double>(last - first);
      if (!std::isfinite(points[i].value)) continue;
      sum += points[i].value;
      ++finite;
      bucket.low = std::fmin(bucket.low, points[i].value);
      bucket.high = std::fmax(bucket.high, points[i].value);
    }
    if (finite > 0) bucket.mean = sum / static_cast<double>(finite);
  }
  return buckets;
}

// The drawing's size in its own units, near the pixels it gets, and the ranges it shows.
struct Frame {
  double width, height;
  double x_low, x_high, y_low, y_high;
  bool log_x = false;
  std::vector<double> y_ticks = {};
  double X(double step) const {
    if (x_high == x_low) return (kLeft + width - kRight) / 2;
    const double share =
        log_x ? std::log(step / x_low) / std::log(x_high / x_low) : (step - x_low) / (x_high - x_low);
    return kLeft + share * (width - kLeft - kRight);
  }
  double Y(double value) const {
    return height - kBottom - (value - y_low) / (y_high - y_low) * (height - kTop - kBottom);
  }
};

std::string TickText(double value, const std::string& unit) {
  if (unit == "share") return FormatShare(value);
  return FormatNumber(value);
}

void Widen(double value, double* low, double* high) {
  if (!std::isfinite(value)) return;
  *low = std::fmin(*low, value);
  *high = std::fmax(*high, value);
}

Frame MakeFrame(const Chart& chart, double width, double height) {
  Frame frame{width, height, kNaN, kNaN, kNaN, kNaN, chart.log_x};
  for (const ChartSeries& series : chart.series) {
    for (const MetricPoint& point : series.points) {
      Widen(point.step, &frame.x_low, &frame.x_high);
      if (!chart.stacked) Widen(point.value, &frame.y_low, &frame.y_high);
    }
    for (const auto& [low, high] : series.band) {
      Widen(low, &frame.y_low, &frame.y_high);
      Widen(high, &frame.y_low, &frame.y_high);
    }
  }
  if (chart.stacked) {
    for (size_t i = 0; i < chart.series.front().points.size(); ++i) {
      double sum = 0;
      for (const ChartSeries& series : chart.series) {
        if (std::isfinite(series.points[i].value)) sum += series.points[i].value;
      }
      Widen(sum, &frame.y_low, &frame.y_high);
    }
  }
  // The axis starts at 0 unless that would flatten the curve.
  if (frame.y_low > 0 && (chart.stacked || frame.y_low < 0.6 * frame.y_high)) frame.y_low = 0;
  frame.y_high = std::max(frame.y_high, chart.least_top);
  frame.y_ticks = NiceTicks(frame.y_low, frame.y_high, 4);
  frame.y_low = frame.y_ticks.front();
  frame.y_high = frame.y_ticks.back();
  return frame;
}

// Where the horizontal axis has a number: whole ones, or powers of two few enough to be read.
std::vector<double> XTicks(const Frame& frame) {
  const bool is_large = frame.width > 600;
  std::vector<double> ticks;
  if (!frame.log_x) {
    for (const double tick : NiceTicks(frame.x_low, frame.x_high, is_large ? 10 : 5)) {
      if (tick >= frame.x_low && tick <= frame.x_high && tick == std::floor(tick)) ticks.push_back(tick);
    }
    return ticks;
  }
  const double doublings = std::log2(frame.x_high / frame.x_low);
  const double factor = std::exp2(std::ceil(std::max(1.0, doublings / (is_large ? 12 : 7))));
  for (double tick = std::exp2(std::ceil(std::log2(frame.x_low))); tick <= frame.x_high; tick *= factor)
    ticks.push_back(tick);
  return ticks;
}

std::string Axes(const Frame& frame, const Chart& chart) {
  std::string out = "<g class=\"axes\">";
  for (const double tick : frame.y_ticks) {
    const double y = frame.Y(tick);
    out += fmt::format("<line x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
                       frame.width - kRight, y, y);
    out += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 6, y + 3.5,
                       TickText(tick, chart.unit));
  }
  for (const double tick : XTicks(frame)) {
    const double x = frame.X(tick);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>", x,
                       frame.height - 6, FormatNumber(tick));
  }
  out += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>", kLeft - 12,
                     frame.height - 6, EscapeHtml(chart.x_name));
  return out + "</g>";
}

// The polyline through finite means, broken at gaps; a point between two gaps is drawn as a dot.
std::string Line(const Frame& frame, const std::vector<Bucket>& buckets, size_t color) {
  std::string path, dots;
  const bool markers = buckets.size() <= kMostMarkers;
  size_t last_finite = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    const Bucket& b = buckets[i];
    if (!std::isfinite(b.mean)) continue;
    last_finite = i;
    const bool starts = i == 0 || !std::isfinite(buckets[i - 1].mean);
    const bool ends = i + 1 == buckets.size() || !std::isfinite(buckets[i + 1].mean);
    const double x = frame.X(b.step), y = frame.Y(b.mean);
    path += fmt::format("{}{:.1f} {:.1f}", starts ? 'M' : 'L', x, y);
    if (markers || (starts && ends))
      dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"/>", x, y);
  }
  const Bucket& last = buckets[last_finite];
  dots +=
      fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.2\"/>", frame.X(last.step), frame.Y(last.mean));
  return fmt::format("<g class=\"s{}\"><path class=\"line\" d=\"{}\"/>{}</g>", color, path, dots);
}

// The range behind the mean of a thinned series; nothing where no point was merged.
std::string Range(const Frame& frame, const std::vector<Bucket>& buckets, size_t color) {
  std::string out, up, down;
  const auto close = [&] {
    if (!up.empty()) out += "M" + up.substr(1) + down + "Z";
    up.clear();
    down.clear();
  };
  for (const Bucket& b : buckets) {
    if (!std::isfinite(b.mean)) {
      close();
      continue;
    }
    up += fmt::format("L{:.1f} {:.1f}", frame.X(b.step), frame.Y(b.high));
    down.insert(0, fmt::format("L{:.1f} {:.1f}", frame.X(b.step), frame.Y(b.low)));
  }
  close();
  return fmt::format("<path class=\"range s{}\" d=\"{}\"/>", color, out);
}

// The band a series brings, between its finite points.
std::string Band(const Frame& frame, const ChartSeries& series, size_t color) {
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < std::min(series.points.size(), series.band.size()); ++i)
    buckets.push_back(
        {series.points[i].step, series.points[i].value, series.band[i].first, series.band[i].second});
  return Range(frame, buckets, color);
}

std::string Lines(const Frame& frame, const Chart& chart) {
  const size_t most = static_cast<size_t>(frame.width * 0.6);
  std::string ranges, lines;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const auto buckets = Thin(chart.series[i].points, most);
    if (!chart.series[i].band.empty()) {
      ranges += Band(frame, chart.series[i], i);
    } else if (chart.series[i].points.size() > most) {
      ranges += Range(frame, buckets, i);
    }
    lines.insert(0, Line(frame, buckets, i));  // the first series on top
  }
  return ranges + lines;
}

std::string Areas(const Frame& frame, const Chart& chart) {
  std::vector<double> floor;
  std::string out;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const auto buckets = Thin(chart.series[i].points, static_cast<size_t>(frame.width * 0.6));
    floor.resize(buckets.size(), 0.0);
    std::string up, down;
    for (size_t b = 0; b < buckets.size(); ++b) {
      // A single step is drawn as a short bar.
      const double half = buckets.size() == 1 ? 8 : 0;
      const double x = frame.X(buckets[b].step);
      const double top = floor[b] + (std::isfinite(buckets[b].mean) ? buckets[b].mean : 0.0);
      up += fmt::format("L{:.1f} {:.1f}", x - half, frame.Y(top));
      if (half > 0) up += fmt::format("L{:.1f} {:.1f}", x + half, frame.Y(top));
      down.insert(0, fmt::format("L{:.1f} {:.1f}", x - half, frame.Y(floor[b])));
      if (half > 0) down.insert(0, fmt::format("L{:.1f} {:.1f}", x + half, frame.Y(floor[b])));
      floor[b] = top;
    }
    out += fmt::format("<path class=\"area s{}\" d=\"M{}{}Z\"/>", i, up.substr(1), down);
  }
  return out;
}

double MeanBetween(const std::vector<MetricPoint>& points, double first, double last) {
  double sum = 0;
  size_t count = 0;
  auto at = std::lower_bound(points.begin(), points.end(), first,
                             [](const MetricPoint& point, double step) { return point.step < step; });
  for (; at != points.end() && at->step <= last; ++at) {
    if (!std::isfinite(at->value)) continue;
    sum += at->value;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : kNaN;
}

// Transparent strips, one a step (or a few steps), that light up and name the values there.
std::string Tooltips(const Frame& frame, const Chart& chart) {
  std::vector<double> steps;
  for (const ChartSeries& series : chart.series) {
    for (const MetricPoint& point : series.points) steps.push_back(point.step);
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  const size_t count = std::min(steps.size(), kMostTooltips);
  const double strip = (frame.width - kLeft - kRight) / static_cast<double>(std::max<size_t>(count, 1));
  std::string out = "<g class=\"tips\">";
  for (size_t i = 0; i < count; ++i) {
    const double first = steps[steps.size() * i / count], last = steps[steps.size() * (i + 1) / count - 1];
    std::string text = first == last ? fmt::format("{} {:.0f}", chart.x_name, first)
                                     : fmt::format("{}s {:.0f} to {:.0f}, mean", chart.x_name, first, last);
    for (const ChartSeries& series : chart.series) {
      const double value = MeanBetween(series.points, first, last);
      if (!std::isnan(value)) text += "\n" + series.label + ": " + FormatMetric(value, chart.unit);
    }
    const double middle = (frame.X(first) + frame.X(last)) / 2;
    const double left = std::max(kLeft, middle - strip / 2),
                 right = std::min(frame.width - kRight, middle + strip / 2);
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"{:.0f}\"><title>{}</title></rect>", left,
        kTop, right - left, frame.height - kTop - kBottom, EscapeHtml(text));
  }
  return out + "</g>";
}

std::string Drawing(const Chart& chart, double width, double height, const char* css_class) {
  const Frame frame = MakeFrame(chart, width, height);
  std::string label = chart.title + " by " + chart.x_name;
  for (const ChartSeries& series : chart.series) {
    for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
      if (!std::isfinite(point->value)) continue;
      label += "; last " + series.label + " " + FormatMetric(point->value, chart.unit);
      break;
    }
  }
  return fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>{}</title>{}{}{}</svg>", css_class,
      width, height, EscapeHtml(label), Axes(frame, chart),
      chart.stacked ? Areas(frame, chart) : Lines(frame, chart), Tooltips(frame, chart));
}

std::string Legend(const Chart& chart) {
  std::string out;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    double low = kNaN, high = kNaN, last = kNaN;
    for (const MetricPoint& point : chart.series[i].points) {
      if (!std::isfinite(point.value)) continue;
      last = point.value;
      Widen(point.value, &low, &high);
    }
    const std::string range =
        low == high ? ""
                    : fmt::format("{} to {}", FormatMetric(low, chart.unit == "share" ? "share" : ""),
                                  FormatMetric(high, chart.unit == "share" ? "share" : ""));
    out += fmt::format("<span class=\"key s{}\"><i></i>{} <b>{}</b> <small>{}</small></span>", i,
                       EscapeHtml(chart.series[i].label), EscapeHtml(FormatMetric(last, chart.unit)), range);
  }
  return out;
}

bool HasFiniteValue(const ChartSeries& series) {
  return std::any_of(series.points.begin(), series.points.end(),
                     [](const MetricPoint& point) { return std::isfinite(point.value); });
}

}  // namespace

std::vector<double> NiceTicks(double low, double high, int target) {
  if (!(high > low)) {  // a single value: room around it
    const double room = low == 0 ? 1 : std::fabs(low) / 2;
    high = low + (low < 0 ? 0 : room);
    low = low > 0 ? low - room : low - (low < 0 ? room : 0);
  }
  const double raw = (high - low) / target;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double scaled = raw / power;
  const double step = power * (scaled <= 1.001 ? 1 : scaled <= 2.001 ? 2 : scaled <= 5.001 ? 5 : 10);
  const auto first = static_cast<int64_t>(std::floor(low / step + 1e-6));
  const auto last = static_cast<int64_t>(std::ceil(high / step - 1e-6));
  std::vector<double> ticks;
  for (int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

std::string RenderChart(const Chart& chart) {
  Chart drawn = chart;
  drawn.series.clear();
  std::copy_if(chart.series.begin(), chart.series.end(), std::back_inserter(drawn.series), HasFiniteValue);
  if (drawn.series.empty()) return "";
  std::string drawing;
  if (drawn.wide) {  // text would shrink with the drawing, so small screens get their own
    drawing = Drawing(drawn, 1080, 250, "large") + Drawing(drawn, 360, 200, "small");
  } else {
    drawing = Drawing(drawn, 360, 180, "");
  }
  return fmt::format(
      "<figure class=\"card{}\"><figcaption><h3>{}</h3><div "
      "class=\"keys\">{}</div></figcaption>{}</figure>\n",
      drawn.wide ? " wide" : "", EscapeHtml(drawn.title), Legend(drawn), drawing);
}

}  // namespace hone
