// The distillation stage against divergences and gradients written out from log-probs alone; padded vocabularies, other tokenizers, the
// student's own completions. (tests/rl/run_test.cc has resume and threads, tests/kernels/distill_test.cc the kernel.)
#include "rl/distill.h"

#include <cmath>

#include "data/code_tasks.h"
#include "policy/safetensors.h"
#include "rl/metrics.h"
#include "rl/minibatch.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

using Doubles = std::vector<double>;

// A teacher of another shape than the tiny student, on its threads.
std::unique_ptr<Teacher> TinyTeacher(Policy& student, bool experts, uint64_t seed, int64_t padding = 0,
                                     int64_t positions = 128) {
  Checkpoint checkpoint;
  checkpoint.config = TinyConfig(student.tokenizer(), experts);
  checkpoint.config.vocab_size += padding;
  checkpoint.config.max_position_embeddings = positions;
  checkpoint.weights = InitWeights(checkpoint.config, seed, 1.0);
  WeightsSource weights(checkpoint.weights);
  return std::make_unique<Teacher>(checkpoint.config, weights, student.tokenizer(), student, "teacher");
}

// Documents of a fixed list, endless.
DocumentBatches BatchesOf(const std::vector<TrainingSequence>& sequences, const DistillConfig& config) {
  return DocumentBatches(
      {[sequences](int64_t index) { return sequences[static_cast<size_t>(index) % sequences.size()]; },
       static_cast<int64_t>(sequences.size())},
      config, "distill", 128);
}

// One step that takes all of `sequences`.
DistillConfig OneStep(double beta, double temperature) {
  DistillConfig config;
  config.data = {"rows.jsonl"};
  config.epochs = 1.0;
  config.rows_per_step = 1000;
  config.row_tokens = 100;
  config.beta = beta;
  config.temperature = temperature;
  return config;
}

// [row][token] log-probs of every token of the tokenizer at every scored row, through LogProbs alone.
std::vector<Doubles> AllLogProbs(Model& model, const std::vector<TrainingSequence>& sequences,
                                 double temperature, int64_t vocab) {
  TrainingBatch batch = PackSequences(sequences, 1 << 20, static_cast<float>(temperature))[0].batch;
  std::vector<Doubles> rows(batch.targets.size(), Doubles(static_cast<size_t>(vocab)));
  std::vector<float> logprobs(batch.targets.size());
  for (int64_t v = 0; v < vocab; ++v) {
    std::fill(batch.targets.begin(), batch.targets.end(), static_cast<int32_t>(v));
    model.LogProbs(batch, logprobs, {});
    for (size_t r = 0; r < rows.size(); ++r) rows[r][v] = static_cast<double>(logprobs[r]);
  }
  return rows;
}

double LogMixture(double log_s, double log_t, double beta) {
  return std::log((1.0 - beta) * std::exp(log_s) + beta * std::exp(log_t));
}

double Divergence(const Doubles& s, const Doubles& t, double beta) {
  double sum = 0.0;
  for (size_t v = 0; v < s.size(); ++v) {
    const double m = LogMixture(s[v], t[v], beta);
    if (beta == 0.0) {
      sum += std::exp(t[v]) * (t[v] - s[v]);
    } else if (beta == 1.0) {
      sum += std::exp(s[v]) * (s[v] - t[v]);
    } else {
      sum += beta * std::exp(t[v]) * (t[v] - m) + (1.0 - beta) * std::exp(s[v]) * (s[v] - m);
    }
  }
  return sum;
}

// d divergence / d log-prob of token v, as far as it matters: a constant over the tokens, weighted by s, has no gradient.
double Slope(double s, double t, double beta) {
  if (beta == 0.0) return -std::exp(t);
  if (beta == 1.0) return std::exp(s) * (s - t);
  return (1.0 - beta) * std::exp(s) * (s - LogMixture(s, t, beta));
}

double MeanDivergence(const std::vector<Doubles>& student, const std::vector<Doubles>& teacher, double beta) {
  double sum = 0.0;
  for (size_t r = 0; r < student.size(); ++r) sum += Divergence(student[r], teacher[r], beta);
  return sum / static_cast<double>(student.size());
}

