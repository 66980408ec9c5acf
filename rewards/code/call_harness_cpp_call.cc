// The C++ behind a submission, second half: calling the function and writing its result. Covered by
// tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

const char* const kCallCallCpp = R"cpp(
  inline void WriteText(const char* text, unsigned long size) {
    out.Add("\"");
    for (unsigned long i = 0; i < size; ++i) {
      const unsigned char c = (unsigned char)text[i];
      char escape[8];
      if (c == '"' || c == '\\') {
        escape[0] = '\\';
        escape[1] = (char)c;
        out.Add(escape, 2);
      } else if (c < 32) {
        __builtin_snprintf(escape, sizeof escape, "\\u%04x", c);
        out.Add(escape, 6);
      } else
        out.Add((const char*)&text[i], 1);
    }
    out.Add("\"");
  }
  inline void WriteInteger(bool negative, unsigned __int128 n) {
    char digits[48];
    int i = sizeof digits;
    digits[--i] = 0;
    do digits[--i] = (char)('0' + (int)(n % 10));
    while (n /= 10);
    if (negative) digits[--i] = '-';
    out.Add(digits + i);
  }
  // The shortest decimal that reads back as the same number of its type.
  template <class T>
  void WriteFloating(T value) {
    if (value != value) {
      out.Add("{\"f\":\"nan\"}");
      return;
    }
    if (value - value != 0) {
      out.Add(value > 0 ? "{\"f\":\"inf\"}" : "{\"f\":\"-inf\"}");
      return;
    }
    char text[64], *end;
    T back;
    for (int digits = 1; digits <= 21; ++digits) {
      __builtin_snprintf(text, sizeof text, "%.*Lg", digits, (long double)value);
      Parse(text, &end, back);
      if (back == value) break;
    }
    out.Add(text);
    if (!__builtin_strpbrk(text, ".e")) out.Add(".0");
  }
  template <class T>
  void Write(const T& value);
  template <class I>
  void WriteItems(I begin, I end, const char* open, const char* close) {
    out.Add(open);
    bool first = true;
    for (; begin != end; ++begin, first = false) {
      if (!first) out.Add(",");
      Write<Plain<typename std::iterator_traits<I>::value_type>>(*begin);
    }
    out.Add(close);
  }
  template <class T>
  void Write(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out.Add(value ? "true" : "false");
    } else if constexpr (std::is_enum_v<T>) {
      Write<std::underlying_type_t<T>>((std::underlying_type_t<T>)value);
    } else if constexpr (std::is_same_v<T, char>) {
      WriteText(&value, 1);
    } else if constexpr (std::is_integral_v<T>) {
      WriteInteger(value < 0, value < 0 ? -(unsigned __int128)value : (unsigned __int128)value);
    } else if constexpr (std::is_floating_point_v<T>) {
      WriteFloating(value);
    } else if constexpr (IsText<T>::value) {
      WriteText(value.c_str(), value.size());
    } else if constexpr (IsView<T>::value) {
      WriteText(value.data(), value.size());
    } else if constexpr (std::is_convertible_v<T, const char*>) {
      const char* text = value;
      if (text)
        WriteText(text, __builtin_strlen(text));
      else
        out.Add("null");
    } else if constexpr (HasMapped<T>::value) {
      WriteItems(value.begin(), value.end(), "{\"d\":[", "]}");
    } else if constexpr (HasKey<T>::value) {
      WriteItems(value.begin(), value.end(), "{\"s\":[", "]}");
    } else if constexpr (IsSequence<T>::value || IsSpan<T>::value) {
      WriteItems(value.begin(), value.end(), "[", "]");
    } else if constexpr (IsTuple<T>::value) {
      bool first = true;
      out.Add("[");
      std::apply(
          [&](const auto&... item) {
            ((out.Add(first ? "" : ","), first = false, Write<Plain<decltype(item)>>(item)), ...);
          },
          value);
      out.Add("]");
    } else if constexpr (IsOptional<T>::value && HasValueType<T>::value) {
      if (value.has_value())
        Write<Plain<typename T::value_type>>(*value);
      else
        out.Add("null");
    } else {
      static_assert(kNever<T>, "the function returns what is no JSON value, the type");
    }
  }

  [[noreturn]] inline void Send() {
    char head[80];
    Buffer frame;
    __builtin_snprintf(head, sizeof head, "%s %lu\n", nonce, out.size);
    frame.Add(head);
    frame.Add(out.data, out.size);
    __builtin_snprintf(head, sizeof head, "\n%s done\n", nonce);
    frame.Add(head);
    for (unsigned long done = 0; done < frame.size;) {
      const long n = hone_write(3, frame.data + done, frame.size - done);
      if (n <= 0) Refuse("the result cannot be sent");
      done += (unsigned long)n;
    }
    for (;;) hone_exit(0);
  }

  // Leaves `at` behind the nonce and the function's name, at the arguments.
  inline void Start() {
    char chunk[4096];
    request.Add("");
    for (long n; (n = hone_read(0, chunk, sizeof chunk)) > 0;) request.Add(chunk, (unsigned long)n);
    nonce = at = request.data;
    for (int line = 0; line < 2; ++line) {
      while (*at && *at != '\n') ++at;
      if (*at) *at++ = 0;
    }
    if (!Take('[')) Refuse("no arguments");
  }
  // A function that returns nothing is judged by the first argument that it can change.
  template <class A>
  constexpr bool Changeable() {
    using T = std::remove_reference_t<A>;
    if constexpr (std::is_pointer_v<T>) return !std::is_const_v<std::remove_pointer_t<T>>;
    return std::is_lvalue_reference_v<A> && !std::is_const_v<T>;
  }
  template <class T>
  void WriteChanged(const T& value) {
    if constexpr (std::is_pointer_v<T> && !std::is_convertible_v<T, const char*>) {
      for (int i = 0; i < array_count; ++i) {
        if (arrays[i].items == value) return WriteItems(value, value + arrays[i].size, "[", "]");
      }
      out.Add("null");
    } else {
      Write<T>(value);
    }
  }
  template <class A, class T>
  void TryChanged(bool& done, const T& value) {
    if constexpr (Changeable<A>()) {
      if (!done) WriteChanged<T>(value);
      done = true;
    }
  }
  template <class... A, class F>
  [[noreturn]] void Call(const F& call) {
    Start();
    if (HONE_ARGUMENTS != sizeof...(A)) Refuse("the function takes another number of arguments");
    std::tuple<Plain<A>...> args{Read<Plain<A>>()...};
    out.Add("");
    std::apply(
        [&](auto&... arg) {
          using R = decltype(call(static_cast<A>(arg)...));
          if constexpr (std::is_void_v<R>) {
            call(static_cast<A>(arg)...);
            out.Add("~");
            bool done = false;
            (TryChanged<A>(done, arg), ...);
            if (!done) out.Add("null");
          } else {
            Write<Plain<R>>(call(static_cast<A>(arg)...));
          }
        },
        args);
    Send();
  }
  template <class... A>
  struct Types {};
  template <class F, class... A>
  [[noreturn]] void CallFirst(const F& call, Types<A...>, Types<>) {
    Call<A...>(call);
  }
  template <class F, class... A, class B, class... Rest>
  [[noreturn]] void CallFirst(const F& call, Types<A...>, Types<B, Rest...>) {
    if constexpr (sizeof...(A) == HONE_ARGUMENTS && std::is_invocable_v<F, A...>)
      Call<A...>(call);  // the rest have defaults
    else
      CallFirst(call, Types<A..., B>(), Types<Rest...>());
  }
  // `direct` calls the function by its name, for what a pointer to it gives the types of.
  template <class D, class R, class... A>
  [[noreturn]] void Run(const D& direct, R (*)(A...)) {
    CallFirst(direct, Types<>(), Types<A...>());
  }
  template <class D, class R, class C, class... A>
  [[noreturn]] void Run(const D& direct, R (C::*)(A...)) {
    CallFirst(direct, Types<>(), Types<A...>());
  }
  template <class D, class R, class C, class... A>
  [[noreturn]] void Run(const D& direct, R (C::*)(A...) const) {
    CallFirst(direct, Types<>(), Types<A...>());
  }
  template <class D, class R, class C, class... A>
  [[noreturn]] void Run(const D& direct, R (C::*)(A...) &) {
    CallFirst(direct, Types<>(), Types<A...>());
  }
  // A variable that is called: a lambda, a std::function.
  template <class D, class F, class = std::enable_if_t<std::is_class_v<F>>>
  [[noreturn]] void Run(const D& direct, F*) {
    Run(direct, &F::operator());
  }

  // For overloads and templates: the first of the sets of types that C++ itself can call them with.
  template <class D, class... A, class... Sets>
  [[noreturn]] void RunAs(const D& direct, Types<A...>, Sets... sets) {
    if constexpr (std::is_invocable_v<D, A&...>)
      Call<A&...>(direct);
    else if constexpr (std::is_invocable_v<D, A...>)
      Call<A...>(direct);
    else if constexpr (sizeof...(Sets) > 0)
      RunAs(direct, sets...);
    else
      static_assert(kNever<D>, "none of the overloads or templates fits the arguments");
  }
  }  // namespace hone_call
)cpp";

}  // namespace hone
