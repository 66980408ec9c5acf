// The file system of a box: a read-only root with what the plan names, and one small writable file system behind /work
// and /tmp. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_ROOT_H_
#define HONE_REWARDS_CODE_BOX_ROOT_H_

#include <cstdint>

#include "rewards/code/box/protocol.h"

namespace hone {

// Leaves the calling process in new namespaces, with the box's root as its own. When the setup wants a user namespace, `map_ids`
// is called inside it and returns once the sandbox has mapped the ids.
void EnterBox(const BoxSetup& setup, void (*map_ids)());

// The writable part. Owned by the programs' user.
class Writable {
 public:
  Writable(int64_t uid, int64_t gid) : uid_(uid), gid_(gid) {}

  // An empty one, of `size_mb` at most. True when it is another file system than before.
  bool Prepare(int64_t size_mb);
  // Removes everything.
  void Empty();
  int64_t WrittenKb() const;

 private:
  void Mount();
  void Unmount();

  const int64_t uid_, gid_;
  bool mounted_ = false;
  int64_t size_mb_ = 0;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_ROOT_H_
