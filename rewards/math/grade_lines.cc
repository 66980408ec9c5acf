// The loop of `hone grade`. Covered by tests/rewards/math_grade_test.cc.
#include "rewards/math/grade_lines.h"

#include <flint/flint.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <string>
#include <thread>
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
  std::string result;
  std::exception_ptr error;
};

double ThreadMicros() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

std::string TextOf(const nlohmann::json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    throw Error(std::string("there is no text under \"") + key + "\"", where,
                "write {\"gold\": \"..\", \"pred\": \"..\"}, both as strings");
  }
  return found->get<std::string>();
}

std::string Graded(const std::string& gold, const std::string& pred, const MathPolicy& policy) {
  const double begin = ThreadMicros();
  const MathVerdict verdict = VerifyMath(gold, pred, policy);
  const double micros = ThreadMicros() - begin;
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

void GradeLine(Line& line, const char* name, const MathPolicy& policy) {
  try {
    const std::string where = std::string(name) + ":" + std::to_string(line.number);
    const nlohmann::json json = ParseStrictJson(line.text, where);
    if (!json.is_object()) {
      throw Error("this is not an object", where, "write {\"gold\": \"..\", \"pred\": \"..\"}");
    }
    line.result = Graded(TextOf(json, "gold", where), TextOf(json, "pred", where), policy);
  } catch (const std::exception&) {
    line.error = std::current_exception();
  }
}

void GradeAll(std::vector<Line>& lines, const char* name, const MathPolicy& policy, int threads) {
  constexpr size_t kShare = 16;  // lines a thread takes at a time
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t begin; (begin = next.fetch_add(kShare)) < lines.size();) {
      for (size_t i = begin; i < std::min(begin + kShare, lines.size()); ++i)
        GradeLine(lines[i], name, policy);
    }
  };
  const size_t helpers = std::min<size_t>(threads - 1, lines.size() / (2 * kShare));
  std::vector<std::thread> pool;
  for (size_t i = 0; i < helpers; ++i) {
    pool.emplace_back([&work] {
      work();
      flint_cleanup();  // FLINT keeps caches for each thread
    });
  }
  work();
  for (std::thread& thread : pool) thread.join();
}

// Grades and writes the whole lines in `text`; `number` is that of the line before them.
void GradeText(std::string_view text, int64_t& number, const LineStreams& streams, const char* name,
               const MathPolicy& policy, int threads) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    ++number;
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back({number, line, {}, {}});
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  GradeAll(lines, name, policy, threads);
  std::string out;
  for (const Line& line : lines) {
    if (line.error) {
      if (!out.empty()) streams.write(out);
      std::rethrow_exception(line.error);
    }
    out += line.result;
  }
  if (!out.empty()) streams.write(out);
}

}  // namespace

void GradeLines(const LineStreams& streams, const char* name, const MathPolicy& policy, int threads) {
  std::string text;
  int64_t number = 0;
  std::vector<char> buffer(kReadSize);
  while (const size_t got = streams.read(buffer.data(), buffer.size())) {
    const size_t seen = text.size();
    text.append(buffer.data(), got);
    const size_t last = std::string_view(text).substr(seen).rfind('\n');
    if (last != std::string_view::npos) {
      GradeText(std::string_view(text).substr(0, seen + last + 1), number, streams, name, policy, threads);
      text.erase(0, seen + last + 1);
    }
    if (text.size() > kLongestLine) {
      throw Error("a line is longer than 64 MiB", std::string(name) + ":" + std::to_string(number + 1),
                  "put each pair on a line of its own");
    }
  }
  GradeText(text, number, streams, name, policy, threads);
}

}  // namespace hone
