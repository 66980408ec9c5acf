// Progress on stderr: a live view redrawn in place on a terminal, else one key=value line a step.
// Covered by tests/rl/progress_test.cc.
#ifndef HONE_RL_PROGRESS_H_
#define HONE_RL_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "data/run_store.h"

namespace hone {

// What the live view shows, all of it: drawing is a pure function of this.
struct LiveState {
  std::string title;
  int64_t step = 0;                  // steps done
  int64_t total_steps = 0;           // 0 if unknown: no bar
  double elapsed = 0.0;              // seconds
  double seconds_left = -1.0;        // < 0: not known yet
  std::vector<StepMetrics> history;  // the steps this process reported, ascending
};

// Lines without line ends, none wider than `width` columns (>= 1). `color`: with SGR sequences.
std::vector<std::string> RenderLiveView(const LiveState& state, int width, bool color);

// "step=12 total=80 reward=0.53 ...": metrics in the order of rl/metrics.h, then others in their own; six
// digits.
std::string StepLine(int64_t step, int64_t total_steps, const Metrics& values);

// Not thread-safe; while it is live nothing else may write to `out`. Write failures are ignored: a closed
// terminal must not stop a run.
class Progress {
 public:
  // Is `out` a terminal that can move its cursor (TERM set and not "dumb")?
  static bool CanBeLive(FILE* out);

  // `live` as from CanBeLive. NO_COLOR is honoured. `total_steps` <= 0: unknown.
  Progress(FILE* out, bool live, int64_t total_steps, const std::string& title);
  ~Progress();  // as Finish
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // After step `step` of 1..total_steps; 0 is what was measured before the first.
  void Step(int64_t step, const Metrics& values);
  void Note(const std::string& line);  // a line of its own, above the live view
  void Finish();                       // leaves the last view on the screen; later calls do nothing

 private:
  void Draw();
  std::string EraseSequence(int width) const;

  FILE* out_;
  bool live_;
  bool color_;
  bool finished_ = false;
  LiveState state_;
  std::vector<std::string> drawn_;  // the lines on the screen
  std::chrono::steady_clock::time_point start_;
  std::vector<double> step_ends_;  // seconds since start_, the last few steps'
};

}  // namespace hone

#endif  // HONE_RL_PROGRESS_H_
