// One judge for all tests of a binary, because its sandbox takes a while to prepare.
#ifndef HONE_TESTS_REWARDS_SHARED_JUDGE_H_
#define HONE_TESTS_REWARDS_SHARED_JUDGE_H_

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "data/error.h"
#include "rewards/code/judge.h"

namespace hone {

struct SharedJudge {
  std::filesystem::path cache =
      std::filesystem::temp_directory_path() / ("hone-judge-test-" + std::to_string(::getpid()));
  std::unique_ptr<Judge> judge;
  std::string refusal;  // why there is none

  SharedJudge() {
    try {
      judge = std::make_unique<Judge>(JudgeOptions{4, cache.string()});
    } catch (const Error& e) {
      refusal = e.what();
    }
  }
  ~SharedJudge() {
    judge.reset();
    std::filesystem::remove_all(cache);
  }
};

// Null, with a message, on a machine that cannot isolate: there the judge must not run.
inline Judge* TheJudge() {
  static SharedJudge shared;
  if (shared.judge == nullptr) MESSAGE("skipped: " << shared.refusal);
  return shared.judge.get();
}

// Judges a submission written as JSON.
inline Outcome JudgeJson(Judge& judge, const std::string& json) {
  return judge.Run(ParseSubmission(json, "test"));
}

// Text as a JSON string.
inline std::string Quoted(const std::string& text) {
  TypedValue value;
  value.kind = TypedValue::Kind::kString;
  value.text = text;
  return ToJson(value);
}

inline std::string SubmissionJson(const std::string& language, const std::string& code,
                                  const std::string& tests, const std::string& more = "") {
  return "{\"lang\":\"" + language + "\",\"code\":" + Quoted(code) + ",\"tests\":[" + tests + "]" + more +
         "}";
}

// The verdict's name, for readable failures.
inline std::string VerdictOf(const Outcome& outcome) { return std::string(NameOf(outcome.verdict)); }

}  // namespace hone

#endif  // HONE_TESTS_REWARDS_SHARED_JUDGE_H_
