// The C behind a submission that calls its function. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

// Readers for each kind of parameter; the result is written by its type. __read and __write are glibc's names
// that programs do not take.
const char* const kCallTailC = R"c(
long hone_read(int, void*, unsigned long) __asm__("__read");
long hone_write(int, const void*, unsigned long) __asm__("__write");
void hone_exit(int) __asm__("_exit");
float hone_strtof(const char*, char**) __asm__("strtof");
double hone_strtod(const char*, char**) __asm__("strtod");
long double hone_strtold(const char*, char**) __asm__("strtold");
#define HONE_PARSE(type) _Generic((type)0, float: hone_strtof, double: hone_strtod, long double: hone_strtold)
static char *hone_at, *hone_nonce, *hone_out;
static unsigned long hone_size;

static void hone_refuse(const char* why) {
  hone_write(2, why, __builtin_strlen(why));
  hone_write(2, "\n", 1);
  for (;;) hone_exit(1);
}
static void hone_add(const char* text, unsigned long n) {
  hone_out = __builtin_realloc(hone_out, hone_size + n + 1);
  if (!hone_out) hone_refuse("no memory for the result");
  __builtin_memcpy(hone_out + hone_size, text, n);
  hone_size += n;
  hone_out[hone_size] = 0;
}
static void hone_skip(void) { while (*hone_at == ' ' || *hone_at == ',') ++hone_at; }
static _Bool hone_take(char c) {
  hone_skip();
  if (*hone_at != c) return 0;
  ++hone_at;
  return 1;
}
static _Bool hone_word(const char* word) {
  hone_skip();
  unsigned long n = __builtin_strlen(word);
  if (__builtin_strncmp(hone_at, word, n) != 0) return 0;
  hone_at += n;
  return 1;
}
static unsigned hone_hex4(void) {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i, ++hone_at)
    code = 16 * code + (unsigned)(*hone_at <= '9' ? *hone_at - '0' : (*hone_at | 32) - 'a' + 10);
  return code;
}
static char* hone_utf8(char* to, unsigned code) {
  if (code < 0x80) { *to++ = (char)code; return to; }
  if (code < 0x800) { *to++ = (char)(0xC0 | code >> 6); }
  else {
    if (code < 0x10000) { *to++ = (char)(0xE0 | code >> 12); }
    else { *to++ = (char)(0xF0 | code >> 18); *to++ = (char)(0x80 | (code >> 12 & 63)); }
    *to++ = (char)(0x80 | (code >> 6 & 63));
  }
  *to++ = (char)(0x80 | (code & 63));
  return to;
}
/* In place: an escape is never shorter than what it stands for. */
static char* hone_read_text(void) {
  if (hone_word("null")) return 0;
  if (!hone_take('"')) hone_refuse("an argument is not a string");
  char *text = hone_at, *to = hone_at;
  for (; *hone_at != '"'; ++hone_at) {
    if (*hone_at != '\\') { *to++ = *hone_at; continue; }
    char c = *++hone_at;
    if (c == 'u') {
      ++hone_at;
      unsigned code = hone_hex4();
      if (code >= 0xD800 && code < 0xDC00) { hone_at += 2; code = 0x10000 + ((code - 0xD800) << 10) + (hone_hex4() - 0xDC00); }
      to = hone_utf8(to, code);
      --hone_at;
    } else {
      *to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
    }
  }
  ++hone_at;
  *to = 0;
  return text;
}
static __int128 hone_read_integer(void) {
  hone_skip();
  _Bool negative = *hone_at == '-';
  if (negative) ++hone_at;
  if (*hone_at < '0' || *hone_at > '9') hone_refuse("an argument is not an integer");
  __int128 n = 0, cap = (__int128)1 << 100;
  for (; *hone_at >= '0' && *hone_at <= '9'; ++hone_at) n = n < cap ? 10 * n + (*hone_at - '0') : cap;
  if (*hone_at == '.' || *hone_at == 'e' || *hone_at == 'E') hone_refuse("an argument is not an integer");
  return negative ? -n : n;
}
static _Bool hone_read_bool(void) {
  if (hone_word("true")) return 1;
  if (hone_word("false")) return 0;
  hone_refuse("an argument is not a bool");
  return 0;
}
static char hone_read_char(void) {
  hone_skip();
  if (*hone_at != '"') return (char)hone_read_integer();
  char* text = hone_read_text();
  if (__builtin_strlen(text) != 1) hone_refuse("an argument is not one character");
  return text[0];
}
#define HONE_INTEGER(type, name)                                          \
  type name; { __int128 n_ = hone_read_integer(); name = (type)n_;        \
    if ((__int128)name != n_) hone_refuse("an argument does not fit its type"); }
#define HONE_FLOATING(type, name)                                          \
  type name; { char* end_; hone_skip(); name = HONE_PARSE(type)(hone_at, &end_); \
    if (end_ == hone_at || *hone_at == 'n') hone_refuse("an argument is not a number"); \
    hone_at = end_; }
