// hone run from start to end: stops, resumes, refusals, and the short form of the proof that kills change nothing.
#include <csignal>

#include "data/run_store.h"
#include "tests/recipes/binary.h"

using namespace hone;

namespace {

struct Runs : Workplace {
  Runs() {
    Write("tiny.toml", TinyRecipe("grpo"));
    Write("sft.toml", TinyRecipe("sft"));
  }
  std::string Model(const std::string& run) const { return Read(run + "/model/model.safetensors"); }
  bool SameRun(const std::string& a, const std::string& b) const {
    const RunStore left = RunStore::OpenReadOnly(*this / (a + "/hone.db")),
                   right = RunStore::OpenReadOnly(*this / (b + "/hone.db"));
    return !Model(a).empty() && Model(a) == Model(b) && left.RolloutDigest() == right.RolloutDigest() &&
           left.CountConsumed() == right.CountConsumed();
  }
};

}  // namespace

TEST_CASE("a run goes to runs/<name>, then to the next free one; steps go to stderr, a line each") {
  const Runs at;
  const Said first = at.Hone("run tiny.toml --set grpo.steps=2");
  CHECK(first.status == 0);
  CHECK(first.out == "");
  for (const char* part : {"step=0 total=2 ", "step=1 total=2 ", "step=2 total=2 ", "model: runs/tiny/model",
                           "report: runs/tiny/report.html"}) {
    CHECK(first.Says(part));
  }
  CHECK(at.Hone("run tiny.toml --set grpo.steps=2 --set run.threads=2").Says("model: runs/tiny-2/model"));
  CHECK(at.SameRun("runs/tiny", "runs/tiny-2"));
  CHECK(at.Hone("run tiny.toml --set grpo.steps=2 --resume").Says("model: runs/tiny-2/model"));
  CHECK(at.Hone("eval runs/tiny/model --recipe tiny.toml --json").status == 0);
  std::filesystem::remove(at / "runs/tiny/report.html");
  const Said report = at.Hone("report runs/tiny");
  CHECK(report.status == 0);
  CHECK(report.Prints("runs/tiny/report.html"));
  CHECK(at.Has("runs/tiny/report.html"));
  CheckOneLine(at.Hone("run tiny.toml --run-dir runs/tiny"));
}

TEST_CASE("a resume with another recipe lists what changed, until each change is accepted") {
  const Runs at;
  REQUIRE(at.Hone("run sft.toml --run-dir r").status == 0);
  const Said refused =
      at.Hone("run sft.toml --run-dir r --resume --set sft.steps=8 --set optimizer.learning_rate=1e-4");
  CHECK(refused.status == 1);
  CHECK(refused.Says("sft.steps: 6 -> 8"));
  CHECK(refused.Says("optimizer.learning_rate: 1e-06 -> 1e-04"));
  CHECK(refused.Says("--accept"));
  const Said half = at.Hone(
      "run sft.toml --run-dir r --resume --set sft.steps=8 --set optimizer.learning_rate=1e-4 --accept "
      "sft.steps");
  CHECK(half.status == 1);
  CHECK_FALSE(half.Says("sft.steps: "));
  CHECK(half.Says("optimizer.learning_rate: "));
  const Said longer = at.Hone("run sft.toml --run-dir r --resume --set sft.steps=8 --accept sft.steps");
  CHECK(longer.status == 0);
  CHECK(longer.Says("resumed after step 6"));
  CHECK(longer.Says("step=8 total=8"));
  // The run is now one of eight steps; what never changes a result needs no leave.
  CHECK(at.Hone("run sft.toml --run-dir r --resume --set sft.steps=8 --set run.threads=2").status == 0);
  const Said other = at.Hone(
      "run sft.toml --run-dir r --resume --set sft.steps=8 --set model.shape.hidden_size=8 --accept "
      "model.shape.hidden_size");
  CheckOneLine(other);
  CHECK(other.Says("another shape"));
}

TEST_CASE("a resume under an accepted change samples anew instead of replaying what the old recipe stored") {
  const Runs at;
  REQUIRE(at.Hone("run tiny.toml --run-dir r").status == 0);
  std::filesystem::remove_all(at / "r/checkpoints");
  const Said changed = at.Hone(
      "run tiny.toml --run-dir r --resume --set rollout.temperature=0.7 --accept rollout.temperature");
  CAPTURE(changed.err);
  CHECK(changed.status == 0);
  REQUIRE(at.Hone("run tiny.toml --run-dir fresh --set rollout.temperature=0.7").status == 0);
  CHECK(at.SameRun("fresh", "r"));
}

