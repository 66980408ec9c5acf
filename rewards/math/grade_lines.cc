// The loop of `hone grade`. Covered by tests/rewards/math_grade_test.cc.
#include "rewards/math/grade_lines.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/utf8.h"
#include "rewards/math/verify.h"

namespace hone {
namespace {

constexpr size_t kReadSize = 1 << 20;
constexpr size_t kLongestLine = 64 << 20;

struct Line {
  int64_t number = 0;
  std::string_view text;
  bool too_long = false;
  std::string result = {};
  bool fault = false;
  std::string error = {};  // why it is no pair
};

double ThreadMicros() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

std::string TextOf(const nlohmann::json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    throw Error(std::string("there is no text under \"") + key + "\"", where, "");
  }
  return found->get<std::string>();
}

std::string ResultLine(const MathVerdict& verdict, double micros) {
  nlohmann::ordered_json out;
  if (verdict.status == MathVerdict::Status::kOk) {
    out["reward"] = verdict.reward;
  } else {
    out["reward"] = nullptr;
  }
  out["status"] = StatusName(verdict.status);
  out["extracted"] = ValidUtf8(verdict.extracted);
  out["span"] = {verdict.begin, verdict.end};
  out["reason"] = ValidUtf8(verdict.reason);
  out["method"] = verdict.method;
  out["micros"] = std::round(micros * 10) / 10;
  return out.dump() + "\n";
}

void GradeLine(Line& line, const MathPolicy& policy) {
  const std::string where = "line " + std::to_string(line.number);
  MathVerdict verdict;
  double micros = 0;
  try {
    if (line.too_long) throw Error("longer than 64 MiB", where, "");
    const nlohmann::json json = ParseStrictJson(line.text, where);
    if (!json.is_object()) throw Error("this is no object {\"gold\": \"..\", \"pred\": \"..\"}", where, "");
    const std::string gold = TextOf(json, "gold", where), pred = TextOf(json, "pred", where);
    const double begin = ThreadMicros();
    verdict = VerifyMath(gold, pred, policy);
    micros = ThreadMicros() - begin;
  } catch (const Error& error) {
    line.error = ValidUtf8(error.what());
    constexpr std::string_view kOnlyLine = " at line 1, column";  // of this text; the number stands in front
    if (const size_t at = line.error.find(kOnlyLine); at != std::string::npos)
      line.error.replace(at, kOnlyLine.size(), " at column");
    verdict.status = MathVerdict::Status::kFault;
    verdict.reason = line.error;
  }
  line.fault = verdict.status == MathVerdict::Status::kFault;
  line.result = ResultLine(verdict, micros);
}

void GradeAll(std::vector<Line>& lines, const MathPolicy& policy, int threads) {
  constexpr size_t kShare = 16;  // lines a thread takes at a time
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t begin; (begin = next.fetch_add(kShare)) < lines.size();) {
      for (size_t i = begin; i < std::min(begin + kShare, lines.size()); ++i) GradeLine(lines[i], policy);
    }
  };
  const size_t helpers = std::min<size_t>(threads - 1, lines.size() / (2 * kShare));
  std::vector<std::thread> pool;
  for (size_t i = 0; i < helpers; ++i) {
    pool.emplace_back(work);
  }
  work();
  for (std::thread& thread : pool) thread.join();
}

// The input as lines, graded and written as they come.
class Grader {
 public:
  Grader(const LineStreams& streams, const MathPolicy& policy, int threads)
      : streams_(streams), policy_(policy), threads_(threads) {}

  GradeSummary Run() {
    std::string text;
    std::vector<char> buffer(kReadSize);
    while (const size_t got = streams_.read(buffer.data(), buffer.size())) {
      const size_t seen = text.size();
      text.append(buffer.data(), got);
      const size_t last = std::string_view(text).substr(seen).rfind('\n');
      if (last != std::string_view::npos) {
        Grade(std::string_view(text).substr(0, seen + last + 1));
        text.erase(0, seen + last + 1);
      }
      if (text.size() > kLongestLine) {  // the rest of it is passed over
        too_long_ = true;
        text.clear();
      }
    }
    if (!text.empty() || too_long_) Grade(text);
    return summary_;
  }

 private:
  // Whole lines, or the last one.
  void Grade(std::string_view text) {
    std::vector<Line> lines;
    do {
      const size_t size = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, size);
      const bool too_long = std::exchange(too_long_, false) || line.size() > kLongestLine;
      ++number_;
      if (too_long || line.find_first_not_of(" \t\r") != std::string_view::npos) {
        lines.push_back({number_, line, too_long});
      }
      text.remove_prefix(std::min(size + 1, text.size()));
    } while (!text.empty());
    GradeAll(lines, policy_, threads_);
    std::string out;
    for (const Line& line : lines) {
      out += line.result;
      ++summary_.lines;
      summary_.faults += line.fault;
      if (line.error.empty()) continue;
      if (summary_.unreadable++ == 0) summary_.first_error = line.error;
    }
    if (!out.empty()) streams_.write(out);
  }

  const LineStreams& streams_;
  const MathPolicy& policy_;
  const int threads_;
  int64_t number_ = 0;     // of the line before
  bool too_long_ = false;  // the beginning of the line at hand was passed over
  GradeSummary summary_;
};

}  // namespace

GradeSummary GradeLines(const LineStreams& streams, const MathPolicy& policy, int threads) {
  return Grader(streams, policy, threads).Run();
}

}  // namespace hone
