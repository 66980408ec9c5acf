// The C++ behind a submission, first half: reading arguments. Types are deduced by the compiler from the
// submission's own declaration. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

// A submission's macros end where ours begins: `#define int long long` has done its work by then.
const char* const kUndefine = R"c(
#undef main
#undef int
#undef long
#undef short
#undef char
#undef bool
#undef float
#undef double
#undef unsigned
#undef signed
#undef void
#undef const
#undef static
#undef auto
#undef if
#undef else
#undef for
#undef while
#undef do
#undef return
#undef sizeof
#undef struct
#undef class
#undef template
#undef typename
#undef using
#undef namespace
#undef switch
#undef case
#undef break
#undef continue
#undef public
#undef private
#undef operator
#undef inline
#undef extern
#undef exit
#undef abs
#undef min
#undef max
#undef __real_main
#undef __wrap_main
)c";

// C++17 at most, and of the library only traits and tuples: containers are known by their members, so that a
// submission keeps the headers it asked for and no others come before it. __read and __write are glibc's
// names that programs do not take.
const char* const kCallReadCpp = R"cpp(
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>
  namespace hone_call {
  extern "C" {
  long hone_read(int, void*, unsigned long) __asm__("__read");
  long hone_write(int, const void*, unsigned long) __asm__("__write");
  void hone_exit(int) __asm__("_exit");
  float hone_strtof(const char*, char**) __asm__("strtof");
  double hone_strtod(const char*, char**) __asm__("strtod");
  long double hone_strtold(const char*, char**) __asm__("strtold");
  }
  inline void Parse(const char* text, char** end, float& value) { value = hone_strtof(text, end); }
  inline void Parse(const char* text, char** end, double& value) { value = hone_strtod(text, end); }
  inline void Parse(const char* text, char** end, long double& value) { value = hone_strtold(text, end); }

  static char* at;
  static char* nonce;

  // A frame that says why there is no result.
  [[noreturn]] inline void Refuse(const char* why) {
    char frame[512];
    const int n = __builtin_snprintf(frame, sizeof frame, "%s %lu\n!%s\n%s done\n", nonce,
                                     1 + (unsigned long)__builtin_strlen(why), why, nonce);
    hone_write(3, frame, (unsigned long)n);
    for (;;) hone_exit(1);
  }

  struct Buffer {
    char* data = nullptr;
    unsigned long size = 0, capacity = 0;
    void Add(const char* text, unsigned long n) {
      if (size + n + 1 > capacity) {
        capacity = 2 * (size + n) + 4096;
        data = (char*)__builtin_realloc(data, capacity);
        if (!data) Refuse("no memory for the result");
      }
      __builtin_memcpy(data + size, text, n);
      size += n;
      data[size] = 0;
    }
    void Add(const char* text) { Add(text, __builtin_strlen(text)); }
  };

  static Buffer request, out;

  inline void Skip() {
    while (*at == ' ' || *at == ',' || *at == ':') ++at;
  }
  inline bool Take(char c) {
    Skip();
    if (*at != c) return false;
    ++at;
    return true;
  }
  inline bool Word(const char* word) {
    Skip();
    unsigned long n = __builtin_strlen(word);
    if (__builtin_strncmp(at, word, n) != 0) return false;
    at += n;
    return true;
  }

  inline void AddUtf8(Buffer& text, unsigned code) {
    char b[4];
    if (code < 0x80) {
      b[0] = (char)code;
      text.Add(b, 1);
    } else if (code < 0x800) {
      b[0] = (char)(0xC0 | code >> 6);
      b[1] = (char)(0x80 | (code & 63));
      text.Add(b, 2);
    } else if (code < 0x10000) {
      b[0] = (char)(0xE0 | code >> 12);
      b[1] = (char)(0x80 | (code >> 6 & 63));
      b[2] = (char)(0x80 | (code & 63));
      text.Add(b, 3);
    } else {
      b[0] = (char)(0xF0 | code >> 18);
      b[1] = (char)(0x80 | (code >> 12 & 63));
      b[2] = (char)(0x80 | (code >> 6 & 63));
      b[3] = (char)(0x80 | (code & 63));
      text.Add(b, 4);
    }
  }
  inline unsigned Hex4() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i, ++at)
      code = 16 * code + (unsigned)(*at <= '9' ? *at - '0' : (*at | 32) - 'a' + 10);
    return code;
  }
  inline Buffer ReadText() {
    Buffer text;
    text.Add("");
    if (!Take('"')) Refuse("an argument is not a string");
    for (; *at != '"'; ++at) {
      if (*at != '\\') {
        text.Add(at, 1);
        continue;
      }
      ++at;
      if (*at == 'u') {
        ++at;
        unsigned code = Hex4();
        if (code >= 0xD800 && code < 0xDC00) {
          at += 2;
          code = 0x10000 + ((code - 0xD800) << 10) + (Hex4() - 0xDC00);
        }
        AddUtf8(text, code);
        --at;
        continue;
      }
      char c = *at == 'n'   ? '\n'
               : *at == 't' ? '\t'
               : *at == 'r' ? '\r'
               : *at == 'b' ? '\b'
               : *at == 'f' ? '\f'
                            : *at;
      text.Add(&c, 1);
    }
    ++at;
    return text;
  }

  template <class T, class = void>
  struct HasValueType : std::false_type {};
  template <class T>
  struct HasValueType<T, std::void_t<typename T::value_type>> : std::true_type {};
  template <class T, class = void>
  struct HasKey : std::false_type {};
  template <class T>
  struct HasKey<T, std::void_t<typename T::key_type>> : std::true_type {};
  template <class T, class = void>
  struct HasMapped : std::false_type {};
  template <class T>
  struct HasMapped<T, std::void_t<typename T::mapped_type>> : std::true_type {};
  template <class T, class = void>
  struct IsText : std::false_type {};
  template <class T>
  struct IsText<T, std::void_t<decltype(std::declval<T>().c_str())>> : std::true_type {};
  template <class T, class = void>
  struct IsView : std::false_type {};
  template <class T>
  struct IsView<T, std::void_t<decltype(std::declval<T&>().remove_prefix(1))>> : std::true_type {};
  template <class T, class = void>
  struct IsSpan : std::false_type {};
  template <class T>
  struct IsSpan<T, std::void_t<typename T::element_type, decltype(std::declval<T&>().size_bytes())>>
      : std::true_type {};
  template <class T, class = void>
  struct IsSequence : std::false_type {};
  template <class T>
  struct IsSequence<
      T, std::void_t<decltype(std::declval<T&>().push_back(std::declval<typename T::value_type>()))>>
      : std::true_type {};
  template <class T, class = void>
  struct IsOptional : std::false_type {};
  template <class T>
  struct IsOptional<T, std::void_t<decltype(std::declval<T>().has_value(), *std::declval<T>())>>
      : std::true_type {};
  template <class T, class = void>
  struct IsTuple : std::false_type {};
  template <class T>
  struct IsTuple<T, std::void_t<decltype(std::tuple_size<T>::value)>> : std::true_type {};
  template <class T>
  constexpr bool kNever = false;
  template <class T>
  using Plain = std::remove_cv_t<std::remove_reference_t<T>>;

  template <class T>
  T ReadInteger() {
    Skip();
    const bool negative = *at == '-';
    if (negative) ++at;
    if (*at < '0' || *at > '9') Refuse("an argument is not an integer");
    unsigned __int128 n = 0;
    const unsigned __int128 cap = (unsigned __int128)1 << 120;
    for (; *at >= '0' && *at <= '9'; ++at) n = n < cap ? 10 * n + (unsigned)(*at - '0') : cap;
    if (*at == '.' || *at == 'e' || *at == 'E') Refuse("an argument is not an integer");
    const __int128 value = negative ? -(__int128)n : (__int128)n;
    if ((__int128)(T)value != value) Refuse("an argument does not fit its type");
    return (T)value;
  }
  template <class T>
  T ReadFloating() {
    Skip();
    char* end;
    T value;
    Parse(at, &end, value);
    if (end == at || *at == '"' || *at == 'n') Refuse("an argument is not a number");
    at = end;
    return value;
  }

  template <class T>
  T Read();
  template <class T, unsigned long... I>
  T ReadTuple(std::index_sequence<I...>) {
    if (!Take('[')) Refuse("an argument is not a list");
    T value{Read<Plain<std::tuple_element_t<I, T>>>()...};
    if (!Take(']')) Refuse("a list has another length");
    return value;
  }
  template <class T>
  void ReadKey(T& key) {
    if constexpr (std::is_integral_v<T>) {
      if (!Take('"')) Refuse("an argument is not an object");
      key = ReadInteger<T>();
      ++at;
    } else {
      key = Read<T>();
    }
  }
  template <class T>
  T ReadMap() {
    T map;
    if (!Take('{')) Refuse("an argument is not an object");
    while (!Take('}')) {
      Plain<typename T::key_type> key;
      ReadKey(key);
      map[key] = Read<Plain<typename T::mapped_type>>();
    }
    return map;
  }
  // How long the arrays are that pointers among the arguments point to.
  struct Array {
    const void* items;
    unsigned long size;
  };
  static Array arrays[64];
  static int array_count;

  template <class E>
  E* ReadPointer(unsigned long& size) {
    size = 0;
    if (Word("null")) return nullptr;
    unsigned long capacity = 16;
    E* items = new E[capacity]();
    if (!Take('[')) Refuse("an argument is not a list");
    while (!Take(']')) {
      if (size + 1 == capacity) {
        E* larger = new E[2 * capacity]();
        for (unsigned long i = 0; i < size; ++i) larger[i] = items[i];
        items = larger;
        capacity *= 2;
      }
      items[size++] = Read<E>();
    }
    if (array_count < 64) arrays[array_count++] = {items, size};
    return items;
  }
  template <class T>
  T Read() {
    if constexpr (std::is_same_v<T, bool>) {
      if (Word("true")) return true;
      if (Word("false")) return false;
      Refuse("an argument is not a bool");
    } else if constexpr (std::is_same_v<T, char>) {
      Skip();
      if (*at != '"') return ReadInteger<T>();
      Buffer text = ReadText();
      if (text.size != 1) Refuse("an argument is not one character");
      return text.data[0];
    } else if constexpr (std::is_integral_v<T>) {
      return ReadInteger<T>();
    } else if constexpr (std::is_floating_point_v<T>) {
      return ReadFloating<T>();
    } else if constexpr (std::is_enum_v<T>) {
      return (T)ReadInteger<std::underlying_type_t<T>>();
    } else if constexpr (IsText<T>::value || IsView<T>::value) {
      Buffer text = ReadText();
      return T(text.data, text.size);
    } else if constexpr (IsSpan<T>::value) {
      unsigned long size;
      auto* items = ReadPointer<Plain<typename T::element_type>>(size);
      return T(items, size);
    } else if constexpr (std::is_pointer_v<T>) {
      if constexpr (std::is_same_v<Plain<std::remove_pointer_t<T>>, char>)
        return Word("null") ? nullptr : ReadText().data;
      else {
        unsigned long size;
        return ReadPointer<Plain<std::remove_pointer_t<T>>>(size);
      }
    } else if constexpr (HasMapped<T>::value) {
      return ReadMap<T>();
    } else if constexpr (HasKey<T>::value) {
      T set;
      if (!Take('[')) Refuse("an argument is not a list");
      while (!Take(']')) set.insert(Read<Plain<typename T::value_type>>());
      return set;
    } else if constexpr (IsSequence<T>::value) {
      T list;
      if (!Take('[')) Refuse("an argument is not a list");
      while (!Take(']')) list.push_back(Read<Plain<typename T::value_type>>());
      return list;
    } else if constexpr (IsTuple<T>::value) {
      return ReadTuple<T>(std::make_index_sequence<std::tuple_size<T>::value>());
    } else if constexpr (IsOptional<T>::value && HasValueType<T>::value) {
      return Word("null") ? T() : T(Read<Plain<typename T::value_type>>());
    } else {
      static_assert(kNever<T>, "no JSON value fits an argument of the type");
    }
  }
)cpp";

}  // namespace hone