TEST_CASE(
    "one signal finishes the step and checkpoints, a second one ends at once; both resume to the same "
    "bytes") {
  const Runs at;
  const std::string many =
      "--set grpo.steps=100 --set run.checkpoint_every=1000 --set rollout.max_new_tokens=40 ";
  REQUIRE(at.Hone("run tiny.toml --run-dir calm " + many).status == 0);

  const Said once = at.Hone("run tiny.toml --run-dir once " + many, [&](pid_t child) {
    at.AwaitErr("step=3 ");
    kill(child, SIGINT);
  });
  CHECK(once.status == 130);
  CHECK(once.Says("continue with --resume"));
  CHECK(at.Has("once/checkpoints"));
  CHECK(at.Has("once/report.html"));
  const Said resumed = at.Hone("run tiny.toml --run-dir once --resume " + many);
  CHECK(resumed.status == 0);
  CHECK_FALSE(resumed.Says("resumed after step 0"));
  CHECK(at.SameRun("calm", "once"));

  // Two at once: whether the loop saw the first one or not, the exit code says interrupted and nothing is lost.
  const Said twice = at.Hone("run tiny.toml --run-dir twice " + many, [&](pid_t child) {
    at.AwaitErr("step=3 ");
    kill(child, SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(child, SIGINT);
  });
  CHECK((twice.status == 130 || twice.status == 143));  // the last one that was seen
  CHECK(at.Hone("run tiny.toml --run-dir twice --resume " + many).status == 0);
  CHECK(at.SameRun("calm", "twice"));
}

TEST_CASE("a run directory in use is named, and whoever uses it goes on") {
  const Runs at;
  const Runs other;
  const Said first = at.Hone("run tiny.toml --run-dir r --set grpo.steps=100000", [&](pid_t child) {
    at.AwaitErr("step=1 ");
    const Said second =
        other.Hone("run tiny.toml --resume --set grpo.steps=100000 --run-dir '" + (at / "r'"));
    CheckOneLine(second);
    CHECK(second.Says("another process is using"));
    CHECK(other.Hone("report '" + (at / "r'")).status == 0);  // looking is allowed
    kill(child, SIGTERM);
  });
  CHECK(first.status == 143);
  CHECK(first.Says("continue with --resume"));
}

TEST_CASE(
    "non-finite updates are counted, end the run after max_not_applied, and leave its last sound "
    "checkpoint") {
  const Runs at;
  // A rate that breaks the weights at once; the first checkpoint comes before.
  const Said sound = at.Hone("run sft.toml --run-dir r --set optimizer.learning_rate=1e-3 --set sft.steps=2");
  REQUIRE(sound.status == 0);
  const std::string accept = " --accept optimizer.learning_rate --accept sft.steps";
  const Said broken = at.Hone(
      "run sft.toml --run-dir r --resume --set optimizer.learning_rate=1e30 --set sft.steps=20" + accept);
  CHECK(broken.status == 1);
  CHECK(broken.Says(
      "hone: sft: 3 updates in a row had a non-finite loss or gradient; lower optimizer.learning_rate"));
  CHECK(broken.Says("updates_not_applied=1"));
  CHECK_FALSE(at.Has("r/checkpoints/step_000004"));
  const Said mended = at.Hone(
      "run sft.toml --run-dir r --resume --set optimizer.learning_rate=1e-3 --set sft.steps=8" + accept);
  CHECK(mended.status == 0);
  CHECK(mended.Says("resumed after step 2"));
  CHECK_FALSE(mended.Says("nan"));
}

TEST_CASE("documents and completions that do not fit the model are refused by name") {
  const Runs at;
  const Said document = at.Hone(
      "run sft.toml --run-dir d --set model.shape.max_position_embeddings=40 --set sft.row_tokens=200");
  CHECK(document.status == 1);
  CHECK(document.Says("tokens, more than the 40 positions"));
  const Said row = at.Hone("run sft.toml --run-dir e --set sft.row_tokens=12");
  CHECK(row.status == 1);
  CHECK(row.Says("sft.row_tokens: document"));
  const Said completion = at.Hone("run tiny.toml --run-dir f --set rollout.max_new_tokens=400");
  CHECK(completion.status == 1);
  CHECK(completion.Says("160 positions"));
}

TEST_CASE("a distill run keeps its teacher: another one is refused, by its path and by its weights") {
  const Runs at;
  REQUIRE(at.Hone("run sft.toml --run-dir wise --set sft.steps=1").status == 0);
  REQUIRE(at.Hone("run sft.toml --run-dir other --set sft.steps=2").status == 0);
  std::filesystem::copy(at / "wise/model", at / "teacher");
  at.Write("distill.toml", TinyRecipe("distill") +
                               "[distill]\nteacher = \"teacher\"\nsteps = 3\nprompts_per_step = 4\n"
                               "completions = 2\n");
  const Said first = at.Hone("run distill.toml --run-dir r");
  CAPTURE(first.err);
  REQUIRE(first.status == 0);
  CHECK(first.Says("divergence="));
  CHECK(at.Hone("run distill.toml --dry-run").Prints("# teacher: DeepseekV3ForCausalLM"));
  const Said path = at.Hone("run distill.toml --run-dir r --resume --set distill.teacher=other/model");
  CHECK(path.status == 1);
  CHECK(path.Says("distill.teacher: "));
  const std::string accept = " --set distill.teacher=other/model --accept distill.teacher";
  CHECK(at.Hone("run distill.toml --run-dir r --resume" + accept).status == 0);
  std::filesystem::copy(at / "other/model/model.safetensors", at / "teacher/model.safetensors",
                        std::filesystem::copy_options::overwrite_existing);
  REQUIRE(at.Hone("run distill.toml --run-dir s --set distill.steps=1").status == 0);
  std::filesystem::copy(at / "wise/model/model.safetensors", at / "teacher/model.safetensors",
                        std::filesystem::copy_options::overwrite_existing);
  const Said weights = at.Hone("run distill.toml --run-dir s --resume --set distill.steps=1");
  CheckOneLine(weights);
  CHECK(weights.Says("teacher: the teacher is not the one this run was started with"));

  // Without data there is nothing to read twice; data must hold rows; the teacher must hold the completions.
  CheckOneLine(at.Hone("run distill.toml --run-dir t --set distill.epochs=2"));
  at.Write("rows.jsonl", "\n");
  const Said empty = at.Hone("run distill.toml --run-dir t --set 'distill.data=[\"rows.jsonl\"]'");
  CHECK(empty.status == 1);
  CHECK(empty.Says("rows.jsonl"));
  REQUIRE(
      at.Hone("run sft.toml --run-dir short --set sft.steps=1 --set model.shape.max_position_embeddings=128")
          .status == 0);
  const Said brief = at.Hone(
      "run distill.toml --run-dir u --set distill.teacher=short/model "
      "--set rollout.max_new_tokens=120");
  CHECK(brief.status == 1);
  CHECK(brief.Says("exceed the teacher's 128 positions"));
}

TEST_CASE("a full disk ends a run in one line, and with room it goes on") {
  const Runs at;
  REQUIRE(at.Hone("run tiny.toml --run-dir calm").status == 0);
  // A limit on file sizes, in half kilobytes, stands for the disk: the learner's state or the store no longer fit.
  const Said full = at.Hone("run tiny.toml --run-dir r", {}, "ulimit -f 100;");
  CAPTURE(full.err);
  CHECK(full.status == 1);
  CHECK(full.Says("hone: r/"));
  CHECK(at.Hone("run tiny.toml --run-dir r --resume").status == 0);
  CHECK(at.SameRun("calm", "r"));
}

TEST_CASE("verify-resume: kills at random moments change no byte") {
  const Runs at;
  for (const char* recipe : {"tiny.toml --seed 3", "sft.toml --seed 4 --set run.precision=bf16"}) {
    const Said said = at.Hone(std::string("verify-resume --kills 6 --work-dir work ") + recipe);
    CAPTURE(said.err);
    CHECK(said.status == 0);
    CHECK(said.Prints("final weights identical; stored rollouts identical; completions trained on equal"));
    CHECK(at.SameRun("work/undisturbed", "work/killed"));
    std::filesystem::remove_all(at / "work");
  }
  const Said failing = at.Hone("verify-resume tiny.toml --work-dir failing --set rollout.max_new_tokens=400");
  CheckOneLine(failing);
  CHECK(failing.Says("160 positions"));
}
