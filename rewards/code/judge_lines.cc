// Workers take lines in order and hand verdicts to one writer's window. Covered by
// tests/rewards/judge_test.cc.
#include "rewards/code/judge_lines.h"

#include <cmath>
#include <condition_variable>
#include <istream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>
#include <vector>

#include "data/error.h"
#include "data/utf8.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

double Tenths(double ms) { return std::round(ms * 10.0) / 10.0; }

Json IdOf(const TypedValue& id) { return Json::parse(ToJson(id)); }

Json TestJson(const TestOutcome& test) {
  Json json = {{"verdict", NameOf(test.verdict)},
               {"cpu_ms", Tenths(test.cpu_ms)},
               {"wall_ms", Tenths(test.wall_ms)},
               {"memory_kb", test.memory_kb},
               {"stdout", test.out},
               {"stderr", test.err}};
  if (test.exit_code != 0) json["exit_code"] = test.exit_code;
  if (test.signal != 0) json["signal"] = test.signal;
  if (!test.note.empty()) json["note"] = test.note;
  if (test.forgeable) json["forgeable"] = true;
  return json;
}

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

struct Line {
  int64_t place = 0, number = 0;  // among those that are not blank, and in the input, from 1
  std::string text;
  bool too_long = false;  // then `text` is only its beginning
};

bool ReadLine(std::istream& in, Line& line) {
  using Traits = std::istream::traits_type;
  line.text.clear();
  line.too_long = false;
  bool any = false;
  for (int c; (c = in.rdbuf()->sbumpc()) != Traits::eof() && c != '\n';) {
    any = true;
    if (line.text.size() < kMostLineBytes) {
      line.text.push_back(Traits::to_char_type(c));
    } else {
      line.too_long = true;
    }
  }
  return any || in.rdbuf()->sgetc() != Traits::eof();
}

// What can be known of the id of a line that is no submission.
Json IdOfLine(const Line& line) {
  if (line.too_long) return nullptr;
  try {
    const TypedValue value = ParseJsonValue(line.text, "");
    const TypedValue* id = value.kind == TypedValue::Kind::kMap ? value.Find("id") : nullptr;
    return id == nullptr ? Json() : IdOf(*id);
  } catch (const Error&) {
    return nullptr;
  }
}

// The lines in the order they were read, and the verdicts in the same order.
class LineQueue {
 public:
  LineQueue(std::istream& in, std::ostream& out, int64_t window) : in_(in), out_(out), window_(window) {}

  // The next line that is not blank; false at the end.
  bool Take(Line& line) {
    std::unique_lock lock(mutex_);
    written_changed_.wait(lock, [&] { return taken_ - written_ < window_; });
    while (ReadLine(in_, line)) {
      line.number = ++number_;
      if (line.text.find_first_not_of(" \t\r") == std::string::npos && !line.too_long) continue;
      line.place = taken_++;
      return true;
    }
    return false;
  }

  void Put(int64_t place, std::string verdict) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(place, std::move(verdict));
    while (!waiting_.empty() && waiting_.begin()->first == written_) {
      out_ << waiting_.begin()->second << "\n";
      waiting_.erase(waiting_.begin());
      ++written_;
    }
    out_.flush();
    written_changed_.notify_all();
  }

 private:
  std::istream& in_;
  std::ostream& out_;
  const int64_t window_;
  std::mutex mutex_;
  std::condition_variable written_changed_;
  int64_t number_ = 0, taken_ = 0, written_ = 0;
  std::map<int64_t, std::string> waiting_;
};

}  // namespace

std::string OutcomeLine(const TypedValue& id, const Outcome& outcome) {
  Json json = {{"id", IdOf(id)}, {"verdict", NameOf(outcome.verdict)}};
  json["score"] = outcome.verdict == JudgeVerdict::kIE ? Json() : Json(outcome.score);
  json["tests"] = Json::array();
  for (const TestOutcome& test : outcome.tests) json["tests"].push_back(TestJson(test));
  if (outcome.compile_ms > 0.0 || !outcome.diagnostics.empty()) {
    json["compile"] = {{"ms", Tenths(outcome.compile_ms)}, {"diagnostics", outcome.diagnostics}};
  }
  if (!outcome.note.empty()) json["note"] = outcome.note;
  if (outcome.forgeable) json["forgeable"] = true;
  return Dump(json);
}

LinesSummary JudgeLines(std::istream& in, std::ostream& out, Judge& judge, int threads) {
  LineQueue queue(in, out, 64 * static_cast<int64_t>(threads));
  LinesSummary summary;
  int64_t first_bad = -1;
  std::mutex mutex;  // of the summary
  const auto judge_line = [&](const Line& line) {
    try {
      const std::string where = "line " + std::to_string(line.number);
      if (line.too_long) throw Error("longer than 64 MiB", where, "");
      const Submission submission = ParseSubmission(line.text, where);
      const Outcome outcome = judge.Run(submission);
      const std::lock_guard lock(mutex);
      ++summary.lines;
      summary.failed += outcome.verdict == JudgeVerdict::kIE;
      return OutcomeLine(submission.id, outcome);
    } catch (const Error& e) {
      const std::lock_guard lock(mutex);
      ++summary.lines;
      ++summary.unreadable;
      if (first_bad < 0 || line.number < first_bad) {
        first_bad = line.number;
        summary.first_error = ValidUtf8(e.what());
      }
      return Dump({{"id", IdOfLine(line)},
                   {"verdict", "IE"},
                   {"score", nullptr},
                   {"tests", Json::array()},
                   {"error", e.what()}});
    }
  };
  const auto work = [&] {
    for (Line line; queue.Take(line);) queue.Put(line.place, judge_line(line));
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  return summary;
}

}  // namespace hone
