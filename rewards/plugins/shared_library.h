// A reward in a shared library, through the C interface of rewards/hone_reward.h. Covered by
// tests/rewards/plugins_library_test.cc.
#ifndef HONE_REWARDS_PLUGINS_SHARED_LIBRARY_H_
#define HONE_REWARDS_PLUGINS_SHARED_LIBRARY_H_

#include <memory>
#include <string>
#include <vector>

#include "rewards/hone_reward.h"
#include "rewards/reward.h"

namespace hone {

// The library runs inside this process: a crash in it ends the run (which can be resumed).
class SharedLibraryReward : public RewardFn {
 public:
  // Loads `path` and creates its reward from `options`, a JSON object. Error when the file cannot be loaded, is
  // no reward, is of another version, or refuses the options.
  SharedLibraryReward(const std::string& path, const std::string& options);
  ~SharedLibraryReward() override;

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  struct Unloader {
    void operator()(void* library) const;
  };
  const std::string name_ = "library";
  std::unique_ptr<void, Unloader> library_;
  const hone_reward_api* api_ = nullptr;
  void* self_ = nullptr;
};

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_SHARED_LIBRARY_H_
