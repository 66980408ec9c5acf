// The divergences against a twin in double and TRL's own loss, their slopes against central differences, and padded vocabularies.
#include "kernels/distill.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

using Doubles = std::vector<double>;

Doubles LogSoftmax(const Doubles& logits, double temperature) {
  double max = -INFINITY, sum = 0.0;
  for (const double x : logits) max = std::max(max, x / temperature);
  for (const double x : logits) sum += std::exp(x / temperature - max);
  Doubles out;
  for (const double x : logits) out.push_back(x / temperature - max - std::log(sum));
  return out;
}

// sum of p (log p - log q)
double Divergence(const Doubles& log_p, const Doubles& log_q) {
  double sum = 0.0;
  for (size_t i = 0; i < log_p.size(); ++i) {
    const double p = std::exp(log_p[i]);
    if (p > 0.0) sum += p * (log_p[i] - log_q[i]);
  }
  return sum;
}

double Loss(const Doubles& student, const Doubles& teacher, double beta, double temperature) {
  const Doubles s = LogSoftmax(student, temperature), t = LogSoftmax(teacher, temperature);
  if (beta == 0.0) return Divergence(t, s);
  if (beta == 1.0) return Divergence(s, t);
  Doubles m;
  for (size_t i = 0; i < s.size(); ++i)
    m.push_back(std::log((1 - beta) * std::exp(s[i]) + beta * std::exp(t[i])));
  return beta * Divergence(t, m) + (1 - beta) * Divergence(s, m);
}

Doubles Row(const std::vector<float>& rows, int64_t width, int64_t row, int64_t vocab) {
  const auto begin = rows.begin() + row * width;
  return {begin, begin + vocab};
}

// Losses, then the rows of slopes.
std::vector<float> Run(ThreadPool& pool, int64_t vocab, const DistillParams& params,
                       std::vector<float> student, int64_t student_width, const std::vector<float>& teacher,
                       int64_t teacher_width, const std::vector<float>& weight) {
  const auto rows = static_cast<int64_t>(weight.size());
  std::vector<float> loss(weight.size());
  DistillRows(pool, rows, vocab, params, student.data(), student_width, teacher.data(), teacher_width,
              weight.data(), loss.data());
  Append(loss, student);
  return loss;
}

struct DistillCase {
  std::mt19937_64 random;
  int64_t rows = 9, vocab, student_width, teacher_width;
  DistillParams params;
  std::vector<float> student, teacher, weight;

  DistillCase(uint64_t seed, int64_t v, float beta) : random(seed), vocab(v) {
    student_width = vocab + static_cast<int64_t>(seed % 3) * 7;
    teacher_width = vocab + static_cast<int64_t>(seed % 2) * 20;
    params = {.beta = beta, .temperature = seed % 4 == 0 ? 1.0f : 0.7f + 0.3f * static_cast<float>(seed % 4)};
    student = RandomFloats(random, rows * student_width, 3.0f);
    teacher = RandomFloats(random, rows * teacher_width, 3.0f);
    weight = RandomFloats(random, rows, 1.0f);
  }
  std::vector<float> Result(ThreadPool& pool) const {
    return Run(pool, vocab, params, student, student_width, teacher, teacher_width, weight);
  }
};

TEST_CASE("distill: loss and slope agree with double; padding is left out; the same bits everywhere") {
  ThreadPool pool(2);
  double worst_loss = 0.0, worst_slope = 0.0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    const float betas[] = {0.0f, 1.0f, 0.5f, 0.1f, 0.9f};
    const int64_t widths[] = {1, 2, 15, 16, 17, 55, 1030};
    const DistillCase c(seed, widths[seed % 7], betas[seed % 5]);
    const std::vector<float> got = SameEverywhere([&](ThreadPool& p) { return c.Result(p); });
    for (int64_t r = 0; r < c.rows; ++r) {
      const Doubles s = Row(c.student, c.student_width, r, c.vocab),
                    t = Row(c.teacher, c.teacher_width, r, c.vocab);
      const auto loss = [&](const Doubles& student) {
        return Loss(student, t, static_cast<double>(c.params.beta),
                    static_cast<double>(c.params.temperature));
      };
      worst_loss = std::max(worst_loss, std::abs(static_cast<double>(got[r]) - loss(s)) / (1.0 + loss(s)));
      const float* slopes = got.data() + c.rows + r * c.student_width;
      for (int64_t i = 0; i < c.vocab; i += 1 + c.vocab / 60) {
        Doubles up = s, down = s;
        up[i] += 1e-5;
        down[i] -= 1e-5;
        const double slope = static_cast<double>(c.weight[r]) * (loss(up) - loss(down)) / 2e-5;
        worst_slope = std::max(worst_slope, std::abs(static_cast<double>(slopes[i]) - slope));
      }
      for (int64_t i = c.vocab; i < c.student_width; ++i) CHECK(slopes[i] == 0.0f);
    }
  }
  MESSAGE("worst loss " << worst_loss << ", slope " << worst_slope);
  CHECK(worst_loss < 2e-6);
  CHECK(worst_slope < 2e-6);
}

