// On some questions graders disagree; here each is a setting with a name. Covered by tests/rewards/math_policy_test.cc.
#ifndef HONE_REWARDS_MATH_POLICY_H_
#define HONE_REWARDS_MATH_POLICY_H_

#include <array>
#include <string>

#include "data/fields.h"

namespace hone {

enum class PercentRule { kHundredth, kSameNumber, kEither };
template <>
inline constexpr auto kEnumNames<PercentRule> =
    std::to_array<EnumName<PercentRule>>({{PercentRule::kHundredth, "hundredth"},
                                          {PercentRule::kSameNumber, "same_number"},
                                          {PercentRule::kEither, "either"}});

enum class MissingUnitRule { kIgnore, kRequire };
template <>
inline constexpr auto kEnumNames<MissingUnitRule> = std::to_array<EnumName<MissingUnitRule>>(
    {{MissingUnitRule::kIgnore, "ignore"}, {MissingUnitRule::kRequire, "require"}});

enum class ListOrderRule { kAny, kAsGiven };
template <>
inline constexpr auto kEnumNames<ListOrderRule> = std::to_array<EnumName<ListOrderRule>>(
    {{ListOrderRule::kAny, "any"}, {ListOrderRule::kAsGiven, "as_given"}});

enum class FormRule { kAny, kEvaluated, kAsGold };
template <>
inline constexpr auto kEnumNames<FormRule> = std::to_array<EnumName<FormRule>>(
    {{FormRule::kAny, "any"}, {FormRule::kEvaluated, "evaluated"}, {FormRule::kAsGold, "as_gold"}});

enum class JoinBoxesRule { kLast, kAdjacent, kAll };
template <>
inline constexpr auto kEnumNames<JoinBoxesRule> = std::to_array<EnumName<JoinBoxesRule>>(
    {{JoinBoxesRule::kLast, "last"}, {JoinBoxesRule::kAdjacent, "adjacent"}, {JoinBoxesRule::kAll, "all"}});

enum class RelationAsSetRule { kGoldRelation, kBoth, kNever };
template <>
inline constexpr auto kEnumNames<RelationAsSetRule> =
    std::to_array<EnumName<RelationAsSetRule>>({{RelationAsSetRule::kGoldRelation, "gold_relation"},
                                                {RelationAsSetRule::kBoth, "both"},
                                                {RelationAsSetRule::kNever, "never"}});

enum class VariableNamesRule { kStrict, kLenient };
template <>
inline constexpr auto kEnumNames<VariableNamesRule> = std::to_array<EnumName<VariableNamesRule>>(
    {{VariableNamesRule::kStrict, "strict"}, {VariableNamesRule::kLenient, "lenient"}});

enum class BoxOrPhraseRule { kBox, kPhrase };
template <>
inline constexpr auto kEnumNames<BoxOrPhraseRule> = std::to_array<EnumName<BoxOrPhraseRule>>(
    {{BoxOrPhraseRule::kBox, "box"}, {BoxOrPhraseRule::kPhrase, "phrase"}});

enum class DecimalCommaRule { kAuto, kOff };
template <>
inline constexpr auto kEnumNames<DecimalCommaRule> = std::to_array<EnumName<DecimalCommaRule>>(
    {{DecimalCommaRule::kAuto, "auto"}, {DecimalCommaRule::kOff, "off"}});

enum class Switch { kOff, kOn };
template <>
inline constexpr auto kEnumNames<Switch> = std::to_array<EnumName<Switch>>({{Switch::kOff, "off"},
                                                                            {Switch::kOn, "on"}});

// The value of the flag `rounding`, taken apart.
struct RoundingRule {
  enum class Kind { kExact, kGoldDigits, kRelative, kDecimals };
  Kind kind = Kind::kExact;
  double tolerance = 0;  // kRelative: > 0, < 1
  int decimals = 0;      // kDecimals: 0 to 100
};
// "" when `text` is a value of `rounding`, else what it must be.
std::string CheckRounding(const std::string& text);
// Of a value that CheckRounding accepts; any other is a broken invariant.
RoundingRule ParseRounding(const std::string& text);

// Fields() is the one table of the flags: parsing, help text and recipe options come from it.
struct MathPolicy {
  PercentRule percent = PercentRule::kHundredth;
  MissingUnitRule missing_unit = MissingUnitRule::kIgnore;
  ListOrderRule list_order = ListOrderRule::kAny;
  FormRule form = FormRule::kAny;
  std::string rounding = "exact";
  Switch bracket_answer = Switch::kOff;
  JoinBoxesRule join_boxes = JoinBoxesRule::kAdjacent;
  RelationAsSetRule relation_as_set = RelationAsSetRule::kGoldRelation;
  VariableNamesRule variable_names = VariableNamesRule::kStrict;
  Switch box_required = Switch::kOff;
  BoxOrPhraseRule box_or_phrase = BoxOrPhraseRule::kBox;
  DecimalCommaRule decimal_comma = DecimalCommaRule::kAuto;

  template <class V>
  void Fields(V& v) {
    v.Field("percent", percent, "10% is 0.1 (hundredth), 10 (same_number), or either of them");
    v.Field("missing_unit", missing_unit, "a unit on one side only: ignored, or both sides must have it");
    v.Field("list_order", list_order, "lists without brackets: in any order, or in the gold's");
    v.Field("form", form,
            "how the answer may be written: in any equal way, with no arithmetic left undone (evaluated), or "
            "in the "
            "gold's form (as_gold)");
    v.Field(
        "rounding", rounding, CheckRounding,
        "exact; gold_digits: the gold, rounded to the digits it shows; relative:<tolerance>; decimals:<n>");
    v.Field("bracket_answer", bracket_answer,
            "whether the last [90] in plain text is the answer, if there is no better one");
    v.Field("join_boxes", join_boxes,
            "several boxes: the last, the last and those that stand next to it (adjacent), or all");
    v.Field("relation_as_set", relation_as_set,
            "x in [-2,7] and -2 <= x <= 7: the same if the gold is the inequality, both ways, or never");
    v.Field("variable_names", variable_names, "whether f(y) is f(x): no (strict), yes (lenient)");
    v.Field("box_required", box_required, "whether only a boxed answer counts");
    v.Field("box_or_phrase", box_or_phrase,
            "which wins where there are both: \\boxed{1} or 'final answer is 2'");
    v.Field("decimal_comma", decimal_comma,
            "auto: a single comma not followed by exactly three digits may be a decimal point, but of a gold "
            "such as 3,5; off: never");
  }
};

// Applies "name=value". Error with the nearest name, or with the values there are; `option` is what the user gave it
// with, for errors.
void SetFlag(MathPolicy& policy, const std::string& assignment, const char* option = "--flag");

}  // namespace hone

#endif  // HONE_REWARDS_MATH_POLICY_H_
