// See peers.h. Covered by tests/rl/objective_presets_test.cc.
#include "rl/objective/peers.h"

#include <algorithm>

#include "data/edit_distance.h"
#include "data/error.h"

namespace hone {
namespace {

// The name of a dotted path. Error with the nearest known path for one that the trainer does not have.
std::string NameOfPath(const std::string& peer, const std::string& path, const std::vector<PeerPath>& paths) {
  for (const PeerPath& known : paths) {
    if (known.path == path) return std::string(known.name);
  }
  const auto nearest =
      std::min_element(paths.begin(), paths.end(), [&](const PeerPath& a, const PeerPath& b) {
        return EditDistance(a.path, path) < EditDistance(b.path, path);
      });
  throw Error("unknown argument '" + path + "' of " + peer, "--set " + path,
              paths.empty() ? peer + "'s arguments have no dots"
                            : "did you mean '" + std::string(nearest->path) + "'?");
}

std::string FromPythonValue(const std::string& value) {
  if (value == "True") return "true";
  if (value == "False") return "false";
  if (value == "None" || value == "null") return "-1e300";  // kNone
  return value;
}

}  // namespace

std::vector<std::string> FromPython(const std::string& peer, const std::vector<std::string>& arguments,
                                    const std::vector<PeerPath>& paths) {
  std::vector<std::string> out;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      throw Error("'" + argument + "' has no '='", "--set", "write --set argument=value");
    }
    std::string name = argument.substr(0, equals);
    name.erase(0, name.find_first_not_of("+-"));  // as on a command line: --name, Hydra's +name
    if (name.find('.') != std::string::npos) name = NameOfPath(peer, name, paths);
    out.push_back(name + "=" + FromPythonValue(argument.substr(equals + 1)));
  }
  return out;
}

PresetChoice Checked(const std::string& peer, PresetChoice choice) {
  ParseRecipe<ObjectiveConfig>(DumpRecipe(choice.config), peer + ", translated", {});
  return choice;
}

void RefusePeer(const std::string& peer, const std::string& what, const std::string& remedy) {
  throw Error(what, peer, remedy);
}

}  // namespace hone