// An optimizer whose first update is -g / (|g| + 1) for gradient g, so that weights tell gradients.
OptimizerConfig Telling() {
  OptimizerConfig optimizer;
  optimizer.learning_rate = 1.0;
  optimizer.epsilon = 1.0;
  optimizer.clip_norm = 1e30;
  return optimizer;
}

Doubles GradientsFrom(const std::vector<std::vector<float>>& before,
                      const std::vector<std::vector<float>>& after) {
  Doubles gradients;
  for (size_t i = 0; i < before.size(); ++i) {
    for (size_t j = 0; j < before[i].size(); ++j) {
      const double change = static_cast<double>(before[i][j]) - after[i][j];
      gradients.push_back(change / (1.0 - std::fabs(change)));
    }
  }
  return gradients;
}

// The gradient of the mean divergence, a backward pass a token of the vocabulary.
Doubles ReferenceGradients(Policy& student, const std::vector<TrainingSequence>& sequences,
                           const std::vector<Doubles>& s, const std::vector<Doubles>& t, double beta,
                           double temperature) {
  TrainingBatch batch = PackSequences(sequences, 1 << 20, static_cast<float>(temperature))[0].batch;
  Gradients gradients(student.weights());
  gradients.SetZero();
  for (size_t v = 0; v < s[0].size(); ++v) {
    std::fill(batch.targets.begin(), batch.targets.end(), static_cast<int32_t>(v));
    student.model().Train(
        batch, {},
        [&](auto, auto, LossSlopes slopes) {
          for (size_t r = 0; r < s.size(); ++r)
            slopes.logprobs[r] =
                static_cast<float>(Slope(s[r][v], t[r][v], beta) / static_cast<double>(s.size()));
        },
        gradients);
  }
  Doubles flat;
  for (size_t i = 0; i < gradients.buffers().size(); ++i) {
    const FloatBuffer& b = gradients.buffers()[i];
    flat.insert(flat.end(), b.data(), b.data() + b.size());
    // Router biases have no gradient, but are weights.
    if (b.size() == 0) flat.resize(flat.size() + student.weights().parameters()[i].value.size());
  }
  return flat;
}

double Apart(const Doubles& a, const Doubles& b) {
  REQUIRE(a.size() == b.size());
  double most = 0.0, largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::fabs(a[i] - b[i]));
    largest = std::max(largest, std::fabs(b[i]));
  }
  REQUIRE(largest > 0.0);
  return most / largest;
}

}  // namespace

TEST_CASE("a step's loss and gradient are those of the mean divergence, for any beta and temperature") {
  struct Case {
    bool experts;  // of the student; the teacher has the other shape
    double beta, temperature;
    int64_t budget;
  };
  for (const Case& c : {Case{true, 1.0, 1.0, 60}, Case{false, 0.0, 0.7, 1 << 20}, Case{false, 0.4, 1.6, 25},
                        Case{true, 0.0, 1.0, 1}, Case{false, 1.0, 0.8, 60}}) {
    CAPTURE(c.beta);
    CAPTURE(c.experts);
    TempDir dir;
    const auto student = TinyPolicy(dir / "t", c.experts);
    const auto teacher = TinyTeacher(*student, !c.experts, 5);
    std::mt19937_64 random(31);
    const auto sequences = RandomSequences(student->config(), 9, random);
    const int64_t vocab = student->tokenizer().vocab_size();
    const auto s = AllLogProbs(student->model(), sequences, c.temperature, vocab),
               t = AllLogProbs(teacher->model(), sequences, c.temperature, vocab);
    const Doubles reference = ReferenceGradients(*student, sequences, s, t, c.beta, c.temperature);
    const auto before = CopyOf(student->weights());

    const DistillConfig config = OneStep(c.beta, c.temperature);
    const OptimizerConfig optimizer = Telling();
    const MemoryConfig memory = {.micro_batch_tokens = c.budget};
    DistillStage stage(*student, *teacher, BatchesOf(sequences, config), config, 1.0, optimizer, memory);
    CHECK(stage.num_steps() == 1);
    const Metrics metrics = stage.Step(1);
    const double divergence = MetricValue(metrics, "divergence");
    CHECK(divergence > 0.01);
    CHECK(divergence == doctest::Approx(MeanDivergence(s, t, c.beta)).epsilon(2e-6));
    CHECK(MetricValue(metrics, "loss") == divergence);
    CHECK(Apart(GradientsFrom(before, CopyOf(student->weights())), reference) < 2e-5);
    for (const char* absent : {"accuracy", "entropy", "logprob_difference", "sampled_tokens"})
      CHECK(std::isnan(MetricValue(metrics, absent)));
    double tokens = 0.0;
    for (const TrainingSequence& q : sequences) tokens += static_cast<double>(q.ids.size());
    CHECK(MetricValue(metrics, "tokens") == tokens);
  }
}

