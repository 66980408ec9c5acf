#include "rewards/math/units.h"

#include <algorithm>
#include <array>
#include <string>

namespace hone {
namespace {

using D = Dimension;

constexpr DimensionPowers P(D a, int power = 1) {
  DimensionPowers powers{};
  powers[static_cast<int>(a)] = static_cast<int8_t>(power);
  return powers;
}
constexpr DimensionPowers P(D a, int pa, D b, int pb, D c = D::kNumber, int pc = 0) {
  DimensionPowers powers = P(a, pa);
  powers[static_cast<int>(b)] = static_cast<int8_t>(pb);
  if (pc != 0) powers[static_cast<int>(c)] = static_cast<int8_t>(pc);
  return powers;
}
constexpr DimensionPowers kForce = P(D::kMass, 1, D::kLength, 1, D::kTime, -2);
constexpr DimensionPowers kEnergy = P(D::kMass, 1, D::kLength, 2, D::kTime, -2);
constexpr DimensionPowers kPower = P(D::kMass, 1, D::kLength, 2, D::kTime, -3);
constexpr DimensionPowers kPressure = P(D::kMass, 1, D::kLength, -1, D::kTime, -2);
constexpr DimensionPowers kVolume = P(D::kLength, 3);

constexpr auto kUnits = std::to_array<Unit>({
    {"meter", P(D::kLength), 1, 1},
    {"kilometer", P(D::kLength), 1000, 1},
    {"centimeter", P(D::kLength), 1, 100},
    {"millimeter", P(D::kLength), 1, 1000},
    {"decimeter", P(D::kLength), 1, 10},
    {"micrometer", P(D::kLength), 1, 1000000},
    {"nanometer", P(D::kLength), 1, 1000000000},
    {"inch", P(D::kLength), 254, 10000},
    {"foot", P(D::kLength), 3048, 10000},
    {"yard", P(D::kLength), 9144, 10000},
    {"mile", P(D::kLength), 1609344, 1000},
    {"gram", P(D::kMass), 1, 1000},
    {"kilogram", P(D::kMass), 1, 1},
    {"milligram", P(D::kMass), 1, 1000000},
    {"tonne", P(D::kMass), 1000, 1},
    {"pound_mass", P(D::kMass), 45359237, 100000000},
    {"ounce", P(D::kMass), 45359237, 1600000000},
    {"second", P(D::kTime), 1, 1},
    {"millisecond", P(D::kTime), 1, 1000},
    {"minute", P(D::kTime), 60, 1},
    {"hour", P(D::kTime), 3600, 1},
    {"day", P(D::kTime), 86400, 1},
    {"week", P(D::kTime), 604800, 1},
    {"month", P(D::kTime), 2629746, 1},  // a twelfth of the Gregorian year
    {"year", P(D::kTime), 31556952, 1},
    {"ampere", P(D::kElectricCurrent), 1, 1},
    {"radian", P(D::kAngle), 1, 1},
    {"bit", P(D::kInformation), 1, 1},
    {"byte", P(D::kInformation), 8, 1},
    {"kelvin", P(D::kKelvin), 1, 1},
    {"celsius", P(D::kCelsius), 1, 1},
    {"fahrenheit", P(D::kFahrenheit), 1, 1},
    {"liter", kVolume, 1, 1000},
    {"milliliter", kVolume, 1, 1000000},
    {"gallon", kVolume, 3785411784, 1000000000000},
    {"quart", kVolume, 3785411784, 4000000000000},
    {"pint", kVolume, 3785411784, 8000000000000},
    {"cup", kVolume, 3785411784, 16000000000000},
    {"acre", P(D::kLength, 2), 40468564224, 10000000},
    {"hectare", P(D::kLength, 2), 10000, 1},
    {"newton", kForce, 1, 1},
    {"joule", kEnergy, 1, 1},
    {"kilojoule", kEnergy, 1000, 1},
    {"calorie", kEnergy, 4184, 1000},
    {"watt", kPower, 1, 1},
    {"kilowatt", kPower, 1000, 1},
    {"pascal", kPressure, 1, 1},
    {"hertz", P(D::kTime, -1), 1, 1},
    {"mph", P(D::kLength, 1, D::kTime, -1), 1609344, 3600000},
    {"kph", P(D::kLength, 1, D::kTime, -1), 1000, 3600},
    {"dozen", P(D::kNumber, 0), 12, 1},
    {"dollar", P(D::kDollar), 1, 1},
    {"cent", P(D::kDollar), 1, 100},
    {"euro", P(D::kEuro), 1, 1},
    {"pound", P(D::kPound), 1, 1},
    {"penny", P(D::kPound), 1, 100},
    {"yen", P(D::kYen), 1, 1},
    {"yuan", P(D::kYuan), 1, 1},
    {"rupee", P(D::kRupee), 1, 1},
});

struct Alias {
  std::string_view word, unit;
};
// Symbols and spellings other than the unit's name and its plural in -s. Those of one letter stand for units only
// where the text says that they do, in \text{}.
constexpr auto kAliases = [] {
  auto aliases = std::to_array<Alias>({
      {"m", "meter"},
      {"metre", "meter"},
      {"km", "kilometer"},
      {"kilometre", "kilometer"},
      {"cm", "centimeter"},
      {"centimetre", "centimeter"},
      {"mm", "millimeter"},
      {"millimetre", "millimeter"},
      {"dm", "decimeter"},
      {"nm", "nanometer"},
      {"in", "inch"},
      {"inches", "inch"},
      {"ft", "foot"},
      {"feet", "foot"},
      {"yd", "yard"},
      {"mi", "mile"},
      {"g", "gram"},
      {"kg", "kilogram"},
      {"kilo", "kilogram"},
      {"mg", "milligram"},
      {"ton", "tonne"},
      {"lb", "pound_mass"},
      {"lbs", "pound_mass"},
      {"oz", "ounce"},
      {"s", "second"},
      {"sec", "second"},
      {"secs", "second"},
      {"ms", "millisecond"},
      {"min", "minute"},
      {"mins", "minute"},
      {"h", "hour"},
      {"hr", "hour"},
      {"hrs", "hour"},
      {"d", "day"},
      {"yr", "year"},
      {"yrs", "year"},
      {"A", "ampere"},
      {"amp", "ampere"},
      {"rad", "radian"},
      {"K", "kelvin"},
      {"C", "celsius"},
      {"F", "fahrenheit"},
      {"Celsius", "celsius"},
      {"Fahrenheit", "fahrenheit"},
      {"L", "liter"},
      {"l", "liter"},
      {"litre", "liter"},
      {"mL", "milliliter"},
      {"ml", "milliliter"},
      {"millilitre", "milliliter"},
      {"gal", "gallon"},
      {"qt", "quart"},
      {"pt", "pint"},
      {"ha", "hectare"},
      {"N", "newton"},
      {"J", "joule"},
      {"kJ", "kilojoule"},
      {"cal", "calorie"},
      {"W", "watt"},
      {"kW", "kilowatt"},
      {"Pa", "pascal"},
      {"Hz", "hertz"},
      {"kmh", "kph"},
      {"USD", "dollar"},
      {"usd", "dollar"},
      {"buck", "dollar"},
      {"EUR", "euro"},
      {"GBP", "pound"},
      {"pence", "penny"},
      {"pennies", "cent"},
      {"JPY", "yen"},
      {"RMB", "yuan"},
      {"CNY", "yuan"},
      {"INR", "rupee"},
      {"Rs", "rupee"},
      {"centimes", "cent"},
      {"\u7C73", "meter"},
      {"\u5398\u7C73", "centimeter"},
      {"\u516C\u91CC", "kilometer"},
      {"\u5343\u7C73", "kilometer"},
      {"\u5343\u514B", "kilogram"},
      {"\u516C\u65A4", "kilogram"},
      {"\u514B", "gram"},
      {"\u79D2", "second"},
      {"\u5206\u949F", "minute"},
      {"\u5C0F\u65F6", "hour"},
      {"\u5929", "day"},
      {"\u7F8E\u5143", "dollar"},
      {"\u5143", "yuan"},
      {"\u6B27\u5143", "euro"},
      {"\u65E5\u5143", "yen"},
  });
  std::sort(aliases.begin(), aliases.end(), [](const Alias& a, const Alias& b) { return a.word < b.word; });
  return aliases;
}();

const Unit* ByName(std::string_view name) {
  const auto at =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& unit) { return unit.name == name; });
  return at == kUnits.end() ? nullptr : &*at;
}

const Unit* ByAlias(std::string_view word) {
  const auto at = std::lower_bound(kAliases.begin(), kAliases.end(), word,
                                   [](const Alias& alias, std::string_view w) { return alias.word < w; });
  return at == kAliases.end() || at->word != word ? nullptr : ByName(at->unit);
}

}  // namespace

const Unit* FindUnit(std::string_view word) {
  if (word.empty() || word.size() > 16) return nullptr;
  if (const Unit* unit = ByAlias(word)) return unit;
  if (word.size() < 3) return nullptr;  // symbols; case matters
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "pounds" || lower == "pound") return ByName("pound_mass");  // the currency has a sign
  if (const Unit* unit = ByName(lower)) return unit;
  if (const Unit* unit = ByAlias(lower); unit != nullptr && lower.size() > 3) return unit;
  if (lower.back() != 's') return nullptr;
  lower.pop_back();
  if (const Unit* unit = ByName(lower)) return unit;
  return lower.size() > 3 ? ByAlias(lower) : nullptr;
}

}  // namespace hone
