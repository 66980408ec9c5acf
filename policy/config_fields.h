// Typed access to the members of a config.json, which remembers what was asked for. Covered by tests/policy/config_test.cc.
#ifndef HONE_POLICY_CONFIG_FIELDS_H_
#define HONE_POLICY_CONFIG_FIELDS_H_

#include <cstdint>
#include <set>
#include <string>

#include "data/json.h"

namespace hone {

// A null member counts as absent. `object` and `where` must outlive this. Every method throws Error naming `where` and the key.
class ConfigFields {
 public:
  // `prefix` stands before keys in messages, such as "rope_scaling.".
  ConfigFields(const nlohmann::json& object, const std::string& where, std::string prefix = "");

  [[noreturn]] void Fail(const std::string& what, const std::string& remedy = "") const;
  const nlohmann::json* Find(const std::string& key) const;
  int64_t Int(const std::string& key, int64_t low, int64_t high) const;
  int64_t Int(const std::string& key, int64_t low, int64_t high, int64_t absent) const;
  // A number that stays itself in the kernels' floats.
  double Number(const std::string& key, double low, double high) const;
  double Number(const std::string& key, double low, double high, double absent) const;
  bool Bool(const std::string& key, bool absent) const;
  // A feature that would change the arithmetic: the key must be absent or hold the one supported value.
  void Only(const std::string& key, const nlohmann::json& supported) const;
  // Fails for a member that was never asked for and is not among `inert`: it might change the arithmetic.
  void RefuseUnknown(const std::set<std::string>& inert) const;

  const std::string& where() const { return where_; }

 private:
  const nlohmann::json& object_;
  const std::string& where_;
  const std::string prefix_;
  mutable std::set<std::string> asked_;
};

}  // namespace hone

#endif  // HONE_POLICY_CONFIG_FIELDS_H_