TEST_CASE("a student that is its own teacher has no divergence and hardly a gradient") {
  for (const double beta : {0.0, 0.5, 1.0}) {
    CAPTURE(beta);
    TempDir dir;
    const auto student = TinyPolicy(dir / "t", true, Precision::kFp32, 1, 3);
    const auto teacher = TinyTeacher(*student, true, 3);
    std::mt19937_64 random(32);
    const auto sequences = RandomSequences(student->config(), 6, random);
    const DistillConfig config = OneStep(beta, 1.0);
    const OptimizerConfig optimizer = Telling();
    const MemoryConfig memory;
    DistillStage stage(*student, *teacher, BatchesOf(sequences, config), config, 1.0, optimizer, memory);
    const Metrics metrics = stage.Step(1);
    CHECK(std::fabs(MetricValue(metrics, "divergence")) < 1e-6);
    CHECK(MetricValue(metrics, "grad_norm") < 1e-6);
  }
}

TEST_CASE("padding of either model's vocabulary changes no bit of loss and shared weights") {
  // The student of `padding` rows more has the same weights elsewhere, and large ones there.
  const auto run = [](int64_t student_padding, int64_t teacher_padding, double beta) {
    TempDir dir;
    const auto plain = TinyPolicy(dir / "t", false);
    const auto padded = [&](ModelConfig config, const Weights& weights, int64_t padding) {
      Checkpoint checkpoint;
      checkpoint.config = config;
      checkpoint.config.vocab_size += padding;
      checkpoint.weights = InitWeights(checkpoint.config, 99, 1.0);
      for (const Parameter& p : weights.parameters()) {
        FloatBuffer& to = checkpoint.weights.Get(p.name).value;
        std::fill_n(to.data(), to.size(), 3.0f);
        std::copy_n(p.value.data(), p.value.size(), to.data());
      }
      return checkpoint;
    };
    Policy student(padded(plain->config(), plain->weights(), student_padding), dir / "t", Precision::kFp32,
                   1);
    const ModelConfig shape = TinyConfig(student.tokenizer(), true);
    const Checkpoint wise = padded(shape, InitWeights(shape, 8, 1.0), teacher_padding);
    WeightsSource weights(wise.weights);
    Teacher teacher(wise.config, weights, student.tokenizer(), student, "teacher");
    std::mt19937_64 random(33);
    const auto sequences = RandomSequences(plain->config(), 6, random);
    const DistillConfig config = OneStep(beta, 1.0);
    const OptimizerConfig optimizer = Telling();
    const MemoryConfig memory;
    DistillStage stage(student, teacher, BatchesOf(sequences, config), config, 1.0, optimizer, memory);
    std::vector<double> out = {MetricValue(stage.Step(1), "divergence")};
    for (const Parameter& p : plain->weights().parameters()) {
      const float* values = student.weights().Get(p.name).value.data();
      out.insert(out.end(), values, values + p.value.size());
    }
    return out;
  };
  for (const double beta : {0.0, 0.3, 1.0}) {
    CAPTURE(beta);
    const auto plain = run(0, 0, beta);
    CHECK(plain == run(9, 0, beta));
    CHECK(plain == run(0, 20, beta));
    CHECK(plain == run(3, 17, beta));
  }
}

