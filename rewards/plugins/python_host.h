// A reward that is a function of a Python file, with the signature TRL's rewards have. Covered by
// tests/rewards/plugins_python_test.cc.
#ifndef HONE_REWARDS_PLUGINS_PYTHON_HOST_H_
#define HONE_REWARDS_PLUGINS_PYTHON_HOST_H_

#include <string>
#include <vector>

#include "rewards/plugins/worker_pool.h"
#include "rewards/reward.h"

namespace hone {

// Calls func(prompts=[..], completions=[..], completion_ids=[[..]], gold=[..], kind=[..], **columns), each a list
// with one entry per completion of a group, in worker processes; the function may be async and may name only
// the arguments it wants. It returns one number or None (not applicable) each. An exception, another number of
// values, one that is no finite number, a crash and a missed deadline are faults; their explanation has the traceback.
// What the function prints goes to its standard error, never into the answer.
class PythonReward : public RewardFn {
 public:
  // Imports the file in a first worker. Error, with the traceback, when that fails.
  PythonReward(const std::string& file, const std::string& function, const std::string& python,
               double deadline);

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override { return pool_.ScoreGroup(group); }
  bool KeepsDeadline() const override { return true; }

 private:
  const std::string name_ = "python";
  mutable WorkerPool pool_;
};

// The program a worker runs: python -c TEXT FILE FUNCTION.
extern const char kPythonWorker[];

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_PYTHON_HOST_H_
