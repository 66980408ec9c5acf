// Metrics as a database that trackio reads: `TRACKIO_DIR=DIRECTORY trackio show`. Covered by tests/rl/trackio_test.cc.
#ifndef HONE_RL_TRACKIO_H_
#define HONE_RL_TRACKIO_H_

#include <string>
#include <vector>

#include "data/run_store.h"
#include "data/sqlite.h"

namespace hone {

// The name trackio gives a project's file, without ".db": letters, digits, '-'. Never one it keeps for itself.
std::string TrackioProject(const std::string& name);

// One run in one project's database, which a resumed run continues. Not thread-safe.
class TrackioDatabase {
 public:
  // Opens or makes DIRECTORY/TrackioProject(name).db. Afterwards it holds of this run exactly the steps of `history`: later ones, which
  // the run went back behind, are removed, and missing ones are written. Error as RunStore.
  TrackioDatabase(const std::string& directory, const std::string& name, const std::string& config_json,
                  const std::vector<StepMetrics>& history);

  // A step later than all before. Values that are not finite are left out.
  void Add(const StepMetrics& step);

 private:
  std::string run_;
  sqlite::Database database_;
};

}  // namespace hone

#endif  // HONE_RL_TRACKIO_H_