TEST_CASE("a teacher of other tokens is refused, and the first difference is named") {
  TempDir dir;
  const auto student = TinyPolicy(dir / "t", false);
  const auto refusal = [&](const std::string& tokenizer_dir, int64_t eos = -1) {
    const Tokenizer tokenizer = Tokenizer::Load(tokenizer_dir);
    Checkpoint checkpoint;
    checkpoint.config = TinyConfig(tokenizer, false);
    if (eos >= 0) checkpoint.config.eos_token_ids = {eos};
    checkpoint.weights = InitWeights(checkpoint.config, 1, 1.0);
    WeightsSource weights(checkpoint.weights);
    return ErrorOf([&] { Teacher(checkpoint.config, weights, tokenizer, *student, "the/teacher"); });
  };
  CHECK(refusal(dir / "t") == "");

  std::filesystem::create_directories(dir / "code");
  WriteCodeTokenizer(dir / "code");
  const std::string code = refusal(dir / "code");
  CHECK(Mentions(code, "the/teacher"));
  CHECK(Mentions(code, "different tokenizers: token "));
  CHECK(Mentions(code, "distill from a model of the same tokenizer"));

  // One token special, one token spelt otherwise, one more, one matched whole.
  const std::string file = ReadFile(dir / "t/tokenizer.json"),
                    config = ReadFile(dir / "t/tokenizer_config.json");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::filesystem::create_directories(dir / "changed");
    std::string text = file;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    WriteFileAtomic(dir / "changed/tokenizer.json", text.replace(at, from.size(), to));
    WriteFileAtomic(dir / "changed/tokenizer_config.json", config);
    return refusal(dir / "changed");
  };
  CHECK(Mentions(changed("\"special\": false", "\"special\": true"),
                 "token 3 is '<think>' matched whole and '<think>' matched whole, special"));
  CHECK(Mentions(changed("\"z\": ", "\"Z\": "), " is 'z' and 'Z'"));
  const std::string size = std::to_string(student->tokenizer().vocab_size());
  CHECK(Mentions(changed("\"vocab\": {", "\"vocab\": {\n      \"~\": " + size + ","),
                 "token " + size + " is nothing and '~'"));

  const std::string eos = refusal(dir / "t", *student->tokenizer().TokenId("z"));
  CHECK(Mentions(eos, "end completions by different tokens: 2 and 2, "));
}

TEST_CASE("a sequence beyond the teacher's positions is refused before anything is learnt") {
  TempDir dir;
  const auto student = TinyPolicy(dir / "t", false);
  const auto teacher = TinyTeacher(*student, false, 4, 0, 12);
  std::mt19937_64 random(34);
  const auto sequences = RandomSequences(student->config(), 12, random);
  const DistillConfig config = OneStep(1.0, 1.0);
  const OptimizerConfig optimizer;
  const MemoryConfig memory;
  DistillStage stage(*student, *teacher, BatchesOf(sequences, config), config, 1.0, optimizer, memory);
  const auto before = CopyOf(student->weights());
  CHECK(Mentions(ErrorOf([&] { stage.Step(1); }), "the teacher only 12 positions"));
  CHECK(SameBits(before, CopyOf(student->weights())));
}

namespace {

// A tiny student that learns on completions of its own.
struct OwnCompletions {
  TempDir dir;
  std::unique_ptr<Policy> student = TinyPolicy(dir / "t", true);
  std::unique_ptr<Teacher> teacher = TinyTeacher(*student, false, 6);
  RolloutConfig rollout;
  DistillConfig config;
  OptimizerConfig optimizer = Telling();
  MemoryConfig memory = {.micro_batch_tokens = 100};
  std::unique_ptr<RewardRunner> rewards = RunnerOf(EvenShare);
  RunStore store = RunStore::Create(dir / "hone.db");
  std::unique_ptr<Sampler> sampler;
  std::unique_ptr<DistillStage> stage;

  explicit OwnCompletions(double temperature = 1.0) {
    rollout.max_new_tokens = 10;
    rollout.temperature = temperature;
    config.steps = 4;
    sampler = std::make_unique<Sampler>(*student, rollout);
    Restart();
  }
  void Restart() {
    stage = std::make_unique<DistillStage>(
        *student, *teacher,
        GroupSource(*student, *sampler, *rewards, store, TrainPrompts(student->tokenizer()),
                    {.prompts_per_step = 3, .completions = 2, .temperature = rollout.temperature, .seed = 7}),
        config, rollout.temperature, optimizer, memory);
  }
};

}  // namespace

