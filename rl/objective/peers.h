// Arguments of other trainers to our objective: one struct of names and defaults and one translation for each. Covered by
// tests/rl/objective_presets_test.cc.
#ifndef HONE_RL_OBJECTIVE_PEERS_H_
#define HONE_RL_OBJECTIVE_PEERS_H_

#include <string>
#include <vector>

#include "data/fields.h"
#include "rl/objective/presets.h"

namespace hone {

// Each Error names the argument. A dotted name is the trainer's own path to it; the last part alone will do.
PresetChoice TranslateTrl(const std::vector<std::string>& arguments);
PresetChoice TranslateVerl(const std::vector<std::string>& arguments);
PresetChoice TranslateOpenRlhf(const std::vector<std::string>& arguments);
PresetChoice TranslateNemoRl(const std::vector<std::string>& arguments);

std::vector<FieldDoc> TrlArguments();
std::vector<FieldDoc> VerlArguments();
std::vector<FieldDoc> OpenRlhfArguments();
std::vector<FieldDoc> NemoRlArguments();

// What Python's None is read as, where an argument can be that.
inline constexpr double kNone = -1e300;
inline bool IsNone(double value) { return value == kNone; }
// For our configs, where 0 stands for "none".
inline double OrZero(double value) { return IsNone(value) ? 0.0 : value; }

// A trainer's path to an argument that has another name here.
struct PeerPath {
  std::string_view path;
  std::string_view name;
};

// "a.b.c=True" to "c=true": paths by the table, else by their last part; Python's words for true, false and none.
std::vector<std::string> FromPython(const std::string& peer, const std::vector<std::string>& arguments,
                                    const std::vector<PeerPath>& paths);

template <class T>
T ParsePeer(const std::string& peer, const std::vector<std::string>& arguments,
            const std::vector<PeerPath>& paths) {
  T defaults, out;
  ParseFields(WalkOf(defaults), WalkOf(out), "", peer, FromPython(peer, arguments, paths));
  return out;
}

// The translated objective, its numbers in the ranges of ObjectiveConfig.
PresetChoice Checked(const std::string& peer, PresetChoice choice);

[[noreturn]] void RefusePeer(const std::string& peer, const std::string& what, const std::string& remedy);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_PEERS_H_
