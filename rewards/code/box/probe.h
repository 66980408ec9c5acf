// What the self-test tries from inside a box. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_PROBE_H_
#define HONE_REWARDS_CODE_BOX_PROBE_H_

namespace hone {

// Runs one of the probes by name, as the program of a run, and returns its exit code. What a program could do and must not is printed,
// a line each; then "done". Refuses to try anything where it is plainly in no box.
int RunProbe(int argc, char** argv);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_PROBE_H_