#define HONE_BOOL(type, name) type name = hone_read_bool();
#define HONE_CHAR(type, name) type name = hone_read_char();
#define HONE_TEXT(type, name) type name = hone_read_text();
#define HONE_ARRAY(item, type, name)                                                     \
  type* name = 0;                                                                        \
  if (!hone_word("null")) {                                                              \
    unsigned long size_ = 0, capacity_ = 16;                                             \
    name = __builtin_calloc(capacity_, sizeof(type));                                    \
    if (!hone_take('[')) hone_refuse("an argument is not a list");                       \
    while (!hone_take(']')) {                                                            \
      if (size_ + 1 == capacity_) name = __builtin_realloc(name, (capacity_ *= 2) * sizeof(type)); \
      if (!name) hone_refuse("no memory for an argument");                               \
      item(type, value_)                                                                 \
      name[size_++] = value_;                                                            \
    }                                                                                    \
  }

static void hone_write_text(const char* text) {
  if (!text) { hone_add("null", 4); return; }
  hone_add("\"", 1);
  for (; *text; ++text) {
    char escape[8];
    unsigned char c = (unsigned char)*text;
    int n = c == '"' || c == '\\' ? __builtin_snprintf(escape, sizeof escape, "\\%c", c)
            : c < 32              ? __builtin_snprintf(escape, sizeof escape, "\\u%04x", c)
                                  : __builtin_snprintf(escape, sizeof escape, "%c", c);
    hone_add(escape, (unsigned long)n);
  }
  hone_add("\"", 1);
}
static void hone_write_char(char c) { char text[2] = {c, 0}; hone_write_text(text); }
static void hone_write_bool(_Bool b) { hone_add(b ? "true" : "false", b ? 4 : 5); }
static void hone_write_integer(long long n) {
  char text[32];
  hone_add(text, (unsigned long)__builtin_snprintf(text, sizeof text, "%lld", n));
}
static void hone_write_unsigned(unsigned long long n) {
  char text[32];
  hone_add(text, (unsigned long)__builtin_snprintf(text, sizeof text, "%llu", n));
}
/* The shortest decimal that reads back as the same number of its type. */
#define HONE_WRITE_FLOATING(type, name)                                              \
  static void name(type value) {                                                     \
    char text[64];                                                                   \
    if (value != value) { hone_add("{\"f\":\"nan\"}", 11); return; }                 \
    if (value - value != 0) { hone_add(value > 0 ? "{\"f\":\"inf\"}" : "{\"f\":\"-inf\"}", value > 0 ? 11 : 12); return; } \
    for (int digits = 1; digits <= 21; ++digits) {                                   \
      __builtin_snprintf(text, sizeof text, "%.*Lg", digits, (long double)value);    \
      if (HONE_PARSE(type)(text, 0) == value) break;                          \
    }                                                                                \
    hone_add(text, __builtin_strlen(text));                                          \
    if (!__builtin_strpbrk(text, ".e")) hone_add(".0", 2);                           \
  }
HONE_WRITE_FLOATING(float, hone_write_float)
HONE_WRITE_FLOATING(double, hone_write_double)
HONE_WRITE_FLOATING(long double, hone_write_long_double)
#define HONE_WRITE(value)                                                                          \
  _Generic((value), _Bool: hone_write_bool, char: hone_write_char, signed char: hone_write_integer, \
      short: hone_write_integer, int: hone_write_integer, long: hone_write_integer,                 \
      long long: hone_write_integer, unsigned char: hone_write_unsigned,                            \
      unsigned short: hone_write_unsigned, unsigned: hone_write_unsigned,                           \
      unsigned long: hone_write_unsigned, unsigned long long: hone_write_unsigned,                  \
      float: hone_write_float, double: hone_write_double, long double: hone_write_long_double,      \
      char*: hone_write_text, const char*: hone_write_text)(value)

static void hone_begin(void) {
  unsigned long size = 0, capacity = 65536;
  char* request = __builtin_malloc(capacity);
  for (long n; (n = hone_read(0, request + size, capacity - size - 1)) > 0;) {
    size += (unsigned long)n;
    if (capacity - size < 4096) request = __builtin_realloc(request, capacity *= 2);
  }
  request[size] = 0;
  hone_nonce = hone_at = request;
  for (int line = 0; line < 2; ++line) {
    while (*hone_at && *hone_at != '\n') ++hone_at;
    if (*hone_at) *hone_at++ = 0;
  }
  if (!hone_take('[')) hone_refuse("no arguments");
}
static void hone_end_of_arguments(void) {
  if (!hone_take(']')) hone_refuse("the function takes another number of arguments");
}
static void hone_put(const char* text, unsigned long size) {
  while (size > 0) {
    long n = hone_write(3, text, size);
    if (n <= 0) hone_refuse("the result cannot be sent");
    text += n;
    size -= (unsigned long)n;
  }
}
static void hone_send(void) {
  char head[80], tail[80];
  hone_put(head, (unsigned long)__builtin_snprintf(head, sizeof head, "%s %lu\n", hone_nonce, hone_size));
  hone_put(hone_out, hone_size);
  hone_put(tail, (unsigned long)__builtin_snprintf(tail, sizeof tail, "\n%s done\n", hone_nonce));
  for (;;) hone_exit(0);
}
)c";

}  // namespace hone