TEST_CASE("on its own completions a student learns all of them, committed, scored and counted") {
  for (const double temperature : {1.0, 0.6}) {
    CAPTURE(temperature);
    OwnCompletions b(temperature);
    const auto before = CopyOf(b.student->weights());
    const Metrics metrics = b.stage->Step(1);
    const auto groups = b.store.Groups(1);
    REQUIRE(groups.size() == 3);
    std::vector<TrainingSequence> sequences;
    double tokens = 0.0;
    for (const ScoredGroup& g : groups) {
      CHECK(g.scores.size() == 2);
      for (const Completion& c : g.group.completions) {
        sequences.push_back(SequenceOf(g.group.prompt, c));
        tokens += static_cast<double>(c.ids.size());
      }
    }
    TempDir dir;
    const auto start = TinyPolicy(dir / "t", true);
    REQUIRE(SameBits(before, CopyOf(start->weights())));
    const int64_t vocab = start->tokenizer().vocab_size();
    const auto s = AllLogProbs(start->model(), sequences, 1.0, vocab),
               t = AllLogProbs(b.teacher->model(), sequences, 1.0, vocab);
    CHECK(MetricValue(metrics, "divergence") == doctest::Approx(MeanDivergence(s, t, 1.0)).epsilon(2e-6));
    CHECK(Apart(GradientsFrom(before, CopyOf(b.student->weights())),
                ReferenceGradients(*start, sequences, s, t, 1.0, 1.0)) < 2e-5);
    // What is reported of the samples: their entropy is the sampler's, at its temperature.
    double entropy = 0.0;
    for (const Doubles& row : AllLogProbs(start->model(), sequences, temperature, vocab)) {
      for (const double l : row) entropy -= std::exp(l) * l;
    }
    CHECK(MetricValue(metrics, "entropy") ==
          doctest::Approx(entropy / static_cast<double>(s.size())).epsilon(1e-5));
    CHECK(MetricValue(metrics, "logprob_difference") == 0.0);
    CHECK(MetricValue(metrics, "tokens") == tokens);
    CHECK(MetricValue(metrics, "sampled_tokens") == tokens);
    CHECK(MetricValue(metrics, "groups") == 3.0);
    CHECK(MetricValue(metrics, "reward") > 0.0);
  }
}

TEST_CASE(
    "stored groups are replayed, tokens are counted over the whole run, and a sampler that disagrees stops "
    "it") {
  OwnCompletions calm, stopped;
  Metrics first, second;
  for (OwnCompletions* b : {&calm, &stopped}) {
    first = b->stage->Step(1);
    b->store.FinishStep(1, first);
  }
  second = calm.stage->Step(2);
  CHECK(MetricValue(second, "sampled_tokens") ==
        MetricValue(first, "tokens") + MetricValue(second, "tokens"));
  // The other process dies after its groups were committed: its successor starts from step 1's state and takes them as they are.
  std::filesystem::create_directories(stopped.dir / "checkpoint");
  stopped.stage->Save(stopped.dir / "checkpoint");
  const auto weights = CopyOf(stopped.student->weights());
  stopped.stage->Step(2);
  for (size_t i = 0; i < weights.size(); ++i)
    std::copy(weights[i].begin(), weights[i].end(), stopped.student->weights().parameters()[i].value.data());
  stopped.rewards = RunnerOf([](const Group&, const Completion&) -> Score {
    FAIL("scored again");
    return {};
  });
  stopped.Restart();
  stopped.stage->Load(stopped.dir / "checkpoint");
  const Metrics again = stopped.stage->Step(2);
  for (const char* name : {"divergence", "sampled_tokens", "reward", "grad_norm"})
    CHECK(MetricValue(again, name) == MetricValue(second, name));
  CHECK(SameBits(CopyOf(calm.student->weights()), CopyOf(stopped.student->weights())));

  // Groups that other weights sampled are no samples of this student.
  OwnCompletions other;
  auto foreign = calm.store.Groups(2);
  for (ScoredGroup& g : foreign) g.group.step = 1;
  PromptSource prompts = TrainPrompts(other.student->tokenizer());
  other.store.PutGroups(foreign);
  other.stage = std::make_unique<DistillStage>(
      *other.student, *other.teacher,
      GroupSource(*other.student, *other.sampler, *other.rewards, other.store,
                  [&](int64_t index) { return prompts(index + 3); },
                  {.prompts_per_step = 3, .completions = 2, .temperature = 1.0, .seed = 7}),
      other.config, 1.0, other.optimizer, other.memory);
  CHECK(Mentions(ErrorOf([&] { other.stage->Step(1); }), "learner and sampler disagree"));
}