TEST_CASE("distill: what stands in the padding changes nothing, and a row alone has its bits") {
  ThreadPool pool(1);
  for (const float beta : {0.0f, 0.3f, 1.0f}) {
    DistillCase c(5, 55, beta);
    REQUIRE(c.student_width > c.vocab);
    REQUIRE(c.teacher_width > c.vocab);
    const std::vector<float> got = c.Result(pool);
    for (int64_t r = 0; r < c.rows; ++r) {
      std::vector<float> student(c.student.begin() + r * c.student_width,
                                 c.student.begin() + (r + 1) * c.student_width);
      std::vector<float> teacher(c.teacher.begin() + r * c.teacher_width,
                                 c.teacher.begin() + r * c.teacher_width + 55);
      std::fill(student.begin() + 55, student.end(), 1e6f);
      const std::vector<float> alone =
          Run(pool, 55, c.params, student, c.student_width, teacher, 55, {c.weight[r]});
      CHECK(alone[0] == got[r]);
      CHECK(std::equal(alone.begin() + 1, alone.end(), got.begin() + c.rows + r * c.student_width));
    }
  }
}

TEST_CASE("distill: equal rows have no divergence and no slope; opposite and certain rows stay finite") {
  ThreadPool pool(1);
  for (const float beta : {0.0f, 0.5f, 1.0f}) {
    const DistillParams params = {.beta = beta};
    const std::vector<float> row = {1.0f, -2.0f, 0.5f, 900.0f};
    for (const float x : Run(pool, 4, params, row, 4, row, 4, {1.0f})) CHECK(std::abs(x) < 1e-6f);
    const std::vector<float> apart =
        Run(pool, 4, params, {1e4f, 0.0f, 0.0f, 0.0f}, 4, {0.0f, 1e4f, 0.0f, 0.0f}, 4, {1.0f});
    for (const float x : apart) CHECK(std::isfinite(x));
    if (beta == 0.5f) {
      CHECK(apart[0] == doctest::Approx(std::log(2.0)));  // its upper bound
    } else {
      CHECK(apart[0] >= 1000.0f);
    }
  }
}

TEST_CASE("distill: TRL's generalized_jsd_loss gives the same losses and slopes") {
  std::ifstream file(HONE_SOURCE_DIR "/tests/kernels/fixtures/gkd_jsd.txt");
  REQUIRE(file.good());
  std::string versions;
  std::getline(file, versions);
  ThreadPool pool(1);
  int cases = 0;
  double worst = 0.0;
  const auto read = [&](int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& v : values) file >> v;
    return values;
  };
  DistillParams params;
  for (int64_t rows, vocab; file >> params.beta >> params.temperature >> rows >> vocab; ++cases) {
    const std::vector<float> student = read(rows * vocab), teacher = read(rows * vocab);
    std::vector<float> want = read(rows);
    Append(want, read(rows * vocab));
    const std::vector<float> ones(static_cast<size_t>(rows), 1.0f);
    worst = std::max(worst,
                     WorstError(Run(pool, vocab, params, student, vocab, teacher, vocab, ones), want, 1.0));
  }
  MESSAGE(cases << " cases, worst difference " << worst);
  CHECK(cases == 15);
  CHECK(worst <= 1e-6);
}

}  // namespace
}  // namespace hone::kernels
