// Public data, only where HONE_SHARED names the directory that has it: every example row, MATH-500 and GSM8K solutions
// against their answers, and near misses of those answers, of which none may be right.
#include <doctest/doctest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {
namespace {

std::vector<nlohmann::json> Lines(const std::string& path) {
  const char* shared = std::getenv("HONE_SHARED");
  std::vector<nlohmann::json> rows;
  if (!shared) {
    MESSAGE("skipped: HONE_SHARED is not set");
    return rows;
  }
  std::ifstream file(std::string(shared) + "/" + path);
  REQUIRE_MESSAGE(file.good(), path);
  for (std::string line; std::getline(file, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

bool Right(const std::string& gold, const std::string& pred) {
  const MathVerdict verdict = VerifyMath(gold, pred, {});
  return verdict.status == MathVerdict::Status::kOk && verdict.reward == 1.0;
}

// Changes that alter what an answer says: a digit, the sign, a fraction upside down, an interval's end, two coordinates.
std::vector<std::string> NearMisses(const std::string& answer) {
  std::vector<std::string> out;
  for (size_t i = 0; i < answer.size(); ++i) {
    if (!std::isdigit(static_cast<unsigned char>(answer[i]))) continue;
    std::string changed = answer;
    changed[i] = answer[i] == '9' ? '8' : static_cast<char>(answer[i] + 1);
    out.push_back(std::move(changed));
  }
  const bool plain = answer.find_first_not_of("0123456789./\\frac{}sqt ") == std::string::npos;
  if (plain && answer.find_first_of("123456789") != std::string::npos) out.push_back("-" + answer);
  if (answer.rfind("\\frac{", 0) == 0) {
    const size_t middle = answer.find("}{");
    if (middle != std::string::npos && answer.find('}', middle + 2) == answer.size() - 1) {
      const std::string top = answer.substr(6, middle - 6);
      const std::string below = answer.substr(middle + 2, answer.size() - middle - 3);
      if (top != below) out.push_back("\\frac{" + below + "}{" + top + "}");
    }
  }
  const std::string ends = "[]()";
  const bool interval =
      answer.find(',') != std::string::npos && answer.find("begin") == std::string::npos &&
      (answer.find('[') != std::string::npos || answer.find(']') != std::string::npos ||
       answer.find("infty") != std::string::npos || answer.find("cup") != std::string::npos);
  for (size_t i = 0; interval && i < answer.size(); ++i) {
    const size_t at = ends.find(answer[i]);
    if (at == std::string::npos) continue;
    std::string changed = answer;
    changed[i] = ends[at ^ 2];
    out.push_back(std::move(changed));
  }
  const size_t comma = answer.find(',');
  if (answer.front() == '(' && answer.back() == ')' && comma == answer.rfind(',') &&
      comma != std::string::npos) {
    const std::string left = answer.substr(1, comma - 1),
                      right = answer.substr(comma + 1, answer.size() - comma - 2);
    if (left != right) out.push_back("(" + right + "," + left + ")");
  }
  return out;
}

// Rows where a change of one of these kinds leaves the value as it was (a leading zero, 0 and -0, open ends at infinity).
bool StaysRight(const std::string& answer, const std::string& changed) {
  return answer.find("infty") != std::string::npos && changed.find('[') != std::string::npos &&
         changed.find("infty]") != std::string::npos;
}

TEST_CASE("public example rows") {
  int right = 0, all = 0;
  for (const auto& row : Lines("cases/math_examples.jsonl")) {
    const std::string gold = row["gold"], pred = row["pred"];
    const MathVerdict verdict = VerifyMath(gold, pred, {});
    const bool got = verdict.status == MathVerdict::Status::kOk && verdict.reward == 1.0;
    CAPTURE(gold);
    CAPTURE(pred.substr(pred.size() > 300 ? pred.size() - 300 : 0));
    CAPTURE(verdict.extracted);
    CAPTURE(verdict.reason);
    CHECK(got == row["expected"].get<bool>());
    ++all;
    right += got == row["expected"].get<bool>();
  }
  if (all > 0) MESSAGE("examples: ", right, " of ", all);
}

TEST_CASE("MATH-500: solutions are right, near misses are not") {
  int right = 0, all = 0, misses = 0, accepted = 0;
  for (const auto& row : Lines("data/math500/test.jsonl")) {
    const std::string answer = row["answer"], solution = row["solution"];
    ++all;
    const bool ok = Right(answer, solution) && Right(solution, "\\boxed{" + answer + "}");
    right += ok;
    CAPTURE(answer);
    CHECK(ok);
    for (const std::string& changed : NearMisses(answer)) {
      CAPTURE(changed);
      ++misses;
      const bool wrong = Right(answer, "\\boxed{" + changed + "}") && !StaysRight(answer, changed);
      accepted += wrong;
      CHECK_FALSE(wrong);
    }
  }
  if (all > 0)
    MESSAGE("MATH-500: ", right, " of ", all, "; near misses accepted: ", accepted, " of ", misses);
}

TEST_CASE("GSM8K: solutions are right, near misses are not") {
  int right = 0, all = 0, misses = 0, accepted = 0;
  for (const char* part : {"train", "test"}) {
    for (const auto& row : Lines(std::string("data/gsm8k/") + part + ".jsonl")) {
      const std::string solution = row["answer"];
      const std::string answer = solution.substr(solution.rfind("####") + 5);
      CAPTURE(answer);
      const bool ok = Right(answer, solution) && Right(solution, "The answer is " + answer + ".");
      CHECK(ok);
      ++all;
      right += ok;
      for (const std::string& changed : NearMisses(answer)) {
        CAPTURE(changed);
        ++misses;
        const bool wrong = Right(answer, "\\boxed{" + changed + "}");
        accepted += wrong;
        CHECK_FALSE(wrong);
      }
    }
  }
  if (all > 0) MESSAGE("GSM8K: ", right, " of ", all, "; near misses accepted: ", accepted, " of ", misses);
}

TEST_CASE("SVAMP: equations are worth their answers") {
  int right = 0, all = 0;
  for (const auto& row : Lines("data/svamp/test.jsonl")) {
    const std::string equation = row["Equation"];
    const bool ok = Right(row["Answer"].dump(), "\\boxed{" + equation + "}");
    CAPTURE(equation);
    CHECK((ok || row["ID"] == "chal-680"));  // whose answer is not what its equation gives
    ++all;
    right += ok;
  }
  if (all > 0) MESSAGE("SVAMP: ", right, " of ", all);
}

}  // namespace
}  // namespace hone
